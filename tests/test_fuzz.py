"""Mutants of real returns: every one ends in a reading or a finding, and what is read is what openpyxl reads.

A hundred by ``make test`` and nearly ten thousand more by ``make prove``, in portions that the workers share.
``python tests/fuzz.py`` runs any number.
"""

from __future__ import annotations

import functools

import pytest

from fuzz import KINDS, differences, mutant, run, seeds

COMPARED = 10  # one in so many
PORTIONS = [
    range(100),
    *(pytest.param(range(n, n + 100), marks=pytest.mark.prove) for n in range(100, 10_000, 100)),
]


@functools.cache
def codes(number):
    """The codes of what is found in a mutant, which :func:`run` checks."""
    return frozenset(finding.code for finding in run(number).findings)


@pytest.mark.parametrize("portion", PORTIONS)
def test_every_mutant_ends_in_a_reading_or_a_finding(portion):
    for number in portion:
        try:
            codes(number)
        except Exception as error:
            error.add_note(f"mutant {number}: {mutant(number).origin} {mutant(number).steps}")
            raise


@pytest.mark.parametrize("portion", PORTIONS)
def test_what_is_read_is_what_openpyxl_reads(portion):
    for number in portion[::COMPARED]:
        one = mutant(number)
        assert not differences(one), (number, one.origin, one.steps)


OTHERS = [
    range(25),
    *(pytest.param(range(n, n + 99), marks=pytest.mark.prove) for n in range(25, 2500, 99)),
]


@pytest.mark.parametrize("of", ["archives", "formats"])
@pytest.mark.parametrize("portion", OTHERS)
def test_every_archive_and_every_number_format_ends_in_a_reading_or_a_finding(portion, of):
    for number in portion:
        try:
            KINDS[of].run(number)
        except Exception as error:
            one = KINDS[of].make(number)
            error.add_note(f"mutant {number} of {of}: {one.origin} {one.steps}")
            raise


@pytest.mark.prove
def test_archives_reach_their_limits():
    found = {f.code for n in range(40) for filing in KINDS["archives"].run(n) for f in filing.findings}
    assert {"too-large", "damaged"} <= found


def test_mutants_are_the_same_for_everyone():
    for number in range(20):
        assert mutant(number) == mutant(number)


@pytest.mark.prove
def test_mutants_reach_every_level_and_most_codes():
    """A fuzzer that only breaks the zip would prove nothing of the reader."""
    found = frozenset().union(*map(codes, range(400)))
    assert len(found) >= 12
    assert {"damaged", "label-changed", "not-a-number"} <= found
    assert len({mutant(number).origin for number in range(200)}) == len(seeds())


@pytest.mark.prove
def test_few_are_lost_for_the_comparison():
    """About half of the mutants are read at all, and openpyxl has to bear them too."""
    compared = [differences(mutant(number)) for number in range(40)]
    assert sum(found is not None for found in compared) >= len(compared) // 6
