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


MONTHS = ("jul", "aug", "sep", "oct", "nov", "dec", "jan", "feb", "mar", "apr", "may", "jun")


def _program(agency: str, size: int) -> Filled:
    """Return the year of a program that reaches more people with *size*, and more from month to month."""
    rows = {
        "participants": 9,
        "below_60": 6,
        "poor": 3,
        "h_black": 1,
        "h_white": 2,
        "n_asian": 1,
        "n_white": 4,
    }
    figures: dict[str, int | str] = {
        f"data.{row}.{month}": size * people * (1 + turn % 3)
        for row, people in rows.items()
        for turn, month in enumerate(MONTHS)
        if row in ("participants", "below_60") or month in MONTHS[:6]
    }
    figures |= {f"data.{row}.year": size * people * 5 for row, people in rows.items()}  # some come again
    return Filled(
        agency,
        figures | {"cover.award": 60000 * size, "cover.spent": "10000.50"},
        {
            "cover.program": "Food at home",
            "cover.subrecipient": agency,
            "cover.sam": "ABCDEF123456",
            "cover.sam_expires": "2023-01-31",
            "cover.start": "2021-07-01",
            "cover.category": "ec2_1",
            "cover.organization": "nonprofit",
            "cover.eviction": "no",
            "cover.site": "https://example.org/food",
            "impact.text": "Families received a box of food each week.",
        },
        {"points": (("Boxes of food", *(40 * size + turn for turn in range(12))),)},
    )


def _performance() -> tuple[Filled, ...]:
    """Return a year of three programs; the third spent more than its award and ended before it began.

    More of its participants were poor than took part, and the year has more of them than its months.
    """
    third = _program("Valley Kitchen", 2)
    wrong = {"cover.spent": 120001, "data.poor.feb": 37, "data.participants.year": 433}
    other = {"cover.organization": "other", "cover.end": "2021-06-30"}
    return (
        _program("North Pantry", 1),
        _program("River Shelter", 3),
        third._replace(figures=third.figures | wrong, texts={**third.texts, **other}),
        third,
    )


SPEND = {"committed": 700, "uncommitted": 300, "flexible": 50, "secured": 120, "unsecured": 30}


def _authority(agency: str, size: int) -> Filled:
    """Return the half-year of an authority that spends more with *size*."""
    quarters = ("before", "a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4")
    figures: dict[str, int | str] = {
        f"{part}.{row}.{quarter}": f"{size * (money + turn)}.{10 + turn}"
        for part in ("capital", "revenue")
        for row, money in SPEND.items()
        for turn, quarter in enumerate(quarters)
    }
    return Filled(
        agency,
        figures | {"funding.underspend": "1250.75"},
        {
            "cover.contact": "A. Officer",
            "cover.email": "officer@example.org",
            "cover.telephone": "01632 960001",
            "cover.financial": "2026-03-31",
            "cover.practical": "2025-12-31",
            "cover.activity": "2026-02-28",
            "progress.portfolio": "Both projects have started.",
            "progress.spend": "green",
            "progress.delivery": "amber_green",
            "progress.issues": "None.",
            "progress.milestones": "The market hall opens.",
            "funding.plan": "The underspend is moved to the market hall.",
            "signed.name": "S. Signatory",
            "signed.role": "Section 151 officer",
            "signed.date": "2024-11-29",
        },
        {
            "projects": (
                (
                    f"{agency} market hall",
                    "AB1D 2EF",
                    "in_progress",
                    "green",
                    "amber",
                    "Costs of steel rose.",
                ),
                (
                    f"{agency} cycle path",
                    "AB1D 2EG, AB1 3EH",
                    "not_started",
                    "red",
                    "red",
                    "Land is not bought yet.",
                ),
            ),
            "changes": (
                (
                    *(
                        f"{agency} cycle path",
                        "connectivity",
                        f"{agency} market hall",
                        "visitors",
                        5000 * size,
                    ),
                    *("Moved to steel.", "Costs of steel rose.", "forecast"),
                ),
            ),
            "outputs": (
                ("visitors", "Amount of public realm improved", "sqm", 0, 10, 20, 30, 40 * size, 0),
                ("connectivity", "Length of new cycle ways", "km", 0, 0, 1, 1, 2, 3),
            ),
            "risks": (
                (f"{agency} steel", "Prices rise.", "high", "medium", "", "A fixed price.", "low", "low", ""),
            ),
        },
    )


