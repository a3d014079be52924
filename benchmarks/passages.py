"""What the checks on prose find in passages whose truth is known: ``make bench``.

The passages are in ``tests/data/passages.toml``; every second one was left aside while the rules were made. A report is five
passages in their order. ``--missed`` prints those used for tuning that are not judged as expected.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from xltools.data.filing import Return, Source, Stamp
from xltools.data.period import Period
from xltools.data.record import Agency, Record
from xltools.form.library import find
from xltools.prose.checks import prose, read_prose

FORM = find("xxgk-2021")
PASSAGES = Path(__file__).resolve().parent.parent / "tests" / "data" / "passages.toml"
BOX = "overview.on_request"
YEAR = Period(2024)
REPORT = 5  # passages


class Measure(NamedTuple):
    """How many contradictions there are, how many were found, and what was reported in passages without them."""

    contradictions: int
    found: int
    false_alarms: int
    reports: int

    @property
    def recall(self) -> float:
        """The share of the contradictions that were found."""
        return self.found / self.contradictions

    @property
    def precision(self) -> float:
        """The share of what was reported that is a contradiction."""
        return self.found / (self.found + self.false_alarms)


def passages() -> dict[str, list[dict[str, Any]]]:
    """Return the passages used for tuning, those left aside, and those written after that."""
    document = tomllib.loads(PASSAGES.read_text(encoding="utf-8"), parse_float=Decimal)
    told, *later = (
        [one | {"figures": document["figures"][one["on"]]} for one in document[part]["list"]]
        for part in (
            "sentences",
            "afterwards",
            "of_every_kind",
            "again",
            "of_twenty_agencies",
            "of_twenty_agencies_after",
            "of_twenty_agencies_again",
        )
    )
    names = (
        "written afterwards",
        "of governments of every kind",
        "written again",
        "of twenty agencies",
        "of twenty agencies, afterwards",
        "of twenty agencies, again",
    )
    return {"used for tuning": told[::2], "left aside": told[1::2], **dict(zip(names, later, strict=True))}


def codes_of(passage: Mapping[str, Any]) -> set[str]:
    """Return the codes of the findings on the prose of a return that says the passage beside its figures."""
    figures = dict(passage["figures"])
    agency = Agency("", "003", figures.pop("name"))
    values = {cell.name: Decimal(figures.get(cell.name, 0)) for cell in FORM.inputs}
    filing = Return(
        Source("x.xlsx"),
        (),
        form=FORM,
        stamp=Stamp(FORM.key, FORM.edition, YEAR, agency),
        record=Record(FORM, YEAR, frozenset((agency,)), values),
        prose={passage.get("box", BOX): passage["text"]},
    )
    return {finding.code for finding in prose(read_prose(filing))} - {"prose-blank"}


def measured(told: list[dict[str, Any]]) -> Measure:
    """Return the measure of passages. A code that a passage does not expect is a false alarm."""
    judged = [(set(passage["expect"].split()), codes_of(passage)) for passage in told]
    return Measure(
        contradictions=sum(bool(expected) for expected, _ in judged),
        found=sum(bool(expected & codes) for expected, codes in judged),
        false_alarms=sum(len(codes - expected) for expected, codes in judged),
        reports=len(told) // REPORT,
    )


def main() -> None:
    """Measure both halves and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--missed", action="store_true")
    missed = parser.parse_args().missed
    parts = passages()
    print("| passages | contradictions found | false alarms | precision |\n|---|---|---|---|")
    for name, told in parts.items():
        one = measured(told)
        print(
            f"| {name} | {one.found} of {one.contradictions} | {one.false_alarms} in {one.reports} reports "
            f"| {one.precision:.3f} |"
        )
    for passage in parts["used for tuning"] if missed else ():
        expected, codes = set(passage["expect"].split()), codes_of(passage)
        if codes - expected or (expected and not codes & expected):
            print(passage["on"], passage["text"], "expected", expected, "reported", codes)


if __name__ == "__main__":
    main()
