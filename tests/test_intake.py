"""Taking in: a packed filing is the filing, a spool is a list, and archives are counted alike by every way of reading."""

from __future__ import annotations

import contextlib
import errno
import functools
import gc
import operator
import pickle
import zipfile
from collections import Counter
from collections.abc import Mapping
from concurrent.futures.process import BrokenProcessPool
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from enum import Enum
from unittest import mock

import clerk
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import casefile
from conftest import HERE, ROOT, sound_prose, sound_values, unpacked, year_before
from hostile import FILES
from xltools.checking.collection import Examined, examine
from xltools.data import filing as filings_room
from xltools.data import finding as findings_room
from xltools.data.filing import Accepted, Account, Filing, Member, Origin, Shown, Source, Stamp
from xltools.data.finding import Cause, Finding, Place, Severity, Waiver
from xltools.data.lent import lent
from xltools.data.packed import pack, unpack, unpack_member, unpack_sketch
from xltools.data.policy import Policy
from xltools.data.prior import past_of
from xltools.data.record import Agency, Record
from xltools.data.roster import Entry, Roster
from xltools.errors import AdditionError, OutputError
from xltools.excel.reader import read, read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form import library
from xltools.form.model import Form
from xltools.intake import Manner, gathered, read_here, take_in
from xltools.merging import Exclusion, merge
from xltools.spool import Spool
from xltools.text import Sum, Word

OFFICIAL = library.find("xxgk-2021")
OTHER = library.find(str(HERE / "forms" / "fwzx-2025.toml"))
SAMPLES = ROOT / "samples"


def forms(name):
    return {form.name: form for form in (OFFICIAL, OTHER)}.get(name) or library.find(name)


def plain(value):
    """Everything that a value holds, so that two are alike only if nothing at all tells them apart.

    ``==`` would not do: 1.0 is 1 and an agency under another name is the same.
    """
    if isinstance(value, Form):
        return value.name
    if is_dataclass(type(value)):
        return type(value).__name__, {
            name: plain(getattr(value, name)) for name in (f.name for f in fields(type(value)))
        }
    if isinstance(value, Mapping):
        return [(plain(key), plain(one)) for key, one in value.items()]
    if isinstance(value, frozenset | set):
        return sorted((plain(one) for one in value), key=repr)
    if isinstance(value, tuple | list):
        return getattr(value, "_fields", ""), [plain(one) for one in value]
    return type(value).__name__, str(value) if isinstance(value, Decimal | Enum) else value


