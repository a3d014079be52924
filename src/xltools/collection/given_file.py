"""The file ``given.csv`` of a collection: the issuer's figures by agency, name of the cell and, if there are several, period."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from xltools.collection.roster_files import rows_of
from xltools.collection.settings import GIVEN_HEADS, Folder
from xltools.data.given import Given
from xltools.data.number import misfit, normal, stored
from xltools.data.period import Period
from xltools.data.roster import Roster, head_key
from xltools.errors import InputError, Problem
from xltools.form.model import Form
from xltools.toml_tables import nearest

_NEEDED = ("agency", "cell", "figure")


def given_in(folder: Folder, form: Form, roster: Roster | None) -> Given | None:
    """Return the issuer's figures of a collection, if its form has any and there is a file."""
    if not form.given or not folder.given.is_file():
        return None
    return load_given(folder.given, form, folder.period, roster)


def load_given(path: Path, form: Form, period: Period, roster: Roster | None) -> Given:
    """Return the figures in a CSV file or a workbook; raises :class:`InputError` with everything that is wrong with it.

    Rows without a period are of *period*. An agency is named by its code or its name on the *roster*.
    """
    rows = [
        (number, row)
        for number, row in rows_of(path, tuple(GIVEN_HEADS.values()))
        if any(map(str.strip, row))
    ]
    head = [head_key(text) for text in rows[0][1]] if rows else []
    places = {
        key: next((head.index(name) for name in names if name in head), None)
        for key, names in GIVEN_HEADS.items()
    }
    if missing := [GIVEN_HEADS[key][-1] for key in _NEEDED if places[key] is None]:
        raise InputError(Problem("given-head", str(path), {"missing": "、".join(missing)}))
    found: dict[tuple[str, str], dict[str, Decimal]] = {}
    problems: list[Problem] = []
    for number, row in rows[1:]:
        cells = [*row, *[""] * len(head)]
        text = {key: cells[place].strip() for key, place in places.items() if place is not None}
        entry = roster.find(text["agency"]) if roster else None
        about = Period.of_form(text["period"], form) if text.get("period") else period
        faults = list(_faults(text, form, about, is_known=roster is None or entry is not None))
        problems += [fault._replace(place=f"{path}:{number}") for fault in faults]
        if faults or about is None:
            continue
        who = (entry.code, entry.name) if entry else (text["agency"],)
        figures = found.setdefault((str(about), who[0]), {})
        if text["cell"] in figures:
            problems.append(Problem("given-twice", f"{path}:{number}", {"cell": text["cell"]}))
        figures[text["cell"]] = normal(Decimal(text["figure"]))
        for other in who[1:]:
            found[str(about), other] = figures
    if problems:
        raise InputError(*problems)
    return Given(found)


def _faults(text: dict[str, str], form: Form, period: Period | None, *, is_known: bool) -> Iterator[Problem]:
    """Yield what is wrong with a row."""
    if not is_known or not text["agency"]:
        yield Problem("given-agency", facts={"text": text["agency"]})
    if period is None:
        yield Problem("given-period", facts={"text": text["period"]})
    if text["cell"] not in form.given:
        yield Problem(
            "given-cell", facts={"text": text["cell"], "nearest": nearest(text["cell"], form.given)}
        )
        return
    value = stored(text["figure"])
    if value is None or Decimal(text["figure"]) != value or misfit(value, form.cells[text["cell"]]):
        yield Problem("given-figure", facts={"text": text["figure"], "cell": text["cell"]})
