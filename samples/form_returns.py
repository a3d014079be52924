"""Filled returns of the forms in ``forms/``; ``make.py`` writes them. Names and figures are invented."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from xltools.data.filing import Stamp
from xltools.data.period import Period
from xltools.data.record import Agency, ListLine
from xltools.excel.writer import write_return
from xltools.form.library import find
from xltools.form.model import Form

FORMS = Path(__file__).resolve().parent / "forms"
DISTRICT = "Northfield"


class Filled(NamedTuple):
    """What an agency filled in: figures (0 elsewhere), texts and choices, and the lines of lists."""

    agency: str
    figures: dict[str, int | str]
    texts: Mapping[str, str] = {}
    lists: Mapping[str, tuple[tuple[int | str, ...], ...]] = {}


GROUPS = [f"{who}_{age}" for age in ("0_5", "6_23", "24_59") for who in ("boys", "girls")]


def _children(**rows: int) -> dict[str, int | str]:
    """Return a figure of each age and sex for rows of growth and of wasting; girls are fewer."""
    named = {key.replace("__", "."): most for key, most in rows.items()}
    return {
        f"{row}.{group}": most - most // 4 * group.startswith("girls")
        for row, most in named.items()
        for group in GROUPS
    }


def _clinic(size: int) -> dict[str, int | str]:
    """Return the sound month of a facility, larger with *size*."""
    numbers = {
        "iron": {
            "anc_first": 4, "anc_first_tested": 4, "anc_first_anaemic": 1, "anc_first_iron": 3,
            "anc": 12, "anc_iron": 11, "pnc": 5, "pnc_iron": 4,
        },
        "feeding": {
            "seen_0_5": 6, "seen_6_23": 8, "counselled_0_5": 5, "counselled_6_23": 7, "curative": 3,
            "curative_counselled": 2, "healthy_eating": 1, "breastfeeding": 9, "early_initiation": 2,
        },
        "counselling": {
            "anc_maternal": 10, "anc_nutrition": 9, "anc_diet": 8, "anc_weight": 7, "anc_activity": 6,
            "anc_ifa": 11, "pnc_maternal": 4, "pnc_nutrition": 4, "pnc_diet": 3,
        },
        "births": {"live": 3, "assisted": 3, "weighed_1h": 3, "below_1500": 0, "below_2500": 1},
        "outcome": {"moderate_recovered": 2, "moderate_days": 6, "severe_recovered": 1, "severe_days": 3},
    }  # fmt: skip
    children = _children(
        growth__seen=10, growth__counselled=8, growth__muac=9, growth__weighed=9, growth__height=7,
        growth__gained=5, growth__lost=1, growth__unchanged=2, growth__underweight=3, growth__overweight=2,
        growth__obese=1, growth__obese_plan=1, growth__stunted=2, growth__wasted=1,
        wasting__screened=10, wasting__moderate_new=2, wasting__moderate_treated=3, wasting__severe_new=1,
        wasting__severe_treated=2,
    )  # fmt: skip
    plain = {f"{part}.{row}.number": n for part, rows in numbers.items() for row, n in rows.items()}
    plain |= {"vitamin_a.routine.aged_6_11": 12, "vitamin_a.routine.aged_12_59": 31}
    return {name: int(n) * size for name, n in (plain | children).items()}


def _nutrition() -> tuple[Filled, ...]:
    """Return a month of three clinics; the third weighed more boys than it saw, and its days are too many."""
    wrong = {"growth.weighed.boys_6_23": 11, "outcome.severe_days.number": 13}
    third = Filled("Hill Clinic", _clinic(2))
    return (
        Filled("North Clinic", _clinic(1)),
        Filled("River Clinic", _clinic(3)),
        third._replace(figures=third.figures | {name: 2 * n for name, n in wrong.items()}),
        third,
    )


class Sample(NamedTuple):
    """A form of ``forms/`` and three returns, the last of them wrong; ``corrected`` is what its agency sends then."""

    form: Form
    period: Period
    returns: tuple[Filled, ...]
    corrected: Filled


def samples() -> dict[str, Sample]:
    """Return the forms by their names, with what was filled in."""
    filled = {"nutrition": ("2026-03", _nutrition())}
    found = {}
    for name, (period, (*returns, corrected)) in filled.items():
        form = find(str(FORMS / f"{name}.toml"))
        found[name] = Sample(form, Period.from_text(period, form.begins), tuple(returns), corrected)
    return found


def workbook(sample: Sample, number: int, filled: Filled) -> bytes:
    """Return the workbook of the agency with this number as it was filled in."""
    form = sample.form
    stamp = Stamp(form.key, form.edition, sample.period, Agency(DISTRICT, f"{number:03}", filled.agency))
    values = {cell.name: Decimal(0) for cell in form.inputs}
    values |= {name: Decimal(figure) for name, figure in filled.figures.items()}
    lists = {
        key: tuple(
            ListLine(n, tuple(Decimal(v) if isinstance(v, int) else v for v in line))
            for n, line in enumerate(lines, 1)
        )
        for key, lines in filled.lists.items()
    }
    return write_return(form, stamp, values, filled.texts, lists=lists)


def everything() -> dict[str, bytes]:
    """Return the content of each workbook by its path from the folder of the samples."""
    return {
        f"forms/{name}/{number:03}_{filled.agency}_{sample.period}.xlsx": workbook(sample, number, filled)
        for name, sample in samples().items()
        for number, filled in enumerate(sample.returns, 1)
    }
