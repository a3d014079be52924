"""Fields of a form, whose values are texts, choices, dates or numbers, and the lists of codes to choose from.

:class:`Valued` has the keys that a field and a column of a list share; :func:`kind_of` makes the kind of their values of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from xltools.form.kinds import Choice, Choices, Date, KindName, Number, Option, ValueKind, YesNo, text_kind
from xltools.form.relation import ALWAYS, Condition
from xltools.text import clerk

SECOND = {"since": 2}  # metadata of a key that came with the second version of the language


@dataclass(frozen=True, slots=True)
class Codes:
    """A list of options: its ``items``, or a ``file`` in CSV beside the form, which is read in their place."""

    key: str
    """The name by which `from` and `rows_from` refer to it."""
    items: tuple[Option, ...] = ()
    """The options."""
    under: str = ""
    """The list of codes whose items the `under` of its items name; otherwise these are items of its own."""
    file: str = ""
    """In place of the options, a file in CSV beside the form, with the columns code, label and perhaps key,
    unit and under, or 代码, 名称, 计量单位 and 上级. It stands on a line of its own: `file = "trades.csv"`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Valued:
    """What a field and a column of a list say about their values."""

    key: str
    """Its name; in full that of a field is `cover.key` or `section.key`, that of a column `list.key`."""
    label: str
    """What is printed beside it, or above a column."""
    kind: KindName
    """What its values are."""
    from_: str = field(default="", metadata={"key": "from", **SECOND})
    """The list of codes of a `choice` or of `choices`."""
    under: str = field(default="", metadata=SECOND)
    """Of a `choice`: the field, by its full name, or the column on whose item [the choice
    depends](#choices-that-depend-on-another)."""
    pattern: str = field(default="", metadata=SECOND)
    """A regular expression that a text must match as a whole; it is tried on at most 200 characters."""
    longest: int | None = field(default=None, metadata=SECOND)
    """How many characters a text may have; otherwise 200, and prose 2,000."""
    required: bool = field(default=False, metadata=SECOND)
    """It may not be blank."""
    when: Condition = field(default=ALWAYS, metadata=SECOND)
    """It is asked, and required, only while this [condition](#relations-and-conditions) holds; something in it
    otherwise is the finding `not-asked`."""
    number: Literal["count", "decimal"] = field(default="count", metadata=SECOND)
    """Of a `number`: whether it is a whole number."""
    unit: str = field(default="", metadata=SECOND)
    """Of a `number`: what it counts."""
    signed: bool = field(default=False, metadata=SECOND)
    """Of a `number`: whether it may be below 0."""
    decimals: int | None = field(default=None, metadata=SECOND)
    """Of a decimal `number`: how many decimals it may have at most, 0 to 6."""

    given: bool = field(default=False, metadata=SECOND)
    """The [issuer gives](#what-the-issuer-gives) what is in it; it is locked."""

    @property
    def is_conditional(self) -> bool:
        """Whether a blank can be a fault, or any content."""
        return self.required or bool(self.when.relations) or bool(self.under)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Valued):
    """A value of the cover or of a section: above its tables, or below them. Its `when` may ask for the `period`, as rules do."""

    kind: KindName = field(default="text", metadata=SECOND)
    """What its values are: a text of one line or several (`prose`), the address of a site, one or several
    options of a list, yes or no, a day, or a number."""
    hint: str = ""
    """What the agency reads beside it."""
    additive: bool = field(default=True, metadata=SECOND)
    """Of a `number`: with `false` those of several agencies are not added."""
    below: bool = field(default=False, metadata=SECOND)
    """It stands below the tables of its section and not above them."""
    also: tuple[str, ...] = ()
    """Other labels for it in [published reports](#what-published-reports-print)."""


def yes_or_no() -> YesNo:
    """Return the kind of what is yes or no."""
    t = clerk()
    return YesNo(t("field.yes"), t("field.no"))


class _Labelled(Protocol):
    """A field or a box for prose."""

    @property
    def label(self) -> str: ...


def label_with_unit(one: _Labelled) -> str:
    """Return the label of a field as it is printed: of a number with its unit, unless that is in it."""
    unit = one.unit if isinstance(one, Field) and one.kind == "number" else ""
    return (
        clerk()("field.with-unit", label=one.label, unit=unit)
        if unit and unit not in one.label
        else one.label
    )


def kind_of(one: Valued, codes: Mapping[str, Codes]) -> ValueKind:
    """Return the kind of the values of a field or of a column; a list of codes that does not exist has no options."""
    match one.kind:
        case "date":
            return Date()
        case "number":
            return Number(one.number == "count", one.unit, one.signed, one.decimals)
        case "yes":
            return yes_or_no()
        case "choice" | "choices":
            items, above = _options(one.from_, codes)
            return Choice(items, above=above) if one.kind == "choice" else Choices(items)
        case name:
            return text_kind(name, one.longest, one.pattern)


def _options(key: str, codes: Mapping[str, Codes]) -> tuple[tuple[Option, ...], tuple[Option, ...]]:
    """Return the options of a list of codes, each with the key of the one that it is under, and those that these are among."""
    if key not in codes:
        return (), ()
    items, others = codes[key].items, codes.get(codes[key].under)
    above = others.items if others else items
    known = {name: one.name for one in above for name in (one.code, one.name) if name}
    return tuple(replace(one, under=known.get(one.under, one.under)) for one in items), above
