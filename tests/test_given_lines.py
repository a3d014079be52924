"""What the issuer gives besides figures of tables: fields of every kind, and lines of lists of which agencies fill in the rest."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import clerk
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands import xltools
from conftest import by_day, examples, form_problems
from xltools.checking.checks import verify
from xltools.checking.versions import reading_digest
from xltools.collection.given_file import load_given
from xltools.collection.issuing import Issue
from xltools.collection.merging import merge
from xltools.collection.second_reader import SecondReader, given_figures, issued_findings
from xltools.collection.settings import create
from xltools.data.filing import given_of_text, given_text
from xltools.data.given import Given, given_as, given_lines, with_given
from xltools.data.list_lines import line_keys, parts_of_key
from xltools.data.notes import filling_notes
from xltools.data.period import Period
from xltools.data.record import Agency, ListLine
from xltools.data.roster import Entry, Roster
from xltools.document.publishing import compose, report_of
from xltools.document.reader import read_document
from xltools.document.writer import render
from xltools.errors import InputError
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return, write_rollup
from xltools.form.layout import layout
from xltools.form.load import parse
from xltools.office.guard import Limits

TEXT = """schema = 2
key = "wz"
edition = "1"
title = "网站检查表"
authority = "试"
[[codes]]
key = "kinds"
items = [{ key = "portal", label = "门户网站" }, { code = "02", label = "部门网站" }]
[cover]
fields = [
  { key = "who", label = "填报人" },
  { key = "kind", label = "单位类别", kind = "choice", from = "kinds", given = true },
  { key = "posts", label = "核定编制", kind = "number", unit = "人", given = true },
]
[[section]]
key = "sites"
title = "一、网站"
sheet = "网站"
unit = "次"
fields = [
  { key = "since", label = "上次检查日期", kind = "date", given = true },
  { key = "drill", label = "是否演练", kind = "yes" },
]
[[section.block]]
rows = [{ key = "n", label = "次数" }]
columns = [
  { key = "all", label = "全部网站", unit = "个", is = "count(site)" },
  { key = "visits", label = "访问量", is = "sum(site.visits)" },
  { key = "checks", label = "检查" },
]
[[section.list]]
key = "site"
title = "网站清单"
most = 6
print = 4
unique = ["name", "kind"]
columns = [
  { key = "name", label = "网站名称", kind = "text", required = true, given = true },
  { key = "kind", label = "网站类别", kind = "choice", from = "kinds", given = true },
  { key = "opened", label = "开通日期", kind = "date", given = true },
  { key = "budget", label = "经费", number = "decimal", unit = "万元", given = true },
  { key = "visits", label = "访问量", required = true },
  { key = "note", label = "说明", kind = "text" },
]
[[section.list.rule]]
key = "visited"
columns = "visits >= budget"
level = "question"
label = "访问量不少于经费"
authority = "inferred"
"""
TEXT = TEXT.replace('columns = "visits >= budget"', 'columns = "visits > 0"')
FORM = parse(TEXT, "wz.toml")
GIVEN = """单位代码,单元格,数值
001,cover.kind,门户网站
001,cover.posts,60
001,sites.since,2025年3月1日
001,site.opened[甲站|portal],2020-01-02
001,site.budget[甲站|门户网站],1.50
001,site.budget[乙|#站|02],20
002,cover.kind,
002,cover.posts,5
002,sites.since,
""".replace("乙|#站", "乙||##站")
ROSTER = Roster((Entry("001", "教育局", {}), Entry("002", "公安局", {})))
PERIOD = Period(2026)
HOME = "青禾区"


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    path = tmp_path_factory.mktemp("given") / "given.csv"
    path.write_text(GIVEN, encoding="utf-8")
    return load_given(path, FORM, PERIOD, ROSTER)


def issue(known):
    return Issue(FORM, PERIOD, HOME, given=known)


def test_the_file_gives_fields_and_lines(known):
    found = known.of(PERIOD, Agency(HOME, "001"))
    assert found["cover.kind"] == "portal"
    assert (found["cover.posts"], found["sites.since"]) == (60, "2025-03-01")
    assert [line.values for line in given_lines(FORM.lists["site"], found)] == [
        ("甲站", "portal", "2020-01-02", Decimal("1.5"), "", ""),
        ("乙|#站", "r02", "", Decimal(20), "", ""),
    ]
    assert known.of(PERIOD, Agency(HOME, "002"))["cover.kind"] == ""
    issue(known).check_given(ROSTER)


def filled(known, code="001", visits=(7, 8), **other):
    """The workbook of an agency as it was issued and then filled in; *other* replaces what was given."""
    stamp = issue(known).stamp(ROSTER.find(code))
    lines = given_lines(FORM.lists["site"], known.of(PERIOD, stamp.agency))
    lines = tuple(
        line._replace(values=(*line.values[:4], Decimal(n), "好"))
        for line, n in zip(lines, visits, strict=False)
    )
    values = {"sites.n.checks": Decimal(3)} | other.pop("values", {})
    prose = {"cover.who": "张三", "sites.drill": "yes"} | other.pop("prose", {})
    change = other.pop("lines", lambda lines: lines)
    return write_return(FORM, other.pop("stamp", stamp), values, prose, lists={"site": change(lines)})


def read(content, known=None):
    return read_package(content, "1.xlsx", FORM, given=known)


def told(filing):
    return {(f.code, f.cell, str(f.found), str(f.expected)) for f in verify(filing) if f.code != "by-labels"}


def test_it_stands_in_the_workbooks_locked(known):
    one = issue(known)
    content = one.workbook(ROSTER.entries[0])
    blank = read(content, known)
    assert blank.is_untouched
    assert {code for code, *_ in told(blank)} <= {"all-blank", "blank", "required"}
    assert (blank.record.values["cover.posts"], blank.prose["cover.kind"]) == (60, "portal")
    assert [line.values[0] for line in blank.record.lists["site"]] == ["甲站", "乙|#站"]
    assert (
        issued_findings(
            FORM,
            content,
            one.stamp(ROSTER.entries[0]),
            one.filled(ROSTER.entries[0]),
            "1.xlsx",
            recalculate=False,
        )
        == []
    )


def changed(place, column, value):
    def change(lines):
        found = list(lines)
        at = FORM.lists["site"].keys.index(column)
        values = found[place].values
        found[place] = found[place]._replace(values=(*values[:at], value, *values[at + 1 :]))
        return tuple(found)

    return change


SOUND = {
    "as issued": {},
    "sorted": {"lines": lambda lines: lines[::-1]},
    "other columns": {"lines": changed(0, "note", "改版")},
}
CHANGES = {  # what came back, and the cell, what was found and what was given
    "a choice": ({"prose": {"cover.kind": "r02"}}, ("cover.kind", "02 部门网站", "门户网站")),
    "a number": ({"values": {"cover.posts": Decimal(61)}}, ("cover.posts", "61", "60")),
    "a date": ({"prose": {"sites.since": "2025-03-02"}}, ("sites.since", "2025-03-02", "2025-03-01")),
    "a date is gone": ({"prose": {"sites.since": ""}}, ("sites.since", "", "2025-03-01")),
    "a number in a line": (
        {"lines": changed(1, "budget", Decimal(21))},
        ("site.budget[乙||##站|r02]", "21", "20"),
    ),
    "a date that nobody gave": (
        {"lines": changed(1, "opened", "2021-01-01")},
        ("site.opened[乙||##站|r02]", "2021-01-01", ""),
    ),
    "the name of a line": ({"lines": changed(0, "name", "丙站")}, ("site.name[甲站|portal]", "丙站", "甲站")),
    "the key of a line": (
        {"lines": changed(0, "kind", "r02")},
        ("site.kind[甲站|portal]", "02 部门网站", "门户网站"),
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_comes_back_as_it_was_given_is_sound(name, known):
    for file in (None, known):
        assert told(read(filled(known, **SOUND[name]), file)) == set()
        assert told(read(clerk.without_properties(filled(known, **SOUND[name])), file)) == set()


@pytest.mark.parametrize("name", by_day(CHANGES, 4))
def test_one_change_is_one_finding_and_what_was_given_counts(name, known):
    change, (cell, found, expected) = CHANGES[name]
    sound, content = read(filled(known), known), filled(known, **change)
    back = read(content, known)
    assert told(back) == {("given-changed", cell, found, expected)}
    assert back.record == sound.record
    assert back.prose == sound.prose
    assert reading_digest(back) != reading_digest(sound)
    (finding,) = verify(back)
    assert finding.address
    if cell.startswith("site."):  # the stamp has a check sum of the lines
        words = ("given-changed", "site", "2 行，内容与下发的不同", "2 行")
        assert told(read(content)) == {words}
    else:
        assert told(read(content)) == {("given-changed", cell, found, expected)}
        assert read(content).record == sound.record


def test_lines_are_neither_added_nor_dropped(known):
    sound = read(filled(known), known)
    more = read(
        filled(
            known,
            lines=lambda lines: (
                *lines,
                lines[0]._replace(number=3, values=("丙站", "r02", "", "", Decimal(1), "")),
            ),
        ),
        known,
    )
    assert told(more) == {("given-changed", "site.name[丙站|r02]", "丙站", "")}
    less = read(filled(known, lines=lambda lines: lines[:1]), known)
    key = "[乙||##站|r02]"
    assert told(less) == {
        ("given-changed", f"site.name{key}", "", "乙|#站"),
        ("required", f"site.visits{key}", "", ""),
    }
    assert less.record.complete()["sites.n.all"] == sound.record.complete()["sites.n.all"] == 2
    assert all(f.sheet == "网站清单" for f in verify(less))
    none = read(filled(known, "002", visits=()), known)
    assert told(none) == set()


def test_what_cannot_be_read_is_only_given_changed(known):
    places = layout(FORM)
    sheet, address = places.address("cover.kind")
    assert told(read(clerk.edited(filled(known), sheet, {address: "不知道"}), known)) == {
        ("given-changed", "cover.kind", "不知道", "门户网站")
    }
    content = clerk.edited(filled(known), "网站清单", {"E4": "很多"})
    assert told(read(content, known)) == {("given-changed", "site.budget[甲站|portal]", "", "1.5")}
    assert told(read(content)) == {
        ("given-changed", "site", "2 行，内容与下发的不同", "2 行"),
        ("not-a-number", "site.budget[甲站|portal]", "很多", ""),
    }


def test_what_was_given_later_is_told_with_both(known, tmp_path):
    text = GIVEN.replace("posts,60", "posts,62").replace("|02],20", "|02],30")
    (tmp_path / "given.csv").write_text(text, encoding="utf-8")
    now = load_given(tmp_path / "given.csv", FORM, PERIOD, ROSTER)
    assert told(read(filled(known), now)) == {
        ("given-renewed", "cover.posts", "60", "62"),
        ("given-renewed", "site.budget[乙||##站|r02]", "20", "30"),
    }
    both = filled(known, lines=changed(1, "budget", Decimal(21)))
    assert told(read(both, now)) == {
        ("given-renewed", "cover.posts", "60", "62"),
        ("given-changed", "site.budget[乙||##站|r02]", "21", "30"),
    }


# -- documents, roll-ups, and the words


@pytest.mark.parametrize("how", ["html", "docx"])
def test_a_report_is_compared_too(how, known):
    document = compose(report_of(read(filled(known), known)))
    back = read_document(render(document, how), f"001_教育局_2026.{how}", FORM, Limits())
    assert [f.code for f in verify(back)] == []
    own = with_given(back, known)
    assert [f.code for f in verify(own)] == []
    assert own.record.values["cover.posts"] == 60
    other = Given(
        {
            ("2026", "001"): dict(known.of(PERIOD, Agency(HOME, "001")))
            | {"site.budget[甲站|portal]": Decimal(9)}
        }
    )
    assert [(f.code, f.cell) for f in with_given(back, other).findings] == [
        ("given-changed", "site.budget[甲站|portal]")
    ]


def test_the_roll_up_has_what_was_given(known):
    filings = [read(filled(known), known), read(filled(known, "002", visits=()), known)]
    rollup = merge(filings, FORM, PERIOD, HOME).rollup
    back = read(write_rollup(rollup))
    assert told(back) == set()
    assert back.record.values["cover.posts"] == 65
    assert len(back.record.lists["site"]) == 2


def test_the_notes_say_who_gives_it():
    words = [block.text for block in filling_notes(FORM).blocks if hasattr(block, "text")]
    assert sum("由下发单位填好" in text for text in words) == 8


# -- laws


GIVEN_VALUES = st.one_of(
    st.none(), st.text(max_size=8), st.integers(-99, 10**9).map(Decimal), st.sampled_from([Decimal("1.5")])
)


@settings(max_examples=examples(100))
@given(st.lists(GIVEN_VALUES, min_size=1, max_size=5))
def test_what_was_given_comes_back_from_the_stamp(values):
    text = given_text(values)
    assert list(given_of_text(text)) == values
    assert not set(" \t\n\r") & set(text)


@settings(max_examples=examples(100))
@given(st.lists(st.from_regex(r"[甲#1a][甲|#1a]{0,4}", fullmatch=True), min_size=1, max_size=3))
def test_a_key_is_taken_apart(values):
    one = replace(FORM.lists["site"], unique=tuple(FORM.lists["site"].keys[: len(values)]))
    line = ListLine(1, (*values, *[""] * (6 - len(values))))
    assert parts_of_key(*line_keys(one, [line])) == tuple(values)


def test_every_value_is_written_as_it_is_read(known, tmp_path):
    found = known.of(PERIOD, Agency(HOME, "001"))
    rows = [f'001,"{name}","{given_as(FORM, name, value)}"' for name, value in found.items()]
    (tmp_path / "given.csv").write_text("\n".join(["code,cell,figure", *rows]), encoding="utf-8")
    assert load_given(tmp_path / "given.csv", FORM, PERIOD, None).of(PERIOD, Agency(HOME, "001")) == found


# -- faults


FORM_FAULTS = {
    "no key": (('unique = ["name", "kind"]\n', ""), "given-without-key"),
    "a key that agencies fill in": (
        ('unique = ["name", "kind"]', 'unique = ["name", "note"]'),
        "given-without-key",
    ),
    "a derived column": (
        (
            '{ key = "note", label = "说明", kind = "text" }',
            '{ key = "note", label = "比", is = "visits per sum(site.visits)", given = true }',
        ),
        "given-of-total",
    ),
    "the first schema": (("schema = 2", "schema = 1"), "needs-schema"),
}


@pytest.mark.parametrize("name", FORM_FAULTS)
def test_faults_of_a_form(name):
    replacement, code = FORM_FAULTS[name]
    assert replacement[0] in TEXT
    problems = form_problems(TEXT.replace(*replacement, 1))
    assert code in {p.code for p in problems}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("cover.who,张三", "given-cell"),
        ("cover.kind,学校", "given-figure"),
        ("cover.posts,", "given-figure"),
        ("sites.since,3/1", "given-figure"),
        ("site,甲站", "given-cell"),
        ("site.visits[甲站|portal],1", "given-cell"),
        ("site.budget[甲站],1", "given-line"),
        ("site.budget[#1],1", "given-line"),
        ("site.budget[甲站|学校],1", "given-line"),
        ("site.budget[甲站|portal],多", "given-figure"),
        ("site.name[甲站|portal],乙站", "given-figure"),
    ],
)
def test_faults_of_the_file(row, code, tmp_path):
    (tmp_path / "given.csv").write_text(f"code,cell,figure\n001,{row}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_given(tmp_path / "given.csv", FORM, PERIOD, ROSTER)
    assert [p.code for p in caught.value.problems] == [code]


def test_too_many_lines_and_the_same_line_twice(tmp_path):
    rows = [f"001,site.budget[站{n}|portal],1" for n in range(7)]
    for more, code in ((rows, "given-lines"), ([rows[0], "001,site.budget[站0|门户网站],2"], "given-twice")):
        (tmp_path / "given.csv").write_text("\n".join(["code,cell,figure", *more]), encoding="utf-8")
        with pytest.raises(InputError) as caught:
            load_given(tmp_path / "given.csv", FORM, PERIOD, ROSTER)
        assert [p.code for p in caught.value.problems] == [code]


# -- commands


def test_a_collection_issues_compares_and_adds(known, tmp_path):
    (tmp_path / "f.toml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "r.csv").write_text("code,name\n001,教育局\n002,公安局\n", encoding="utf-8")
    folder = create(tmp_path / "c", PERIOD, HOME, tmp_path / "r.csv", str(tmp_path / "f.toml"))

    def run(*arguments):
        return xltools(folder.path, *arguments)

    folder.given.write_text(GIVEN.replace("002,cover.kind,\n", ""), encoding="utf-8")
    done = run("generate")
    assert (done.status, "公安局（002）: cover.kind" in done.err) == (2, True)
    folder.given.write_text(GIVEN, encoding="utf-8")
    assert run("generate", "--check").status == 0
    assert run("form", "check", tmp_path / "f.toml").status == 0
    for code, name, visits in (("001", "教育局", (7, 8)), ("002", "公安局", ())):
        (folder.inbox / f"{code}_{name}_2026.xlsx").write_bytes(filled(known, code, visits))
    assert run("verify").status == 0
    done = run("merge", "--witness")
    assert done.status == 0, done.out + done.err
    (folder.inbox / "001_教育局_2026.xlsx").write_bytes(
        filled(known, lines=changed(1, "budget", Decimal(21)))
    )
    done = run("verify", "--return-to", "back")
    assert (done.status, "given-changed" in done.out) == (1, True)
    (back,) = folder.path.glob("back/*.xlsx")
    assert {f.code for f in verify(read(back.read_bytes(), known)) if f.is_error} == {"given-changed"}


@pytest.mark.parametrize("command", ["verify", "status", "merge"])
def test_a_command_outside_of_a_collection_compares_with_a_file(command, known, tmp_path):
    (tmp_path / "f.toml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "r.csv").write_text("code,name\n001,教育局\n", encoding="utf-8")
    now = GIVEN.split("002,")[0].replace("posts,60", "posts,62")
    (tmp_path / "now.csv").write_text(now, encoding="utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "001_教育局_2026.xlsx").write_bytes(filled(known, values={"cover.posts": Decimal(61)}))
    options = ["in", "--form", "f.toml", "--year", "2026", "--given", "now.csv"]
    more = {"status": ["--roster", "r.csv"], "merge": ["--district", HOME, "-o", "d.xlsx"], "verify": []}[
        command
    ]
    done = xltools(tmp_path, command, *options, *more)
    assert done.status == 1, done.err
    done = xltools(tmp_path, "verify", *options)
    assert "62" in done.out
    assert "62" not in xltools(tmp_path, "verify", *options[:-2]).out
    assert xltools(tmp_path, "verify", "in", "--given", "now.csv").status == 2, (
        "without a form nobody knows what it gives"
    )
    done = xltools(tmp_path, "verify", "in", "--form", "f.toml", "--given", "now.csv")
    assert (done.status, "--period" in done.err) == (2, True), "without a period the rows have none"
    assert xltools(tmp_path, command, *options[:-1], "none.csv", *more).status == 2


# -- the second reader


def second_reading(folder, known, file, **change):
    """What the second reader says of a roll-up of the return as it was changed, with the issuer's *file* or without one."""
    path = folder / "001_教育局_2026.xlsx"
    path.write_bytes(filled(known, **change))
    filings = [read_package(path.read_bytes(), str(path), FORM, given=known)]
    waived = [replace(filings[0], findings=())]  # as if the findings had been accepted
    rollup = merge(waived, FORM, PERIOD, HOME).rollup
    reader = SecondReader(FORM, rollup.accounts, [path], given=given_figures(filings), given_file=file)
    content = write_rollup(rollup)
    return reader.expected, list(reader._returns.rollup_differences(content, "d.xlsx"))


@pytest.mark.parametrize("name", by_day(CHANGES, 4))
def test_the_second_reader_takes_what_was_given_from_the_file(name, known, tmp_path):
    (tmp_path / "given.csv").write_text(GIVEN, encoding="utf-8")
    verdict, differences = second_reading(tmp_path, known, tmp_path / "given.csv", **CHANGES[name][0])
    assert differences == []
    of_list = name in {
        "a number in a line",
        "a date that nobody gave",
        "the name of a line",
        "the key of a line",
    }
    left = {"count(site)", "sum(site.visits)"} if of_list else set()
    assert {(one.figure, one.reason) for one in verdict.undecided} == {(cell, "given") for cell in left}


def test_the_second_reader_finds_a_figure_of_the_issuer_that_the_program_read_otherwise(known, tmp_path):
    (tmp_path / "given.csv").write_text(GIVEN.replace("posts,60", "posts,61"), encoding="gb18030")
    _, differences = second_reading(tmp_path, known, tmp_path / "given.csv")
    assert {(one.figure, one.found, one.expected) for one in differences} >= {("cover.posts", "60", "61")}


def test_without_the_file_it_takes_what_was_issued_or_says_what_it_did_not_check(known, tmp_path):
    verdict, differences = second_reading(tmp_path, known, None)
    assert (differences, verdict.undecided) == ([], ())
    stamp = replace(
        issue(known).stamp(ROSTER.find("001")), given=(Decimal(59), "portal", "2025-03-01", "2.x")
    )
    verdict, differences = second_reading(
        tmp_path, known, None, stamp=stamp, values={"cover.posts": Decimal(60)}
    )
    assert differences == []
    assert ("cover.posts", "given") in {(one.figure, one.reason) for one in verdict.undecided}
