"""Reads the parts of a workbook other than worksheets and styles."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from xltools.excel.scan.facts import Comment, ListTable
from xltools.excel.scan.styles import sets_apart, strikes_out
from xltools.excel.threads import words_of
from xltools.form.address import parsed, parsed_range
from xltools.office.guard import XmlPart
from xltools.office.parsing import EnoughError, is_alternative, parse, true, unescaped
from xltools.office.runs import Run, joined_runs


class WorkbookNames(NamedTuple):
    """The content of the workbook part."""

    root: str  # the name of its root element
    sheets: tuple[tuple[str, str, str], ...]  # name, state and relation of each
    names: Mapping[str, Mapping[str, str]]  # by the index of the sheet that is their scope or "", and by name
    structure_locked: bool
    epoch_1904: bool
    external_links: int


def workbook(part: XmlPart) -> WorkbookNames:
    """Read the workbook part: sheets, defined names and properties."""
    sheets: list[tuple[str, str, str]] = []
    names: dict[str, dict[str, str]] = {}
    locked = epoch_1904 = False
    links = 0
    root = name = scope = ""
    text: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal root, name, scope, locked, epoch_1904, links
        root = root or tag
        if tag == "sheet":
            identity = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id"), "")
            sheets.append((attributes["name"], attributes.get("state", "visible"), identity))
        elif tag == "definedName":
            name, scope = attributes["name"].casefold(), attributes.get("localSheetId", "")
            text.clear()
        elif tag == "workbookProtection":
            locked = true(attributes.get("lockStructure"))
        elif tag == "workbookPr":
            epoch_1904 = true(attributes.get("date1904"))
        elif tag == "externalReference":
            links += 1

    def end(tag: str) -> None:
        nonlocal name
        if tag == "definedName" and name:
            names.setdefault(scope, {})[name] = "".join(text)
            name = ""

    parse(part, start, end, lambda chunk: text.append(chunk) if name else None)
    return WorkbookNames(root, tuple(sheets), names, locked, epoch_1904, links)


def strings(part: XmlPart) -> list[str]:  # noqa: C901  one case for each element
    """Read the shared strings; the runs of rich text are joined, phonetic guides omitted."""
    strings: list[str] = []
    runs: list[Run] = []
    in_text = phonetic = is_apart = is_struck = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal in_text, phonetic, is_apart, is_struck
        if tag == "si":
            runs.clear()
        elif tag == "rPh":
            phonetic = True
        elif tag == "t":
            in_text = not phonetic
        elif sets_apart(tag, attributes):
            is_apart, is_struck = True, is_struck or strikes_out(tag, attributes)
        elif is_alternative(tag):
            raise ValueError("a text with alternatives")

    def end(tag: str) -> None:
        nonlocal in_text, phonetic, is_apart, is_struck
        if tag == "t":
            in_text = False
        elif tag == "r":
            is_apart = is_struck = False
        elif tag == "rPh":
            phonetic = False
        elif tag == "si":
            strings.append(unescaped(joined_runs(runs)))

    def words(chunk: str) -> None:
        if in_text:
            runs.append(Run(chunk, is_apart, is_struck=is_struck))

    parse(part, start, end, words)
    return strings


def table(part: XmlPart, sheet: str) -> tuple[str, ListTable]:
    """Read a table on *sheet*: its name in lower case, and where its rows and columns are."""
    about: dict[str, str] = {}
    columns: dict[str, int] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "table":
            about.update(attributes)
        elif tag == "tableColumn":
            columns[unescaped(attributes.get("name", "")).casefold()] = len(columns)

    parse(part, start)
    bounds = parsed_range(about.get("ref", "")) or (0, 0, -1, -1)
    heads, totals = int(about.get("headerRowCount", "1")), int(about.get("totalsRowCount", "0"))
    return about.get("displayName", "").casefold(), ListTable(
        sheet, bounds, MappingProxyType(columns), heads, totals
    )


def custom(part: XmlPart) -> dict[str, str]:
    """Read the custom document properties, by name."""
    properties: dict[str, list[str]] = {}
    name = ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal name
        if tag == "property":
            name = attributes.get("name", "")
            properties[name] = []

    def text(chunk: str) -> None:
        if name:
            properties[name].append(chunk)

    parse(part, start, None, text)
    return {key: "".join(value).strip() for key, value in properties.items()}


def application(part: XmlPart) -> str:
    """Return the name of the program that saved the file."""
    return _first_text(part, "Application")


def modified(part: XmlPart) -> str:
    """Return when the file was last saved, as the core properties say."""
    return _first_text(part, "modified").strip()


def _first_text(part: XmlPart, element: str) -> str:
    """Return the text of the first *element*, whatever its prefix; the rest of the part is not read."""
    found: list[str] = []
    inside = False

    def start(tag: str, _: dict[str, str]) -> None:
        nonlocal inside
        inside = tag.rpartition(":")[2] == element

    def end(tag: str) -> None:
        if tag.rpartition(":")[2] == element:
            raise EnoughError

    parse(part, start, end, lambda chunk: found.append(chunk) if inside else None)
    return "".join(found)


def comments(part: XmlPart) -> dict[tuple[int, int], Comment]:
    """Read the comments of one sheet, by place; of a thread, the words of all its comments."""
    comments: dict[tuple[int, int], Comment] = {}
    authors: list[str] = []
    chunks: list[str] = []
    head: tuple[str, str] | None = None
    within = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal head, within
        if tag == "comment":
            head = attributes["ref"], attributes.get("authorId", "")
            chunks.clear()
        elif tag == "author":
            chunks.clear()
        within = tag in {"author", "t"}

    def end(tag: str) -> None:
        nonlocal within
        if tag == "author":
            authors.append("".join(chunks))
        elif tag == "comment" and head is not None:
            reference, number = head
            author = authors[int(number)] if number.isdecimal() and int(number) < len(authors) else ""
            comments[parsed(reference)] = Comment(author, words_of(unescaped("".join(chunks))))
        within = False

    parse(part, start, end, lambda chunk: chunks.append(chunk) if within else None)
    return comments
