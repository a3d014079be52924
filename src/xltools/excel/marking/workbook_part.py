"""Edit the workbook's main part: the list of sheets, the defined names that count them, and the active sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from xltools.excel.marking.parts import EditableParts
from xltools.excel.marking.xml_editor import Element, XmlEditor, escaped
from xltools.excel.marking_signs import MARKER
from xltools.office.guard import folded

FILTER = "_xlnm._FilterDatabase"  # the name under which Excel stores the range of a filter
# ECMA-376 part 1, 18.2.27 (CT_Workbook)
_ORDER = (
    "fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets", "functionGroups",
    "externalReferences", "definedNames", "calcPr", "oleSize", "customWorkbookViews", "pivotCaches", "smartTagPr",
    "smartTagTypes", "webPublishing", "fileRecoveryPr", "webPublishObjects", "extLst",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WorkbookPart:
    """The workbook's main part as it was before any change."""

    main: str  # its name
    base: str  # the types of its relations begin with this, which is also the namespace of r:id
    space: str  # the main namespace
    sheets: Mapping[str, str]  # the part of each worksheet, by the worksheet's name
    parts: tuple[str, ...]  # the parts of all sheets, including chart sheets
    names: tuple[str, ...]  # of all sheets
    identities: frozenset[str]  # of the relations that the sheets refer to, lost ones included


def read_workbook(parts: EditableParts) -> WorkbookPart:
    """Find the main part and the parts of the sheets, in the same way as the scanner."""
    main = parts.related("", "officeDocument")
    root = parts.root(main)
    kind = next(r.element.attributes["Type"] for r in parts.relations("") if r.kind == "officeDocument")
    relations = {r.identity: r for r in parts.relations(main)}
    identities = {e.attributes["name"]: e.relation_id() for e in _sheet_elements(root)}
    targets = {name: relations.get(identity) for name, identity in identities.items()}
    existing = {
        name: relation for name, relation in targets.items() if relation and parts.has(relation.target)
    }
    return WorkbookPart(
        main,
        kind.rpartition("/")[0],
        root.space,
        {name: relation.target for name, relation in existing.items() if relation.kind == "worksheet"},
        tuple(relation.target for relation in existing.values()),
        tuple(targets),
        frozenset(identities.values()),
    )


def _sheet_elements(root: Element) -> list[Element]:
    return [sheet for group in root.findall("sheets") for sheet in group.findall("sheet")]


def unused_sheet_name(book: WorkbookPart, wish: str) -> str:
    """Return *wish*, followed by a number from 2 in brackets if a sheet has that name."""
    name, number = wish, 1
    while name.casefold() in {other.casefold() for other in book.names}:
        number += 1
        name = f"{wish} ({number})"
    return name


def insert_sheet(
    parts: EditableParts, book: WorkbookPart, name: str, identity: str, names: Mapping[str, str]
) -> None:
    """Insert a sheet before all others and make it the active one; *names* are the defined names to add."""
    editor = parts.open(book.main)
    sheets = _sheet_elements(editor.root)
    number = 1 + max((int(sheet.attributes["sheetId"]) for sheet in sheets), default=0)
    attributes = {"name": name, "sheetId": str(number)} | editor.relation_attributes(book.base, identity)
    if sheets:
        editor.insert(sheets[0].start, editor.element("sheet", attributes))
    _renumber_names(editor, lambda index: index + 1)
    _renumber_views(editor, lambda _: 0)
    defined = "".join(
        editor.element("definedName", _name_attributes(key), escaped(text)) for key, text in names.items()
    )
    if found := editor.root.find("definedNames"):
        editor.append(found, defined)
    else:
        editor.insert_ordered("definedNames", _ORDER, editor.element("definedNames", None, defined))
    parts.put(book.main, editor)


def _name_attributes(name: str) -> dict[str, str]:
    """Return the attributes of a defined name of the first sheet; :data:`MARKER` is one of the whole workbook."""
    local = {} if name == MARKER else {"localSheetId": "0"}
    hidden = {"hidden": "1"} if name in {MARKER, FILTER} else {}
    return {"name": name} | local | hidden


def _renumber_names(editor: XmlEditor, new_index: Callable[[int], int | None]) -> None:
    """Change the index of the sheet that a defined name belongs to; None removes the name."""
    for group in editor.root.findall("definedNames"):
        for element in group.findall("definedName"):
            if (index := element.attributes.get("localSheetId")) is None:
                continue
            if (new := new_index(int(index))) is None:
                editor.remove(element)
            else:
                editor.set_attribute(element, "localSheetId", str(new))


def _renumber_views(editor: XmlEditor, new_index: Callable[[int], int]) -> None:
    """Change the indexes of the active sheet and of the first tab that is visible."""
    for views in editor.root.findall("bookViews"):
        for view in views.findall("workbookView"):
            for key in ("activeTab", "firstSheet"):
                index = int(view.attributes.get(key, "0"))
                if (new := new_index(index)) != index:
                    editor.set_attribute(view, key, str(new))


def remove_sheet(parts: EditableParts, book: WorkbookPart, name: str) -> None:
    """Remove a sheet, its defined names, the parts that no other sheet uses, and a calculation chain that names it."""
    editor = parts.open(book.main)
    sheets = _sheet_elements(editor.root)
    place = next(index for index, sheet in enumerate(sheets) if sheet.attributes["name"] == name)
    editor.remove(sheets[place])
    _renumber_names(editor, lambda index: None if index == place else index - (index > place))
    _renumber_views(editor, lambda index: index - (index >= max(place, 1)))
    parts.put(book.main, editor)
    part = book.sheets[name]
    others = {folded(r.target) for other in book.parts if other != part for r in parts.relations(other)}
    for relation in parts.relations(part):
        if parts.has(relation.target) and folded(relation.target) not in others:
            parts.remove(relation.target)
    parts.unrelate(book.main, part)
    parts.remove(part)
    # Excel rebuilds a missing calculation chain, but reports a chain with an unknown sheet as damage.
    chain, number = parts.related(book.main, "calcChain"), sheets[place].attributes["sheetId"]
    if chain and any(cell.attributes.get("i") == number for cell in parts.root(chain).children):
        parts.unrelate(book.main, chain)
        parts.remove(chain)


def remove_marker_name(parts: EditableParts, book: WorkbookPart) -> None:
    """Remove the defined name :data:`MARKER`, and the list of names if it held no other."""
    editor = parts.open(book.main)
    for group in editor.root.findall("definedNames"):
        ours = [e for e in group.findall("definedName") if e.attributes["name"].casefold() == MARKER]
        for element in [group] if len(ours) == len(group.children) else ours:
            editor.remove(element)
    parts.put(book.main, editor)
