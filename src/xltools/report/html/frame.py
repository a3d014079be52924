"""What every page has around it: its style and its script inside, and a policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from string import Template

from xltools.document.markup import Markup, markup
from xltools.text import Lang, catalog

_FOLDER = Path(__file__).resolve().parent
_LANGUAGE = {"zh": "zh-CN", "en": "en"}


def framed(title: str, body: Markup, lang: Lang, script: str = "") -> str:
    """A whole page that needs nothing beside it; *script* names the file of the one that it has."""
    style, script = _resource("page.css"), _resource(script) if script else ""
    policy = (
        f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return Template(_resource("page.html")).substitute(
        lang=_LANGUAGE[lang],
        policy=markup(policy),
        title=markup(title),
        style=style,
        script=script,
        skip=markup(catalog(lang)("page.skip")),
        body=body,
    )


@cache
def _resource(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """How a content security policy names the one style or script that it allows."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
