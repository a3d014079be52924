"""Follows the formulas in cells for figures: whether they read other files, go in a circle, or change by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from xltools.excel.formula import FormulaParts, Reference, parts_of, referred
from xltools.excel.scan import Facts, SheetFacts
from xltools.form.places import Area

EXTERNAL, CIRCULAR, VOLATILE, PLAIN = (
    "external-formula",
    "circular-formula",
    "volatile-formula",
    "input-formula",
)
_ORDER = (EXTERNAL, CIRCULAR, VOLATILE)
_FROM_OUTSIDE = {
    *("DDE", "RTD", "WEBSERVICE", "STOCKHISTORY", "SQL.REQUEST", "GOOGLEFINANCE"),
    *(
        "CUBEVALUE",
        "CUBEMEMBER",
        "CUBESET",
        "CUBEKPIMEMBER",
        "CUBEMEMBERPROPERTY",
        "CUBERANKEDMEMBER",
        "CUBESETCOUNT",
    ),
    *("IMPORTRANGE", "IMPORTDATA", "IMPORTHTML", "IMPORTXML", "IMPORTFEED"),
}
_OF_ADD_INS = "_XLL."
_FUNCTION = ("LAMBDA(", "_xlfn.LAMBDA(")  # may call itself
_UNKNOWN_TO_EXCEL = "__XLUDF.DUMMYFUNCTION"  # Google writes a formula of its own as the text in it
_SIGNS_OF_FILES = ("[", "|", "://")  # in a formula that cannot be parsed
_VOLATILE = {"NOW", "TODAY", "RAND", "RANDBETWEEN", "RANDARRAY", "INDIRECT", "OFFSET", "CELL", "INFO"}
_MOST_STEPS = (
    500_000  # cells looked up and characters parsed, for one workbook; a return needs some thousands
)


_PART_OF_TABLE = re.compile(r"(?P<table>[^\[\]!]+)(?:\[(?P<inside>.*)\])?", re.DOTALL)
_BRACKETED = r"\[((?:'.|[^\[\]'])*)\]"


class _Node(NamedTuple):
    """The cells of one formula: a cell, or the range of an array; or a formula that has a *name* and is used there."""

    sheet: str
    area: Area
    name: str = ""  # the formula itself: one name may mean several, each on its own sheet


@dataclass(slots=True)
class _SheetFormulas:
    """The formulas of one sheet: those of single cells, and those of arrays, whose other cells have only results."""

    cells: dict[tuple[int, int], str]
    arrays: list[tuple[Area, str]]

    @classmethod
    def of(cls, facts: SheetFacts) -> _SheetFormulas:
        ranges = ((referred(text), formula) for text, formula in facts.arrays.items())
        arrays = [(reference.area, formula) for reference, formula in ranges if reference]
        anchors = {area.anchor for area, _ in arrays}
        cells = {
            place: fact.formula
            for place, fact in facts.cells.items()
            if fact.formula is not None and place not in anchors
        }
        return cls(cells, arrays)

    def within(self, area: Area) -> Iterator[tuple[Area, str]]:
        """Yield the formulas that have a cell in *area*, each with its own cells."""
        if area.is_single:
            if area.anchor in self.cells:
                yield area, self.cells[area.anchor]
        else:
            for (row, column), formula in self.cells.items():
                if area.row <= row <= area.last_row and area.column <= column <= area.last_column:
                    yield Area.at(row, column), formula
        for own, formula in self.arrays:
            if _overlap(own, area):
                yield own, formula


def _overlap(one: Area, other: Area) -> bool:
    is_beside = one.last_column < other.column or other.last_column < one.column
    return not is_beside and one.row <= other.last_row and other.row <= one.last_row


@dataclass
class FormulaTracer:
    """Follows the references of formulas through the cells and the defined names of one workbook.

    It stops after a limited number of steps; what it has not met by then does not count.
    """

    facts: Facts
    _known: dict[_Node, set[str]] = field(default_factory=dict)  # the codes of each formula followed so far
    _sheets: dict[str, _SheetFormulas] = field(default_factory=dict)
    _parts: dict[str, FormulaParts | None] = field(default_factory=dict)
    _steps: int = 0

    def formula(self, sheet: SheetFacts, place: tuple[int, int]) -> tuple[str, str] | None:
        """Return the formula of a cell, or of the array that has it, and its code; ``None`` for a cell without one."""
        found = next(self._formulas(sheet.name).within(Area.at(*place)), None)
        if found is None:
            return None
        area, formula = found
        codes = self._codes(_Node(sheet.name, area), formula)
        return formula, next((code for code in _ORDER if code in codes), PLAIN)

    @cached_property
    def _order(self) -> dict[str, int]:
        return {sheet.name.casefold(): index for index, sheet in enumerate(self.facts.sheets)}

    def _formulas(self, sheet: str) -> _SheetFormulas:
        if sheet not in self._sheets:
            facts = self.facts.sheet(sheet)
            self._sheets[sheet] = _SheetFormulas.of(facts) if facts else _SheetFormulas({}, [])
        return self._sheets[sheet]

    def _codes(self, start: _Node, formula: str) -> set[str]:
        """Return the codes of all formulas that *start* reaches; visits them depth first, without recursion."""
        if start in self._known:
            return self._known[start]
        path = [(start, self._own_codes(formula), self._precedents(start, formula))]
        on_path = {start}
        while path:
            node, codes, rest = path[-1]
            below = next(rest, None)
            if below is None:
                path.pop()
                on_path.discard(node)
                self._known[node] = codes
                if path:
                    path[-1][1].update(codes)
            elif below[0] in on_path:
                codes |= set() if below[0].name.startswith(_FUNCTION) else {CIRCULAR}
            elif below[0] in self._known:
                codes |= self._known[below[0]]
            else:
                on_path.add(below[0])
                path.append((below[0], self._own_codes(below[1]), self._precedents(*below)))
        return self._known[start]

    def _own_codes(self, formula: str) -> set[str]:
        """Return what a formula is, without what it refers to."""
        codes = set()
        for text, parts in self._read(formula):
            if parts is None:
                codes |= {EXTERNAL} if any(sign in text for sign in _SIGNS_OF_FILES) else set()
                continue
            is_built = "INDIRECT" in parts.functions and any("[" in literal for literal in parts.texts)
            names = (*parts.references, *parts.functions)
            is_added = any(name.startswith(_OF_ADD_INS) for name in parts.functions)
            if is_built or is_added or parts.functions & _FROM_OUTSIDE or any(map(self._is_elsewhere, names)):
                codes.add(EXTERNAL)
            if parts.functions & _VOLATILE:
                codes.add(VOLATILE)
        return codes

    def _read(self, formula: str) -> Iterator[tuple[str, FormulaParts | None]]:
        """Yield the text and the parts of a formula, and those of the formulas of Google that it has as texts."""
        texts, seen = [formula], {formula}
        for text in texts:
            self._steps += 1
            if text not in self._parts:
                self._steps += len(text)
                self._parts[text] = parts_of(text) if self._steps <= _MOST_STEPS else None
            parts = self._parts[text]
            yield text, parts
            if parts and _UNKNOWN_TO_EXCEL in parts.functions:
                texts += [literal[1:-1].replace('""', '"') for literal in parts.texts if literal not in seen]
                seen.update(parts.texts)

    def _named(self, sheet: str, reference: str) -> str:
        """Return the formula that a *reference* or a function in a formula on *sheet* is the name of, or ""."""
        home, _, name = reference.rpartition("!")
        scope = self.facts.sheet(home.strip("'") if home else sheet)
        own = (scope.names if scope else {}).get(name.casefold())
        return own or self.facts.names.get(name.casefold(), "") if referred(reference) is None else ""

    def _is_elsewhere(self, reference: str) -> bool:
        """Return whether a reference is to another file: [1]Sheet1!A1, [1]!Name, Program|Topic!Item, 'file:///x'#A1.

        So is every reference to a sheet that is not in the workbook.
        """
        if "!" not in reference:
            return "file:///" in reference
        # The first sheet of 表!A1:表!B2, or the whole name of a sheet that has the sign in it.
        names = reference.partition("!")[0], reference.rpartition("!")[0]
        sheets = [name.strip("'").replace("''", "'").casefold() for name in names]
        return not any(name in self._order or set(name.split(":")) <= self._order.keys() for name in sheets)

    def _precedents(self, node: _Node, whole: str) -> Iterator[tuple[_Node, str]]:
        """Yield the formulas that a *whole* one refers to: in cells, or by the names that it uses."""
        for _, parts in self._read(whole):
            for name in (*parts.references, *parts.functions) if parts else ():
                if formula := self._named(node.sheet, name):
                    self._steps += len(formula)
                    if self._steps > _MOST_STEPS:
                        return
                    yield node._replace(name=formula), formula
            for reference in parts.references if parts else ():
                if meant := referred(reference) or self._in_table(reference, node.area.row):
                    for sheet in self._sheets_between(
                        meant.first_sheet or node.sheet, meant.last_sheet or node.sheet
                    ):
                        formulas = self._formulas(sheet)
                        self._steps += (
                            1 + len(formulas.arrays) + (0 if meant.area.is_single else len(formulas.cells))
                        )
                        if self._steps > _MOST_STEPS:
                            return
                        for area, other in formulas.within(meant.area):
                            yield _Node(sheet, area), other

    def _in_table(self, reference: str, row: int) -> Reference | None:
        """Return the cells that a reference in *row* to a part of a table means, such as 表1[数量]."""
        match = _PART_OF_TABLE.fullmatch(reference)
        table = self.facts.tables.get(match["table"].casefold()) if match else None
        if match is None or table is None:
            return None
        self._steps += len(reference)
        inside = match["inside"] or ""
        words = re.findall(_BRACKETED, inside) or [inside.removeprefix("@")]
        words = [re.sub("'(.)", r"\1", word).casefold() for word in words]
        top, left, bottom, right = table.bounds
        parts = {
            "#headers": (top, top + table.heads - 1),
            "#data": (top + table.heads, bottom - table.totals),
            "#totals": (bottom - table.totals + 1, bottom),
            "#all": (top, bottom),
            "#this row": (row, row),
        }
        rows = [parts[word] for word in words if word in parts]
        rows = rows or [parts["#this row" if inside.startswith("@") else "#data"]]
        columns = [left + table.columns[word] for word in words if word in table.columns] or [left, right]
        first, last = min(first for first, _ in rows), max(last for _, last in rows)
        return Reference(table.sheet, table.sheet, Area(first, min(columns), last, max(columns)))

    def _sheets_between(self, first: str, last: str) -> list[str]:
        order = self._order
        if first.casefold() not in order or last.casefold() not in order:
            return []
        return [
            sheet.name for sheet in self.facts.sheets[order[first.casefold()] : order[last.casefold()] + 1]
        ]
