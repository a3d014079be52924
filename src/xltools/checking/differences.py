"""Two returns held against one another, cell by cell: two files of one agency, or this year's and last year's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from xltools.data.filing import Filing
from xltools.errors import AdditionError, InputError, Problem
from xltools.form.layout import layout
from xltools.form.linear import EXACT, ZERO


@dataclass(frozen=True, slots=True)
class Difference:
    """One cell or prose cell that is not the same in both: a figure, a text, or ``None`` where nothing stands."""

    name: str
    label: str
    sheet: str
    address: str
    one: Decimal | str | None
    other: Decimal | str | None

    @property
    def change(self) -> Decimal | None:
        """By how much the figure changed; ``None`` for texts."""
        if isinstance(self.one, str) or isinstance(self.other, str):
            return None
        return EXACT.subtract(self.other or ZERO, self.one or ZERO)


def differences(one: Filing, other: Filing, *, texts: bool = True) -> tuple[Difference, ...]:
    """What the two do not have in common, in the form's order: inputs as read, totals derived, then prose if asked.

    A blank is not 0, and a figure that could not be read is shown as blank. Raises :class:`InputError` for a
    file that could not be read as a return, :class:`AdditionError` for two different forms.
    """
    for filing in (one, other):
        if filing.form is None or filing.record is None:
            raise InputError(Problem("not-a-return", filing.source.path))
    assert one.form is not None  # noqa: S101  just asked
    assert other.form is not None  # noqa: S101  just asked
    if one.form != other.form and one.form.name != other.form.name:
        raise AdditionError(Problem("other-form", facts={"one": one.form.name, "other": other.form.name}))
    return (*_figures(one, other), *(_texts(one, other) if texts else ()))


def _figures(one: Filing, other: Filing) -> Iterator[Difference]:
    assert one.form is not None  # noqa: S101  the caller asked
    place, values, others = layout(one.form), _told(one), _told(other)
    for name, cell in one.form.cells.items():
        if values.get(name) != others.get(name):
            yield Difference(name, cell.label, *place.address(name), values.get(name), others.get(name))


def _told(filing: Filing) -> dict[str, Decimal]:
    """The inputs as read and the totals of which any part is there and none is unreadable."""
    assert filing.record is not None  # noqa: S101  the caller asked
    assert filing.form is not None  # noqa: S101  the caller asked
    reach, inputs = filing.form.reach, filing.record.values
    return {
        name: value
        for name, value in filing.record.complete().items()
        if reach[name] & set(inputs) and not reach[name] & filing.unread
    }


def _texts(one: Filing, other: Filing) -> Iterator[Difference]:
    assert one.form is not None  # noqa: S101  the caller asked
    place = layout(one.form)
    for name, part in one.form.texts.items():
        texts = one.prose.get(name), other.prose.get(name)
        if texts[0] != texts[1]:
            yield Difference(name, part.label, *place.address(name), *texts)
