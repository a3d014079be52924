"""How often the guilty cell is named rightly and wrongly, and what it costs: ``make bench``.

Slips are made in sound figures: those of the samples, and random ones of which 60 % are 0. In a document every total is
typed; in an issued workbook every total is computed, with or without witnesses: last year's figures and sentences, of which
10 % were copied from the wrong table and 8 % tell of the office alone. A draw counts if it leaves a trace. ``--wrong``
prints the draws in which a wrong cell was named; ``--only`` measures the tables whose head contains a text, such as ``random, workbook``.
"""

from __future__ import annotations

import argparse
import random
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

from xltools.checking.causes import with_causes
from xltools.checking.checks import verified
from xltools.checking.effects import with_effects
from xltools.checking.equations import Equations, equations_of
from xltools.checking.grouping import grouped
from xltools.checking.guilty import GuiltVerdict, guilty
from xltools.checking.prior import against
from xltools.data.filing import Origin, Return, Shown, Source, Stamp
from xltools.data.finding import Finding
from xltools.data.period import Period
from xltools.data.policy import Thresholds
from xltools.data.prior import Past
from xltools.data.record import Agency, Record
from xltools.excel.reader import read
from xltools.form.library import find
from xltools.form.linear import Linear
from xltools.form.load import load
from xltools.form.model import Form

ROOT = Path(__file__).resolve().parent.parent
OFFICIAL = find("xxgk-2021")
OTHER = load(ROOT / "tests" / "forms" / "fwzx-2025.toml")
ZEROS = 0.6
COPIED, ALONE = 0.10, 0.08  # of the sentences
SENTENCES = 10
MODES = ("document", "workbook", "witnesses", "document with witnesses")  # the third is a workbook
DOCUMENTS, WITNESSED = {"document", "document with witnesses"}, {"witnesses", "document with witnesses"}
MEASURED = 10  # of so many draws, the messages and the time of one
YEAR = Period(2024)
AGENCY = Agency("青禾区", "001", "青禾区教育局")
Figures = dict[str, Decimal]
BLANK = Decimal("0e-9")  # 0 that stands for a blank cell
Drawing = Callable[["Draw"], Figures | None]


class Draw(NamedTuple):
    """The figures that a slip is made in, totals included, those of last year, and which cells a slip can be made in."""

    random: random.Random
    form: Form
    equations: Equations
    sound: Mapping[str, Decimal]
    last: Mapping[str, Decimal]

    def cell(self, *, is_filled: bool = True, is_total: bool | None = None) -> str:
        """Return a cell that stands in an equation."""
        cells = [
            name
            for name in self.equations.trace
            if (not is_filled or self.sound[name])
            and (is_total is None or self.form.cells[name].is_total is is_total)
        ]
        return self.random.choice(cells) if cells else ""

    def neighbours(self) -> tuple[str, str] | None:
        """Return two neighbours with different figures, the first not 0."""
        pairs = [
            (one, other)
            for one, others in self.equations.beside.items()
            for other in sorted(others)
            if self.sound[one] and self.sound[one] != self.sound[other] and one in self.equations.trace
        ]
        return self.random.choice(sorted(pairs)) if pairs else None


# -- one cell


def one_digit(draw: Draw) -> Figures | None:
    """One digit is another."""
    name = draw.cell()
    digits = str(draw.sound[name])
    places = [i for i, digit in enumerate(digits) if digit.isdecimal()]
    place = draw.random.choice(places)
    other = draw.random.choice([d for d in "0123456789" if d != digits[place]])
    return {name: Decimal(digits[:place] + other + digits[place + 1 :])}


def two_digits(draw: Draw) -> Figures | None:
    """Two neighbouring digits are exchanged."""
    name = draw.cell()
    digits = str(draw.sound[name])
    places = [
        i for i in range(len(digits) - 1) if (digits[i : i + 2]).isdecimal() and digits[i] != digits[i + 1]
    ]
    if not places:
        return None
    i = draw.random.choice(places)
    return {name: Decimal(digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :])}


