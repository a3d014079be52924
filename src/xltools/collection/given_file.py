"""The file ``given.csv`` of a collection: what the issuer gives, by agency, name of the cell and, if there are several, period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from xltools.collection.roster_files import rows_by_head
from xltools.collection.settings import GIVEN_HEADS, Folder
from xltools.data.given import Given
from xltools.data.list_lines import line_keys, parts_of_key
from xltools.data.number import misfit, normal, stored
from xltools.data.period import Period
from xltools.data.record import ListLine, ListValue
from xltools.data.roster import Roster
from xltools.errors import InputError, Problem
from xltools.form.kinds import Choice, Held, Number, ValueKind
from xltools.form.lists import cell_name, parts_of_cell
from xltools.form.model import Cell, Form
from xltools.toml_tables import nearest

_NEEDED = ("agency", "cell", "figure")


def given_in(folder: Folder, form: Form, roster: Roster | None) -> Given | None:
    """Return what the issuer of a collection gives, if its form has anything like that and there is a file."""
    path = folder.given_file if form.given else None
    return load_given(path, form, folder.period, roster) if path else None


def load_given(path: Path, form: Form, period: Period | None, roster: Roster | None) -> Given:
    """Return what is in a CSV file or a workbook; raises :class:`InputError` with everything that is wrong with it.

    Rows without a period are of *period*. An agency is named by its code or its name on the *roster*.
    """
    rows, lacking = rows_by_head(path, GIVEN_HEADS)
    if missing := [GIVEN_HEADS[key][-1] for key in lacking if key in _NEEDED]:
        raise InputError(Problem("given-head", str(path), {"missing": "、".join(missing)}))
    found: dict[tuple[str, str], dict[str, ListValue]] = {}
    problems: list[Problem] = []
    seen = set[tuple[str, str, str]]()
    for number, text in rows:
        entry = roster.find(text["agency"]) if roster else None
        about = Period.of_form(text["period"], form) if text.get("period") else period
        faults = list(_faults(text, about, is_known=roster is None or entry is not None))
        meant = _meant(form, text["cell"], text["figure"])
        faults += [meant] if isinstance(meant, Problem) else []
        problems += [fault._replace(place=f"{path}:{number}") for fault in faults]
        if faults or about is None or isinstance(meant, Problem):
            continue
        who = (entry.code, entry.name) if entry else (text["agency"],)
        values = found.setdefault((str(about), who[0]), {})
        if (str(about), who[0], meant.name) in seen:
            problems.append(Problem("given-twice", f"{path}:{number}", {"cell": text["cell"]}))
        seen.add((str(about), who[0], meant.name))
        values |= {**meant.of_line, meant.name: meant.value}
        for other in who[1:]:
            found[str(about), other] = values
    lines = {(about, who, *cell[::2]) for about, who, name in seen if (cell := parts_of_cell(name))}
    for (_, agency, key), count in sorted(Counter(line[:3] for line in lines).items()):
        if count > (most := form.lists[key].most):
            facts = {"agency": agency, "list": key, "count": count, "most": most}
            problems.append(Problem("given-lines", str(path), facts))
    if problems:
        raise InputError(*problems)
    return Given(found)


class _GivenValue(NamedTuple):
    """What a row gives: the name of the cell, its value, and of a line of a list the values of the key."""

    name: str
    value: ListValue
    of_line: Mapping[str, ListValue] = {}


def _meant(form: Form, text: str, figure: str) -> _GivenValue | Problem:
    """Return what a row gives to the cell that it calls *text*, or what is wrong with it."""
    key, column, line = parts_of_cell(text) or (text, "", "")
    one = form.lists.get(key)
    if one is None or column not in one.given:
        if text not in form.given or text in form.lists:
            names = [name for name in form.given if name not in form.lists]
            names += [
                cell_name(other.key, given, "…") for other in form.lists.values() for given in other.given
            ]
            return Problem("given-cell", facts={"text": text, "nearest": nearest(text, names)})
        value = _value(figure, form.kinds.get(text), form.cells.get(text))
        return _wrong(text, figure) if value is None else _GivenValue(text, value)
    parts = parts_of_key(line)
    values = {
        own: _value(part, form.column_kinds[f"{key}.{own}"], form.column_cell(f"{key}.{own}"))
        for own, part in zip(one.unique, parts, strict=False)
    }
    known = {own: value for own, value in values.items() if value is not None and value != ""}
    if len(parts) != len(one.unique) or len(known) != len(parts):
        labels = {other.key: other.label for other in one.columns}
        return Problem(
            "given-line", facts={"text": text, "columns": "|".join(labels[own] for own in one.unique)}
        )
    (line,) = line_keys(one, [ListLine(1, tuple(known.get(own, "") for own in one.keys))])
    value = _value(figure, form.column_kinds[f"{key}.{column}"], form.column_cell(f"{key}.{column}"))
    if value is None or known.get(column, value) != value:
        return _wrong(text, figure)
    return _GivenValue(
        cell_name(key, column, line), value, {cell_name(key, own, line): part for own, part in known.items()}
    )


def _value(text: str, kind: ValueKind | None, cell: Cell | None) -> ListValue | None:
    """Return the value that a text means in a cell, blank where that may be; ``None`` if it means none."""
    if kind is None or isinstance(kind, Number):
        value = stored(text)
        is_exact = value is not None and Decimal(text) == value and cell and not misfit(value, cell)
        return normal(Decimal(text)) if is_exact else None
    if isinstance(kind, Choice) and text in kind.by_name:
        return text
    meant = kind.read(Held(text))
    return None if meant.fault else meant.value


def _wrong(text: str, figure: str) -> Problem:
    return Problem("given-figure", facts={"text": figure, "cell": text})


def _faults(text: dict[str, str], period: Period | None, *, is_known: bool) -> Iterator[Problem]:
    """Yield what is wrong with whom and when a row is about."""
    if not is_known or not text["agency"]:
        yield Problem("given-agency", facts={"text": text["agency"]})
    if period is None:
        word = text.get("period", "")
        yield Problem("given-period", facts={"text": word}) if word else Problem("given-no-period")