def differing(one, other, place=""):
    """Where the first difference is, in a few words: pytest would explain a whole form."""
    if isinstance(one, tuple | list) and isinstance(other, tuple | list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return next((found for n, (a, b) in pairs if (found := differing(a, b, f"{place}.{n}"))), "")
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return next((found for n in one if (found := differing(one[n], other[n], f"{place}.{n}"))), "")
    return "" if one == other else f"{place}: {ascii(one)[:300]} is not {ascii(other)[:300]}"


def assert_packs(filing):
    packed = pack(filing)
    assert b"\n\n" not in packed  # by which kept filings are parted
    assert differing(plain(unpack(packed, forms)), plain(filing)) == ""
    if filing.stamp and filing.record and filing.form:
        member = Member(filing.stamp.agency, filing.source, filing.record.values)
        assert differing(plain(unpack_member(packed, filing.form)), plain(member)) == ""


# -- every field


AGENCY = Agency("青禾区", "001", "教育局")
SOURCE = Source("a/001.xlsx", "ab" * 32, 17)
FEES = "disclosure.fees.amount"
WAIVER = Waiver("001", "jump", FEES, "核对过", "张三", "2025-01-02")
FULL_FINDING = Finding(
    "jump",
    "a/001.xlsx",
    "教育局（001）",
    "二",
    "D9",
    FEES,
    Decimal("1E+3"),
    Decimal("0.10"),
    {
        "text": "x",
        "whole": 3,
        "flag": True,
        "figure": Decimal("-0.0"),
        "sum": Sum(((1, FEES, Decimal("2.50")), (-1, "b", Decimal(7)))),
        "word": Word("same"),
    },
    (Place("三", "D10", "x.y"), Place("三", "D11")),
    "张家村（017）",
    (Cause("unit", {"factor": Decimal("1E+4")}), Cause("other")),
    Severity.NOTE,
    WAIVER,
    "已说明",
)
FULL = Filing(
    source=SOURCE,
    findings=(FULL_FINDING,),
    form=OFFICIAL,
    stamp=Stamp(OFFICIAL.key, OFFICIAL.edition, 2024, AGENCY, "rollup"),
    record=Record(
        OFFICIAL,
        2024,
        frozenset((Agency("区", "1", "一"), Agency("区", "2", "二"))),
        {FEES: Decimal("1.500")},
    ),
    shown={
        FEES: Shown(Decimal("9.90"), "9.9", Origin.CHANGED, "=A1", "=A2"),
        "x": Shown(None, "", Origin.TYPED),
    },
    prose={"overview.proactive": "甲\n乙"},
    members=(Member(Agency("区", "1", "一"), SOURCE, {FEES: Decimal("0E-7")}, "政府部门"),),
    accounts=(Account(AGENCY, SOURCE, "excluded", "旧", "市"), Account(None, SOURCE, "excluded")),
    is_verified=True,
    waived=(Accepted("a", "jump", "D9", "words", "why", "who", "2025", "市"),),
    earlier={2023: {FEES: Decimal("1.10")}, 2022: {}},
    is_complete=True,
    unread=frozenset(("a", "b")),
    clouded=frozenset(("c",)),
    moved={"a": ("三", "E5")},
    explanations={("jump", FEES): "因为"},
)


def parts_of(value):
    """The value and every value inside it that has fields."""
    if isinstance(value, Form):
        return
    if is_dataclass(type(value)):
        yield value
        for name in (f.name for f in fields(type(value))):
            yield from parts_of(getattr(value, name))
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from parts_of(one)
    elif isinstance(value, tuple | frozenset):
        if hasattr(value, "_fields"):
            yield value
        for one in value:
            yield from parts_of(one)


def names_of(kind):
    return [f.name for f in fields(kind)] if is_dataclass(kind) else list(kind._fields)


def test_whatever_a_filing_can_hold_is_packed():
    """A field that is added fails here until :data:`FULL` gives it something, and then until it is packed."""
    found = {}
    for part in parts_of(FULL):
        found.setdefault(type(part), []).append(part)
    for room in (filings_room, findings_room):
        kinds = {k for k in vars(room).values() if isinstance(k, type) and k.__module__ == room.__name__}
        kinds = {k for k in kinds if is_dataclass(k) or hasattr(k, "_fields")}
        assert kinds <= set(found), "a kind of value is nowhere in FULL"
    for kind, parts in found.items():
        for name in names_of(kind):
            assert any(getattr(part, name) for part in parts), f"FULL leaves {kind.__name__}.{name} empty"
    assert_packs(FULL)


@pytest.mark.parametrize(
    "fact", [None, 1.5, b"x", ("a",), ["a"], object()], ids=lambda fact: type(fact).__name__
)
def test_an_unknown_kind_of_fact_is_never_dropped(fact):
    for finding in (
        Finding("jump", facts={"x": fact}),
        Finding("jump", found=fact),
        Finding("jump", causes=(Cause("x", {"y": fact}),)),
    ):
        with pytest.raises(TypeError):
            pack(Filing(Source("x"), (finding,)))


def test_figures_without_their_form_are_never_dropped():
    for filing in (
        replace(FULL, form=None),
        replace(FULL, form=None, record=None),
        replace(FULL, record=replace(FULL.record, values={"nowhere": Decimal(1)})),
    ):
        with pytest.raises(TypeError):
            pack(filing)


# -- drawn


ODD = st.sampled_from(
    ["", "\n\n", "\r", "\0", "\u2028\u2029", "\x85", "\ud800", "\udc41", "\ud83d\ude00", '["figure","1"]']
)
TEXT = st.one_of(ODD, st.text(st.characters(exclude_categories=()), max_size=6))
EXACT = st.one_of(
    st.sampled_from(
        ["1E+3", "0.10", "-0", "0E-7", "100", "1E+2", "1.0E-20", "999999999999999.000000000000001"]
    ).map(Decimal),
    st.decimals(allow_nan=False, allow_infinity=False),
)
FACT = st.one_of(
    TEXT,
    st.integers(),
    st.booleans(),
    EXACT,
    st.builds(Word, TEXT),
    st.builds(Sum, st.lists(st.tuples(st.sampled_from([1, -1]), TEXT, EXACT), max_size=3).map(tuple)),
)
FACTS = st.dictionaries(TEXT, FACT, max_size=3)
AGENCIES = st.builds(Agency, TEXT, TEXT, TEXT)
SOURCES = st.builds(Source, TEXT, TEXT, st.integers(0))
WAIVERS = st.builds(Waiver, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT)
FINDINGS = st.builds(
    Finding,
    *([TEXT] * 6),
    found=st.one_of(TEXT, EXACT),
    expected=st.one_of(TEXT, EXACT),
    facts=FACTS,
    others=st.lists(st.builds(Place, TEXT, TEXT, TEXT), max_size=2).map(tuple),
    member=TEXT,
    causes=st.lists(st.builds(Cause, TEXT, FACTS), max_size=2).map(tuple),
    level=st.sampled_from([None, *Severity]),
    waiver=st.none() | WAIVERS,
    explanation=TEXT,
)


class Drawn:
    """A filing that does not print its whole form when it is shown."""

    def __init__(self, filing):
        self.filing = filing

    def __repr__(self):
        return ascii(plain(self.filing))[:2000]


@st.composite
def drawn(draw):
    form = draw(st.sampled_from([None, OFFICIAL, OTHER]))
    words = st.dictionaries(TEXT, TEXT, max_size=2)
    shown = st.builds(Shown, st.none() | EXACT, TEXT, st.sampled_from(Origin), TEXT, TEXT)
    inputs = [cell.name for cell in form.inputs] if form else []
    values = st.dictionaries(st.sampled_from(inputs), EXACT, max_size=4) if form else st.just({})
    values = values.map(lambda found: {name: found[name] for name in inputs if name in found})
    member = st.builds(Member, AGENCIES, SOURCES, values, TEXT)
    agencies = st.frozensets(AGENCIES, max_size=3)
    record = st.builds(Record, st.just(form), st.integers(2000, 2100), agencies, values)
    account = st.builds(
        Account, st.none() | AGENCIES, SOURCES, st.sampled_from(filings_room.STATUSES), TEXT, TEXT
    )
    stamp = st.builds(Stamp, TEXT, TEXT, st.integers(), AGENCIES, st.sampled_from(["return", "rollup"]))
    names = st.frozensets(TEXT, max_size=2)
    return Drawn(
        draw(
            st.builds(
                Filing,
                SOURCES,
                st.lists(FINDINGS, max_size=2).map(tuple),
                st.just(form),
                st.none() | stamp,
                st.none() | record if form else st.none(),
                st.dictionaries(TEXT, shown, max_size=2),
                words,
                st.lists(member, max_size=2).map(tuple) if form else st.just(()),
                st.lists(account, max_size=2).map(tuple),
                st.booleans(),
                st.lists(st.builds(Accepted, *([TEXT] * 8)), max_size=1).map(tuple),
                st.dictionaries(st.integers(), st.dictionaries(TEXT, EXACT, max_size=2), max_size=2),
                st.booleans(),
                names,
                names,
                st.dictionaries(TEXT, st.tuples(TEXT, TEXT), max_size=2),
                st.dictionaries(st.tuples(TEXT, TEXT), TEXT, max_size=2),
            )
        )
    )


@settings(max_examples=60)
@given(drawn())
def test_any_filing_is_what_it_was_before_it_was_packed(one):
    assert_packs(one.filing)


# -- read


@functools.cache
def whole(*, sealed=False):
    """A roll-up of the samples in which some were refused, some are missing and something was waived."""
    policy = Policy(waivers=(Waiver("003", "total-wrong", "", "核对过", "张三", "2025-01-02"),))
    found = [read(path) for path in sorted((SAMPLES / "problems").glob("*_2024*.xlsx"))]
    from xltools.rosters import load_roster

    outcome = merge(
        found,
        OFFICIAL,
        2024,
        "青禾区",
        roster=load_roster(SAMPLES / "roster.csv"),
        incomplete=True,
        policy=policy,
    )
    return write_rollup(outcome.rollup)


def taken_from_life():
    for folder in ("clean", "problems", "published"):
        yield from ((f"{folder}/{path.name}", path.read_bytes()) for path in (SAMPLES / folder).iterdir())
    yield "district.xlsx", whole()
    yield from ((name, one.make()) for name, one in FILES.items() if not one.is_heavy)


def test_whatever_reading_gives_can_be_packed():
    manners = [Manner(), Manner(OFFICIAL, by_labels=True, key=b"k" * 16), Manner(OTHER, verifying=False)]
    seen = set()
    for index, (name, data) in enumerate(taken_from_life()):
        for manner in manners if index % 4 == 0 else manners[:1]:
            filing = manner.filing(data, name)
            assert_packs(filing)
            seen |= {finding.code for finding in filing.findings}
    assert len(seen) > 40


@pytest.mark.parametrize("path", casefile.cases()[::5], ids=lambda path: path.stem)
def test_a_finding_of_any_case_can_be_packed(path):
    """Those that only a collection has travel too, where a program sends them on."""
    findings = casefile.findings(path)
    assert findings
    assert_packs(Filing(Source("x"), findings))


# -- a spool is a list


def spooled(filings):
    spool = Spool(forms)
    for filing in filings:
        spool.add(pack(filing))
    return spool


def test_a_spool_is_a_sequence_of_what_was_added(monkeypatch):
    monkeypatch.setattr("xltools.spool._HELD", 10)  # so that it waits on a disk
    filings = [Filing(Source(f"{n}"), (Finding("jump", "甲" * n),)) for n in range(7)]
    spool = spooled(filings)
    assert list(spool) == filings
    assert (len(spool), spool[0], spool[-1], spool[1:6:2]) == (7, filings[0], filings[-1], filings[1:6:2])
    some = spool.only([5, 1, 1])
    assert list(some) == [filings[5], filings[1], filings[1]]
    assert list(spool) == filings
    with pytest.raises(IndexError):
        spool[7]


def returned(code, turn=0, name=None, path=None, year=2024, district="青禾区", changes=(), values=None):
    figures = values or sound_values(turn) | dict(changes)
    stamp = Stamp(OFFICIAL.key, OFFICIAL.edition, year, Agency(district, code, name or f"单位{code}"))
    package = write_return(OFFICIAL, stamp, figures, sound_prose())
    return read_package(package, path or f"{code}_单位{code}_{year}.xlsx", OFFICIAL)


LACKING = Roster((Entry("401", "单位401", {}), Entry("402", "单位402", {})))


@functools.cache
def pool():
    """Filings of every sort that can meet in a collection."""

    def rolled(district, filings, **settings):
        rollup = merge(filings, OFFICIAL, 2024, district, **settings).rollup
        return read_package(write_rollup(rollup), f"{district}.xlsx", OFFICIAL)

    alone = [returned(f"{n:03}", n, changes={FEES: Decimal(n) / 1000}) for n in range(1, 6)]
    wrong = clerk.edited(
        write_return(OFFICIAL, alone[4].stamp, sound_values(), sound_prose()),
        "三、依申请公开",
        {"J9": Decimal(1)},
    )
    return (
        *alone,
        returned("002", 5, path="别处/002_单位002_2024.xlsx"),
        returned("002", 2, name="改了名的单位", changes={FEES: Decimal(2) / 1000}, path="002_改名.xlsx"),
        replace(alone[2], source=alone[2].source._replace(path="再来/003_单位003_2024.xlsx")),
        returned("004", year=2023),
        returned("006", 1, changes={FEES: Decimal(1) / 1000}),  # the same figures as 001
        returned("099", 3),
        returned("001", 4, district="川汇区"),
        returned("007", changes={FEES: Decimal(88_000_000)}),
        read_package(wrong, "005_错.xlsx", OFFICIAL),
        read_package(b"", "006_空.xlsx", OFFICIAL),
        read_package(b"PK\x03\x04", "坏.xlsx", OFFICIAL),
        rolled("柳河片", alone[:2]),
        rolled("桥东片", [returned("301", 6, district="桥东"), returned("302", 1, district="桥东")]),
        rolled("缺口片", [returned("401", 2, district="缺口片")], roster=LACKING, incomplete=True),
    )


ENTRIES = tuple(
    Entry(f"{n:03}", f"单位{n:03}", {"类别": "甲" if n % 2 else "乙", "规章制定主体": "是" if n == 1 else ""})
    for n in range(1, 9)
)
ROSTERS = (None, Roster(ENTRIES), Roster(ENTRIES[::-2]), Roster((*ENTRIES, Entry("桥东片", "桥东片", {}))))
POLICIES = (
    None,
    Policy(
        levels={"blank": Severity.NOTE},
        waivers=(
            WAIVER,
            Waiver("005", "total-wrong", "", "核对过", "李四", "2025-01-03"),
            Waiver("008", "missing-return", "", "机构撤销", "李四", "2025-01-03"),
            Waiver("006", "twins", "", "同一单位", "李四", "2025-01-03"),
        ),
    ),
)
EXCLUSIONS = tuple(Exclusion(what, "另报") for what in ("002", "坏.xlsx", "008", "006_空.xlsx", "005"))


@functools.cache
def pasts():
    last = [returned(f"{n:03}", year=2023, values=year_before(sound_values(n))) for n in (1, 2, 3, 9)]
    return None, past_of(last, OFFICIAL)


def told(outcome):
    """Everything there is to tell of a merge; its roll-up but for the form."""
    collection = outcome.collection
    parts = [
        [(plain(one.filing), plain(one.findings), one.has_errors) for one in collection.examined],
        plain(collection.missing),
        plain(collection.absent),
        plain(collection.changes),
        plain(collection.tally),
    ]
    return parts, held(outcome.rollup)


def held(rollup):
    """Everything that a roll-up holds, from which it is written."""
    return rollup and plain(replace(rollup, members=tuple(rollup.members), accounts=tuple(rollup.accounts)))


def mixed():
    return st.lists(
        st.deferred(lambda: st.sampled_from(range(len(pool())))), min_size=1, max_size=9, unique=True
    )


def arrangements():
    return st.fixed_dictionaries(
        {
            "roster": st.sampled_from(ROSTERS),
            "policy": st.sampled_from(POLICIES),
            "incomplete": st.just(value=True) | st.booleans(),
        }
    )


@st.composite
def collections(draw):
    """Filings, and how they are merged: with a roster or none, exclusions that name something, last year or not."""
    filings, how = [pool()[index] for index in draw(mixed())], draw(arrangements())
    excluded = draw(st.lists(st.sampled_from(EXCLUSIONS), max_size=2, unique=True))
    how["exclusions"] = exclusions_for(filings, how["roster"], excluded)
    how["past"] = pasts()[draw(st.sampled_from([0, 1]))]
    return filings, how


def exclusions_for(filings, roster, drawn):
    """Of those drawn the ones that name something."""
    return [
        x for x in drawn if any(x.covers(filing) for filing in filings) or (roster and x.what in roster.order)
    ]


@settings(max_examples=15)
@given(collections())
def test_a_spool_and_a_list_are_merged_alike(one_collection):
    filings, how = one_collection
    one, other = (merge(f, OFFICIAL, 2024, "青禾区", **how) for f in (filings, spooled(filings)))
    assert differing(told(one), told(other)) == ""


class Far:
    """An executor to which all travels, there and back; *ended* behind so many tasks."""

    def __init__(self, lives=10**6):
        self.lives, self.done = lives, 0

    def submit(self, task, *given):
        if self.done >= self.lives:
            raise BrokenProcessPool
        self.done += 1
        there, these = pickle.loads(pickle.dumps((task, given)))
        result = pickle.loads(pickle.dumps(there(*these)))
        return type("Done", (), {"result": lambda _: result})()


def words_of(one):
    return "".join(f"{one.filing.source.path}:{finding.code} " for finding in one.findings)


@settings(max_examples=15)
@given(collections(), st.sampled_from([0, 1, 10**6]))
def test_others_merge_alike_and_where_they_are_ended_this_process_does(one_collection, lives):
    filings, how = one_collection
    how = how | {"words": words_of}
    said, far = {None: [], "far": []}, Far(lives)
    with mock.patch("xltools.checking.collection._AT_A_TIME", 2):
        one = merge(filings, OFFICIAL, 2024, "青禾区", **how, tell=said[None].append)
        spool = spooled(filings)
        other = merge(spool, OFFICIAL, 2024, "青禾区", **how, tell=said["far"].append, executor=far)
    assert said[None] == said["far"]
    assert bool(said["far"]) == any(one.findings for one in other.collection.examined)
    assert far.done == min(lives, -(-len(other.collection.examined) // 2))
    assert differing(told(one), told(other)) == ""


def test_what_goes_with_a_task_is_fetched_once_and_gone_afterwards(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    heavy = functools.partial(operator.add, "x" * 100_000)
    with lent(heavy) as task:
        assert len(pickle.dumps(task)) < 1000
        assert task("y") == "x" * 100_000 + "y"
        (place,) = tmp_path.rglob("work")
        place.write_bytes(b"")
        assert pickle.loads(pickle.dumps(task))("z")[-1] == "z"
        with lent(operator.neg) as other:
            assert other(5) == -5
    assert not list(tmp_path.rglob("work"))


def test_without_room_for_it_nothing_is_lent(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pickle.dump", full)
    with pytest.raises(OutputError) as caught, lent(operator.neg):
        pytest.fail("there is no room")
    assert [problem.code for problem in caught.value.problems] == ["cannot-write"]


@settings(max_examples=60)
@given(mixed(), st.sampled_from(ENTRIES[:2]), st.none() | drawn())
def test_a_sketch_tells_whoever_looks_at_all_filings_the_same(indexes, entry, one):
    from xltools.checking.holders import _told_for
    from xltools.checking.peers import _figures, peer_of
    from xltools.checking.survey import _agencies_of

    filing = one.filing if one else pool()[indexes[0]]
    sketch = unpack_sketch(pack(filing), forms)
    full, less = (peer_of(seen, entry) for seen in (filing, sketch))
    assert differing(plain(full and full[1:]), plain(less and less[1:])) == ""
    assert (full and _figures(full)) == (less and _figures(less))
    assert differing(plain(_told_for(sketch, entry)), plain(_told_for(filing, entry))) == ""
    assert differing(plain(list(_agencies_of(sketch))), plain(list(_agencies_of(filing)))) == ""
    assert (sketch.agency, sketch.is_rollup, sketch.stamp) == (filing.agency, filing.is_rollup, filing.stamp)


def test_a_plain_return_is_sketched_without_the_rest_of_it(monkeypatch):
    filing = returned("001")
    packed = pack(filing)
    monkeypatch.setattr("xltools.data.packed.unpack", lambda *_: pytest.fail("unpacked"))
    assert not unpack_sketch(packed, forms).prose


def test_two_files_of_one_agency_are_never_added():
    """Each has an error that says so; and if it had not, the second would not be added to the first."""
    from xltools.merging import _Added, _looks

    twice = [replace(returned("001"), source=Source(name, name)) for name in ("a", "b")]
    assert merge(twice, OFFICIAL, 2024, "青禾区", incomplete=True).rollup is None
    for roster in (None, ROSTERS[1]):
        added = _Added(tuple(twice), OFFICIAL)
        added.add(_looks(OFFICIAL, roster, None, 0, (Examined(one, ()) for one in twice)))
        with pytest.raises(AdditionError):
            added.rows()


@settings(max_examples=10)
@given(mixed(), arrangements(), st.randoms())
def test_no_order_of_files_gives_another_rollup_and_no_agency_is_in_it_twice(indexes, how, chance):
    filings = [pool()[index] for index in indexes]
    rollup = merge(filings, OFFICIAL, 2024, "青禾区", **how).rollup
    chance.shuffle(filings)
    again = merge(spooled(filings), OFFICIAL, 2024, "青禾区", **how).rollup
    assert differing(held(rollup), held(again)) == ""
    if rollup:
        shas = {filing.source.sha256: filing for filing in filings}
        added = [shas[account.source.sha256] for account in rollup.included]
        inside = [agency for filing in added for agency in filing.record.agencies]
        assert len(inside) == len(set(inside))
        assert rollup.record.agencies == set(inside)
        assert rollup.record.values[FEES] == sum(filing.record.values[FEES] for filing in added)
        assert_is_as_if_found_out_anew(rollup)


def assert_is_as_if_found_out_anew(rollup):
    """What merging has found out by the way is what members and accounts say."""
    anew = replace(rollup, added=None, left_out=None)
    assert plain(rollup.left_out) == plain(filings_room.left_out(rollup.accounts)) == plain(anew.left_out)
    assert plain(rollup.values) == plain(anew.values)
    charts = [chart for chart in OFFICIAL.charts if chart.kind == "agencies"]
    assert charts
    assert plain([rollup.foremost(chart) for chart in charts]) == plain(
        [anew.foremost(chart) for chart in charts]
    )


@settings(max_examples=4)
@given(mixed(), arrangements(), st.randoms())
def test_it_is_written_with_the_same_bytes_from_a_spool_and_in_any_order(indexes, how, chance):
    filings = [pool()[index] for index in indexes]
    one = merge(filings, OFFICIAL, 2024, "青禾区", **how).rollup
    chance.shuffle(filings)
    other = merge(spooled(filings), OFFICIAL, 2024, "青禾区", **how).rollup
    assert (one and unpacked(write_rollup(one))) == (other and unpacked(write_rollup(other)))


@settings(max_examples=6)
@given(st.lists(st.tuples(EXACT, st.integers(0, 2)), min_size=2, max_size=7))
def test_a_tree_of_spools_gives_the_flat_sum_to_the_last_digit(figures):
    """In memory: what a cell of a workbook holds is a double, which the writer's tests are about."""
    alone = []
    for index, (fees, _) in enumerate(figures):
        agency = Agency("区", f"{index:03}", f"单位{index}")
        record = Record(OFFICIAL, 2024, frozenset((agency,)), {FEES: abs(fees) % 10**12})
        stamp = Stamp(OFFICIAL.key, OFFICIAL.edition, 2024, agency)
        alone.append(Filing(Source(f"{index}", f"{index}"), (), OFFICIAL, stamp, record, is_verified=True))
    flat = merge(alone, OFFICIAL, 2024, "市").rollup.record
    districts = []
    for place in {place for _, place in figures}:
        group = [filing for filing, (_, home) in zip(alone, figures, strict=True) if home == place]
        rollup = merge(spooled(group), OFFICIAL, 2024, f"区{place}").rollup
        source = Source(f"区{place}", f"r{place}")
        members, accounts = tuple(rollup.members), tuple(rollup.accounts)
        districts.append(
            Filing(
                source,
                (),
                OFFICIAL,
                rollup.stamp,
                rollup.record,
                members=members,
                accounts=accounts,
                is_verified=True,
            )
        )
    tree = merge(spooled(districts), OFFICIAL, 2024, "市").rollup.record
    assert plain(tree.values) == plain(flat.values)
    assert plain(tree.agencies) == plain(flat.agencies)


def test_examining_a_spool_again_says_the_same():
    collection = examine(spooled(pool()), ROSTERS[1], 2024, "青禾区", policy=POLICIES[1], past=pasts()[1])
    first, again = (plain([one.findings for one in collection.examined]) for _ in range(2))
    assert first == again
    assert plain(collection.examined[3].findings) == plain(collection.examined[2:5][1].findings)


# -- archives, and files that are large


def archived(folder):
    """A folder with an archive of returns and of what is passed over, an archive in it, and a few files beside it."""
    clean = sorted((SAMPLES / "clean").glob("*.xlsx"))
    with zipfile.ZipFile(folder / "来件.zip", "w") as archive:
        archive.writestr("夹/", b"")
        for path in clean[:5]:
            archive.write(path, f"夹/{path.name}")
        for name in ("夹/~$001.xlsx", "__MACOSX/x", "Thumbs.db", ".hidden/001.xlsx"):
            archive.writestr(name, b"x")
        archive.writestr("里面.zip", clean[0].read_bytes()[:100])
    (folder / "大.xlsx").write_bytes(b"PK\x03\x04" + b"x" * 400_000)
    (folder / "坏.zip").write_bytes((folder / "来件.zip").read_bytes()[:5000])
    for path in clean[5:8]:
        (folder / path.name).write_bytes(path.read_bytes())
    return sorted(map(str, folder.iterdir()))


class Here:
    """An executor that does what it is given at once, and remembers in what portions."""

    def __init__(self):
        self.portions = []

    def submit(self, task, errand):
        self.portions.append(len(errand.files))
        result = task(errand)
        return type("Done", (), {"result": lambda _: result})()


def test_archives_and_large_files_are_taken_in_alike_by_every_way(tmp_path, monkeypatch):
    from xltools.office.guard import Limits
    from xltools.store import Store

    (tmp_path / "inbox").mkdir()
    files, manner = archived(tmp_path / "inbox"), Manner(limits=Limits(file=300_000))
    here = [filing for found in read_here(files, manner) for filing in found]
    wanted = plain([filing for filing in here if filing]), here.count(None)
    assert {"too-large", "damaged"} <= {f.code for filing in here if filing for f in filing.findings}
    assert here.count(None) == 4
    monkeypatch.setattr("xltools.intake._BATCH", 2)
    ways = {
        "alone": {},
        "others": {"executor": Here()},
        "first": {"store": Store(tmp_path / "kept")},
        "again": {"store": Store(tmp_path / "kept")},
        "all": {"store": Store(tmp_path / "kept"), "executor": Here()},
    }
    for name, way in ways.items():
        for many in (False, True):
            with way.get("store") or contextlib.nullcontext():
                taken = list(take_in(files, manner, **way))
                filings = list(gathered(taken, manner, many=many))
            passed_over = sum(one.passed_over for one in taken)
            assert differing((plain(filings), passed_over), wanted) == "", (name, many)


def test_many_filings_are_looked_at_while_others_are_read():
    """A spool that is still being filled gives what there is; all of them are there as soon as they are counted."""
    packed, read = [pack(Filing(Source(f"{n}.xlsx"))) for n in range(5)], []

    def coming():
        for one in packed:
            read.append(one)
            yield one

    spool = Spool(library.find, coming())
    assert [(filing.source.path, len(read)) for filing in spool] == [(f"{n}.xlsx", n + 1) for n in range(5)]
    assert [filing.source.path for filing in spool] == [f"{n}.xlsx" for n in range(5)]
    read.clear()
    spool = Spool(library.find, coming())
    first = iter(spool)
    assert (next(first).source.path, len(spool), len(read)) == ("0.xlsx", 5, 5)
    assert [filing.source.path for filing in first] == [f"{n}.xlsx" for n in range(1, 5)]
    assert (spool[-1].source.path, len(read)) == ("4.xlsx", 5)


def test_many_copies_of_a_file_are_not_each_held_against_all_others(monkeypatch):
    """Each is looked at a few times, however many there are; in a sentence stand the names of a few."""
    stamp = Stamp(OFFICIAL.key, OFFICIAL.edition, 2024, Agency("青禾区", "C1", "城管局"))
    record = Record(OFFICIAL, 2024, frozenset((stamp.agency,)), {OFFICIAL.inputs[0].name: Decimal(1)})
    count, looked = 60, []
    spool = Spool(library.find)
    for n in range(count):
        spool.add(pack(Filing(Source(f"{n:02}.xlsx", "same"), (), OFFICIAL, stamp, record, is_verified=True)))
    monkeypatch.setattr(Spool, "at", lambda self, place, at=Spool.at: looked.append(place) or at(self, place))
    found = [[f for f in one.findings if f.code == "duplicate-return"] for one in examine(spool).each()]
    assert [len(one) for one in found] == [1] * count
    assert {one[0].facts["files"] for one in found} == {"、".join(f"{n:02}.xlsx" for n in range(20)) + "…"}
    assert max(Counter(looked).values()) <= 6


SPELLINGS = st.sampled_from(
    ["0", "-0", "1", "1.0", "01", "1e2", "1E+2", "100", "9.90", "9.9", "0.5", ".5", "", "一"]
)
SHOWN = st.builds(
    Shown,
    st.none() | st.sampled_from(["0", "-0", "1", "1.0", "1E+2", "100", "9.90", "9.9", "0.5"]).map(Decimal),
    SPELLINGS,
    st.sampled_from(Origin),
    st.sampled_from(["", "=A1"]),
    st.sampled_from(["", "=A2"]),
)


@given(st.lists(SHOWN, max_size=8))
def test_whatever_a_total_shows_is_packed_as_it_is(shown):
    """Those too that look like a formula with its result, to the last sign."""
    filing = replace(FULL, shown={str(place): one for place, one in enumerate(shown)})
    assert differing(plain(unpack(pack(filing), forms)), plain(filing)) == ""


def test_long_texts_of_totals_are_not_kept():
    """Of what totals show only results are remembered: a file may hold texts of any length there."""
    text = "9" * 100_000
    sizes = []
    for n in range(40):
        pack(replace(FULL, shown={"a": Shown(None, f"{n}{text}", Origin.TYPED)}))
        sizes.append(sum(len(shown.text) for shown in gc.get_objects() if isinstance(shown, Shown)))
    assert max(sizes) - sizes[0] < len(text)


def test_files_of_one_name_in_two_folders_are_told_of_each_agency_that_shares_them():
    """Two agencies in each of two files: both are told, though the same files are named."""
    found = []
    for folder, codes in (("a", "12"), ("b", "12"), ("c", "2")):
        agencies = frozenset(Agency("区", code, f"局{code}") for code in codes)
        record = Record(OFFICIAL, 2024, agencies)
        stamp = Stamp(OFFICIAL.key, OFFICIAL.edition, 2024, Agency("区", f"R{folder}", folder), "rollup")
        source = Source(f"{folder}/x.xlsx", folder)
        found.append(Filing(source, (), OFFICIAL, stamp, record, is_verified=True))
    told = [f for f in examine(found).findings if f.code == "duplicate-return"]
    assert {(f.file, f.facts["agency"]) for f in told} == {
        ("a/x.xlsx", "局1（1）"),
        ("b/x.xlsx", "局1（1）"),
        ("a/x.xlsx", "局2（2）"),
        ("b/x.xlsx", "局2（2）"),
        ("c/x.xlsx", "局2（2）"),
    }


@pytest.mark.parametrize("form", [OFFICIAL, OTHER], ids=["official", "other"])
def test_a_form_that_comes_to_a_process_again_is_not_parsed_again(form):
    first, again = (pickle.loads(pickle.dumps(form)) for _ in range(2))
    assert first is again
    assert (first.text, first.name, first.cells) == (form.text, form.name, form.cells)
