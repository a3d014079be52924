"""The second reader notices what the program gets wrong: measured on mutants of the program."""

from __future__ import annotations

import pytest

import mutants


@pytest.mark.prove
def test_the_second_reader_finds_mutants_that_change_a_published_figure(capsys):
    """At least 99 in 100 of them, among them 20 that every other check of a merge passes."""
    found = mutants.outcomes(count=2400, seed=15)
    changed = [one for one in found if one.kind == "changed"]
    with capsys.disabled():
        print(mutants.described(found))
    assert len(found) >= 200
    assert sum(one.is_found for one in changed) >= 0.99 * len(changed)
    assert sum(one.is_found and one.passes_others for one in changed) >= 20


@pytest.mark.prove
def test_a_mutant_that_forgets_to_add_is_found(tmp_path):
    """One mutant, so that every run of the tests shows that the proof works."""
    mutants.collection(tmp_path)
    home = tmp_path / "2024"
    mutants._commands(None, home, ["merge", "--force"])
    addresses = mutants._addresses(home / "district.xlsx")
    sound = mutants.run(None, home, addresses)
    path = mutants.PACKAGE / "data" / "record.py"
    source = path.read_text(encoding="utf-8")
    wrong = source.replace("sums[name] = EXACT.add(sums.get(name, ZERO), value)", "sums[name] = value")
    assert wrong != source
    mutant = mutants.Mutant("adding", "xltools.data.record", 0, "EXACT.add(…)", "value", wrong)
    one = mutants.outcome(mutant, home, sound, addresses)
    assert (one.kind, one.is_found) == ("changed", True)
