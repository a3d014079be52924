"""What is written is read: values, prose and stamp, with nothing lost and nothing found."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

import strategies
from conftest import HERE, examples, unpacked
from xltools.checking.checks import verify
from xltools.data.filing import Stamp
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return
from xltools.form.library import find

OFFICIAL = find("xxgk-2021")
OTHER = find(str(HERE / "forms" / "fwzx-2025.toml"))
PROSE = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), include_characters="\n"), max_size=200
)


def filled(form):
    prose = st.fixed_dictionaries({}, optional=dict.fromkeys(form.texts, PROSE))
    return st.tuples(
        st.just(form),
        strategies.values(form),
        prose,
        st.tuples(strategies.NAMES, strategies.NAMES, strategies.NAMES),
    )


@settings(max_examples=examples(25))
@given(st.sampled_from([OFFICIAL, OTHER]).flatmap(filled))
def test_read_gives_back_what_write_was_given(case):
    form, values, prose, (district, code, name) = case
    stamp = Stamp(form.key, form.edition, Period(2024), Agency(district, code, name))
    filing = read_package(write_return(form, stamp, values, prose), "x.xlsx", form)
    assert filing.record.values == values
    assert filing.record.agencies == {stamp.agency}
    assert filing.stamp == stamp
    assert filing.agency.name == name
    assert filing.prose == {
        key: text
        for key, text in prose.items()
        if text.strip(" \t\r\n\u00a0\u3000\u200b\ufeff\u2002\u2003\u2009")
    }
    assert {cell: shown.value for cell, shown in filing.shown.items()} == {
        c.name: form.complete(values)[c.name] for c in form.totals
    }
    blanks = [cell.name for cell in form.inputs if cell.name not in values]
    assert [finding.cell for finding in filing.findings] == blanks
    codes = {finding.code for finding in verify(filing)}
    assert {c for c in codes if not c.startswith("prose-")} <= {
        "blank",
        "all-blank",
        "all-zero",
        "rule-broken",
    }


def test_a_blank_workbook_is_blank_and_adds_nothing(form):
    filing = read_package(
        write_return(form, Stamp(form.key, form.edition, Period(2024), Agency("区", "1", "局"))), "x.xlsx"
    )
    assert filing.record.values == {}
    assert {finding.code for finding in verify(filing)} == {"blank", "all-blank"}
    assert len(filing.findings) == 166


def test_the_same_content_gives_the_same_bytes(form, sound):
    stamp = Stamp(form.key, form.edition, Period(2024), Agency("区", "1", "局"))
    one, other = (write_return(form, stamp, values) for values in (sound, dict(reversed(sound.items()))))
    assert unpacked(one) == unpacked(other)
