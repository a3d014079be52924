"""The codes of findings: one TOML file per code, with its severity, its messages and its page in both languages.

A file is read when its code is first used. Only commands that list all codes read every file.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple


class FindingText(NamedTuple):
    """The words for one code in one language: its messages and its page."""

    message: str  # {name} stands for a fact of the finding
    title: str
    what: str
    why: str  # ends with the source that the check rests on
    mend: tuple[str, ...]  # the agency's steps
    coordinator: str
    example: str = ""
    message_for_many: str = ""  # replaces several findings of this code on one sheet
    message_in_doubt: str = ""  # replaces the message on slips where another figure may be the wrong one
    message_of_part: str = ""  # replaces the message where the fact "period" is a part of a year
    advice: str = ""  # follows the message where coordinators read it, and not where agencies do


class FindingCode(NamedTuple):
    """What one file says. ``severity`` is a value of :class:`~xltools.data.finding.Severity`."""

    order: int  # the position in lists of all codes
    severity: str
    texts: dict[str, FindingText]  # by language
    can_be_accepted: bool = False  # of an error: whether the coordinator may accept it
    effect: str = ""  # on published figures: "unknown", "cell", "list", "difference" or "none"; see xltools.checking.effects


@cache
def finding_code(code: str) -> FindingCode:
    """Return the entry for *code*; raise :exc:`KeyError` if there is no such code."""
    entry = tomllib.loads(_files()[code].read_text(encoding="utf-8"))
    texts = {
        lang: FindingText(**text | {"mend": tuple(text["mend"])})
        for lang, text in ((lang, entry.pop(lang)) for lang in ("zh", "en"))
    }
    return FindingCode(**entry, texts=texts)


@cache
def all_codes() -> tuple[str, ...]:
    """Return every code, in the order of ``order``."""
    return tuple(sorted(_files(), key=lambda code: finding_code(code).order))


@cache
def _files() -> dict[str, Path]:
    return {path.stem: path for path in Path(__file__).resolve().parent.glob("*.toml")}