def dropped_or_doubled(draw: Draw) -> Figures | None:
    """A digit is missing, or there twice."""
    name = draw.cell()
    digits = str(abs(int(draw.sound[name])))
    i = draw.random.randrange(len(digits))
    if draw.random.random() < 1 / 2:
        return {name: Decimal(digits[:i] + digits[i] * 2 + digits[i + 1 :])}
    return {name: Decimal(digits[:i] + digits[i + 1 :])} if len(digits) > 1 else None


def times_ten(draw: Draw) -> Figures | None:
    """A 0 too many."""
    name = draw.cell()
    return {name: draw.sound[name] * 10}


def times_ten_thousand(draw: Draw) -> Figures | None:
    """元 for 万元."""
    name = draw.cell()
    return {name: draw.sound[name] * 10_000}


def left_out(draw: Draw) -> Figures | None:
    """0 for a figure, or nothing."""
    name = draw.cell(is_total=False)
    return {name: draw.random.choice([Decimal(0), BLANK])} if name else None


def last_years(draw: Draw) -> Figures | None:
    """Last year's figure."""
    name = draw.cell(is_filled=False)
    return {name: draw.last[name]} if draw.last.get(name) else None


def total_zero(draw: Draw) -> Figures | None:
    """A total typed as 0."""
    name = draw.cell(is_total=True)
    return {name: Decimal(0)} if name else None


def any_change(draw: Draw) -> Figures | None:
    """A figure changed by up to 100."""
    name = draw.cell()
    was = draw.sound[name]
    by = draw.random.choice([d for d in range(-100, 101) if d and (was + d >= 0 or was < 0)])
    return {name: was + by}


def where_zero_belongs(draw: Draw) -> Figures | None:
    """A figure where 0 belongs."""
    name = draw.cell(is_filled=False)
    return None if draw.sound[name] else {name: Decimal(draw.random.randint(1, 99))}


# -- several cells


def exchanged(draw: Draw) -> Figures | None:
    """Two neighbours exchanged."""
    pair = draw.neighbours()
    return pair and {pair[0]: draw.sound[pair[1]], pair[1]: draw.sound[pair[0]]}


def moved(draw: Draw) -> Figures | None:
    """A figure in the cell beside its own."""
    pair = draw.neighbours()
    return pair and {pair[0]: Decimal(0), pair[1]: draw.sound[pair[0]]}


def wrong_line(draw: Draw) -> Figures | None:
    """One application in the wrong column."""
    name = draw.cell(is_total=False)
    cell = draw.form.cells[name]
    row = [
        c.name
        for c in draw.form.cells.values()
        if c.row is cell.row and c.block is cell.block and not c.is_total
    ]
    others = [other for other in row if other != name]
    if not others:
        return None
    other = draw.random.choice(others)
    return {name: draw.sound[name] - 1, other: draw.sound[other] + 1}


def two_slips(draw: Draw) -> Figures | None:
    """Two separate slips, one in ten of them any change."""
    kinds = [any_change if draw.random.random() < 1 / 10 else draw.random.choice(USUAL) for _ in range(2)]
    one, other = (kind(draw) for kind in kinds)
    return {**one, **other} if one and other and not one.keys() & other.keys() else None


def two_usual(draw: Draw) -> Figures | None:
    """Two usual slips."""
    one, other = (draw.random.choice(USUAL)(draw) for _ in range(2))
    return {**one, **other} if one and other and not one.keys() & other.keys() else None


def row_shifted(draw: Draw) -> Figures | None:
    """A row shifted by one cell from some cell on; the last cell is 0 and lost."""
    lines = [line.one for line in draw.equations.lines if not line.other and not draw.sound[line.one[-1]]]
    lines = [line for line in lines if sum(bool(draw.sound[name]) for name in line) > 1]
    if not lines:
        return None
    line = draw.random.choice(lines)
    values = [draw.sound[name] for name in line]
    start = draw.random.randrange(len(values) - 1)
    return dict(zip(line, [*values[:start], Decimal(0), *values[start:-1]], strict=True))


