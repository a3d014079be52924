"""The prose of a report in a plain text file: headings of the form, each followed by its text.

The syntax is a part of Markdown: a line that begins with ``#`` is a heading, ``<!-- -->`` is a comment, and every other
line is a paragraph, except that a line which begins with a condition continues the paragraph above it. Text above the
first heading opens the report. Figures and conditions are written in braces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from xltools.errors import InputError, Problem
from xltools.files import decoded, read_bytes
from xltools.form.model import Form
from xltools.form.wording import Conditional, Wording, begins_with_condition
from xltools.prose.quantities import folded
from xltools.prose.sentences import ends_sentence
from xltools.text import clerk
from xltools.toml_tables import nearest

OPENING = "opening"  # the key of the text above the first heading; names of prose cells contain a dot
_HEADING = re.compile(r"\s*[#＃]+\s*(.*?)\s*#*")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_NUMBER = re.compile(r"[^、）]{1,4}[、）]")


class ManuscriptLine(NamedTuple):
    """A line of a paragraph and its line number in the text."""

    text: str
    number: int


# One line, and the lines directly below it that begin with a condition: conditional sentences stand one below the other.
ManuscriptParagraph = tuple[ManuscriptLine, ...]


def paragraphs_in(text: str) -> tuple[ManuscriptParagraph, ...]:
    """Return the paragraphs of *text*."""
    found: list[ManuscriptParagraph] = []
    previous = ""
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        own = (ManuscriptLine(line, number),)
        if previous and not _HEADING.fullmatch(previous) and begins_with_condition(line):
            found[-1] += own
        elif line:
            found.append(own)
        previous = line
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Manuscript:
    """The paragraphs of a file by prose cell, and those that open the report; a heading without text has no entry."""

    path: str
    passages: Mapping[str, tuple[ManuscriptParagraph, ...]]


def load(path: Path, form: Form) -> Manuscript:
    """Return the manuscript in a file; raises :class:`InputError` with all problems, as :func:`read` does."""
    text = decoded(read_bytes(path))
    if text is None:
        raise InputError(Problem("text-encoding", str(path)))
    return read(text, form, str(path))


def read(text: str, form: Form, origin: str) -> Manuscript:
    """Return the manuscript in *text*, the content of the file *origin*.

    Raises :class:`InputError` with every heading that is unknown or repeated, and every text without a place.
    """
    text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    problems: list[Problem] = []
    found: dict[str, list[ManuscriptParagraph]] = {}
    headings, seen = _headings(form), dict[str, int]()
    here: str | None = OPENING
    for paragraph in paragraphs_in(text):
        line, number = paragraph[0]
        place = f"{origin}:{number}"
        if any("<!--" in text for text, _ in paragraph):
            problems.append(Problem("open-comment", place))
        elif heading := _HEADING.fullmatch(line):
            here = headings.get(_folded_heading(heading[1])) or headings.get(_unnumbered(heading[1]))
            if here is None:
                near = nearest(folded(heading[1]), headings)
                problems.append(Problem("unknown-heading", place, {"heading": heading[1], "nearest": near}))
            elif here in seen:
                problems.append(Problem("heading-twice", place, {"heading": heading[1], "first": seen[here]}))
            seen.setdefault(here or "", number)
        elif here is not None:
            if here != OPENING and here not in form.texts:
                problems.append(Problem("no-text-here", place, {"text": line[:20]}))
            found.setdefault(here, []).append(paragraph)
    if problems:
        raise InputError(*problems)
    return Manuscript(origin, {box: tuple(passages) for box, passages in found.items()})


def _headings(form: Form) -> dict[str, str]:
    """Return the key of each heading, with and without its number: a prose cell, or a section that has only parts."""
    found: dict[str, str] = {}
    for section in form.sections:
        is_prose_cell = len(section.parts) == 1 and not section.parts[0].label
        titles = [(section.title, f"{section.key}.{section.parts[0].key}" if is_prose_cell else section.key)]
        titles += [(part.label, f"{section.key}.{part.key}") for part in section.parts if part.label]
        for title, box in titles:
            found |= {_folded_heading(title): box, _unnumbered(title): found.get(_unnumbered(title), box)}
    return found


def _folded_heading(heading: str) -> str:
    return folded(heading).replace("(", "（").replace(")", "）")


def _unnumbered(heading: str) -> str:
    text = _folded_heading(heading)
    number = _NUMBER.match(text)
    return text[number.end() :] if number else text


def written(form: Form, texts: Mapping[str, Iterable[Wording]]) -> str:
    """Return a file with every heading of the form that has prose, and the paragraphs *texts* below them."""
    paragraphs = [f"<!-- {clerk()('manuscript.guide')} -->", *map(_lines, texts.get(OPENING, ()))]
    for section in form.sections:
        paragraphs += [f"# {section.title}"] if section.parts else []
        for part in section.parts:
            paragraphs += [f"## {part.label}"] if part.label else []
            paragraphs += map(_lines, texts.get(f"{section.key}.{part.key}", ()))
    return "\n\n".join(paragraphs) + "\n"


def _lines(paragraph: Wording) -> str:
    """Return a paragraph with each conditional sentence on a line of its own."""
    text = ""
    for part in paragraph.parts:
        is_sentence = isinstance(part, Conditional) and ends_sentence(text.removesuffix("}"))
        text += ("\n" if is_sentence else "") + str(Wording((part,)))
    return text