def _pathfinders() -> tuple[Filled, ...]:
    """Return a half-year of three authorities; the third moved nothing, has no plan and left a rating out."""
    third = _authority("Hillshire", 2)
    ((*before, _, what, why, state),) = third.lists["changes"]
    projects = third.lists["projects"]
    lists = {
        "changes": ((*before, 0, what, why, state),),
        "projects": ((*projects[0][:3], "", *projects[0][4:]), projects[1]),
    }
    return (
        _authority("Northshire", 1),
        _authority("Rivershire", 3),
        third._replace(texts={**third.texts, "funding.plan": ""}, lists={**third.lists, **lists}),
        third,
    )


def _award(
    prefix: str, extension: str, program: str, amount: int, cluster: str, **more: int | str
) -> tuple[int | str, ...]:
    """Return a line of awards: direct, no loan, nothing passed through and not major unless *more* says so."""
    columns = (
        *(
            "additional",
            "state_cluster",
            "other_cluster",
            "program_total",
            "cluster_total",
            "guaranteed",
            "balance",
            "direct",
            "through",
            "through_id",
        ),
        *("passed", "passed_amount", "major", "opinion", "findings"),
    )
    usual: dict[str, int | str] = {
        "guaranteed": "no",
        "direct": "yes",
        "passed": "no",
        "major": "no",
        "findings": 0,
    }
    additional, *rest = (({**usual, **more}).get(column, "") for column in columns)
    return (prefix, extension, additional, program, amount, cluster, *rest)


CHILDREN = _award(
    *("r93", "767", "CHILDREN'S HEALTH INSURANCE PROGRAM", 500000, "none"),
    direct="no", through="STATE DEPARTMENT OF HEALTH", major="yes", opinion="unmodified",
)  # fmt: skip
GRANTS = _award(
    "r84", "063", "FEDERAL PELL GRANT PROGRAM", 120000, "sfa", major="yes", opinion="qualified", findings=2
)
LOANS = _award("r84", "268", "FEDERAL DIRECT STUDENT LOANS", 80000, "sfa", guaranteed="yes", balance=0)
PASSED = 5000
RESEARCH = _award(
    "r10", "RD", "AGRICULTURAL RESEARCH", 25000, "rd", additional="2020-1", passed="yes", passed_amount=PASSED
)


def _federal_awards() -> tuple[Filled, ...]:
    """Return a year of three auditees; the third passed on more than it had, and does not say how a program was found."""
    third = Filled("Valley College", {}, {"cover.uei": "CCCCCC123456"}, {"awards": (GRANTS, LOANS, RESEARCH)})
    unsaid = tuple("" if value == "qualified" else value for value in GRANTS)
    passed = tuple(26000 if value == PASSED else value for value in RESEARCH)
    return (
        Filled("North County", {}, {"cover.uei": "AAAAAA123456"}, {"awards": (CHILDREN, GRANTS)}),
        Filled("River University", {}, {"cover.uei": "BBBBBB123456"}, {"awards": (GRANTS, LOANS, RESEARCH)}),
        third._replace(lists={"awards": (unsaid, LOANS, passed)}),
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
    filled = {
        "nutrition": ("2026-03", _nutrition()),
        "performance": ("2022", _performance()),
        "pathfinders": ("2024H1", _pathfinders()),
        "federal-awards": ("2023", _federal_awards()),
    }
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
