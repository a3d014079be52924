"""The form: its cells, fields and lists by name, the order in which totals are derived, and the identities between cells.

All of it is computed from what its file says (:mod:`xltools.form.sections`).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from typing import Literal, NamedTuple

from xltools.form.days import compares_days, day_numbers, is_day
from xltools.form.fields import SECOND, Codes, Field, kind_of
from xltools.form.kinds import JOINT, NOT_A_CHOICE, Choice, Date, Text, ValueKind
from xltools.form.kinds import Number as NumberKind
from xltools.form.linear import (
    EXACT,
    ROW_CODE,
    UNDER_ROW,
    ZERO,
    Factor,
    Linear,
    OverList,
    Term,
    collected,
    count_of,
)
from xltools.form.lists import Column, cell_name, column_kind
from xltools.form.prose import Prose
from xltools.form.publication import Publication
from xltools.form.ratio import PLACES, Ratio, rounded, scale_of
from xltools.form.relation import PERIOD, Condition, Constraint, Relation
from xltools.form.sections import (
    Block,
    Chart,
    Cover,
    Headline,
    Line,
    List,
    Number,
    Part,
    Rule,
    RuleMakers,
    Section,
    Superseded,
    floor_rules,
    is_whole_name,
    leaves,
    part_rules,
    paths,
)
from xltools.form.wording import AGO, LAST, PART_WORDS, WORDS, own_name, time_of
from xltools.text import clerk

Kind = Literal["year", "half", "quarter", "month"]
PARTS: dict[Kind, int] = {"year": 1, "half": 2, "quarter": 4, "month": 12}  # of a year
FLAG_JOINT = "、"  # between the flags of an agency
RULE_MAKERS = "rule_makers"  # in ``only``: agencies that make rules
_MONTHS = 12
COVER = "cover"  # before the names of its fields
_MOST_SIGNERS = 4
ALL = Linear(((1, "all"),))  # ``is = "all"``: the sum of all typed lines
WEIGHED = ".sum"  # after the name of a mean: the mean times its weight, which can be added


class Cell(NamedTuple):
    """One number of the form; ``name`` identifies it throughout the package."""

    name: str
    section: Section
    block: Block
    row: Line
    column: Line
    row_path: tuple[str, ...]
    column_path: tuple[str, ...]
    number: Number
    unit: str
    signed: bool
    definition: Linear | None = None  # over cell names
    ratio: Ratio | None = (
        None  # over cell names; of a mean, typed or not: over :attr:`weighed` and the weight
    )
    weight: str = ""  # of a typed mean: the cell by which it is weighted
    decimals: int | None = None
    field: Field | None = None  # the figure is a number in a field, or counts one of its options
    over: OverList | None = None  # the figure is of a list

    @property
    def in_table(self) -> bool:
        """Whether the figure is in a table, and not in a field or of a list."""
        return self.field is None and self.over is None

    @property
    def is_total(self) -> bool:
        """Whether the cell is derived from other cells and not typed."""
        return self.definition is not None or (self.ratio is not None and not self.weight)

    @property
    def additive(self) -> bool:
        """Whether the figures of several agencies may be added."""
        return self.ratio is None and self.is_summed

    @property
    def is_summed(self) -> bool:
        """Whether it has a figure in a sum of several agencies: added, or derived from what was added."""
        return self.row.additive and self.column.additive

    @property
    def is_mean(self) -> bool:
        """Whether it is a mean, typed or in a line of totals."""
        return bool(self.row.mean or self.column.mean)

    @property
    def weighed(self) -> str:
        """The name of the product of a mean with its weight."""
        return self.name + WEIGHED

    def formula(self, show: Callable[[str], str]) -> str:
        """Return the spreadsheet formula of a derived cell, or of a mean in a sum of agencies."""
        if self.ratio:
            return self.ratio.print(show, self.places)
        return self.definition.print(show) if self.definition else ""

    @property
    def places(self) -> int:
        """The number of decimal places to which a ratio or a mean is rounded."""
        return PLACES if self.decimals is None else self.decimals

    @property
    def only(self) -> frozenset[str]:
        """What an agency has to be that has a figure here, in the words of the form; nothing if all have."""
        words = (self.row.only, self.column.only, self.block.only, self.section.only)
        return frozenset(filter(None, words))

    @property
    def label(self) -> str:
        """The printed labels of row and column, for messages."""
        return " · ".join("/".join(path) for path in (self.row_path, self.column_path) if path)


class Identity(NamedTuple):
    """A rule applied to one row or column: a constraint on cells."""

    rule: Rule
    section: Section | None
    constraint: Constraint
    line: str = ""  # the label of the row or column in which it holds
    is_part: bool = False  # it follows from ``of`` on a line

    @property
    def relation(self) -> Relation:
        """The relation, over cell names."""
        return self.constraint.relation

    @property
    def cells(self) -> tuple[str, ...]:
        """The names of the cells in it and in its condition, of this period and of others."""
        return tuple(map(own_name, self.constraint.names))

    @property
    def is_copy(self) -> bool:
        """Whether the right side has only figures of other periods, so the left side can be prefilled."""
        return all(map(time_of, self.relation.right.names))

    def at(self, number: int) -> Identity:
        """Return it in the period of that number in its year: with ``resets``, nothing is before the first."""
        if number > 1 or not self.rule.resets:
            return self
        left, sign, right = self.relation
        now = tuple(term for term in right.terms if time_of(term[1]) != LAST)
        return self._replace(
            constraint=self.constraint._replace(relation=Relation(left, sign, right._replace(terms=now)))
        )


@dataclass(frozen=True, eq=False)
class Form:
    """The keys at the top of the file. Key and edition together name the form."""

    schema: Literal[1, 2]
    """The version of this description; forms with keys or words of the second version need `2`."""
    key: str
    """The first part of the name of the form, before the edition: `hall-2026`."""
    edition: str
    """Any text. When the tables change, change the edition: returns of different editions are never added."""
    title: str
    """What is printed on the cover."""
    authority: str
    """The document that requires the report."""
    sections: tuple[Section, ...] = field(metadata={"key": "section"})
    """The sections, one or more; each has a sheet."""
    period: Kind = field(default="year", metadata=SECOND)
    """How long the [periods](#periods) are of which a return is."""
    starts: int = field(default=1, metadata=SECOND)
    """The month in which the years of the form begin, from 1 to 12."""
    named: Literal["end", "start"] = field(default="end", metadata=SECOND)
    """After which of its two calendar years a year is called that does not begin in January."""
    cover: Cover = field(default_factory=Cover)
    """The open fields of the cover."""
    codes: tuple[Codes, ...] = field(default=(), metadata=SECOND)
    """Lists of options to choose from and of rows; see [Fields and codes](#fields-and-codes)."""
    rules: tuple[Rule, ...] = field(default=(), metadata={"key": "rule"})
    """Relations between cells of any tables that must hold."""
    headline: tuple[Headline, ...] = ()
    """The figures that summaries show for each agency, and those of the sheet 主要指标一览表."""
    charts: tuple[Chart, ...] = field(default=(), metadata={"key": "chart"})
    """The [charts](#charts) of the roll-up."""
    superseded: tuple[Superseded, ...] = ()
    """Former editions whose workbooks may still be sent."""
    prose: Prose = field(default_factory=Prose)
    """What the [prose](#what-the-prose-says) says, so that its numbers can be compared with the tables."""
    also: tuple[str, ...] = ()
    """Other titles of [published reports](#what-published-reports-print)."""
    publication: Publication = field(default_factory=Publication)
    """The form's own [sentences](#what-the-report-says) for the published report."""
    notes: tuple[str, ...] = ()
    """Sentences on how the form is filled in, for the [filling notes](#filling-notes)."""
    rule_makers: RuleMakers = field(default_factory=RuleMakers)
    """Which agencies [make rules](#what-only-some-fill-in), judging by their names."""
    text: str = field(default="", init=False, repr=False)  # the TOML text of the file

    @property
    def name(self) -> str:
        """Key and edition, as in ``xxgk-2021``."""
        return f"{self.key}-{self.edition}"

    @property
    def words(self) -> tuple[str, ...]:
        """The words that texts can have in braces."""
        return WORDS if self.period == "year" else (*WORDS, *PART_WORDS)

    @property
    def begins(self) -> int:
        """The number of months from the January of a year to its first month; below 0 where that is before it."""
        return self.starts - 1 - (_MONTHS if self.named == "end" and self.starts > 1 else 0)

    @cached_property
    def cells(self) -> dict[str, Cell]:
        """Every number of the form by name, in printed order; those of its fields come first, then those of its lists."""
        in_fields = (cell for name in self.fields for cell in self._field_cells(name))
        over_lists = (self._list_cell(name, over) for name, over in self.list_figures.items())
        return {cell.name: cell for cell in (*in_fields, *over_lists, *self._table_cells)}

    @cached_property
    def _table_cells(self) -> tuple[Cell, ...]:
        """The cells of tables that are there, with sums of such only."""
        found = tuple(cell for name, cell in self.crossings.items() if name not in self.void)
        gone = {*self.void, *(name + WEIGHED for name in self.void)}
        return tuple(_without(cell, gone) for cell in found) if gone else found

    @cached_property
    def crossings(self) -> dict[str, Cell]:
        """The cells in which rows and columns meet, whether they are there or not."""
        blocks = ((section, block) for section in self.sections for block in section.blocks)
        return {cell.name: cell for section, block in blocks for cell in _cells(section, block)}

    @cached_property
    def void(self) -> dict[str, Cell]:
        """The cells that are not there, by name; as parts of sums they are left out."""
        pairs = ((s.key, pair) for s in self.sections for block in s.blocks for pair in block.void)
        names = (".".join((section, *pair)) for section, pair in pairs)
        return {name: self.crossings[name] for name in names if name in self.crossings}

    @cached_property
    def lists(self) -> dict[str, List]:
        """The lists by their keys."""
        return {one.key: one for section in self.sections for one in section.lists}

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Every column of the lists by name: ``register.trade``."""
        return {f"{key}.{column.key}": column for key, one in self.lists.items() for column in one.columns}

    @cached_property
    def column_kinds(self) -> dict[str, ValueKind]:
        """The kind of the values of each column of the lists."""
        codes = {one.key: one for one in self.codes}
        return {name: column_kind(column, codes) for name, column in self.columns.items()}

    def word_shown(self, column: str, word: str) -> str:
        """Return what people call an option, or a shape, in the column of a list with that name."""
        kind = self.column_kinds[column]
        shapes = {one.key: one.label for one in kind.shapes} if isinstance(kind, Choice | Text) else {}
        return shapes.get(word) or (kind.shown(word) if isinstance(kind, Choice) else word)

    def option_of(self, column: str, value: str, what: str) -> str:
        """Return the code, the label or the unit of an option in the column of a list with that name, or the item above it."""
        kind = self.column_kinds[column]
        option = kind.by_name.get(value) if isinstance(kind, Choice) else None
        if not isinstance(kind, Choice) or option is None:
            return ""
        if what != "under":
            return str(getattr(option, what))
        return next((one.shown for one in kind.above if one.name == option.under), "")

    @cached_property
    def list_figures(self) -> dict[str, OverList]:
        """The figures of lists that the form uses, by name. The linter reports those of unknown lists and columns."""
        found = {name: over for name in self._used_names if (over := OverList.of(name))}
        return {
            name: over
            for name, over in found.items()
            if over.list in self.lists
            and not over.says_row
            and all(f"{over.list}.{key}" in self.columns for key in (over.column, *dict(over.where)) if key)
        }

    @cached_property
    def given(self) -> tuple[str, ...]:
        """The names of what the issuer gives: inputs, then other fields, then the lists of which it gives columns."""
        inputs = (one for one in self.inputs if one.name not in self.counted)
        figures = (one.name for one in inputs if one.row.given or one.column.given)
        fields = (name for name, one in self.fields.items() if one.given and one.kind != "number")
        return (*figures, *fields, *(key for key, one in self.lists.items() if one.given))

    @cached_property
    def flags(self) -> tuple[str, ...]:
        """The columns of the roster, as ``only`` names them, that say what is asked of an agency.

        Lines and blocks for agencies that make rules are asked of all: afterwards, the checks ask the others.
        """
        blocks = [block for section in self.sections for block in section.blocks]
        whole = [section.only for section in self.sections]
        whole += [one.only for one in self.lists.values()]
        lines = [block.only for block in blocks]
        lines += [line.only for b in blocks for axis in (b.rows, b.columns) for line in leaves(axis)]
        words = (*whole, *(word for word in lines if word != RULE_MAKERS))
        return tuple(dict.fromkeys(filter(None, words)))

    def lacking(self, flags: Iterable[str]) -> frozenset[str]:
        """Return those of :attr:`flags` that an agency with these *flags* does not have."""
        return frozenset(self.flags).difference(flags)

    def elsewhere(self, lacking: frozenset[str]) -> frozenset[str]:
        """Return the names of all that is not asked of an agency that is *lacking* these flags.

        They are those of cells, with the totals that have no other parts, of texts, and of lists.
        """
        return _elsewhere(self, lacking) if lacking else frozenset()

    @cached_property
    def needed_flags(self) -> dict[str, frozenset[str]]:
        """The flags that an agency needs of which an input, a text or a list is asked, by its name, where it needs any."""
        found: dict[str, AbstractSet[str]] = {key: self.flags_of_list(key) for key in self.lists}
        of_sections = {section.key: section.only for section in self.sections}
        found |= {name: frozenset({of_sections.get(name.partition(".")[0], "")}) for name in self.texts}
        for cell in self.inputs if self.flags else ():
            whole = self.flags_of_list(cell.over.list) if cell.over else frozenset({cell.section.only})
            found[cell.name] = whole | {cell.row.only, cell.column.only, cell.block.only} - {RULE_MAKERS}
        return {name: words for name, flags in found.items() if (words := frozenset(flags - {""}))}

    def flags_of_list(self, key: str) -> frozenset[str]:
        """Return the flags of a list and of its section."""
        return frozenset({self.lists[key].only, self._section_of_list(key).only} - {""})

    def holds_of_sums(self, constraint: Constraint) -> bool:
        """Return whether the constraint may be asked of a sum of returns.

        One that is not checked where all of a side is not asked holds for a sum only if the other side is blank there too.
        """
        if not constraint.is_additive or not self.flags:
            return constraint.is_additive
        sides = [
            {
                self.needed_flags.get(part, frozenset())
                for name in side.names
                for part in self.reach[own_name(name)]
            }
            for side in (constraint.relation.left, constraint.relation.right)
        ]
        return len(sides[0] | sides[1]) == 1 or all(not side or frozenset() in side for side in sides)

    @cached_property
    def _used_names(self) -> tuple[str, ...]:
        """The names in everything that is computed and asked."""
        identities = (*self.identities, *self.carries)
        publication = self.publication
        texts = [
            *(one.wording for one in publication.opening),
            *(one.wording for draft in publication.drafts for one in draft.say),
            *(w for one in publication.lists for item in one.items for w in (item.text, item.alone) if w),
        ]
        groups = (
            *(cell.definition.names for cell in self._table_cells if cell.definition),
            *(cell.ratio.names for cell in self._table_cells if cell.ratio),
            *(identity.constraint.names for identity in identities),
            *(rule.when.names for rule in self.day_rules),
            *(one.when.names for one in self.fields.values()),
            *((*one.condition_names, *one.operands) for one in self.columns.values()),
            *(rule.constraint.names for one in self.lists.values() for rule in one.rules),
            *(meaning.is_.names for meaning in self.prose.meanings),
            *(chart.names for chart in self.charts),
            *(brace.sum.names for text in texts for brace in text.braces),
            *(condition.names for text in texts for condition in text.conditions),
        )
        return tuple(dict.fromkeys(own_name(name) for names in groups for name in names))

    def _list_cell(self, name: str, over: OverList) -> Cell:
        """Return the figure of a list: it has no cell of its own in a workbook, and is named with the title of the list."""
        section, column = self._section_of_list(over.list), self.columns.get(f"{over.list}.{over.column}")
        row = Line(self.title_of_list(over.list), over.list)
        line = Line(self.list_words(over), over.column or "count")
        number, unit, signed = (column.number, column.unit, column.signed) if column else ("count", "", False)
        item = dict(over.where).get(self.lists[over.list].unit_column, "")
        if column and not unit and item:
            unit = self.option_of(f"{over.list}.{self.lists[over.list].unit_column}", item, "unit")
        block, path = Block((row,), (line,)), ((row.label,), (line.label,))
        return Cell(name, section, block, row, line, *path, number, unit, signed, over=over)

    def column_cell(self, name: str) -> Cell:
        """Return a cell of the column of a list with that name, without the key of its line: what a number in it may be."""
        key, column = name.partition(".")[0], self.columns[name]
        row, line = Line(self.title_of_list(key), key), Line(column.label, column.key)
        block, path = Block((row,), (line,)), ((row.label,), (line.label,))
        return Cell(
            cell_name(key, column.key, ""),
            self._section_of_list(key),
            block,
            row,
            line,
            *path,
            column.number,
            column.unit,
            column.signed,
            decimals=column.decimals,
        )

    def title_of_list(self, key: str) -> str:
        """Return the title of a list, otherwise that of its section."""
        return self.lists[key].title or self._section_of_list(key).title

    def _section_of_list(self, key: str) -> Section:
        return next(section for section in self.sections if any(one.key == key for one in section.lists))

    def list_words(self, over: OverList) -> str:
        """Return the label of a figure of a list: what is added or counted, and of which lines."""
        t, parts = clerk(), []
        for key, code in over.where:
            label = self.columns[f"{over.list}.{key}"].label
            words = {ROW_CODE: "list.where-row", UNDER_ROW: "list.where-under"}.get(code, "list.where")
            parts.append(t(words, label=label, code=self.word_shown(f"{over.list}.{key}", code)))
        column = self.columns.get(f"{over.list}.{over.column}")
        label = t("list.sum", label=column.label) if column else t("list.count")
        return t("list.of", label=label, where="，".join(parts)) if parts else label

    @cached_property
    def row_codes(self) -> dict[str, dict[str, frozenset[str]]]:
        """The columns of lists that tables are made from, line by line; with the codes for which each table has a row."""
        found: dict[str, dict[str, frozenset[str]]] = {}
        for section in self.sections:
            for block in section.blocks:
                says = {
                    f"{over.list}.{key}"
                    for line in leaves(block.columns)
                    if line.is_
                    for over in map(OverList.of, line.is_.names)
                    if over
                    for key, code in over.where
                    if code == ROW_CODE
                }
                rows = frozenset(line.key for line in leaves(block.rows) if line.is_ is None)
                for name in says:
                    found.setdefault(name, {})[block.caption or section.title] = rows
        return found

    def _field_cells(self, name: str) -> Iterator[Cell]:
        """Yield the figures of a field: the number in it, or the count of each of its options."""
        one, kind, section = self.fields[name], self.kinds[name], self._section_of(name)
        row = Line(one.label, one.key, additive=one.additive, given=one.given)
        if isinstance(kind, NumberKind):
            block = Block((row,), ())
            yield Cell(
                name,
                section,
                block,
                row,
                row,
                (one.label,),
                (),
                one.number,
                one.unit,
                one.signed,
                decimals=one.decimals,
                field=one,
            )
        elif isinstance(kind, Choice):
            block = Block((row,), tuple(Line(option.label, option.name) for option in kind.options))
            for column in block.columns:
                path = (one.label,), (column.label,)
                yield Cell(
                    count_of(name, column.key),
                    section,
                    block,
                    row,
                    column,
                    *path,
                    "count",
                    "",
                    False,
                    field=one,
                )

    def _section_of(self, name: str) -> Section:
        """Return the section of a field; the cover is not a section of the form."""
        key = name.partition(".")[0]
        return next((s for s in self.sections if s.key == key), Section(COVER, clerk()("field.cover"), ""))

    @cached_property
    def fields(self) -> dict[str, Field]:
        """Every field by name: ``cover.field``, ``section.field``. In the first schema they are plain texts."""
        if self.schema == 1:
            return {}
        of_sections = {f"{s.key}.{one.key}": one for s in self.sections for one in s.fields}
        return {f"{COVER}.{one.key}": one for one in self.cover.fields} | of_sections

    @cached_property
    def signers(self) -> tuple[str, ...]:
        """The labels of the line where people sign on paper: those of the fields of the cover that have names."""
        if self.schema == 1:
            return tuple(one.label for one in self.cover.fields)
        plain = (one.label for one in self.cover.fields if one.kind == "text" and not one.pattern)
        return tuple(plain)[:_MOST_SIGNERS]

    @cached_property
    def kinds(self) -> dict[str, ValueKind]:
        """The kind of the values of each field."""
        codes = {one.key: one for one in self.codes}
        return {name: kind_of(one, codes) for name, one in self.fields.items()}

    def chosen(self, values: Mapping[str, Decimal]) -> dict[str, str]:
        """Return the values of the fields with options in a return with these counts; see :meth:`counts`."""
        found: dict[str, list[str]] = {}
        for count, (name, option) in self.counted.items():
            if values.get(count):
                found.setdefault(name, []).append(option)
        return {name: JOINT.join(options) for name, options in found.items()}

    @cached_property
    def field_figures(self) -> frozenset[str]:
        """The names of the figures in fields: numbers, and the counts of options."""
        return frozenset(name for name, cell in self.cells.items() if cell.field)

    @cached_property
    def outside(self) -> frozenset[str]:
        """The names of the figures that are in no table: those in fields and of lists."""
        return frozenset(name for name, cell in self.cells.items() if not cell.in_table)

    @cached_property
    def on_cover(self) -> frozenset[str]:
        """The names of the figures in the fields of the cover, which no published report prints."""
        return frozenset(name for name in self.outside if name.startswith(f"{COVER}."))

    def counts(self, values: Mapping[str, str]) -> dict[str, Decimal]:
        """Return the counts of the options that the fields with these canonical *values* have."""
        found: dict[str, Decimal] = {}
        for name, kind in self.kinds.items():
            if isinstance(kind, Choice):
                figures = kind.figures(values.get(name, ""))
                found |= {count_of(name, option): figure for option, figure in figures.items()}
        return found

    def field_fault(self, name: str, values: Mapping[str, Decimal], texts: Mapping[str, str]) -> str:
        """Return the code of the finding on a field that could be read, or "".

        It is blank, is filled in where it is not asked, or has an option that does not go with that of another field.
        """
        one = self.fields[name]
        is_filled = bool(texts.get(name)) or name in values
        if not one.when.holds({**values, **self.days_in(one.when, texts)}):
            return "not-asked" if is_filled else ""
        if is_filled:
            kind, item = self.kinds[name], texts.get(one.under, "")
            is_apart = item and isinstance(kind, Choice) and not kind.goes_with(texts[name], item)
            return NOT_A_CHOICE if is_apart else ""
        is_nil = self.cover.declares_nil(texts) and not name.startswith(f"{COVER}.")
        return "required" if one.required and not is_nil else ""

    def days_in(self, condition: Condition, texts: Mapping[str, str]) -> dict[str, Decimal]:
        """Return the days that a condition compares, of the fields with these canonical *texts* and as they are written."""
        return day_numbers((name for name in condition.names if name in self.days or is_day(name)), texts)

    def shown(self, name: str, value: str | None) -> str | None:
        """Return what the cell of a text shows for its value; the texts of fields are kept in canonical form."""
        kind = self.kinds.get(name)
        return value if value is None or kind is None or isinstance(kind, NumberKind) else kind.shown(value)

    @cached_property
    def gathered(self) -> tuple[str, ...]:
        """The fields whose texts or days a roll-up gathers; of all others it has figures."""
        return tuple(name for name, kind in self.kinds.items() if isinstance(kind, Text | Date))

    @cached_property
    def counted(self) -> dict[str, tuple[str, str]]:
        """The figures that count options, each with the name of its field and the option."""
        choices = ((name, kind) for name, kind in self.kinds.items() if isinstance(kind, Choice))
        return {count_of(name, option): (name, option) for name, kind in choices for option in kind.by_name}

    def is_count(self, name: str) -> bool:
        """Return whether a figure counts: the returns with an option, or the lines of a list. It goes with any unit."""
        return name in self.counted or (name in self.list_figures and not self.list_figures[name].column)

    @cached_property
    def units(self) -> frozenset[str]:
        """The units of the cells."""
        return frozenset(cell.unit for cell in self.cells.values())

    @cached_property
    def inputs(self) -> tuple[Cell, ...]:
        """The cells that an agency fills in."""
        return tuple(cell for cell in self.cells.values() if not cell.is_total)

    @cached_property
    def input_names(self) -> tuple[str, ...]:
        """The names of the cells that an agency fills in."""
        return tuple(cell.name for cell in self.inputs)

    @cached_property
    def totals(self) -> tuple[Cell, ...]:
        """The cells that are derived, each after those it is derived from."""
        ordered: dict[str, Cell] = {}

        def visit(cell: Cell) -> None:
            if cell.definition is None or cell.name in ordered:
                return
            for name in cell.definition.names:
                visit(self.cells[name])
            ordered[cell.name] = cell

        for cell in self.cells.values():
            visit(cell)
        return (*ordered.values(), *self.quotients)

    @cached_property
    def quotients(self) -> tuple[Cell, ...]:
        """The cells that are derived as ratios, or as means in lines of totals."""
        return tuple(cell for cell in self.cells.values() if cell.ratio and not cell.weight)

    @cached_property
    def means(self) -> dict[str, Cell]:
        """The typed means, by the name of their product with the weight."""
        return {cell.weighed: cell for cell in self.inputs if cell.weight}

    def in_products(self, show: Callable[[str], str]) -> Callable[[str], str]:
        """Return *show* for the names of cells and of the products of means with their weights."""

        def shown(name: str) -> str:
            mean = self.means.get(name)
            return f"{show(mean.name)}*{show(mean.weight)}" if mean else show(name)

        return shown

    @cached_property
    def addends(self) -> tuple[str, ...]:
        """The names of what is added: the inputs that can be, and the products of the means with their weights."""
        return (*(cell.name for cell in self.inputs if cell.additive), *self.means)

    @cached_property
    def definitions(self) -> dict[str, Linear]:
        """The sum of each total by name, each after those it is derived from."""
        return {cell.name: cell.definition for cell in self.totals if cell.definition}

    @cached_property
    def identities(self) -> tuple[Identity, ...]:
        """Every rule between figures, once for each row or column in which it holds."""
        blocks = [(section, block) for section in self.sections for block in section.blocks]
        parts = (i for s, b in blocks for r in part_rules(b) for i in _identities(s, b, r))
        floors = (
            i
            for s, b in (blocks if self.schema > 1 else ())
            for r in floor_rules(b)
            for i in _identities(s, b, r)
            if not self.crossings[i.relation.left.names[0]].signed
        )
        local = (i for s, b in blocks for r in b.rules for i in _identities(s, b, r))
        of_figures = (rule for rule in self.rules if rule.cells and rule not in self.day_rules)
        across = (Identity(rule, None, rule.constraint) for rule in of_figures)
        return tuple(self._there((*(one._replace(is_part=True) for one in parts), *floors, *local, *across)))

    @cached_property
    def day_rules(self) -> tuple[Rule, ...]:
        """The rules of the form that compare days of its fields; they are asked of single returns only."""
        return tuple(one for one in self.rules if one.cells and compares_days(one.cells, self.days))

    @cached_property
    def days(self) -> frozenset[str]:
        """The names of the fields of days."""
        return frozenset(name for name, one in self.fields.items() if one.kind == "date")

    @cached_property
    def carries(self) -> tuple[Identity, ...]:
        """Every rule from year to year, once for each row or column in which it holds."""
        found = (i for s in self.sections for b in s.blocks for r in b.carries for i in _identities(s, b, r))
        return tuple(self._there(found))

    def _there(self, identities: Iterable[Identity]) -> Iterator[Identity]:
        """Yield those that can be checked, without the cells that are not there: these are not a whole side."""
        gone = {time + name for name in self.void for time in ("", LAST, AGO)}
        for one in identities:
            if not gone.intersection(one.constraint.names):
                yield one
            elif not any(side.names and gone.issuperset(side.names) for side in one.relation[::2]):
                yield one._replace(constraint=one.constraint.without(gone))

    def carries_at(self, number: int) -> Iterator[Identity]:
        """Yield :attr:`carries` in the period of that number in its year."""
        return (identity.at(number) for identity in self.carries)

    def line_carries_at(self, number: int) -> Iterator[tuple[List, Identity]]:
        """Yield the carries of each list, over its columns, in the period of that number in its year."""
        for section in self.sections:
            for one in section.lists:
                for rule in one.carries:
                    yield one, Identity(rule, section, rule.constraint).at(number)

    @cached_property
    def copied(self) -> dict[str, Linear]:
        """The inputs that equal a sum of other periods' figures, each with that sum (over ``last.`` and ``ago.`` names)."""
        return {
            left: identity.relation.right
            for identity in self.carries
            for left in identity.relation.left.names
            if identity.is_copy and not self.cells[left].is_total and left not in self.given
        }

    @cached_property
    def followers(self) -> frozenset[str]:
        """The cells that a rule from year to year derives."""
        return frozenset(name for identity in self.carries for name in identity.relation.left.names)

    @cached_property
    def reach(self) -> dict[str, frozenset[str]]:
        """The inputs from which each cell is derived; for an input, itself."""
        reach = {cell.name: frozenset((cell.name,)) for cell in self.inputs}
        for total, definition in self.definitions.items():
            reach[total] = frozenset[str]().union(*(reach[name] for name in definition.names))
        weighed = {name: reach[cell.name] | reach[cell.weight] for name, cell in self.means.items()}
        for cell in self.quotients:
            names = cell.ratio.names if cell.ratio else ()
            reach[cell.name] = frozenset[str]().union(*((reach | weighed)[name] for name in names))
        return reach

    @cached_property
    def figures(self) -> dict[str, Linear]:
        """Every name that texts may use for a figure, with its sum of cells: cells and ``[[prose.meaning]]``."""
        cells = {name: Linear(((1, name),)) for name in self.cells}
        return cells | {meaning.key: meaning.is_ for meaning in self.prose.meanings}

    @cached_property
    def texts(self) -> dict[str, Part | Field]:
        """Every cell for a text by name: ``section.part``, ``section.field``, and ``cover.field``."""
        found: dict[str, Part | Field] = {}
        for section in self.sections:
            parts: tuple[Part | Field, ...] = (*section.parts, *section.fields)
            found |= {f"{section.key}.{part.key}": part for part in parts}
        return found | {f"{COVER}.{part.key}": part for part in self.cover.parts}

    def complete(self, inputs: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """Return *inputs* and every total derived from them, exactly; a blank input stays absent and counts as 0."""
        values = {name: inputs[name] for name in self.input_names if name in inputs}
        for total, definition in self.definitions.items():
            values[total] = definition.value(values)
        if self.quotients:
            figures = {**inputs, **values}
            exact = ((cell, self.quotient(cell, figures)) for cell in self.quotients)
            values |= {cell.name: rounded(value, cell.places) for cell, value in exact if value is not None}
        return values

    def quotient(self, cell: Cell, figures: Mapping[str, Decimal]) -> Fraction | None:
        """Return the exact value of a ratio or a mean over *figures*; ``None`` where it has none.

        The product of a mean with its weight is taken from *figures* where it is there, as in a sum of agencies.
        """
        assert cell.ratio is not None  # noqa: S101  it is a ratio or a mean
        products = {name: self._product(name, figures) for name in cell.ratio.top.names if name in self.means}
        known = {name: value for name, value in products.items() if value is not None}
        return cell.ratio.exact({**figures, **known} if known else figures)

    def is_without_value(self, name: str, figures: Mapping[str, Decimal]) -> bool:
        """Return whether a cell is a ratio or a mean whose bottom is 0 among the known *figures*."""
        ratio = self.cells[name].ratio
        if ratio is None or name in figures:
            return False
        return all(part in figures for part in ratio.bottom.names) and not ratio.bottom.value(figures)

    def _product(self, name: str, figures: Mapping[str, Decimal]) -> Decimal | None:
        """Return the product of a mean with its weight; ``None`` without a mean."""
        mean = self.means[name]
        if name in figures or mean.name not in figures:
            return figures.get(name)
        return EXACT.multiply(figures[mean.name], figures.get(mean.weight, ZERO))

    def added(self, inputs: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """Return what is added of the *inputs*, by the names of :attr:`addends`."""
        figures = {**inputs, **self.complete(inputs)} if self.means else inputs
        found = (
            (name, self._product(name, figures) if name in self.means else figures.get(name))
            for name in self.addends
        )
        return {name: value for name, value in found if value is not None}

    def summed(self, sums: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """Return the inputs of a sum of agencies: what was added, and the means that follow from it."""
        values = {name: sums[name] for name in self.addends if name in sums}
        figures = values | self.complete(values) if self.means else values
        means = ((cell, self.quotient(cell, figures)) for name, cell in self.means.items() if name in sums)
        return values | {cell.name: rounded(exact, cell.places) for cell, exact in means if exact is not None}

    def broken(
        self, values: Mapping[str, Decimal], agencies: int = 0, elsewhere: frozenset[str] = frozenset()
    ) -> list[Identity]:
        """Return the identities that do not hold for *values*, which are :meth:`complete`.

        *agencies* is the number of those inside a roll-up, of which only rules are asked that hold for sums; 0 for a return,
        of whose agency the figures *elsewhere* are not asked.
        """
        return [
            one
            for one in self.identities
            if not one.rule.looks_back
            and (not agencies or self.holds_of_sums(one.constraint))
            and one.relation.is_judged(elsewhere)
            and self.is_broken(one.constraint.of_sum(agencies or 1), values)
        ]

    def is_broken(self, constraint: Constraint, values: Mapping[str, Decimal]) -> bool:
        """Return whether *values* break the constraint; it is not checked where all its inputs are blank."""
        return not constraint.holds(values) and any(
            name in values for name in self.inputs_of(constraint.relation)
        )

    def inputs_of(self, relation: Relation) -> Iterator[str]:
        """Yield the inputs behind a relation; those of other periods under ``last.`` and ``ago.`` names."""
        for name in relation.names:
            own = own_name(name)
            yield from (name.removesuffix(own) + part for part in self.reach[own])

    def value(self, linear: Linear, inputs: Mapping[str, Decimal]) -> Decimal:
        """Return the exact value of a sum of cells; totals in it are derived from *inputs*."""
        return Linear(tuple(self.typed_terms(linear))).value(inputs)

    def typed_terms(self, linear: Linear) -> Iterator[Term]:
        """Yield the inputs of a sum, each with its factor; a total is replaced by its parts."""
        for factor, name in linear.terms:
            if (definition := self.cells[name].definition) is None:
                yield factor, name
            else:
                yield from self.typed_terms(definition.times(factor))

    def factors(self, linear: Linear) -> dict[str, Factor]:
        """Return the factor with which each input enters a sum; inputs that cancel out are absent."""
        return collected(self.typed_terms(linear))

    def carried(self, last: Mapping[str, Decimal], number: int = 1) -> dict[str, Decimal]:
        """Return the inputs that follow from the *last* figures, where these are known.

        *number* is that of the period in its year.
        """
        figures = of_last_year(last)
        return {
            left: identity.relation.right.value(figures)
            for identity in self.carries_at(number)
            for left in identity.relation.left.names
            if left in self.copied and all(part in figures for part in identity.relation.right.names)
        }

    def in_words(self, name: str, label: Callable[[str], str]) -> str:
        """Return the *label* of a figure with words for the period that it is of; of the period itself, what it is called."""
        if name == PERIOD and self.period != "year":  # elsewhere a line may be called so
            return clerk()(f"notes.period-{'fiscal' if self.begins else self.period}")
        time, text = time_of(name), label(own_name(name))
        return clerk()(f"notes.{time[:-1]}-{self.period}", label=text) if time else text


def of_last_year(values: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return the figures of other periods under the names that rules use for them; some may be under ``ago.`` already."""
    return {name if time_of(name) else LAST + name: value for name, value in values.items()}


@cache  # of every finding on a return it is asked whether the cell belongs to its agency
def _elsewhere(form: Form, lacking: frozenset[str]) -> frozenset[str]:
    own = {name for name, flags in form.needed_flags.items() if not lacking.isdisjoint(flags)}
    totals = {name for name, parts in form.reach.items() if parts and own.issuperset(parts)}
    return frozenset(own | totals)


def _cells(section: Section, block: Block) -> Iterator[Cell]:
    rows, columns = paths(block.rows), paths(block.columns)
    above = (block.caption,) if block.caption else ()
    for row in leaves(block.rows):
        for column in leaves(block.columns):
            # A rate or a mean has its own unit and decimals, whatever the lines of the other axis count.
            lines = (row, column) if row.is_quotient and not column.is_quotient else (column, row)
            levels = (*lines, block, section)
            is_quotient = row.is_quotient or column.is_quotient
            cell = Cell(
                name=f"{section.key}.{row.key}.{column.key}",
                section=section,
                block=block,
                row=row,
                column=column,
                row_path=(*above, *rows[row.key]),
                column_path=columns[column.key],
                number="decimal" if is_quotient else next(n for x in levels if (n := x.number)),
                unit=next(x.unit for x in levels if x.unit is not None),
                signed=next(x.signed for x in levels if x.signed is not None),
                decimals=next((x.decimals for x in levels if x.decimals is not None), None),
            )
            yield _quotient(cell) if is_quotient else cell._replace(definition=_definition(cell))


def _without(cell: Cell, gone: Container[str]) -> Cell:
    """Return a cell whose sum or ratio has no parts that are not there."""
    ratio = cell.ratio and cell.ratio.without(gone)
    return cell._replace(definition=cell.definition and cell.definition.without(gone), ratio=ratio)


def _definition(cell: Cell) -> Linear | None:
    """Return the sum of cells that defines a cell; ``None`` for an input.

    Where a total row meets a total column both definitions give the same sum; the column's is used. Nothing is added
    up in a line that is not additive: an average in a total row is typed like any other. Where a column asks for the code of
    its row, a row with a sum of its own has no code.
    """
    section, row, column = cell.section.key, cell.row, cell.column
    has_code = not (row.total is not None and column.additive and _says_row(column))
    if column.total is not None and row.additive and has_code:
        return column.total.renamed(_along_row(section, row))
    if row.total is not None and column.additive:
        return row.total.renamed(along_column(section, column))
    return None


def _quotient(cell: Cell) -> Cell:
    """Return a cell of a ratio line with its ratio; one of a line of means with its weight.

    In a total line of the other axis a mean is derived: it is the sum of the products divided by that of the weights.
    """
    is_column = cell.column.is_quotient
    line, other = (cell.column, cell.row) if is_column else (cell.row, cell.column)
    along = (
        _along_row(cell.section.key, cell.row) if is_column else along_column(cell.section.key, cell.column)
    )
    if isinstance(line.is_, Ratio):
        return cell._replace(ratio=line.is_.renamed(along)._replace(scale=scale_of(cell.unit)))
    weight = Linear(((1, along(line.mean)),))
    if other.total is None:
        return cell._replace(ratio=Ratio(Linear(((1, cell.weighed),)), weight), weight=along(line.mean))
    axis = leaves(cell.block.rows if is_column else cell.block.columns)
    across = along_column(cell.section.key, line) if is_column else _along_row(cell.section.key, line)
    top = _typed_lines(other, {one.key: one for one in axis}).renamed(lambda key: across(key) + WEIGHED)
    return cell._replace(ratio=Ratio(top, weight))


def _typed_lines(line: Line, axis: Mapping[str, Line], above: tuple[str, ...] = ()) -> Linear:
    """Return a total as a sum of typed lines; what the linter refuses is left out."""
    terms: list[Term] = []
    for factor, key in line.total.terms if line.total else ():
        if key not in axis or key in above:
            continue
        part = axis[key]
        if part.total is None:
            terms.append((factor, key))
        else:
            terms += _typed_lines(part, axis, (*above, line.key)).times(factor).terms
    return Linear(tuple(terms))


def _says_row(line: Line) -> bool:
    names = line.total.names if line.total else ()
    return any(over.says_row for name in names if (over := OverList.of(name)))


def _identities(section: Section, block: Block, rule: Rule) -> Iterator[Identity]:
    if rule.rows is None and rule.columns is None:
        return  # the linter says so
    lines, along = (block.columns, along_column) if rule.rows is not None else (block.rows, _along_row)
    for line in leaves(lines):
        if _is_asked(rule, line):
            names = _in_time(along(section.key, line))
            yield Identity(rule, section, rule.constraint.renamed(names), line.label)


def _is_asked(rule: Rule, line: Line) -> bool:
    """Return whether a rule is asked in a line of the other axis.

    In a total an exact equation follows from the other lines; it is checked there only to be seen.
    """
    if rule.on:
        return line.key in rule.on
    has_others = any(map(is_whole_name, rule.constraint.names))
    is_sum_asked = rule.constraint.is_exact and not has_others
    return line.additive and not line.is_quotient and (not line.adds_lines or is_sum_asked)


def _in_time(rename: Callable[[str], str]) -> Callable[[str], str]:
    """Return *rename* for names that may begin with ``last.`` or ``ago.``, which is kept."""
    return lambda name: time_of(name) + rename(own_name(name))


def _along_row(section: str, row: Line) -> Callable[[str], str]:
    def rename(key: str) -> str:
        if over := OverList.of(key):
            return str(over.in_row(row.key))
        return key if is_whole_name(key) else f"{section}.{row.key}.{key}"

    return rename


def along_column(section: str, column: Line) -> Callable[[str], str]:
    """Return a function from the key of a row to the name of its cell in *column*."""
    return lambda key: key if is_whole_name(key) else f"{section}.{key}.{column.key}"
