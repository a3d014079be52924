"""What the issuer gives (``given`` in a form): agencies get it in their workbooks and do not change it.

It is figures, the values of fields, and lines of lists, of which agencies fill in the other columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from xltools.data.filing import Filing, RefusedFile, Return
from xltools.data.list_lines import cell_label, line_keys, list_figures, shown_value, unread_cells
from xltools.data.period import Period
from xltools.data.record import Agency, ListLine, ListValue
from xltools.data.row_checksum import checksum, line_texts
from xltools.form.lists import cell_name, parts_of_cell
from xltools.form.model import Form
from xltools.form.sections import List
from xltools.text import clerk

CHANGED, RENEWED = "given-changed", "given-renewed"


@dataclass(frozen=True)
class Given:
    """What is in a file ``given.csv``, by period and by code or name of the agency, there by name of cell."""

    figures: Mapping[tuple[str, str], Mapping[str, ListValue]] = field(default_factory=dict)

    def of(self, period: Period, agency: Agency) -> Mapping[str, ListValue]:
        """Return what is given to an agency: to its code, else to its name."""
        known = (self.figures.get((str(period), who)) for who in (agency.code, agency.name))
        return next((found for found in known if found), {})


def given_as(form: Form, name: str, value: ListValue) -> str:
    """Return what stands in the file for a value that is given to the cell with that name."""
    shown = _shown_in(form, name, value) if parts_of_cell(name) else _shown(form, name, value)
    return f"{shown:f}" if isinstance(shown, Decimal) else shown


def given_lines(one: List, given: Mapping[str, ListValue]) -> tuple[ListLine, ...]:
    """Return the lines of a list among what is *given*, in that order; what the agency fills in is blank."""
    found: dict[str, dict[str, ListValue]] = {}
    for name, value in given.items():
        if (cell := parts_of_cell(name)) and cell[0] == one.key:
            found.setdefault(cell[2], {})[cell[1]] = value
    lines = (tuple(line.get(key, "") for key in one.keys) for line in found.values())
    return tuple(ListLine(number, values) for number, values in enumerate(lines, 1))


def lines_mark(one: List, lines: Sequence[ListLine]) -> str:
    """Return the number of the lines of a list, and a check sum of what the issuer gives in them, in any order."""
    places = [one.keys.index(key) for key in one.given]
    texts = sorted(line_texts(ListLine(0, tuple(line.values[at] for at in places))) for line in lines)
    return f"{len(lines)}.{checksum(text for own in texts for text in own)}"


def with_given(filing: Filing, given: Given | None) -> Filing:
    """Return the filing with what the issuer gives in place of what came back, and findings on what differs.

    The issuer gives what is *given* now, else what the workbook was issued with. Where neither is known, what is there is
    read like anything else.
    """
    if isinstance(filing, RefusedFile) or filing.is_rollup or not filing.form.given:
        return filing
    known = given.of(filing.stamp.period, filing.agency) if given else {}
    filing = _with_values(filing, known)
    lists = [key for key in filing.form.given if key in filing.form.lists]
    lost = filing.elsewhere | unread_cells(filing) if lists else frozenset()
    for key in (key for key in lists if key not in lost):
        filing = _with_lines(filing, filing.form.lists[key], known)
    return filing


def _with_values(filing: Return, given: Mapping[str, ListValue]) -> Return:
    """Return the filing with the figures and the values of fields that are given."""
    form, issued = filing.form, filing.stamp.given_of(filing.form)
    known = {name: value for name, value in (issued | dict(given)).items() if name not in filing.elsewhere}
    findings, differing = list(filing.findings), set[str]()
    held: dict[str, ListValue] = {**filing.record.values, **filing.prose}
    for name in (name for name in form.given if name in known and name not in form.lists):
        there = [finding for finding in findings if finding.cell == name]
        if held.get(name, "") == known[name] or (not there and _is_lost(filing, name)):
            continue
        differing.add(name)
        if not any(filing.address(name)):  # a report as it is published has no cover
            held[name] = known[name]
            continue
        findings = [finding for finding in findings if finding.cell != name]
        found = held[name] if name in held else there[0].found if there else ""
        label = form.cells[name].label if name in form.cells else form.fields[name].label
        code = RENEWED if found == issued.get(name) else CHANGED
        came, wanted = (_shown(form, name, value) for value in (found, known[name]))
        findings.append(filing.finding(code, name, came, wanted, {"label": label}))
        held[name] = known[name]
    if not differing:
        return filing
    texts = {name: text for name in form.given if name in differing and isinstance(text := held[name], str)}
    counts = {name for name, (of_field, _) in form.counted.items() if of_field in texts}
    figures = {name: v for name, v in held.items() if isinstance(v, Decimal) and name not in counts}
    return replace(
        filing,
        findings=tuple(findings),
        prose={name: text for name, text in {**filing.prose, **texts}.items() if text},
        record=replace(filing.record, values=figures | form.counts(texts)),
        unread=filing.unread - differing - counts,
        # What the file computed from another figure says nothing about the agency's own.
        clouded=filing.clouded | differing | counts,
    )


def _is_lost(filing: Return, name: str) -> bool:
    """Return whether nothing is known of a cell because its sheet could not be read; a report has no cover at all."""
    sheet, _ = filing.address(name)
    lost = {one.sheet for one in filing.findings if one.is_error and not (one.cell or one.address)}
    return bool(sheet) and (name in filing.unread or (name in filing.form.fields and sheet in lost))


def _shown(form: Form, name: str, value: ListValue) -> ListValue:
    return (form.shown(name, value) or "") if isinstance(value, str) else value


# -- lines of lists


def _with_lines(filing: Return, one: List, given: Mapping[str, ListValue]) -> Return:
    """Return the filing with the lines of a list that are given, which keep what the agency filled in.

    Where only the check sum is known with which the workbook was issued, one finding says that the lines are not these.
    """
    lines = filing.record.lists.get(one.key, ())
    issued = filing.stamp.given_of(filing.form).get(one.key)
    over = {name for name, figure in filing.form.list_figures.items() if figure.list == one.key}
    if not given:
        if issued in {None, lines_mark(one, lines)}:
            return filing
        number, t = str(issued).partition(".")[0], clerk()
        words = t("list.lines-found", count=len(lines)), t("list.lines-given", count=number)
        about = filing.finding(CHANGED, one.key, *words, {"label": filing.form.title_of_list(one.key)})
        return replace(filing, findings=(*filing.findings, about), clouded=filing.clouded | over)
    rows = _paired(filing, one, lines, given_lines(one, given))
    differing = [_differing(one, *row) for row in rows]
    if not any(differing):
        return filing
    whole = tuple(_merged(one, number, *row) for number, row in enumerate(rows, 1))
    names = line_keys(one, whole)
    filing = _renamed(filing, one, lines, names, differing)
    code = RENEWED if issued == lines_mark(one, lines) else CHANGED
    faults = []
    for name, row, columns in zip(names, rows, differing, strict=True):
        for cell, place in ((cell_name(one.key, key, name), one.keys.index(key)) for key in columns):
            found, expected = (
                _shown_in(filing.form, cell, line.values[place]) if line else "" for line in row
            )
            faults.append(
                filing.finding(code, cell, found, expected, {"label": cell_label(filing.form, cell)})
            )
    values = {name: value for name, value in filing.record.values.items() if name not in over}
    values |= list_figures(filing.form, {one.key: whole})
    record = replace(filing.record, values=values, lists={**filing.record.lists, one.key: whole})
    figures = filing.form.list_figures
    given_columns = frozenset(one.given)
    known = {name for name in over if one.typed_for(figures[name]) <= given_columns}
    return replace(
        filing,
        findings=(*filing.findings, *faults),
        record=record,
        unread=filing.unread - known,
        clouded=filing.clouded | over,
    )


_Row = tuple[ListLine | None, ListLine | None]  # a line that came back, and what the issuer gives in it


def _paired(filing: Return, one: List, lines: Sequence[ListLine], wanted: Sequence[ListLine]) -> list[_Row]:
    """Return the lines that came back, in their order, each with the one that is given, then those that are missing.

    They belong together by their keys. One whose key was changed is known by its row, if that is the one as issued.
    """
    rest = dict(zip(line_keys(one, wanted), wanted, strict=True))
    pairs = [rest.pop(key, None) for key in line_keys(one, lines)]
    missing, places = list(rest.values()), filing.listed.get(one.key)
    for index, row in enumerate(places.rows if places else ()):
        place = row - places.head[0] - 1 if places else 0
        if pairs[index] is None and place < len(wanted) and wanted[place] in missing:
            pairs[index] = wanted[place]
            missing.remove(wanted[place])
    return [*zip(lines, pairs, strict=True), *((None, line) for line in missing)]


def _differing(one: List, found: ListLine | None, wanted: ListLine | None) -> tuple[str, ...]:
    """Return the columns with something else than is given; the first of the key for a line too many or too few."""
    if found is None or wanted is None:
        return one.unique[:1]
    places = ((key, one.keys.index(key)) for key in one.given)
    return tuple(key for key, place in places if found.values[place] != wanted.values[place])


def _merged(one: List, number: int, found: ListLine | None, wanted: ListLine | None) -> ListLine:
    """Return a line with what is given in it, and what the agency filled in."""
    if found is None or wanted is None:
        return (found or wanted or ListLine(0, ()))._replace(number=number)
    triples = zip(one.columns, found.values, wanted.values, strict=True)
    return ListLine(number, tuple(given if column.given else own for column, own, given in triples))


def _renamed(
    filing: Return,
    one: List,
    lines: Sequence[ListLine],
    names: Sequence[str],
    differing: Sequence[Sequence[str]],
) -> Return:
    """Return the filing with its findings and places under the new *names* of the lines, without those on cells that differ."""
    before = line_keys(one, lines)
    now, gone = dict(zip(before, names, strict=False)), dict(zip(before, differing, strict=False))
    findings = []
    for finding in filing.findings:
        key, column, line = parts_of_cell(finding.cell) or ("", "", "")
        if key == one.key:
            if column in gone.get(line, ()):
                continue
            finding = replace(finding, cell=cell_name(key, column, now.get(line, line)))  # noqa: PLW2901
        findings.append(finding)
    listed = dict(filing.listed)
    if one.key in listed:
        listed[one.key] = listed[one.key]._replace(keys=tuple(names[: len(lines)]))
    return replace(filing, findings=tuple(findings), listed=listed)


def _shown_in(form: Form, cell: str, value: ListValue) -> ListValue:
    shown = shown_value(form, cell, value)
    return "" if shown is None else shown
