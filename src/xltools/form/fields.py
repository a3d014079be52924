"""Fields of a form, whose values are texts, choices, dates or numbers, and the lists of codes to choose from.

:class:`Valued` has the keys that a field and a column of a list share; :func:`kind_of` makes the kind of their values of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from xltools.form.kinds import Choice, Choices, Date, KindName, Number, Option, ValueKind, YesNo, text_kind
from xltools.form.relation import ALWAYS, Condition
from xltools.text import clerk


@dataclass(frozen=True, slots=True)
class Codes:
    """A list of options: its ``items``, or a ``file`` in CSV beside the form, which is read in their place."""

    key: str
    items: tuple[Option, ...] = ()
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Valued:
    """What a field and a column of a list say about their values."""

    key: str
    label: str
    kind: KindName
    from_: str = field(default="", metadata={"key": "from"})  # the list of codes to choose from
    pattern: str = ""  # that a text matches as a whole
    longest: int | None = None  # characters of a text
    required: bool = False
    when: Condition = ALWAYS  # it is asked only then
    number: Literal["count", "decimal"] = "count"
    unit: str = ""
    signed: bool = False

    @property
    def is_conditional(self) -> bool:
        """Whether a blank can be a fault, or something in it."""
        return self.required or bool(self.when.relations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Valued):
    """A value of the cover or of a section: above its tables, or below them."""

    kind: KindName = "text"
    hint: str = ""
    additive: bool = True  # False: the numbers of several agencies must not be added
    below: bool = False
    also: tuple[str, ...] = ()  # other labels for it in published reports


def kind_of(one: Valued, codes: Mapping[str, Codes]) -> ValueKind:
    """Return the kind of the values of a field or of a column; a list of codes that does not exist has no options."""
    match one.kind:
        case "date":
            return Date()
        case "number":
            return Number(one.number == "count", one.unit, one.signed)
        case "yes":
            t = clerk()
            return YesNo(t("field.yes"), t("field.no"))
        case "choice" | "choices":
            items = codes[one.from_].items if one.from_ in codes else ()
            return Choice(items) if one.kind == "choice" else Choices(items)
        case name:
            return text_kind(name, one.longest, one.pattern)