def three_slips(draw: Draw) -> Figures | None:
    """Three slips: nothing of it can be found for certain."""
    found: Figures = {}
    for _ in range(3):
        found |= draw.random.choice(USUAL)(draw) or {}
    return found if len(found) == 3 else None  # noqa: PLR2004


USUAL: tuple[Drawing, ...] = (
    one_digit, two_digits, dropped_or_doubled, times_ten, times_ten_thousand, left_out, last_years, total_zero,
)  # fmt: skip
SINGLE: tuple[Drawing, ...] = (any_change, where_zero_belongs)
SEVERAL: tuple[Drawing, ...] = (two_slips, two_usual, exchanged, moved, wrong_line, row_shifted, three_slips)


SLIPS = {
    two_slips: 2,
    two_usual: 2,
    three_slips: 3,
}  # all others are one slip, however many figures it changes


# -- sound figures


@cache
def samples() -> list[Figures]:
    """Return the figures of the sound samples and of the sound published reports."""
    zeros = {cell.name: Decimal(0) for cell in OFFICIAL.inputs}
    found = [zeros | dict(read(p).record.values) for p in sorted((ROOT / "samples" / "clean").glob("*.xlsx"))]
    published = tomllib.loads((ROOT / "samples" / "published.toml").read_text("utf-8"), parse_float=Decimal)
    found += [zeros | {n: Decimal(v) for n, v in one["figures"].items()} for one in published["report"]]
    return [OFFICIAL.complete(one) for one in found if not OFFICIAL.broken(OFFICIAL.complete(one))]


def drawn(form: Form, rng: random.Random) -> Figures:
    """Return random sound figures: inputs that stand alone on a side of a rule are made to fit."""
    while True:
        values = {
            cell.name: Decimal(0 if rng.random() < ZEROS else int(10 ** rng.uniform(0, 2.7)))
            for cell in form.inputs
        }
        for identity in form.identities:
            right = identity.relation.difference(form.complete(values))
            names = [(s, n) for s, n in identity.relation.left.terms if n in values]
            sign, name = rng.choice(names) if names else (1, "")
            if name and values[name] - sign * right >= 0:
                values[name] -= sign * right
        full = form.complete(values)
        if not form.broken(full) and not any(v < 0 and not form.cells[n].signed for n, v in full.items()):
            return full


def last_year(form: Form, sound: Mapping[str, Decimal], rng: random.Random) -> Figures:
    """Return last year's figures: some like this year's, and such that the rules from year to year hold."""
    values = {
        cell.name: Decimal(
            max(0, int(sound[cell.name] * Decimal(rng.uniform(0.5, 1.6))) + rng.randint(-1, 2))
        )
        for cell in form.inputs
    }
    for identity in form.carries:
        then = [
            name.removeprefix("last.")
            for _, name in identity.relation.right.terms
            if name.startswith("last.")
        ]
        now = Linear(tuple((s, n) for s, n in identity.relation.right.terms if not n.startswith("last.")))
        left = identity.relation.left.value(sound) - now.value(sound)
        if len(then) == 1 and then[0] in values and left >= 0:
            values[then[0]] = left
    return form.complete(values)


def told(draw: Draw, printed: Mapping[str, Decimal]) -> dict[str, str]:
    """Return sentences about the figures of *draw*, some of them copied from the *printed* table or about less."""
    prose, rng, found = draw.form.prose, draw.random, dict[str, str]()
    claims = [claim for claim in prose.claims if claim.units and claim.means]
    for claim in rng.sample(claims, min(SENTENCES, len(claims))):
        kind, linear = rng.random(), prose.cells(claim.means[0])
        value = linear.value(printed if kind < COPIED else draw.sound)
        if COPIED <= kind < COPIED + ALONE:
            value = Decimal(rng.randint(0, max(0, int(value))))
        box = next(iter(claim.boxes), next(iter(draw.form.prose.required)))
        sentence = f"{next(iter(claim.about), '')}{claim.words[0]}{value:f}{claim.units[0]}。"
        found[box] = found.get(box, "") + sentence + "\n"
    return found


