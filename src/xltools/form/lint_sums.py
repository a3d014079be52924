"""Faults of totals, parts of a whole, ratios and means: circles, lines that are forgotten or added twice, several units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import permutations

from xltools.errors import Problem
from xltools.form.linear import Linear
from xltools.form.lint_fields import name_faults
from xltools.form.lint_names import range_faults, unknown_faults
from xltools.form.model import Cell, Form
from xltools.form.ratio import Ratio
from xltools.form.relation import Relation
from xltools.form.sections import Block, Line, is_whole_name, leaves, walk
from xltools.form.units import powers_between
from xltools.form.wording import own_name


def totals_faults(
    lines: tuple[Line, ...], units: Mapping[str, str], form: Form, place: str
) -> Iterator[Problem]:
    """Yield totals of unknown lines, circles, and lines that a total does not add exactly once without a reason."""
    axis = {leaf.key: leaf for leaf in leaves(lines)}
    held = {name for line in axis.values() if line.total for name in line.total.names}
    for line, definition, siblings in _totals(lines):
        here = f"{place} › “{line.key}” › is"
        if not definition.terms:
            yield Problem("nothing-to-add", here)
            continue
        of_fields = [name for name in definition.names if is_whole_name(name)]
        yield from unknown_faults((name for name in definition.names if name not in of_fields), axis, here)
        yield from name_faults(of_fields, form, here, form.cells, in_row=place.endswith("columns"))
        yield from unknown_faults(line.omits, axis, here)
        if not axis.keys() >= {*line.omits, *_reached(line, axis)}:
            continue  # its coverage depends on an unknown name
        weights = _weights(line, axis, ())
        if weights is None:
            yield Problem("circular", here, {"name": line.key})
            continue
        for name, weight in sorted(weights.items()):
            yield from _addend_faults(line, axis[name], weight, here)
        answers = line.adds_lines and line.key not in held and not line.of
        if answers:  # a subtotal or a part answers for nothing
            yield from _forgotten(line, weights, axis, siblings, units, here)


def _addend_faults(total: Line, line: Line, weight: int, place: str) -> Iterator[Problem]:
    """Yield why a total cannot add a typed line so many times."""
    if line.is_quotient:
        yield Problem("ratio-in-sum", place, {"name": line.key})
        return
    if abs(weight) > 1:
        yield Problem("counted-twice", place, {"name": line.key, "times": weight})
    if total.additive and not line.additive:
        yield Problem("not-additive", place, {"name": line.key})
    if line.key in total.omits:
        yield Problem("omitted-and-added", place, {"name": line.key})


def _forgotten(
    total: Line,
    weights: Mapping[str, int],
    axis: Mapping[str, Line],
    siblings: Iterable[str],
    units: Mapping[str, str],
    place: str,
) -> Iterator[Problem]:
    """Yield the lines of its units that a total does not add: those of its label, or its own parts if it adds only these.

    A total with a unit of its own has the units of what it adds too.
    """
    asked = {units[total.key]} | ({units[name] for name in weights} if total.unit else set())
    parts = total.total.names if total.total else ()
    is_divided_anew = all(axis[name].of == total.key for name in parts)
    whole = total.key if is_divided_anew else ""
    for name in axis if is_divided_anew else siblings:
        one = axis[name]
        is_own = one.of == whole and one.additive and units[name] in asked
        if is_own and name not in weights and not total.omits.get(name):
            yield Problem("forgotten", place, {"name": name, "label": one.label, "total": total.key})


def parts_faults(lines: tuple[Line, ...], place: str) -> Iterator[Problem]:
    """Yield parts (其中) of unknown lines or of themselves, and those that may be below 0."""
    axis = {leaf.key: leaf for leaf in leaves(lines)}
    for line in axis.values():
        here = f"{place} › “{line.key}” › of"
        if line.of:
            yield from unknown_faults((line.of,), axis, here)
        above, whole = [line.key], line.of
        while whole in axis and whole not in above:
            above.append(whole)
            whole = axis[whole].of
        if whole == line.key:
            yield Problem("circular", here, {"name": line.key})


def _totals(lines: tuple[Line, ...]) -> Iterator[tuple[Line, Linear, list[str]]]:
    """Yield each total with its definition and the keys of its siblings: the typed lines under the same label, at any depth."""
    for siblings in (lines, *(line.lines for line, _ in walk(lines) if line.lines)):
        typed = [leaf.key for leaf in leaves(siblings) if not (leaf.adds_lines or leaf.is_quotient)]
        yield from ((x, x.total, typed) for x in siblings if x.total is not None and not x.lines)


def _reached(line: Line, axis: dict[str, Line]) -> set[str]:
    """Return every name from which a total is derived, also through other totals, known or not."""
    reached: set[str] = set()
    left = [line.key]
    while left:
        key = left.pop()
        if key not in reached:
            reached.add(key)
            total = axis[key].total if key in axis else None
            left += [name for name in total.names if not is_whole_name(name)] if total else ()
    return reached


def _weights(line: Line, axis: dict[str, Line], above: tuple[str, ...]) -> Counter[str] | None:
    """Return how often each typed line enters the total, whatever is before it; ``None`` when the definition is circular."""
    if line.key in above:
        return None
    if line.total is None or not line.adds_lines:
        return Counter({line.key: 1})
    found: Counter[str] = Counter()
    for factor, name in line.total.terms:
        if is_whole_name(name):
            continue
        part = _weights(axis[name], axis, (*above, line.key))
        if part is None:
            return None
        for key, weight in part.items():
            found[key] += weight if factor > 0 else -weight
    return found


def unit_faults(form: Form, sure: frozenset[str]) -> Iterator[Problem]:
    """Yield sums over cells of several units, such as pieces and money; unknown names are ignored.

    Two whole numbers of different units can be compared, such as users and visits; a total with a unit of its own can
    add them. What has a number before a name is in another unit than what it adds, which only a total says.
    """
    known = {n: cell for n, cell in form.cells.items() if cell.section.key in sure or not cell.in_table}
    groups = [
        (f"“{c.name}”", (c.name, *c.definition.names))
        for c in form.cells.values()
        if c.definition
        and not c.definition.has_multiples
        and not _adds_units(form.crossings[c.name], known | form.crossings)
    ]
    groups += [
        (f"“{c.name}”", side.names)
        for c in form.quotients
        for side in (c.ratio or ())[:2]
        if not side.has_multiples
    ]
    for identity in (*form.identities, *form.carries):
        for relation in (identity.relation, *identity.constraint.when.relations):
            cells = (known.get(own_name(name)) for name in relation.names)
            is_order = relation.sign != "=" and not identity.is_part
            apart = is_order and all(cell is None or cell.number == "count" for cell in cells)
            groups += [(f"rule “{identity.rule.key}”", names) for names in alike_in(relation, apart=apart)]
    groups += [(f"prose › meaning “{m.key}”", m.is_.names) for m in form.prose.meanings]
    groups += [(f"chart “{chart.key}”", chart.names) for chart in form.charts]  # they share an axis
    for place, names in groups:
        named = map(own_name, names)
        units = {known[name].unit for name in named if name in known and not form.is_count(name)}
        if len(units) > 1:
            yield Problem("mixed-units", place, {"units": "、".join(sorted(units))})


def alike_in(relation: Relation, *, apart: bool) -> list[tuple[str, ...]]:
    """Return the names in a relation that have one unit: those of both sides, or *apart* those of each.

    A side with multiples says nothing of units.
    """
    if not (apart or relation.has_multiples):
        return [relation.names]
    return [side.names for side in (relation.left, relation.right) if not side.has_multiples]


def multiple_faults(form: Form, sure: frozenset[str]) -> Iterator[Problem]:
    """Yield totals of multiples without a unit of their own, and whole numbers that are made of parts of others."""
    for cell in form.cells.values():
        definition, line = cell.definition, _total_line(cell)
        if definition is None or not definition.has_multiples or cell.section.key not in sure:
            continue
        if line.unit != cell.unit:
            yield Problem("multiple-without-unit", f"“{cell.name}”", {"name": line.key})
        if cell.number == "count" and not definition.is_whole:
            yield Problem("multiple-not-whole", f"“{cell.name}”", {"name": line.key, "text": str(line.is_)})
    for carry in form.carries:
        left, _, right = carry.relation
        known = form.cells.get(left.single)
        if known and known.number == "count" and not right.is_whole:
            facts = {"name": left.single, "text": str(carry.rule.constraint.relation.right)}
            yield Problem("multiple-not-whole", f"carry “{carry.rule.key}”", facts)


def _total_line(total: Cell) -> Line:
    """Return the line that defines a total."""
    return total.column if total.column.total is not None else total.row


def _adds_units(total: Cell, known: Mapping[str, Cell]) -> bool:
    """Return whether a total is said to add several units: of whole numbers, in a unit of its own that none of them has.

    Parts that are not there count too. Units of one thing, such as 元 and 万元, are never added.
    """
    line = _total_line(total)
    parts = [known[name] for name in (total.definition or Linear(())).names if name in known]
    units = {part.unit for part in parts}
    is_own = bool(line.unit) and total.unit == line.unit and total.unit not in units
    is_of_wholes = all(one.number == "count" for one in (total, *parts))
    is_of_one_thing = any(powers_between(*pair) is not None for pair in permutations({*units, total.unit}, 2))
    return len(units) > 1 and is_own and is_of_wholes and not is_of_one_thing


# -- ratios, means and decimals


def quotient_faults(lines: tuple[Line, ...], form: Form, place: str) -> Iterator[Problem]:
    """Yield ratios and means of unknown lines, of other ratios and means, and of lines that cannot be added."""
    axis = {leaf.key: leaf for leaf in leaves(lines)}
    for line in axis.values():
        here = f"{place} › “{line.key}”"
        if isinstance(line.is_, Ratio):
            own = [name for name in line.is_.names if not is_whole_name(name)]
            others = [name for name in line.is_.names if name not in own]
            yield from name_faults(others, form, f"{here} › is", form.cells, in_row=place.endswith("columns"))
            yield from _operand_faults(line, own, axis, f"{here} › is")
        if line.mean:
            yield from _operand_faults(line, (line.mean,), axis, f"{here} › mean")
            if line.is_ is not None:
                yield Problem("mean-defined", here)
        if line.of and (line.is_quotient or (line.of in axis and axis[line.of].is_quotient)):
            yield Problem("ratio-in-sum", f"{here} › of", {"name": line.key if line.is_quotient else line.of})


def _operand_faults(line: Line, names: Iterable[str], axis: dict[str, Line], place: str) -> Iterator[Problem]:
    yield from unknown_faults(names, axis, place)
    for name in dict.fromkeys(names):
        if name in axis and axis[name].is_quotient:
            yield Problem("ratio-in-sum", place, {"name": name})
        elif name in axis and line.additive and not axis[name].additive:
            yield Problem("not-additive", place, {"name": name})


def meeting_faults(block: Block, place: str) -> Iterator[Problem]:
    """Yield rows of ratios or means that meet columns of them: which one the cell holds would not be said."""
    for row in (line for line in leaves(block.rows) if line.is_quotient):
        for column in (line for line in leaves(block.columns) if line.is_quotient):
            if (row.key, column.key) not in block.void:
                yield Problem("ratios-meet", place, {"row": row.key, "column": column.key})


def decimal_faults(form: Form, sure: frozenset[str]) -> Iterator[Problem]:
    """Yield impossible numbers of decimals, decimals of whole numbers, and weights that may be below 0."""
    for section in form.sections:
        place = f"section “{section.key}”"
        yield from range_faults(section.decimals, place)
        for index, block in enumerate(section.blocks, 1):
            here = f"{place} › block {index}"
            yield from range_faults(block.decimals, here)
            for axis, lines in (("rows", block.rows), ("columns", block.columns)):
                for line in leaves(lines):
                    yield from range_faults(line.decimals, f"{here} › {axis} › “{line.key}”")
    cells = [cell for cell in form.cells.values() if cell.section.key in sure]
    yield from _whole_faults(cells)
    for cell in cells:
        if cell.weight in form.cells and form.cells[cell.weight].signed:
            yield Problem("weight-signed", f"“{cell.name}”", {"name": cell.weight})


def _whole_faults(cells: Iterable[Cell]) -> Iterator[Problem]:
    """Yield lines with decimals all of whose cells hold whole numbers."""
    numbers: dict[tuple[str, str], set[str]] = {}
    for cell in cells:
        for line in (cell.row, cell.column):
            if line.decimals is not None:
                numbers.setdefault((cell.section.key, line.key), set()).add(cell.number)
    for (section, name), found in numbers.items():
        if found == {"count"}:
            yield Problem("decimals-whole", f"section “{section}” › “{name}” › decimals", {"name": name})
