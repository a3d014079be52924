"""Compare two returns cell by cell: two files of one agency, or this year's and last year's return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from xltools.data.filing import Filing, RefusedFile, Return
from xltools.data.list_lines import cell_label, changed_cells, list_cells, shown_value
from xltools.errors import AdditionError, InputError, Problem
from xltools.form.layout import layout
from xltools.form.linear import EXACT, ZERO
from xltools.form.model import Form


@dataclass(frozen=True, slots=True)
class CellDifference:
    """A cell with different contents in two returns: figures or texts, and None where a cell is blank."""

    name: str
    label: str
    sheet: str
    address: str
    one: Decimal | str | None
    other: Decimal | str | None

    @property
    def change(self) -> Decimal | None:
        """The second figure minus the first; None for texts."""
        if isinstance(self.one, str) or isinstance(self.other, str):
            return None
        return EXACT.subtract(self.other or ZERO, self.one or ZERO)


def differences(one: Filing, other: Filing, *, texts: bool = True) -> tuple[CellDifference, ...]:
    """Return the differences in the order of the form: inputs and derived totals, then texts if *texts* is true.

    A blank differs from 0, and what could not be read as a figure is a text. Raises :class:`InputError` for a file
    that could not be read as a return, and :class:`AdditionError` if the forms differ.
    """
    one, other = _as_return(one), _as_return(other)
    form, second = one.form, other.form
    if form != second and form.name != second.name:
        raise AdditionError(Problem("other-form", facts={"one": form.name, "other": second.name}))
    ours, others = map(_figures_and_texts, (one, other))

    def found() -> Iterator[CellDifference]:
        place = layout(form)
        found = figure_differences(form, ours, others)
        is_told_as_text = texts and not (one.is_rollup or other.is_rollup)
        yield from (change for change in found if not is_told_as_text or change.name not in form.counted)
        for name, part in form.texts.items() if texts else ():
            if one.prose.get(name) != other.prose.get(name):
                prose = (form.shown(name, filing.prose.get(name)) for filing in (one, other))
                yield CellDifference(name, part.label, *place.address(name), *prose)
        yield from _of_lists(one, other) if texts else ()

    return tuple(found())


def _figures_and_texts(filing: Return) -> dict[str, Decimal | str]:
    return {**figures(filing), **filing.unread_texts}


def _of_lists(one: Return, other: Return) -> Iterator[CellDifference]:
    """Yield the cells of lists that differ, line by line of one key; of a list without keys the numbers of lines."""
    form = one.form
    there = list_cells(form, one.record.lists)
    for name, *pair in changed_cells(form, one.record.lists, other.record.lists):
        place = (one if name in there else other).address(name)
        shown = pair if name in form.lists else (shown_value(form, name, value) for value in pair)
        yield CellDifference(name, cell_label(form, name), *place, *shown)


def figure_differences(
    form: Form, one: Mapping[str, Decimal | str], other: Mapping[str, Decimal | str]
) -> Iterator[CellDifference]:
    """Yield the figures, and the texts in their place, that are different in *one* and *other*, in the order of the form."""
    for name, cell in form.cells.items():
        pair = one.get(name), other.get(name)
        if pair[0] != pair[1]:
            yield CellDifference(name, cell.label, *layout(form).address(name), *pair)


def _as_return(filing: Filing) -> Return:
    if isinstance(filing, RefusedFile):
        raise InputError(Problem("not-a-return", filing.source.path))
    return filing


def figures(filing: Return) -> dict[str, Decimal]:
    """Return the figures by name: the inputs, and the totals that have an input and depend on no unreadable one."""
    reach, inputs = filing.form.reach, filing.record.values.keys()
    return {
        name: value
        for name, value in filing.record.complete().items()
        if reach[name] & inputs and not reach[name] & filing.unread
    }
