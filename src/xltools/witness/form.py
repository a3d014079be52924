"""The figures of a form, derived from its TOML: their printed labels, and the sums that define totals."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple


class FormFigure(NamedTuple):
    """One number of the form.

    ``row`` and ``column`` are the printed labels, outermost first. ``terms`` are the signed names that a total adds; an
    input has none. If ``is_wide`` is true, the labels of the row are printed above those of the column.
    """

    name: str
    sheet: str
    caption: str
    row: tuple[str, ...]
    column: tuple[str, ...]
    is_wide: bool
    terms: tuple[tuple[int, str], ...] = ()
    is_additive: bool = True
    number: str = "count"
    is_signed: bool = False

    @property
    def label(self) -> str:
        """The name of the figure in messages."""
        return f"{'/'.join(self.row)} · {'/'.join(self.column)}"


class FormFigures:
    """The figures of a form by name, in printed order."""

    def __init__(self, text: str) -> None:
        """Read the TOML *text* of a valid form."""
        document = tomllib.loads(text)
        self.titles = {section["sheet"]: section["title"] for section in document["section"]}
        self.figures = {
            figure.name: figure
            for section in document["section"]
            for block in section.get("block", ())
            for figure in _figures(section, block, document["schema"])
        }

    @cached_property
    def added(self) -> tuple[str, ...]:
        """The names of the figures that a roll-up shows as a sum, including totals."""
        return tuple(name for name, figure in self.figures.items() if figure.is_additive)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The names of the figures that an agency fills in."""
        return tuple(name for name, figure in self.figures.items() if not figure.terms)

    def parts(self, name: str) -> Mapping[str, int]:
        """Return the inputs that a figure adds and the factor of each; an input adds itself once."""
        terms = self.figures[name].terms
        if not terms:
            return {name: 1}
        found: dict[str, int] = {}
        for sign, term in terms:
            for part, times in self.parts(term).items():
                found[part] = found.get(part, 0) + sign * times
        return found


class _FigureLine(NamedTuple):
    """A row or column of figures: its table in the TOML, and its labels, outermost first."""

    table: Mapping[str, Any]
    labels: tuple[str, ...]

    @property
    def is_additive(self) -> bool:
        return bool(self.table.get("additive", True))


def _figures(section: Mapping[str, Any], block: Mapping[str, Any], schema: int) -> Iterator[FormFigure]:
    rows, columns = list(_lines(block["rows"])), list(_lines(block["columns"]))
    if schema > 1:
        unit = block.get("unit", section.get("unit", ""))
        rows, columns = _spelled_out(rows, unit), _spelled_out(columns, unit)
    for row in rows:
        for column in columns:
            levels = (column.table, row.table, block, section)
            yield FormFigure(
                name=f"{section['key']}.{row.table['key']}.{column.table['key']}",
                sheet=section["sheet"],
                caption=block.get("caption", ""),
                row=row.labels,
                column=column.labels,
                is_wide=block.get("arrange") == "wide",
                terms=tuple(_terms(section["key"], row, column)),
                is_additive=row.is_additive and column.is_additive,
                number=next((level["number"] for level in levels if "number" in level), "count"),
                is_signed=next((level["signed"] for level in levels if "signed" in level), False),
            )


def _lines(tables: list[Mapping[str, Any]], above: tuple[str, ...] = ()) -> Iterator[_FigureLine]:
    for table in tables:
        labels = (*above, table["label"])
        if "lines" in table:
            yield from _lines(table["lines"], labels)
        else:
            yield _FigureLine(table, labels)


def _spelled_out(lines: list[_FigureLine], unit: str) -> list[_FigureLine]:
    """Replace ``is = "all"`` by the typed lines of the same unit that can be added and are no part of another line."""
    found = []
    for line in lines:
        if line.table.get("is", "").strip() == "all":
            own = line.table.get("unit", unit)
            keys = [
                other.table["key"]
                for other in lines
                if not {"is", "of"} & other.table.keys()
                and other.is_additive
                and other.table.get("unit", unit) == own
            ]
            line = line._replace(table={**line.table, "is": " + ".join(keys)})  # noqa: PLW2901
        found.append(line)
    return found


def _terms(section: str, row: _FigureLine, column: _FigureLine) -> Iterator[tuple[int, str]]:
    """Yield the terms of a total. Where a total row meets a total column, both sums are equal; the column's is used."""
    if "is" in column.table and row.is_additive:
        for sign, key in _signed(column.table["is"]):
            yield sign, f"{section}.{row.table['key']}.{key}"
    elif "is" in row.table and column.is_additive:
        for sign, key in _signed(row.table["is"]):
            yield sign, f"{section}.{key}.{column.table['key']}"


def _signed(text: str) -> Iterator[tuple[int, str]]:
    for sign, key in re.findall(r"([+-]?)\s*([a-z][a-z0-9_]*)", text):
        yield -1 if sign == "-" else 1, key
