"""The prose beside the tables: measured on sentences as reports write them, and each way of reading by itself."""

from __future__ import annotations

import tomllib
from decimal import Decimal

import pytest

from conftest import HERE, sound_prose
from xltools.checking.prose import matches, prose
from xltools.data.filing import Filing, Source, Stamp
from xltools.data.record import Agency, Record
from xltools.form.library import find

FORM = find("xxgk-2021")
DOCUMENT = tomllib.loads((HERE / "data" / "prose.toml").read_text(encoding="utf-8"), parse_float=Decimal)
SENTENCES = DOCUMENT["sentences"]["list"]
ON_REQUEST = "overview.on_request"


def filing(texts, figures=None, name="青禾区教育局", year=2024, form=FORM):
    given = {name: Decimal(value) for name, value in (figures or {}).items()}
    values = {cell.name: given.get(cell.name, Decimal(0)) for cell in form.inputs}
    agency = Agency("青禾区", "003", name)
    return Filing(
        Source("x.xlsx"),
        form=form,
        stamp=Stamp(form.key, form.edition, year, agency),
        record=Record(form, year, frozenset((agency,)), values),
        prose=sound_prose() | texts if form is FORM else texts,
    )


def of_sentence(sentence):
    figures = dict(DOCUMENT["figures"][sentence["on"]])
    name = figures.pop("name")
    return filing({sentence.get("box", ON_REQUEST): sentence["text"]}, figures, name)


def judged(sentences):
    """How many were raised as expected, raised otherwise, and missed; with what went wrong."""
    right = wrong = missed = 0
    errors = []
    for sentence in sentences:
        codes = {finding.code for finding in prose(of_sentence(sentence))}
        expected = {sentence["expect"]} - {""}
        right += len(codes & expected)
        wrong += len(codes - expected)
        missed += len(expected - codes)
        if codes != expected:
            errors.append((sentence["text"], sorted(codes), sorted(expected)))
    return right, wrong, missed, errors


if __name__ == "__main__":
    for held in (False, True):
        r = judged([s for s in SENTENCES if s.get("held_out", False) is held])
        print("held out" if held else "developed on", "precision", r[0] / (r[0] + r[1]), "recall", r[0] / (r[0] + r[2]), r[:3])
        import sys
        if not held or "all" in sys.argv:
            for e in r[3]: print("  ", *e)