# -- what comes of it


class Measured(NamedTuple):
    """Messages of a draw of so many slips, and the time to find causes."""

    groups: int
    slips: int
    seconds: float


def outcome(verdicts: Sequence[GuiltVerdict], truth: Figures, sound: Mapping[str, Decimal]) -> str:
    """Return whether the right cells were named, listed, or not; one wrong cell named is wrong."""
    right = {name: sound[name] for name in truth if truth[name] != sound[name]}
    named = {c.cell: c.right for v in verdicts if v.named for c in v.named.changes}
    if any(name not in right or right[name] != value for name, value in named.items()):
        return "wrong"
    if named:
        return "right" if named == right else "partly"
    listed = [[{c.cell: c.right for c in one.changes} for one in v.listed] for v in verdicts if v.listed]
    if not listed:
        return "nothing"
    if any(own[0].items() <= right.items() for own in listed):
        return "first"
    return "listed" if any(one.items() <= right.items() for own in listed for one in own) else "missing"


def filing(
    form: Form, printed: Mapping[str, Decimal], prose: Mapping[str, str] | None = None, *, typed: bool
) -> Return:
    """Return the figures as a document, whose totals were typed, or as a workbook."""
    stamp = Stamp(form.key, form.edition, YEAR, AGENCY)
    values = {name: printed[name] for name in form.input_names if printed[name] is not BLANK}
    complete = form.complete(values)
    shown = {
        cell.name: Shown(printed[cell.name], str(printed[cell.name]), Origin.PRINTED)
        if typed
        else Shown(complete[cell.name], str(complete[cell.name]), Origin.FORMULA)
        for cell in form.totals
    }
    record = Record(form, YEAR, frozenset((AGENCY,)), values)
    return Return(Source("x"), (), form, stamp, record, shown=shown, prose=prose or {})


def found_in(one: Return, last: Mapping[str, Decimal]) -> list[Finding]:
    """Return the findings on a verified return, with last year's figures if there are any."""
    findings = [f for f in one.findings if not f.code.startswith("all-") and f.code != "prose-blank"]
    if last:
        past = Past(one.form, YEAR.previous, {AGENCY: last}, frozenset((AGENCY,)))
        findings += against(one, past, {AGENCY: AGENCY}, Thresholds())
    return findings


def tried(draw: Draw, slip: Drawing, mode: str) -> tuple[Figures, Return, Sequence[GuiltVerdict]] | None:
    """Make a slip and return it, the return and the verdicts; ``None`` if it leaves no trace."""
    truth = slip(draw)
    if not truth:
        return None
    if any(v < 0 and not draw.form.cells[n].signed for n, v in truth.items()):
        return None
    typed, has_witnesses = mode in DOCUMENTS, mode in WITNESSED
    printed = dict(draw.sound) | truth
    if not typed:
        printed = draw.form.complete(printed)
    one = verified(filing(draw.form, printed, told(draw, printed) if has_witnesses else {}, typed=typed))
    verdicts = guilty(one, draw.last if has_witnesses else {})
    return (truth, one, verdicts) if verdicts else None


def measured(draw: Draw, one: Return, mode: str, slip: Drawing) -> Measured:
    """Return the messages about a slip, without those that there would be if it had not been made, and the time."""
    last = draw.last if mode in WITNESSED else {}
    sound = verified(filing(draw.form, draw.sound, one.prose, typed=mode in DOCUMENTS))
    before = {(finding.code, finding.cell) for finding in found_in(sound, last)}
    findings = found_in(one, last)
    began = time.process_time()
    told_of = with_causes(one, findings, last)
    seconds = time.process_time() - began
    groups = [g for g in grouped(told_of) if any((f.code, f.cell) not in before for f in g.findings)]
    return Measured(len(groups), SLIPS.get(slip, 1), seconds)


