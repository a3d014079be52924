"""The figures of a form, derived from its TOML: their printed labels, and the sums that define totals."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

from xltools.witness.dropdowns import dependent_choices
from xltools.witness.lists import CodedColumn, ListFigure, list_figure, name_in_row
from xltools.witness.value import NOTHING, Unknown, Value, is_rounded, is_same

SignedNames = tuple[tuple[Fraction, str], ...]  # each with what stands before it
WEIGHED = ".sum"  # after the name of a typed mean: the mean times its weight
_COVER, _YES, _NUMBER = "封面", "是", "序号"
_RULE_MAKERS = "rule_makers"  # their lines are asked of all
_YES_OR_NO = [{"key": "yes", "label": _YES}, {"key": "no", "label": "否"}]


class DividedFigure(NamedTuple):
    """A ratio: two sums, by what it is multiplied, and the decimal places that are shown. Of a mean, the top is of products."""

    top: SignedNames
    bottom: SignedNames
    scale: int
    places: int


class FormFigure(NamedTuple):
    """One number of the form.

    ``row`` and ``column`` are the printed labels, outermost first. ``terms`` are the names that a total adds, with the number before each; an
    input has none. If ``is_wide`` is true, the labels of the row are printed above those of the column. A ratio has a
    ``division``, and so has a mean; a typed mean has the ``weight`` by which it is weighted too.
    """

    name: str
    sheet: str
    caption: str
    row: tuple[str, ...]
    column: tuple[str, ...]
    is_wide: bool
    terms: SignedNames = ()
    is_additive: bool = True
    number: str = "count"
    is_signed: bool = False
    division: DividedFigure | None = None
    weight: str = ""
    is_given: bool = False
    flags: frozenset[str] = frozenset()  # without which an agency has no figure here
    twin: tuple[int, int] | None = (
        None  # of a table beside another: its place among those there with its labels, and their number
    )

    @property
    def is_derived(self) -> bool:
        """Whether it is not typed."""
        return bool(self.terms) or (self.division is not None and not self.weight)

    @property
    def label(self) -> str:
        """The name of the figure in messages."""
        return f"{'/'.join(self.row)} · {'/'.join(self.column)}"


class FieldFigure(NamedTuple):
    """A number in a field, or the count of one of its options, which is 1 or 0 in a return.

    The field is the cell with the defined name ``field``; each of several choices is the cell right of its ``label``. Of an
    option, ``own`` are the texts that mean it, and ``known`` those that mean any; a number has neither.
    """

    name: str
    field: str
    sheet: str
    label: str
    own: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    text: str = ""  # what the program writes for it
    is_given: bool = False
    words: frozenset[str] = frozenset()  # that name the option


class FormFigures:
    """The figures of a form by name, in printed order; those of fields apart."""

    def __init__(self, text: str) -> None:
        """Read the TOML *text* of a valid form."""
        document = tomllib.loads(text)
        codes = {one["key"]: one["items"] for one in document.get("codes", ())}
        self.titles = {
            section["sheet"]: section["title"]
            for section in document["section"]
            if any(key in section for key in ("block", "parts", "fields"))
        }
        found = {
            figure.name: figure
            for section in document["section"]
            for band in _bands(section.get("block", ()))
            for figure in _band_figures(section, band, document["schema"], codes)
        }
        void = {
            ".".join((section["key"], *pair))
            for section in document["section"]
            for block in section.get("block", ())
            for pair in block.get("void", ())
        }
        self.figures = {name: _without(figure, void) for name, figure in found.items() if name not in void}
        self.void = {name: found[name] for name in void}  # cells that are not there
        self.list_heads = [  # of tables that print lists, in which no figure is looked for
            [_NUMBER, *(str(column["label"]) for column in one["columns"])]
            for section in document["section"]
            for one in section.get("list", ())
        ]
        self.derived = [
            column
            for section in document["section"]
            for one in section.get("list", ())
            for column in _derived_columns(section, one, document["section"], codes)
        ]
        self.lists = {
            name: _list_figure(name, document["section"], codes)
            for figure in self.figures.values()
            for _, name in (
                *figure.terms,
                *((*figure.division.top, *figure.division.bottom) if figure.division else ()),
            )
            if "(" in name
        }
        self.dependent = list(dependent_choices(document))
        self._flags_of_lists = {
            one["key"]: frozenset({section.get("only", ""), one.get("only", "")} - {""})
            for section in document["section"]
            for one in section.get("list", ())
        }
        self.sheet_flags = {
            one["sheet"]: frozenset({one["only"]}) for one in document["section"] if "only" in one
        }
        groups = [{**document.get("cover", {}), "key": "cover", "sheet": _COVER}, *document["section"]]
        self.fields = {
            figure.name: figure
            for group in groups
            for field in group.get("fields", ())
            if document["schema"] > 1
            for figure in (
                one._replace(is_given=bool(field.get("given"))) for one in _field_figures(group, field, codes)
            )
        }
        fields = {
            f"{group['key']}.{one['key']}": one.get("kind", "text") == "number"
            for group in groups
            for one in group.get("fields", ())
            if one.get("given")
        }
        columns = [
            f"{one['key']}.{column['key']}"
            for section in document["section"]
            for one in section.get("list", ())
            for column in one["columns"]
            if column.get("given")
        ]
        self.given = {*fields, *columns}  # fields and columns of lists that the issuer fills in
        # What the issuer gives, as it stands on the cover: numbers, other fields, lists.
        self.given_order = (
            *(name for name, is_number in fields.items() if is_number),
            *(one.name for one in self.figures.values() if one.is_given and not one.is_derived),
            *(name for name, is_number in fields.items() if not is_number),
            *dict.fromkeys(column.partition(".")[0] for column in columns),
        )

    def elsewhere(self, flags: frozenset[str]) -> set[str]:
        """Return the names of the inputs that are not asked of an agency with these *flags*."""
        found = {name for name, figure in self.figures.items() if not figure.flags <= flags}
        found |= {
            name
            for name, figure in self.fields.items()
            if not self.sheet_flags.get(figure.sheet, frozenset()) <= flags
        }
        return found | {
            name
            for name, figure in self.lists.items()
            if not self._flags_of_lists[figure.columns[0].partition(".")[0]] <= flags
        }

    @cached_property
    def added(self) -> tuple[str, ...]:
        """The names of the figures that a roll-up shows as a sum, including totals."""
        return tuple(name for name, figure in self.figures.items() if figure.is_additive)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The names of the figures that an agency fills in, those of fields and lists first."""
        own = (name for name, figure in self.figures.items() if not figure.is_derived)
        return (*self.fields, *self.lists, *own)

    @cached_property
    def means(self) -> tuple[str, ...]:
        """The names of the typed means."""
        return tuple(name for name, figure in self.figures.items() if figure.weight)

    def reach(self, name: str) -> set[str]:
        """Return the inputs on which a figure depends."""
        figure = self.figures[name]
        if figure.division is None:
            return set(self.parts(name))
        found: set[str] = set() if figure.is_derived else {name}
        for _, part in (*figure.division.top, *figure.division.bottom):
            own = part if part in self.figures else part.removesuffix(WEIGHED)
            if own in self.lists:
                found.add(own)
            elif own != name:
                found |= self.reach(own)
        return found

    def with_products(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Return the figures of a return with the product of each mean and its weight, if it is not there already."""
        found = dict(values)
        for name in self.means:
            if name + WEIGHED not in found:
                mean, weight = values[name], self.sum_of(values, self.figures[name].weight)
                if isinstance(mean, Fraction) and isinstance(weight, Fraction):
                    found[name + WEIGHED] = mean * weight
                else:
                    found[name + WEIGHED] = weight if isinstance(weight, Unknown) else mean
        return found

    def sum_of(self, values: Mapping[str, Value], name: str) -> Value:
        """Return the sum of the inputs that a figure adds; blank ones count as 0."""
        total = NOTHING
        for part, times in self.parts(name).items():
            value = values[part]
            if isinstance(value, Unknown):
                return value
            total += times * (value or NOTHING)
        return total

    def value(self, values: Mapping[str, Value], name: str) -> Value:
        """Return a figure from inputs and products: a sum, or the exact value of a division; ``None`` where it has none."""
        division = self.figures[name].division
        if division is None:
            return self.sum_of(values, name)
        sides = []
        for side in (division.top, division.bottom):
            total = NOTHING
            for sign, part in side:
                value = self.sum_of(values, part) if part in self.figures else values[part]
                if isinstance(value, Unknown):
                    return value
                total += sign * (value or NOTHING)
            sides.append(total)
        top, bottom = sides
        return top * division.scale / bottom if bottom else None

    def is_right(self, name: str, found: Value, expected: Value) -> bool:
        """Return whether a figure that was *found* is the *expected* one, which is exact."""
        if isinstance(found, Unknown) or isinstance(expected, Unknown):
            return False
        if division := self.figures[name].division:
            return is_rounded(found, expected, division.places)
        return is_same(found or NOTHING, expected or NOTHING)

    def parts(self, name: str) -> Mapping[str, Fraction]:
        """Return the inputs that a figure adds and the factor of each; an input adds itself once."""
        terms = self.figures[name].terms if name in self.figures else ()
        if not terms:
            return {name: Fraction(1)}
        found: dict[str, Fraction] = {}
        for factor, term in terms:
            for part, times in self.parts(term).items():
                found[part] = found.get(part, NOTHING) + factor * times
        return found


def _flags(section: Mapping[str, Any], *lines: Mapping[str, Any]) -> frozenset[str]:
    """Return what an agency has to be for a figure; lines and tables for those that make rules are asked of all."""
    own = {one.get("only", "") for one in lines} - {_RULE_MAKERS}
    return frozenset({*own, section.get("only", "")} - {""})


def _without(figure: FormFigure, void: set[str]) -> FormFigure:
    """Return a figure whose sums have no parts that are not there."""

    def there(terms: SignedNames) -> SignedNames:
        return tuple((sign, name) for sign, name in terms if name.removesuffix(WEIGHED) not in void)

    division = figure.division
    if division:
        division = division._replace(top=there(division.top), bottom=there(division.bottom))
    return figure._replace(terms=there(figure.terms), division=division)


class _FigureLine(NamedTuple):
    """A row or column of figures: its table in the TOML, and its labels, outermost first."""

    table: Mapping[str, Any]
    labels: tuple[str, ...]

    @property
    def is_additive(self) -> bool:
        return bool(self.table.get("additive", True))

    @property
    def sides(self) -> list[str]:
        """The two sums of a ratio; one text or none for any other line."""
        return re.split(r"\s+per\s+", self.table["is"].strip()) if "is" in self.table else []

    @property
    def is_quotient(self) -> bool:
        return "mean" in self.table or len(self.sides) > 1


def _key(item: Mapping[str, Any]) -> str:
    return str(item.get("key") or f"r{item['code']}")


def _text(item: Mapping[str, Any]) -> str:
    return f"{item['code']} {item['label']}" if item.get("code") else str(item["label"])


def _field_figures(
    group: Mapping[str, Any], field: Mapping[str, Any], codes: Mapping[str, list[Mapping[str, Any]]]
) -> Iterator[FieldFigure]:
    """Yield the number in a field, or the count of each of its options."""
    name, sheet, kind = f"{group['key']}.{field['key']}", group["sheet"], field.get("kind", "text")
    if kind == "number":
        unit = field.get("unit", "")
        yield FieldFigure(
            name, name, sheet, field["label"] if unit in field["label"] else f"{field['label']}（{unit}）"
        )
    elif kind == "choices":
        for item in codes[field["from"]]:
            label = f"{field['label']}：{_text(item)}"
            yield FieldFigure(
                f"{name}[{_key(item)}]", name, sheet, label, frozenset({_YES}), frozenset({_YES}), _YES
            )
    elif kind in {"choice", "yes"}:
        options = codes[field["from"]] if kind == "choice" else _YES_OR_NO
        known = frozenset(_text(item) for item in options)
        for item in options:
            own, words = _text(item), {_key(item), item["label"], item.get("code", _key(item))}
            figure = FieldFigure(
                f"{name}[{_key(item)}]", name, sheet, field["label"], frozenset({own}), known, own
            )
            yield figure._replace(words=frozenset({own, *words}))


def _list_figure(
    name: str, sections: list[Mapping[str, Any]], codes: Mapping[str, list[Mapping[str, Any]]]
) -> ListFigure:
    key = re.split(r"[(.,)]", name)[1].strip()
    lists = (one for section in sections for one in section.get("list", ()))
    return list_figure(name, _list_columns(next(one for one in lists if one["key"] == key), codes))


def _list_columns(
    one: Mapping[str, Any], codes: Mapping[str, list[Mapping[str, Any]]]
) -> dict[str, CodedColumn]:
    """Return the columns of a list by key."""
    found = {}
    for column in one["columns"]:
        kind = column.get("kind")
        items = (
            codes.get(column.get("from", ""), ()) if kind == "choice" else _YES_OR_NO if kind == "yes" else ()
        )
        shapes = {shape["key"]: shape["pattern"] for shape in column.get("shapes", ())}
        options = {_key(item): _text(item) for item in items}
        is_typed = not {"is", "shows"} & column.keys()
        found[column["key"]] = CodedColumn(is_typed, options, shapes, kind in {"choice", "yes"})
    return found


class DerivedColumn(NamedTuple):
    """A column of a list that is not typed: a sum, a ratio, a product, or what is shown of an item.

    The terms of a sum or a ratio are the names of columns, the formulas of figures, and, within ``{}``, figures that each line
    has for itself, of a list with these ``columns``; of an item, ``shown`` is the column in which it is chosen, its list of
    codes, and what is shown. While a condition does not hold there is no value (``is_conditional``). A product has two
    ``factors`` and the decimal places that are shown.
    """

    name: str
    division: DividedFigure | None
    shown: tuple[str, str, str] = ("", "", "")
    factors: tuple[tuple[str, bool], ...] = ()  # each with whether it is chosen: then its code counts
    places: int = 0
    total: SignedNames = ()
    columns: Mapping[str, CodedColumn] = {}
    is_conditional: bool = False


def _derived_columns(
    section: Mapping[str, Any],
    one: Mapping[str, Any],
    sections: list[Mapping[str, Any]],
    codes: Mapping[str, list[Mapping[str, Any]]],
) -> Iterator[DerivedColumn]:
    def term(key: str) -> str:
        if re.search(r"(?:=|\bunder)\s*row\b", key):
            return f"{{{key}}}"
        return (
            _list_figure(name_in_row(key, ""), sections, codes).formula
            if "(" in key
            else f"{one['key']}.{key}"
        )

    about = _list_columns(one, codes)
    columns = {column["key"]: column for column in one["columns"]}
    for key, column in columns.items():
        factors = re.fullmatch(r"(\w+)\s+times\s+(\w+)", column.get("is", "").strip())
        if factors:
            is_whole = "decimal" not in {column.get("number"), section.get("number")}
            places = 0 if is_whole else column.get("decimals", section.get("decimals", 2))
            named = tuple(
                (f"{one['key']}.{name}", columns[name].get("kind") == "choice") for name in factors.groups()
            )
            yield DerivedColumn(
                f"{one['key']}.{key}",
                None,
                columns=about,
                is_conditional="when" in column,
                factors=named,
                places=places,
            )
        elif "is" in column:
            sides, name = re.split(r"\s+per\s+", column["is"].strip()), f"{one['key']}.{key}"
            is_conditional = "when" in column
            if len(sides) == 1:
                total = tuple((sign, term(part)) for sign, part in _signed(sides[0]))
                yield DerivedColumn(name, None, total=total, columns=about, is_conditional=is_conditional)
                continue
            top, bottom = (tuple((sign, term(name)) for sign, name in _signed(side)) for side in sides)
            unit = column.get("unit") or ("" if _shows_unit(one) else section.get("unit", ""))
            division = DividedFigure(top, bottom, _SCALES.get(unit, 1), column.get("decimals", 2))
            yield DerivedColumn(name, division, columns=about, is_conditional=is_conditional)
        elif "shows" in column:
            source, what = column["shows"].split(".")
            yield DerivedColumn(
                f"{one['key']}.{key}", None, (f"{one['key']}.{source}", columns[source]["from"], what)
            )


def _shows_unit(one: Mapping[str, Any]) -> bool:
    return any(column.get("shows", "").endswith(".unit") and "is" not in column for column in one["columns"])


def _bands(blocks: Iterable[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Return the tables of a section from top to bottom, those together that stand side by side."""
    found: list[list[Mapping[str, Any]]] = []
    for block in blocks:
        if block.get("beside"):
            found[-1].append(block)
        else:
            found.append([block])
    return found


def _band_figures(
    section: Mapping[str, Any],
    band: Sequence[Mapping[str, Any]],
    schema: int,
    codes: Mapping[str, list[Mapping[str, Any]]],
) -> Iterator[FormFigure]:
    tables = [list(_figures(section, block, schema, codes)) for block in band]
    if len(tables) == 1:
        yield from tables[0]
        return
    labels = [{(one.caption, one.row, one.column) for one in table} for table in tables]
    for place, table in enumerate(tables):
        for one in table:
            same = [
                other for other, known in enumerate(labels) if (one.caption, one.row, one.column) in known
            ]
            yield one._replace(twin=(same.index(place), len(same)))


def _figures(
    section: Mapping[str, Any],
    block: Mapping[str, Any],
    schema: int,
    codes: Mapping[str, list[Mapping[str, Any]]],
) -> Iterator[FormFigure]:
    coded = [
        {"key": _key(item), "label": item["label"] if "code" in block.get("stub", ()) else _text(item)}
        | ({"unit": item["unit"]} if item.get("unit") else {})
        for item in codes.get(block.get("rows_from", ""), ())
    ]
    rows, columns = list(_lines([*coded, *block.get("rows", ())])), list(_lines(block["columns"]))
    if schema > 1:
        unit = block.get("unit", section.get("unit", ""))
        have_units = all("unit" in column.table for column in columns if not column.is_quotient)
        rows, columns = _spelled_out(rows, None if have_units else unit), _spelled_out(columns, unit)
    for row in rows:
        for column in columns:
            lines = (row, column) if row.is_quotient else (column, row)
            levels = (*(line.table for line in lines), block, section)
            is_quotient = lines[0].is_quotient and schema > 1
            division, weight = (
                _division(section, block, rows, columns, row, column) if is_quotient else (None, "")
            )
            yield FormFigure(
                name=f"{section['key']}.{row.table['key']}.{column.table['key']}",
                sheet=section["sheet"],
                caption=block.get("caption", ""),
                row=row.labels,
                column=column.labels,
                is_wide=block.get("arrange") == "wide",
                terms=() if division else tuple(_terms(section["key"], row, column)),
                is_additive=row.is_additive and column.is_additive,
                number="decimal"
                if division
                else next((one["number"] for one in levels if "number" in one), "count"),
                is_signed=next((level["signed"] for level in levels if "signed" in level), False),
                division=division,
                weight=weight,
                is_given=bool(row.table.get("given") or column.table.get("given")),
                flags=_flags(section, block, row.table, column.table) if schema > 1 else frozenset(),
            )


_SCALES = {"%": 100, "‰": 1000}


def _division(
    section: Mapping[str, Any],
    block: Mapping[str, Any],
    rows: list[_FigureLine],
    columns: list[_FigureLine],
    row: _FigureLine,
    column: _FigureLine,
) -> tuple[DividedFigure, str]:
    """Return the division of a cell in a line of ratios or means, and the weight if the cell is a typed mean."""
    line, other, others = (column, row, rows) if column.is_quotient else (row, column, columns)

    def cell(key: str, across: str = other.table["key"]) -> str:
        if "(" in key:
            return name_in_row(key, row.table["key"] if line is column else "")
        pair = (across, key) if line is column else (key, across)
        return ".".join((section["key"], *pair))

    levels = (line.table, other.table, block, section)
    places = next((level["decimals"] for level in levels if "decimals" in level), 2)
    if "mean" not in line.table:
        unit = next((level["unit"] for level in levels if "unit" in level), "")
        top, bottom = (tuple((sign, cell(key)) for sign, key in _signed(side)) for side in line.sides)
        return DividedFigure(top, bottom, _SCALES.get(unit, 1), places), ""
    weight, own = cell(line.table["mean"]), line.table["key"]
    typed = _spread(other, {one.table["key"]: one for one in others})
    products = tuple((sign, cell(own, across) + WEIGHED) for sign, across in typed)
    return DividedFigure(products, ((Fraction(1), weight),), 1, places), "" if "is" in other.table else weight


def _spread(line: _FigureLine, lines: Mapping[str, _FigureLine]) -> list[tuple[Fraction, str]]:
    """Return a line as a sum of typed lines."""
    if "is" not in line.table:
        return [(Fraction(1), line.table["key"])]
    return [
        (sign * inner, key)
        for sign, part in _signed(line.table["is"])
        for inner, key in _spread(lines[part], lines)
    ]


def _lines(tables: list[Mapping[str, Any]], above: tuple[str, ...] = ()) -> Iterator[_FigureLine]:
    for table in tables:
        labels = (*above, table["label"])
        if "lines" in table:
            yield from _lines(table["lines"], labels)
        else:
            yield _FigureLine({**table, "key": _key(table)}, labels)


def _spelled_out(lines: list[_FigureLine], unit: str | None) -> list[_FigureLine]:
    """Replace ``is = "all"`` by the typed lines of the same unit that can be added and are not part of another line or means.

    They are those under the innermost label of the total that has any. *unit* is that of lines without their own; with
    ``None`` no unit counts.
    """

    def of(table: Mapping[str, Any]) -> str:
        return "" if unit is None else str(table.get("unit", unit))

    found = []
    for line in lines:
        if line.table.get("is", "").strip() == "all":
            added = [
                other
                for other in lines
                if not {"of", "mean"} & other.table.keys()
                and re.fullmatch(r"(\s*[+-]?[0-9.*\s]*(count|sum)\([^()]*\)\s*)*", other.table.get("is", ""))
                and other.is_additive
                and of(other.table) == of(line.table)
            ]
            above = [line.labels[:depth] for depth in range(len(line.labels) - 1, -1, -1)]
            near = ([one for one in added if one.labels[: len(labels)] == labels] for labels in above)
            keys = [one.table["key"] for one in next(filter(None, near), ())]
            line = line._replace(table={**line.table, "is": " + ".join(keys)})  # noqa: PLW2901
        found.append(line)
    return found


def _terms(section: str, row: _FigureLine, column: _FigureLine) -> Iterator[tuple[Fraction, str]]:
    """Yield the terms of a total. Where a total row meets a total column, both sums are equal; the column's is used.

    A row with a sum of its own has no code that a column could ask for.
    """
    says_row = re.search(r"=\s*row\b", column.table.get("is", ""))
    is_of_row = says_row and "is" in row.table and column.is_additive
    if "is" in column.table and row.is_additive and not is_of_row:
        for sign, key in _signed(column.table["is"]):
            if "(" in key:
                yield sign, name_in_row(key, row.table["key"])
            else:
                yield sign, key if "." in key else f"{section}.{row.table['key']}.{key}"
    elif "is" in row.table and column.is_additive:
        for sign, key in _signed(row.table["is"]):
            if "(" in key:
                yield sign, name_in_row(key, "")
            else:
                yield sign, key if "." in key else f"{section}.{key}.{column.table['key']}"


def _signed(text: str) -> Iterator[tuple[Fraction, str]]:
    """Yield the terms of a sum; ``count(cover.kind = portal)`` has the name cover.kind[portal]."""
    counted = re.sub(r"count\(\s*([a-z0-9_.]+)\s*=\s*([a-z0-9_]+)\s*\)", r"\1[\2]", text)
    term = r"([+-]?)\s*(?:([0-9.]+)\s*\*\s*)?((?:count|sum)\([^()]*\)|[a-z][a-z0-9_.\[\]]*)"
    for sign, times, key in re.findall(term, counted):
        yield Fraction(f"{sign}{times or 1}"), key
