"""Reading and merging: a filing that travelled is the same, and archives are counted alike by every way of reading."""

from __future__ import annotations

import functools
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from enum import Enum

import clerk
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import casefile
from conftest import HERE, ROOT, by_day, examples, sound_prose, sound_values, unpacked, year_before
from hostile import FILES
from workers import hostile, threads
from xltools.checking.collection import examine
from xltools.collection.inbox import InboxItem
from xltools.collection.merging import Exclusion, merge
from xltools.collection.reading import ReadOptions, processes_of_this_machine, read_files
from xltools.data import filing as filing_module
from xltools.data import finding as finding_module
from xltools.data.filing import (
    Accepted,
    Account,
    Lineage,
    ListPlaces,
    Member,
    Origin,
    RefusedFile,
    Return,
    Said,
    Shown,
    Skipped,
    Source,
    Stamp,
)
from xltools.data.finding import Cause, Effect, Finding, Place, Severity, Waiver
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.prior import past_of
from xltools.data.record import Agency, ListLine, Record
from xltools.data.roster import Entry, Roster
from xltools.errors import AdditionError
from xltools.excel.reader import read, read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form import library
from xltools.form.linear import Linear
from xltools.form.model import Form
from xltools.text import Sum, Word

OFFICIAL = library.find("xxgk-2021")
OTHER = library.find(str(HERE / "forms" / "fwzx-2025.toml"))
SAMPLES = ROOT / "samples"


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


def travelled(value):
    return pickle.loads(pickle.dumps(value))


def assert_travels(filing):
    assert differing(plain(travelled(filing)), plain(filing)) == ""


# -- every field