def measure(
    draws: int, seed: int, form: Form, mode: str, *, source: str, show: bool
) -> Iterator[tuple[Drawing, Counter[str], list[Measured]]]:
    """Yield for each kind of slip how often what was said; messages and times are of some of the draws."""
    typed = frozenset(cell.name for cell in form.totals) if mode in DOCUMENTS else frozenset()
    equations = equations_of(form, typed, frozenset())
    for slip in (*USUAL, *SINGLE, *SEVERAL):
        if slip is total_zero and mode not in DOCUMENTS:
            continue
        rng = random.Random(f"{seed} {slip.__name__} {mode}")  # noqa: S311
        counts, results = Counter[str](), []
        for _ in range(draws):
            sound = rng.choice(samples()) if source == "samples" else drawn(form, rng)
            if not any(sound[name] for name in equations.trace):
                continue
            draw = Draw(rng, form, equations, sound, last_year(form, sound, rng))
            tried_one = tried(draw, slip, mode)
            if tried_one is None:
                continue
            truth, one, verdicts = tried_one
            said = outcome(verdicts, truth, sound)
            if counts.total() % MEASURED == 0:
                results.append(measured(draw, one, mode, slip))
            counts[said] += 1
            if show and said == "wrong":
                print(
                    slip.__name__, {n: (sound[n], v) for n, v in truth.items()}, [v.named for v in verdicts]
                )
        yield slip, counts, results


SAID = ("right", "partly", "first", "listed", "missing", "nothing", "wrong")
HEAD = f"| slip | draws | {' | '.join(SAID)} | messages per slip | ms |\n{'|---' * (len(SAID) + 4)}|"


def main(draws: int, seed: int, *, show: bool, only: str) -> None:
    """Print a table for each form, source of figures, and mode."""
    for form, source in ((OFFICIAL, "samples"), (OFFICIAL, "random"), (OTHER, "random")):
        for mode in MODES:
            title = f"{form.name}, {source}, {mode}"
            if only not in title:
                continue
            print(f"\n{title}\n\n{HEAD}")
            usual, every = (Counter[str](), list[Measured]()), (Counter[str](), list[Measured]())
            for slip, counts, results in measure(draws, seed, form, mode, source=source, show=show):
                for all_counts, all_results in (usual, every) if slip in USUAL else (every,):
                    all_counts.update(counts)
                    all_results.extend(results)
                print(_row(slip.__name__, counts, results), flush=True)
            print(_row("**one usual cell**", *usual))
            print(_row("**all draws**", *every), flush=True)
    print(f"\na sound return: {1000 * sound_seconds():.3f} ms")


def sound_seconds() -> float:
    """Return the time that a sound document costs beyond the checks."""
    filings = [filing(OFFICIAL, figures, typed=True) for figures in samples()]
    found = [verified(one) for one in filings]
    began = time.process_time()
    for one in found:
        tuple(with_effects(with_causes(one, one.findings, {}), one.form))
    return (time.process_time() - began) / len(filings)


def _row(name: str, counts: Counter[str], results: list[Measured]) -> str:
    count, size, slips = max(1, counts.total()), max(1, len(results)), sum(r.slips for r in results)
    shares = " | ".join(f"{100 * counts[said] / count:.2f}" for said in SAID)
    groups = sum(r.groups for r in results) / max(1, slips)
    seconds = sum(r.seconds for r in results) / size
    return f"| {name} | {counts.total()} | {shares} | {groups:.2f} | {1000 * seconds:.2f} |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200, help="of each kind of slip")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wrong", action="store_true")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    main(arguments.draws, arguments.seed, show=arguments.wrong, only=arguments.only)
