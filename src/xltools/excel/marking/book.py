"""The workbook's own part: its list of sheets, the names that count on it, and which sheet is shown first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from xltools.excel.marking.markup import Element, Markup, escaped
from xltools.excel.marking.parts import Parts
from xltools.excel.marking_signs import MARKER
from xltools.office.guard import folded

_ORDER = (
    "fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets", "functionGroups",
    "externalReferences", "definedNames", "calcPr", "oleSize", "customWorkbookViews", "pivotCaches", "smartTagPr",
    "smartTagTypes", "webPublishing", "fileRecoveryPr", "webPublishObjects", "extLst",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Book:
    """What there is to know of a workbook's part before anything is changed."""

    main: str  # the name of the part
    base: str  # with what the types of its relations begin, which is the namespace of references as well
    space: str  # the main namespace
    sheets: Mapping[str, str]  # the part of each worksheet, by its name
    parts: tuple[str, ...]  # those of all sheets, sheets of charts included
    names: tuple[str, ...]  # of all sheets


def read_book(parts: Parts) -> Book:
    """Find the workbook's part and those of its worksheets, as the scanner finds them."""
    main = parts.related("", "officeDocument")
    markup = parts.open(main)
    kind = next(r.element.attributes["Type"] for r in parts.relations("") if r.kind == "officeDocument")
    relations = {r.identity: r for r in parts.relations(main)}
    targets = {e.attributes["name"]: relations.get(e.reference()) for e in _sheets(markup)}
    there = {name: relation for name, relation in targets.items() if relation and parts.has(relation.target)}
    return Book(
        main,
        kind.rpartition("/")[0],
        markup.root.space,
        {name: relation.target for name, relation in there.items() if relation.kind == "worksheet"},
        tuple(relation.target for relation in there.values()),
        tuple(targets),
    )


def _sheets(markup: Markup) -> list[Element]:
    return [sheet for group in markup.root.all("sheets") for sheet in group.all("sheet")]


def insert_sheet(parts: Parts, book: Book, name: str, identity: str, names: Mapping[str, str]) -> None:
    """Put a sheet before all others and show it; *names* are its own defined names, and the workbook's :data:`MARKER`."""
    markup = parts.open(book.main)
    sheets = _sheets(markup)
    number = 1 + max((int(sheet.attributes["sheetId"]) for sheet in sheets), default=0)
    prefix = next((p for p, space in markup.spaces.items() if space == book.base and p), "")
    attributes = {"name": name, "sheetId": str(number), f"{prefix or 'r'}:id": identity}
    attributes |= {} if prefix else {"xmlns:r": book.base}
    if sheets:
        markup.insert(sheets[0].start, markup.make("sheet", attributes))
    _renumber(markup, lambda index: index + 1)
    _define(markup, names)
    _show_first(markup)
    parts.put(book.main, markup)


def _define(markup: Markup, names: Mapping[str, str]) -> None:
    made = ""
    for name, text in names.items():
        attributes = {"name": name}
        if name != MARKER:
            attributes["localSheetId"] = "0"
        if name in {MARKER, FILTER}:
            attributes["hidden"] = "1"
        made += markup.make("definedName", attributes, escaped(text))
    if found := markup.root.first("definedNames"):
        markup.append(found, made)
    else:
        markup.place("definedNames", _ORDER, markup.make("definedNames", None, made))


FILTER = "_xlnm._FilterDatabase"  # Excel keeps the place of a filter under this name


def _renumber(markup: Markup, number: Callable[[int], int | None]) -> None:
    """Names that belong to a sheet tell it by its place; those of a sheet that goes, go with it."""
    for group in markup.root.all("definedNames"):
        for element in group.all("definedName"):
            if (local := element.attributes.get("localSheetId")) is None:
                continue
            after = number(int(local))
            if after is None:
                markup.remove(element)
            else:
                markup.set(element, "localSheetId", str(after))


def _show_first(markup: Markup) -> None:
    for views in markup.root.all("bookViews"):
        for view in views.all("workbookView"):
            for name in ("activeTab", "firstSheet"):
                if view.attributes.get(name, "0") != "0":
                    markup.set(view, name, "0")


def remove_sheet(parts: Parts, book: Book, name: str) -> None:
    """Take a sheet out, with its part, what only it uses, its names, and the chain of calculation that counts on it."""
    markup = parts.open(book.main)
    sheets = _sheets(markup)
    place = next(index for index, sheet in enumerate(sheets) if sheet.attributes["name"] == name)
    markup.remove(sheets[place])
    _renumber(markup, lambda index: None if index == place else index - (index > place))
    for views in markup.root.all("bookViews"):
        for view in views.all("workbookView"):
            for key in ("activeTab", "firstSheet"):
                index = int(view.attributes.get(key, "0"))
                if index and index >= place:
                    markup.set(view, key, str(index - 1))
    parts.put(book.main, markup)
    part = book.sheets[name]
    others = {folded(r.target) for other in book.parts if other != part for r in parts.relations(other)}
    for relation in parts.relations(part):
        if parts.has(relation.target) and folded(relation.target) not in others:
            parts.drop(relation.target)
    parts.unrelate(book.main, part)
    parts.drop(part)
    _drop_chain(parts, book, sheets[place].attributes["sheetId"])


def _drop_chain(parts: Parts, book: Book, number: str) -> None:
    """Excel makes the chain anew; one that counts on a sheet that is gone it calls damaged."""
    chain = parts.related(book.main, "calcChain")
    if chain and any(cell.attributes.get("i") == number for cell in parts.root(chain).children):
        parts.unrelate(book.main, chain)
        parts.drop(chain)


def forget_names(parts: Parts, book: Book) -> None:
    """Take our name off the workbook, and the list of names where it held no other."""
    markup = parts.open(book.main)
    for group in markup.root.all("definedNames"):
        ours = [e for e in group.all("definedName") if e.attributes["name"].casefold() == MARKER]
        for element in [group] if len(ours) == len(group.children) else ours:
            markup.remove(element)
    parts.put(book.main, markup)


def slip_name(book: Book, wish: str) -> str:
    """A name for the slip that no sheet has."""
    name, number = wish, 1
    while name.casefold() in {other.casefold() for other in book.names}:
        number += 1
        name = f"{wish} ({number})"
    return name
