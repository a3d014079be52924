"""The words of a report in a plain text file: a heading of the form, and under it what is to stand there.

Markdown as far as headings and comments go: a line that begins with ``#`` is a heading, ``<!-- -->`` is passed over,
every other line is a paragraph. What stands above the first heading opens the report. Figures stand in braces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from xltools.data.numeral import folded
from xltools.errors import InputError, Problem
from xltools.files import decoded, read_bytes
from xltools.form.model import Form
from xltools.text import clerk
from xltools.toml_tables import nearest

OPENING = (
    "opening"  # the key of what stands above the first heading; no prose cell has a name without a point
)
_HEADING = re.compile(r"\s*[#＃]+\s*(.*?)\s*#*")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_NUMBER = re.compile(r"[^、）]{1,4}[、）]")


class Passage(NamedTuple):
    """One paragraph, and the line of the file on which it stands."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Manuscript:
    """What a file says for each prose cell, and to open the report. A heading without a text below says nothing."""

    path: str
    passages: Mapping[str, tuple[Passage, ...]]


def load(path: Path, form: Form) -> Manuscript:
    """The texts in that file; raises :class:`InputError` with every heading that is none of the form's."""
    text = decoded(read_bytes(path))
    if text is None:
        raise InputError(Problem("text-encoding", str(path)))
    return read(text, form, str(path))


def read(text: str, form: Form, origin: str) -> Manuscript:
    """The same of a text; *origin* is how problems name the file."""
    text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    problems: list[Problem] = []
    found: dict[str, list[Passage]] = {}
    headings, seen = _headings(form), dict[str, int]()
    here: str | None = OPENING
    for number, line in enumerate(text.splitlines(), 1):
        place = f"{origin}:{number}"
        if "<!--" in line:
            problems.append(Problem("open-comment", place))
        elif heading := _HEADING.fullmatch(line):
            here = _box(heading[1], headings)
            if here is None:
                near = nearest(folded(heading[1]), headings)
                problems.append(Problem("unknown-heading", place, {"heading": heading[1], "nearest": near}))
            elif here in seen:
                problems.append(Problem("heading-twice", place, {"heading": heading[1], "first": seen[here]}))
            seen.setdefault(here or "", number)
        elif line.strip() and here is not None:
            if here != OPENING and here not in form.texts:
                problems.append(Problem("no-text-here", place, {"text": line.strip()[:20]}))
            found.setdefault(here, []).append(Passage(line.strip(), number))
    if problems:
        raise InputError(*problems)
    return Manuscript(origin, {box: tuple(passages) for box, passages in found.items()})


def _headings(form: Form) -> dict[str, str]:
    """What each heading of the form stands for, with its number and without: a prose cell, or a section that has none itself."""
    found: dict[str, str] = {}
    for section in form.sections:
        alone = len(section.parts) == 1 and not section.parts[0].label
        titles = [(section.title, f"{section.key}.{section.parts[0].key}" if alone else section.key)]
        titles += [(part.label, f"{section.key}.{part.key}") for part in section.parts if part.label]
        for title, box in titles:
            found |= {_plain(title): box, _bare(title): found.get(_bare(title), box)}
    return found


def _box(heading: str, headings: Mapping[str, str]) -> str | None:
    return headings.get(_plain(heading)) or headings.get(_bare(heading))


def _plain(heading: str) -> str:
    return folded(heading).replace("(", "（").replace(")", "）")


def _bare(heading: str) -> str:
    """Without its number."""
    return _NUMBER.sub("", _plain(heading), count=1) if _NUMBER.match(_plain(heading)) else _plain(heading)


def written(form: Form, texts: Mapping[str, Iterable[str]]) -> str:
    """A file with every heading of the form under which somebody has to write, and these paragraphs below."""
    return "\n".join(_lines(form, texts)) + "\n"


def _lines(form: Form, texts: Mapping[str, Iterable[str]]) -> Iterator[str]:
    yield f"<!-- {clerk()('manuscript.guide')} -->"
    yield from _paragraphs(texts.get(OPENING, ()))
    for section in form.sections:
        if section.parts:
            yield from ("", f"# {section.title}")
        for part in section.parts:
            if part.label:
                yield from ("", f"## {part.label}")
            yield from _paragraphs(texts.get(f"{section.key}.{part.key}", ()))


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from ("", text)
