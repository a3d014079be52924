"""Faults of what says who fills in what: ``only`` and ``given``."""

from __future__ import annotations

from collections.abc import Iterator

from xltools.errors import Problem
from xltools.form.kinds import Text
from xltools.form.linear import OverList
from xltools.form.lint_names import text_faults
from xltools.form.model import FLAG_JOINT, RULE_MAKERS, Form
from xltools.form.sections import Block, Line, List, Section, leaves

_MOST_GIVEN = (
    1500  # figures of at most 20 characters in one cell of the cover; a longer text stands for several
)
_FIGURE = 20
_Group = Section | List | Block | Line


def only_faults(form: Form) -> Iterator[Problem]:
    """Yield faults of ``only``: no name of a column, lines that nobody types, sums over lists that an agency may not have."""
    for place, group in _groups(form):
        if isinstance(group, Line) and group.given and group.is_ is not None:
            yield Problem("given-of-total", f"{place} › given")
        where = f"{place} › only"
        if not group.only:
            continue
        yield from text_faults(place, ("only", group.only))
        if FLAG_JOINT in group.only or group.only != group.only.strip():
            yield Problem("only-no-column", where, {"text": group.only})
        elif form.schema == 1 and group.only != RULE_MAKERS:
            yield Problem("needs-schema", where, {"words": group.only})
        if isinstance(group, Line) and group.is_ is not None:
            yield Problem("only-of-total", where)
    for key, one in form.lists.items():
        place = f"list “{key}” › given"
        if any(column.given and column.is_derived for column in one.columns):
            yield Problem("given-of-total", place)
        if one.given and not (one.unique and {*one.unique} <= {*one.given}):
            yield Problem("given-without-key", place)
    yield from _apart(form)


def whole_faults(form: Form) -> Iterator[Problem]:
    """Yield faults of a form that is sound otherwise.

    These are means that fewer agencies have than their weight, by which those of the others would divide too, totals on a
    sheet that some agencies do not have, where what these have would be added all the same, and more figures of the issuer
    than a stamp holds.
    """
    kinds = [form.kinds.get(name) for name in form.given]
    if (
        count := sum(kind.longest // _FIGURE if isinstance(kind, Text) else 1 for kind in kinds)
    ) > _MOST_GIVEN:
        yield Problem("given-too-many", "given", {"most": _MOST_GIVEN, "count": count})
    for cell in form.means.values():
        needed = form.needed_flags.get(cell.name, frozenset())
        if not all(needed <= form.needed_flags.get(name, frozenset()) for name in form.reach[cell.weight]):
            yield Problem("only-mean", f"section “{cell.section.key}”", {"label": cell.label})
    for cell in (one for one in form.totals if one.section.only and not one.ratio):
        of_more = (n for n in form.reach[cell.name] if cell.section.only not in form.needed_flags.get(n, ()))
        if part := min(of_more, default=""):
            facts = {"label": cell.label, "part": form.cells[part].label}
            yield Problem("only-sum", f"section “{cell.section.key}”", facts)


def _groups(form: Form) -> Iterator[tuple[str, _Group]]:
    for section in form.sections:
        place = f"section “{section.key}”"
        yield place, section
        for one in section.lists:
            yield f"{place} › list “{one.key}”", one
        for index, block in enumerate(section.blocks, 1):
            yield f"{place} › block {index}", block
            for line in (*leaves(block.rows), *leaves(block.columns)):
                yield f"{place} › block {index} › “{line.key}”", line


def _apart(form: Form) -> Iterator[Problem]:
    """Yield lists whose lines need the figures of another list that an agency may not have."""
    for key, one in form.lists.items():
        names = [name for column in one.columns for name in (column.is_.names if column.is_ else ())]
        names += [name for rule in one.constraints for name in rule.constraint.names]
        for over in filter(None, map(OverList.of, names)):
            if over.list in form.lists and form.flags_of_list(over.list) - form.flags_of_list(key):
                yield Problem("only-apart", f"list “{key}”", {"name": over.list})