AGENCY = Agency("青禾区", "001", "教育局")
SOURCE = Source("a/001.xlsx", "ab" * 32, 17)
FEES = "disclosure.fees.amount"
WAIVER = Waiver("001", "jump", FEES, "核对过", "张三", "2025-01-02", "0123456789ab", "2025-01")
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
    Effect({FEES: Decimal("1.5")}, FEES, "收费", Decimal("0.1")),
)
FULL = Return(
    source=SOURCE,
    findings=(FULL_FINDING,),
    form=OFFICIAL,
    stamp=Stamp(
        *(OFFICIAL.key, OFFICIAL.edition, Period(2024, begins=-3), AGENCY, "rollup"),
        flags=frozenset({"police"}),
        given=(Decimal("60.5"), None),
    ),
    record=Record(
        OFFICIAL,
        Period(2024),
        frozenset((Agency("区", "1", "一"), Agency("区", "2", "二"))),
        {FEES: Decimal("1.500")},
        {"a.b": (ListLine(1, (Decimal("0.50"), "甲"), AGENCY),)},
    ),
    shown={
        FEES: Shown(Decimal("9.90"), "9.9", Origin.CHANGED, "=A1", "=A2"),
        "x": Shown(None, "", Origin.TYPED),
    },
    prose={"overview.proactive": "甲\n乙"},
    members=(
        Member(Agency("区", "1", "一"), SOURCE, {FEES: Decimal("0E-7")}, "政府部门", {"cover.a": "文"}),
    ),
    accounts=(Account(AGENCY, SOURCE, "excluded", "旧", "市"), Account(None, SOURCE, "excluded")),
    is_verified=True,
    waived=(Accepted("a", "jump", "D9", "words", "why", "who", "2025", "市"),),
    earlier={Period(2023): {FEES: Decimal("1.10")}, Period(2022): {}},
    is_complete=True,
    unread=frozenset(("a", "b")),
    clouded=frozenset(("c",)),
    moved={"a": ("三", "E5")},
    explanations={("jump", FEES): "因为"},
    lineage=Lineage(("ab" * 32,), "cd" * 32, ((FEES, "1.5"),)),
    modified="2026-01-05T08:00:00Z",
    sent="2026-01-06T08:00:00Z",
    shown_in_lists={"a.b[甲].c#1": Shown(Decimal("0.5"), "0.5", Origin.TYPED)},
    listed={"a.b": ListPlaces("表", (3, 1), {"c": 2}, ("甲",), (4,))},
    said=(Said("overview.proactive", "甲1件", Decimal("1.0"), (Linear(((-1, FEES),), Decimal(2)),)),),
)
REFUSED = RefusedFile(
    SOURCE, (FULL_FINDING,), FULL.stamp, FULL.explanations, FULL.lineage, FULL.modified, FULL.sent
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


def test_whatever_a_filing_can_hold_travels():
    """A field that is added fails here until FULL or REFUSED gives it something, and then until it is pickled."""
    found = {}
    for part in (*parts_of(FULL), *parts_of(REFUSED), Skipped("x", "lock")):
        found.setdefault(type(part), []).append(part)
    for module in (filing_module, finding_module):
        kinds = {k for k in vars(module).values() if isinstance(k, type) and k.__module__ == module.__name__}
        kinds = {k for k in kinds if is_dataclass(k) or hasattr(k, "_fields")}
        assert kinds <= set(found), "a kind of value is nowhere in FULL"
    for kind, parts in found.items():
        for name in names_of(kind):
            assert any(getattr(part, name) for part in parts), f"FULL leaves {kind.__name__}.{name} empty"
    assert_travels(FULL)
    assert_travels(REFUSED)


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
    findings = st.lists(FINDINGS, max_size=2).map(tuple)
    explanations = st.dictionaries(st.tuples(TEXT, TEXT), TEXT, max_size=2)
    stamp = st.builds(Stamp, TEXT, TEXT, st.integers(), AGENCIES, st.sampled_from(["return", "rollup"]))
    if form is None:
        return Drawn(draw(st.builds(RefusedFile, SOURCES, findings, st.none() | stamp, explanations)))
    inputs = [cell.name for cell in form.inputs]
    values = st.dictionaries(st.sampled_from(inputs), EXACT, max_size=4)
    values = values.map(lambda found: {name: found[name] for name in inputs if name in found})
    member = st.builds(Member, AGENCIES, SOURCES, values, TEXT)
    agencies = st.frozensets(AGENCIES, max_size=3)
    record = st.builds(Record, st.just(form), st.integers(2000, 2100), agencies, values)
    account = st.builds(
        Account, st.none() | AGENCIES, SOURCES, st.sampled_from(filing_module.STATUSES), TEXT, TEXT
    )
    names = st.frozensets(TEXT, max_size=2)
    return Drawn(
        draw(
            st.builds(
                Return,
                SOURCES,
                findings,
                st.just(form),
                stamp,
                record,
                st.dictionaries(TEXT, shown, max_size=2),
                words,
                st.lists(member, max_size=2).map(tuple),
                st.lists(account, max_size=2).map(tuple),
                st.booleans(),
                st.lists(st.builds(Accepted, *([TEXT] * 8)), max_size=1).map(tuple),
                st.dictionaries(st.integers(), st.dictionaries(TEXT, EXACT, max_size=2), max_size=2),
                st.booleans(),
                names,
                names,
                st.dictionaries(TEXT, st.tuples(TEXT, TEXT), max_size=2),
                explanations,
            )
        )
    )


@settings(max_examples=examples(60))
@given(drawn())
def test_any_filing_is_what_it_was_before_it_travelled(one):
    assert_travels(one.filing)


# -- read


@functools.cache
def whole(*, sealed=False):
    """A roll-up of the samples in which some were refused, some are missing and something was waived."""
    policy = Policy(
        waivers=(Waiver("003", "total-wrong", "", "核对过", "张三", "2025-01-02", "0123456789ab"),)
    )
    found = [read(path) for path in sorted((SAMPLES / "problems").glob("*_2024*.xlsx"))]
    from xltools.collection.roster_files import load_roster

    outcome = merge(
        found,
        OFFICIAL,
        Period(2024),
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


@pytest.mark.prove
def test_whatever_reading_gives_travels():
    manners = [
        ReadOptions(),
        ReadOptions(OFFICIAL, by_labels=True, key=b"k" * 16),
        ReadOptions(OTHER, verifying=False),
    ]
    seen = set()
    for index, (name, data) in enumerate(taken_from_life()):
        for manner in manners if index % 4 == 0 else manners[:1]:
            filing = manner.filing(InboxItem(name, data))
            assert_travels(filing)
            seen |= {finding.code for finding in filing.findings}
    assert len(seen) > 40


@pytest.mark.parametrize("path", by_day(casefile.cases()[::5], 8), ids=lambda path: path.stem)
def test_a_finding_of_any_case_travels(path):
    """Those that only a collection has travel too, where a program sends them on."""
    findings = casefile.findings(path)
    assert findings
    assert_travels(RefusedFile(Source("x"), findings))


# -- merging


def returned(code, turn=0, name=None, path=None, year=2024, district="青禾区", changes=(), values=None):
    figures = values or sound_values(turn) | dict(changes)
    stamp = Stamp(OFFICIAL.key, OFFICIAL.edition, Period(year), Agency(district, code, name or f"单位{code}"))
    package = write_return(OFFICIAL, stamp, figures, sound_prose())
    return read_package(package, path or f"{code}_单位{code}_{year}.xlsx", OFFICIAL)


LACKING = Roster((Entry("401", "单位401", {}), Entry("402", "单位402", {})))


@functools.cache
def pool():
    """Filings of every sort that can meet in a collection."""

    def rolled(district, filings, **settings):
        rollup = merge(filings, OFFICIAL, Period(2024), district, **settings).rollup
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
        x
        for x in drawn
        if any(x.covers(filing, roster) for filing in filings) or (roster and x.what in roster.order)
    ]


@pytest.mark.prove
@settings(max_examples=examples(15))
@given(collections())
def test_filings_that_travelled_are_merged_alike(one_collection):
    filings, how = one_collection
    one, other = (merge(f, OFFICIAL, Period(2024), "青禾区", **how) for f in (filings, travelled(filings)))
    assert differing(told(one), told(other)) == ""


def test_two_files_of_one_agency_are_never_added():
    """One counts for both; and if both counted, the second would not be added to the first."""
    from xltools.collection.merging import _in_order

    twice = [replace(returned("001"), source=Source(name, name)) for name in ("a", "b")]
    rollup = merge(twice, OFFICIAL, Period(2024), "青禾区").rollup
    assert [account.status for account in rollup.accounts] == ["included", "replaced"]
    for roster in (None, ROSTERS[1]):
        with pytest.raises(AdditionError):
            _in_order(twice, roster)


@settings(max_examples=examples(10))
@given(mixed(), arrangements(), st.randoms())
def test_no_order_of_files_gives_another_rollup_and_no_agency_is_in_it_twice(indexes, how, chance):
    filings = [pool()[index] for index in indexes]
    rollup = merge(filings, OFFICIAL, Period(2024), "青禾区", **how).rollup
    chance.shuffle(filings)
    again = merge(filings, OFFICIAL, Period(2024), "青禾区", **how).rollup
    assert differing(held(rollup), held(again)) == ""
    if rollup:
        shas = {filing.source.sha256: filing for filing in filings}
        added = [shas[account.source.sha256] for account in rollup.included]
        inside = [agency for filing in added for agency in filing.record.agencies]
        assert len(inside) == len(set(inside))
        assert rollup.record.agencies == set(inside)
        assert rollup.record.values[FEES] == sum(filing.record.values[FEES] for filing in added)
        assert plain(rollup.left_out) == plain(filing_module.left_out(rollup.accounts))


@pytest.mark.prove
@settings(max_examples=examples(4))
@given(mixed(), arrangements(), st.randoms())
def test_it_is_written_with_the_same_bytes_in_any_order(indexes, how, chance):
    filings = [pool()[index] for index in indexes]
    one = merge(filings, OFFICIAL, Period(2024), "青禾区", **how).rollup
    chance.shuffle(filings)
    other = merge(filings, OFFICIAL, Period(2024), "青禾区", **how).rollup
    assert (one and unpacked(write_rollup(one))) == (other and unpacked(write_rollup(other)))


@settings(max_examples=examples(6))
@given(st.lists(st.tuples(EXACT, st.integers(0, 2)), min_size=2, max_size=7))
def test_a_tree_gives_the_flat_sum_to_the_last_digit(figures):
    """In memory: what a cell of a workbook holds is a double, which the writer's tests are about."""
    alone = []
    for index, (fees, _) in enumerate(figures):
        agency = Agency("区", f"{index:03}", f"单位{index}")
        record = Record(OFFICIAL, Period(2024), frozenset((agency,)), {FEES: abs(fees) % 10**12})
        stamp = Stamp(OFFICIAL.key, OFFICIAL.edition, Period(2024), agency)
        alone.append(Return(Source(f"{index}", f"{index}"), (), OFFICIAL, stamp, record, is_verified=True))
    flat = merge(alone, OFFICIAL, Period(2024), "市").rollup.record
    districts = []
    for place in {place for _, place in figures}:
        group = [filing for filing, (_, home) in zip(alone, figures, strict=True) if home == place]
        rollup = merge(group, OFFICIAL, Period(2024), f"区{place}").rollup
        source = Source(f"区{place}", f"r{place}")
        members, accounts = tuple(rollup.members), tuple(rollup.accounts)
        districts.append(
            Return(
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
    tree = merge(districts, OFFICIAL, Period(2024), "市").rollup.record
    assert tree.values == flat.values
    assert plain(tree.agencies) == plain(flat.agencies)


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


@pytest.mark.prove
def test_archives_and_large_files_are_read_alike_by_every_way(tmp_path):
    from xltools.office.guard import Limits

    files, manner = archived(tmp_path), ReadOptions(limits=Limits(file=300_000))
    here = list(read_files(files, manner))
    filings = [filing for found in here for filing in found]
    skipped = [one for one in filings if isinstance(one, Skipped)]
    found = [one for one in filings if not isinstance(one, Skipped)]
    assert {"too-large", "damaged"} <= {f.code for one in found for f in one.findings}
    assert len(skipped) == 4
    for workers in (threads(), hostile()[0], processes_of_this_machine(2)):
        assert differing(plain(list(read_files(files, manner, workers))), plain(here)) == ""


def test_many_copies_of_a_rollup_are_named_in_one_sentence():
    """Each has one finding, in which stand the names of a few."""
    stamp = Stamp(OFFICIAL.key, OFFICIAL.edition, Period(2024), Agency("青禾区", "C1", "城管局"), "rollup")
    record = Record(OFFICIAL, Period(2024), frozenset((stamp.agency,)), {OFFICIAL.inputs[0].name: Decimal(1)})
    copies = [
        Return(Source(f"{n:02}.xlsx", "same"), (), OFFICIAL, stamp, record, is_verified=True)
        for n in range(60)
    ]
    found = [[f for f in one.findings if f.code == "duplicate-return"] for one in examine(copies).examined]
    assert [len(one) for one in found] == [1] * 60
    assert {one[0].facts["files"] for one in found} == {"、".join(f"{n:02}.xlsx" for n in range(20)) + "…"}


def test_files_of_one_name_in_two_folders_are_told_of_each_agency_that_shares_them():
    """Two agencies in each of two files: both are told, though the same files are named."""
    found = []
    for folder, codes in (("a", "12"), ("b", "12"), ("c", "2")):
        agencies = frozenset(Agency("区", code, f"局{code}") for code in codes)
        record = Record(OFFICIAL, Period(2024), agencies)
        stamp = Stamp(
            OFFICIAL.key, OFFICIAL.edition, Period(2024), Agency("区", f"R{folder}", folder), "rollup"
        )
        source = Source(f"{folder}/x.xlsx", folder)
        found.append(Return(source, (), OFFICIAL, stamp, record, is_verified=True))
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
