"""What is written: a form, whose it is, and what it is filled with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from xltools.data.filing import Stamp
from xltools.data.rollup import Rollup
from xltools.files import Home
from xltools.form.layout import layout
from xltools.form.model import Cell, Form
from xltools.form.places import STAMP, Check, Layout, Matrix
from xltools.text import clerk

Place = tuple[str, int, int]  # sheet, row and column of the cell that holds a value


@dataclass(frozen=True, slots=True)
class Content:
    """The layout, the stamp, every value with totals derived, the prose, and the roll-up when it is one."""

    layout: Layout
    stamp: Stamp
    values: Mapping[str, Decimal]
    prose: Mapping[str, str]
    rollup: Rollup | None = None
    last: Mapping[str, Decimal] = field(
        default_factory=dict
    )  # last year's figures, where they are to be shown
    carried: frozenset[str] = frozenset()  # inputs that were filled in from last year's
    results: Mapping[Place, int | str] = field(
        default_factory=dict
    )  # of the checks and of the cover's list of them
    home: Home | None = None  # where a roll-up will lie, from which it links to the returns
    matrix: Matrix | None = None  # where a roll-up has the rows of agencies

    @property
    def rows(self) -> Matrix:
        """The same of a roll-up, which has them."""
        assert self.matrix is not None  # noqa: S101  see above
        return self.matrix

    def is_open(self, cell: Cell) -> bool:
        """Whether the cell is typed: an input, and not the sum of others' inputs."""
        return not cell.is_total and self.rollup is None

    def is_left_blank(self, cell: Cell) -> bool:
        """Whether the cell has no figure here because the agencies' figures cannot be added."""
        return self.rollup is not None and not cell.additive

    def is_live(self, check: Check) -> bool:
        """Whether every figure the check asks for is there."""
        if self.rollup is None:
            return True
        names = {name for equation in check.equations for name in equation.names} | set(check.inputs)
        return not any(self.is_left_blank(self.layout.form.cells[name]) for name in names)

    def blanks(self, names: list[str]) -> int:
        """How many of these inputs are blank."""
        return 0 if self.rollup else sum(name not in self.values for name in names)


def issued(
    form: Form,
    stamp: Stamp,
    values: Mapping[str, Decimal] | None = None,
    prose: Mapping[str, str] | None = None,
    *,
    last: Mapping[str, Decimal] | None = None,
    show_last: bool = False,
) -> Content:
    """What stands in the workbook of one agency; see :func:`xltools.excel.writer.write_return`."""
    carried = form.carried(last or {})
    return Content(
        layout(form),
        stamp,
        form.complete(carried | dict(values or {})),
        prose or {},
        last=last if last and show_last else {},
        carried=frozenset(carried.keys() - (values or {}).keys()),
    )


def stamp_texts(stamp: Stamp) -> dict[str, str]:
    """The stamp as it is written into the file's properties."""
    agency = stamp.agency
    texts = (
        agency.district,
        agency.name,
        agency.code,
        str(stamp.year),
        stamp.form,
        stamp.edition,
        stamp.kind,
    )
    return dict(zip(STAMP, texts, strict=True))


def shown_stamp(stamp: Stamp) -> dict[str, str]:
    """The stamp as the cover shows it."""
    return stamp_texts(stamp) | {"kind": clerk()(f"cover.kind-{stamp.kind}")}
