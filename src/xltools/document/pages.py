"""HTML pages from jinja2 templates, which are files of the package.

Every text that a template prints is escaped, and characters that control a terminal or turn the direction of a line are
replaced. A name that a template does not know is an error.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from xltools.data.document import Box, Table
from xltools.document.markup import Markup
from xltools.text import harmless

if TYPE_CHECKING:
    from jinja2 import Environment


def page(template: str, **context: Any) -> str:
    """Return the page rendered from *template*, a path in the package, with the names in *context*.

    Raises :class:`jinja2.UndefinedError` if the template uses a name that is not in *context*.
    """
    return _environment().get_template(template).render(context)


def _printed(value: object) -> object:
    """Return markup unchanged and anything else as text, which jinja2 then escapes."""
    return value if isinstance(value, Markup) else harmless(str(value))


def _sha256(text: str) -> str:
    """Return the hash by which a content security policy allows a style or a script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _bands(table: Table) -> list[tuple[str, list[list[Box]]]]:
    """Return the rows of a table by element: its head, then a body for each band that has its own caption.

    A row is the boxes that begin in it, from left to right.
    """
    captions = {box.area.row for box in table.boxes if box.role == "caption" and box.area.row >= table.head}
    starts = sorted({0, table.head, *captions, table.height})
    rows: list[list[Box]] = [[] for _ in range(table.height)]
    for place, box in sorted(table.places.items()):
        if box.area.anchor == place:
            rows[place[0]].append(box)
    return [("tbody" if start >= table.head else "thead", rows[start:end]) for start, end in pairwise(starts)]


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  slow to import

    found = Environment(
        loader=PackageLoader("xltools", ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {"bands": _bands, "sha256": _sha256}
    return found
