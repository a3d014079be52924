"""The published report: whose words it has, what stops it, what is in it; and the agencies' prose, gathered."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from decimal import Decimal

import docx
import openpyxl
import pytest
from make import edit

from conftest import ROOT, by_day, run, sound_prose, sound_values, year_before
from test_prose import filing
from xltools.collection.roster_files import load_roster
from xltools.data.document import ChartBlock, Heading, PageBreak, Paragraph, Table
from xltools.data.filing import Account, Member, RefusedFile, Source, Stamp
from xltools.data.period import Period
from xltools.data.prior import known
from xltools.data.record import Agency
from xltools.data.rollup import Rollup
from xltools.document.gathering import gathered
from xltools.document.manuscript import OPENING, load, written
from xltools.document.manuscript import read as manuscript
from xltools.document.publishing import compose, report_of
from xltools.errors import InputError
from xltools.excel.reader import read
from xltools.excel.writer import write_return, write_rollup
from xltools.form.library import find
from xltools.form.places import YEARS, Years
from xltools.text import clerk

FORM = find("xxgk-2021")
SAMPLES = ROOT / "samples"
VALUES = {name: str(value) for name, value in sound_values().items()}
LAST = known(FORM, year_before(sound_values()), frozenset())


def rolled(members=3):
    """A roll-up as it was read."""
    one = filing({}, VALUES, "青禾区")
    values = {name: Decimal(value) for name, value in VALUES.items()}
    inside = tuple(
        Member(Agency("青禾区", f"{n:03}", f"单位{n}"), Source(f"{n}.xlsx"), values)
        for n in range(1, members + 1)
    )
    stamp = replace(one.stamp, kind="rollup", agency=Agency("青禾区", "青禾区", "青禾区"))
    return replace(one, prose={}, stamp=stamp, members=inside)


def headings(document):
    return [(block.level, block.text) for block in document.blocks if isinstance(block, Heading)]


def below(document, title):
    """The blocks under a heading, up to the next."""
    found, inside = [], False
    for block in document.blocks:
        if isinstance(block, Heading):
            inside = block.text == title
        elif inside:
            found.append(block)
    return found


def texts(blocks):
    return [block.text for block in blocks if isinstance(block, Paragraph)]


# -- what is in it


def test_the_report_has_its_title_and_its_six_sections_in_order():
    document = compose(report_of(rolled()))
    assert document.title == "青禾区2024年政府信息公开工作年度报告"
    assert headings(document) == [
        (1, "一、总体情况"),
        (2, "（一）主动公开"),
        (2, "（二）依申请公开"),
        (2, "（三）政府信息管理"),
        (2, "（四）政府信息公开平台建设"),
        (2, "（五）监督保障"),
        (1, "二、主动公开政府信息情况"),
        (1, "三、收到和处理政府信息公开申请情况"),
        (1, "四、政府信息公开行政复议、行政诉讼情况"),
        (1, "五、存在的主要问题及改进情况"),
        (1, "六、其他需要报告的事项"),
    ]
    tables = [block for block in document.blocks if isinstance(block, Table)]
    assert [len([b for b in table.boxes if b.role == "figure"]) for table in tables] == [10, 175, 15]
    opening = document.blocks[0].text
    assert opening.endswith("现公布青禾区2024年政府信息公开工作年度报告。")


def test_prose_and_tables_hold_the_same_figure():
    document = compose(report_of(rolled()))
    (told,) = texts(below(document, "（二）依申请公开"))
    (table,) = below(document, "三、收到和处理政府信息公开申请情况")
    new = str(Decimal(sum(Decimal(v) for n, v in VALUES.items() if n.startswith("applications.new."))))
    assert f"新收政府信息公开申请{new}件" in told
    assert new in {box.text for box in table.boxes if box.role == "figure"}


def test_an_agency_publishes_its_own_report_from_its_return():
    told = filing(sound_prose() | {"problems.text": "问题一。\n\n 改进二。"}, VALUES, "青禾区教育局")
    report = report_of(told)
    document = compose(report)
    assert document.title.startswith("青禾区教育局2024年")
    assert texts(below(document, "五、存在的主要问题及改进情况")) == ["问题一。", "改进二。"]
    assert {p.origin for p in report.passages if p.box != OPENING} == {"workbook"}
    assert report.gaps == ()


def test_what_is_not_known_is_left_empty_and_told():
    told = replace(rolled(), unread=frozenset({"applications.new.natural"}))
    document = compose(report_of(told), draft=True)
    _, note = below(document, "三、收到和处理政府信息公开申请情况")
    assert note.role == "note"
    assert document.draft


# -- whose words


def test_the_template_goes_before_the_workbook_and_the_workbook_before_the_form():
    own = {"overview.platform": "工作簿里的{new}。", "problems.text": "工作簿里的。"}
    told = replace(rolled(), prose=own)
    words = manuscript("引言{year}。\n# 五、存在的主要问题及改进情况\n文稿里的。", FORM, "text.md")
    report = report_of(told, words)
    found = {passage.box: passage for passage in report.passages}
    assert report.paragraphs(OPENING) == ["引言2024。"]
    assert report.paragraphs("problems.text") == ["文稿里的。"]
    assert found["problems.text"].overrides_workbook
    assert found["overview.platform"].origin == "workbook"
    assert report.paragraphs("overview.platform")[0].startswith("工作簿里的")
    assert "{" not in report.filing.prose["overview.platform"]
    assert found["overview.on_request"].origin == "form"
    assert not found["overview.on_request"].overrides_workbook


def test_a_template_without_an_opening_has_none():
    report = report_of(rolled(), manuscript("# 五、存在的主要问题及改进情况\n有。", FORM, "text.md"))
    assert report.paragraphs(OPENING) == []


@pytest.mark.parametrize("text", ["通过【网站公开。", "通过网站】公开。"])
def test_a_bracket_that_was_left_behind_is_a_gap(text):
    report = report_of(rolled(), manuscript(f"# 五、存在的主要问题及改进情况\n{text}", FORM, "text.md"))
    assert [gap.text for gap in report.gaps if gap.box == "problems.text"] == [re.search("[【】]", text)[0]]


def test_a_form_without_sentences_has_gaps_where_something_must_be_said():
    bare = replace(FORM, publication=type(FORM.publication)())
    told = rolled()
    told = replace(told, form=bare, record=replace(told.record, form=bare))
    report = report_of(told)
    assert [gap.box for gap in report.gaps] == list(bare.prose.required)
    assert {p.origin for p in report.passages if p.box in bare.prose.required} == {"nobody"}


def test_each_fault_of_the_texts_is_told_with_its_place():
    told = replace(rolled(), prose={"overview.platform": "好。\n有{nwe}件。"})
    words = manuscript("# 六、其他需要报告的事项\n共{new。\n比上年{change: new}。", FORM, "text.md")
    with pytest.raises(InputError) as caught:
        report_of(told, words)
    assert [(p.code, p.place) for p in caught.value.problems] == [
        ("unknown-name", "x.xlsx!一、总体情况!A14"),
        ("lone-brace", "text.md:2"),
        ("no-last-figure", "text.md:3"),
    ]
    assert caught.value.problems[0].facts["nearest"] == "new"


def test_last_years_figures_can_be_told():
    words = manuscript("# 六、其他需要报告的事项\n新收{new}件，比上年{change: new}。", FORM, "text.md")
    (text,) = report_of(rolled(), words, LAST).paragraphs("others.text")
    assert text.startswith("新收")
    assert "比上年" in text


# -- the template


@pytest.mark.parametrize(
    "heading",
    [
        "## （二）依申请公开",
        "##(二)依申请公开",
        "# 依申请公开 ##",
        "＃＃ （二） 依申请公开",
    ],
)
def test_headings_are_known_as_they_are_written(heading):
    words = manuscript(f"{heading}\n有。\n", FORM, "x")
    assert list(words.passages) == ["overview.on_request"]
    assert words.passages["overview.on_request"][0] == (("有。", 2),)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("# 一、总体情况\n写在这里。", "no-text-here", 2),
        ("# 三、收到和处理政府信息公开申请情况\n\n写在这里。", "no-text-here", 3),
        ("# 二、主动公开\n# 七、别的", "unknown-heading", 2),
        ("# 依申请公开\n# （二）依申请公开", "heading-twice", 2),
        ("<!-- 好 -->\n\n<!-- 不好\n# 依申请公开", "open-comment", 3),
    ],
)
def test_a_template_that_is_not_understood_is_refused(text, code, line):
    with pytest.raises(InputError) as caught:
        manuscript(text, FORM, "text.md")
    problem = caught.value.problems[-1]
    assert (problem.code, problem.place) == (code, f"text.md:{line}")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_template_is_read_as_it_was_saved(tmp_path, encoding):
    path = tmp_path / "text.md"
    path.write_bytes("引言。\r\n\r\n# （二）依申请公开\r\n新收{new}件。\r\n".encode(encoding))
    words = load(path, FORM)
    assert words.passages["overview.on_request"] == ((("新收{new}件。", 4),),)
    assert words.passages[OPENING] == ((("引言。", 1),),)


def test_what_is_no_text_is_refused(tmp_path):
    (tmp_path / "text.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError) as caught:
        load(tmp_path / "text.md", FORM)
    assert caught.value.problems[0].code == "text-encoding"


def test_headings_of_tables_may_stand_there_empty_and_comments_are_passed_over():
    text = "<!-- a\nb -->\n# 二、主动公开政府信息情况\n\n# 五、存在的主要问题及改进情况\n<!-- 见\n会议纪要 -->\n有。\n也有。"
    words = manuscript(text, FORM, "x")
    assert words.passages["problems.text"] == ((("有。", 8),), (("也有。", 9),))


def test_lines_that_begin_with_a_condition_continue_the_paragraph_above_them():
    lines = [
        "# 依申请公开",
        "{new > 0：新收{new}件。}",
        "{new = 0：没有新收。}",
        "",
        "{fees ＞ ０：收费。}尾",
        "另一段。",
    ]
    words = manuscript("\n".join(lines), FORM, "x").passages["overview.on_request"]
    assert words == (
        (("{new > 0：新收{new}件。}", 2), ("{new = 0：没有新收。}", 3)),
        (("{fees ＞ ０：收费。}尾", 5),),
        (("另一段。", 6),),
    )
    report = report_of(filing({}, VALUES, "青禾区"), manuscript("\n".join(lines), FORM, "x"))
    first, *rest = report.paragraphs("overview.on_request")
    assert first.startswith("新收")
    assert "没有新收" not in first
    assert rest[-1] == "另一段。"


def test_a_paragraph_of_which_nothing_holds_is_left_out():
    text = "# 依申请公开\n{new = 0：没有新收，{applicants}。}\n\n有。"
    report = report_of(filing({}, VALUES, "青禾区"), manuscript(text, FORM, "x"))
    assert report.paragraphs("overview.on_request") == ["有。"]


def test_every_sentence_of_the_form_keeps_its_condition_in_the_text_to_start_from():
    report = report_of(rolled(), None, LAST)
    text = written(FORM, {p.box: p.wordings for p in report.passages})
    for draft in FORM.publication.drafts:
        for said in draft.say:
            assert str(said.wording) in text


def test_a_text_to_start_from_is_read_back_as_the_same_report():
    report = report_of(rolled(), None, LAST)
    text = written(FORM, {p.box: p.wordings for p in report.passages})
    assert "{new}" in text
    again = report_of(rolled(), manuscript(text, FORM, "text.md"), LAST)
    assert compose(again) == compose(report)
    assert {p.origin for p in again.passages} == {"template"}


def test_what_is_written_follows_the_figures():
    report = report_of(rolled())
    text = written(FORM, {p.box: p.wordings for p in report.passages})
    more = filing({}, VALUES | {"disputes.review.upheld": "100"}, "青禾区")
    told = report_of(more, manuscript(text, FORM, "x")).paragraphs("overview.on_request")[0]
    assert "结果维持100件" in told


# -- the annex


def annex(told, years):
    return compose(report_of(told), years=years)


def test_the_annex_compares_with_last_year():
    document = annex(rolled(), {Period(2023): LAST})
    at = document.blocks.index(PageBreak())
    rest = replace(document, blocks=document.blocks[at:])
    assert [text for _, text in headings(rest)] == [
        "附件：与上年比较",
        "二、主动公开政府信息情况",
        "三、收到和处理政府信息公开申请情况",
        "四、政府信息公开行政复议、行政诉讼情况",
        "图表",
    ]
    table = next(block for block in rest.blocks if isinstance(block, Table))
    rows = {}
    for box in table.boxes:
        rows.setdefault(box.area.row, []).append(box.text)
    assert rows[0] == ["项目", "栏目", "计量单位", "2024年", "2023年", "比上年增减", "增减率"]
    for cells in list(rows.values())[1:]:
        now, last, difference, rate = cells[3:]
        assert Decimal(now) - Decimal(last) == Decimal(difference)
        if last == "0":
            assert rate == ""
        else:
            assert abs(Decimal(difference) / Decimal(last) * 100 - Decimal(rate.rstrip("%"))) <= Decimal(
                "0.05"
            )


def test_the_annex_says_what_the_roll_up_says(tmp_path):
    """The sheet 历年对比, which Excel computes, is the witness: every line of the annex stands in it with the same numbers."""
    told = rolled(members=1)
    accounts = tuple(Account(member.agency, member.source, "included") for member in told.members)
    rollup = Rollup(
        FORM,
        Period(2024),
        "青禾区",
        "青禾区",
        told.members,
        accounts,
        "unchecked",
        earlier={Period(2023): LAST},
    )
    (tmp_path / "d.xlsx").write_bytes(write_rollup(rollup))
    sheet = openpyxl.load_workbook(tmp_path / "d.xlsx", data_only=True)[YEARS]
    columns = (Years.NOW, Years.LAST, Years.CHANGE, Years.RATE)
    there = {
        (row[Years.ROW].value, row[Years.COLUMN].value): [row[column].value for column in columns]
        for row in sheet.iter_rows(min_row=Years.FIRST_ROW + 1)
    }
    document = annex(told, {Period(2023): LAST})
    lines = 0
    for table in document.blocks[document.blocks.index(PageBreak()) :]:
        for row in range(1, table.height) if isinstance(table, Table) else ():
            line = [table.places[row, column].text for column in range(7)]
            *numbers, rate = there[line[0], line[1]]
            assert [Decimal(text) for text in line[3:6]] == [Decimal(str(number)) for number in numbers]
            assert (line[6] == "") == (rate in {None, ""})
            assert not line[6] or abs(Decimal(line[6].rstrip("%")) - Decimal(str(rate)) * 100) <= Decimal(
                "0.0501"
            )
            lines += 1
    assert lines > 30


def test_the_annex_has_the_forms_charts():
    document = annex(rolled(members=17), {Period(2023): LAST, Period(2022): LAST})
    charts = [block for block in document.blocks if isinstance(block, ChartBlock)]
    assert [chart.kind for chart in charts] == ["bar", "bar", "column"]
    agencies, results, trend = charts
    assert len(agencies.categories) == 15
    assert agencies.title.endswith("（前 15 名）")
    assert results.categories == ("予以公开", "部分公开", "不予公开", "无法提供", "不予处理", "其他处理")
    assert trend.categories == ("2022年", "2023年", "2024年")
    assert trend.series[0].values[1] == LAST["applications.new.total"]
    assert all(len(s.values) == len(c.categories) for c in charts for s in c.series)


def test_of_a_single_return_no_chart_of_agencies_is_drawn():
    document = annex(filing({}, VALUES), {Period(2023): LAST})
    assert len([block for block in document.blocks if isinstance(block, ChartBlock)]) == 2


def test_there_is_no_annex_of_nothing():
    with pytest.raises(InputError) as caught:
        annex(rolled(), {Period(2022): LAST})
    assert caught.value.problems[0].code == "annex-without-prior"


# -- the command


@pytest.fixture
def collection(tmp_path, monkeypatch):
    """A collection that was merged from three of the samples."""
    roster = tmp_path / "roster.csv"
    lines = (SAMPLES / "roster.csv").read_text(encoding="gb18030").splitlines()
    roster.write_text("\n".join(lines[:4]), encoding="utf-8")
    run("init", tmp_path / "c", "--year", "2024", "--district", "青禾区", "--roster", roster)
    for path in sorted((SAMPLES / "clean").glob("00[123]*.xlsx")):
        shutil.copy(path, tmp_path / "c" / "inbox")
    monkeypatch.chdir(tmp_path / "c")
    run("merge")
    return tmp_path / "c"


def fill_in(folder):
    """The coordinator writes what only a person knows."""
    file = folder / "text.md"
    text = file.read_text(encoding="utf-8")
    text = re.sub(r"【[^】]*】", "情况正常。", text)
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("ending", by_day(["docx", "html", "md"], 1))
def test_a_report_of_other_figures_is_not_the_last_step(collection, ending):
    """After a late correction, the collection says that the report is to be written again; the former one is dated."""
    run("publish", "--starter")
    fill_in(collection)
    run("publish", "--format", ending)
    assert "the report is written" in run()
    path = next((collection / "inbox").glob("001*"))
    cell = "disclosure.licensing.decisions"
    figure = read(path).record.values[cell]
    path.write_bytes(edit(path.read_bytes(), {cell: figure + 1}))
    run("merge")
    assert "Next: xltools publish" in run()
    told = run("publish", "--format", ending)
    assert "former/report-" in told
    assert "report-2000-01-01" not in told, "the constant date of documents"
    assert "the report is written" in run()


def test_in_a_collection_the_report_needs_no_options(collection):
    told = run("publish", expect=1)
    assert not (collection / "report.docx").exists()
    assert "16 gaps are left" in told
    assert "--starter" in told
    assert "text.md" in run("publish", "--starter")
    assert "exists" in run("publish", "--starter", expect=2)
    assert "in text.md" in run("publish", expect=1)
    fill_in(collection)
    told = run("publish")
    assert "report.docx" in told
    assert "From text.md: 引言、（一）主动公开" in told
    document = docx.Document(collection / "report.docx")
    words = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "青禾区2024年政府信息公开工作年度报告" in words
    assert "{" not in words
    assert "【" not in words
    assert len(document.tables) == 3
    edited = docx.Document(collection / "report.docx")
    edited.add_paragraph("领导批示：同意。")
    edited.save(collection / "report.docx")
    kept = (collection / "report.docx").read_bytes()
    assert "former report.docx was saved as" in run("publish")
    assert "saved as" not in run("publish")
    assert [path.read_bytes() for path in (collection / "former").iterdir()] == [kept]
    assert "exists" in run("publish", "-o", "report.docx", expect=2)
    run("publish", "--force")


@pytest.mark.prove
def test_later_corrections_flow_into_the_text(collection):
    run("publish", "--starter")
    fill_in(collection)
    run("publish", "--format", "md")
    before = (collection / "report.md").read_text(encoding="utf-8")
    assert "新收政府信息公开申请" in before
    (path,) = (collection / "inbox").glob("002*")
    told = read(path)
    values = dict(told.record.values)
    for name in ("applications.new.natural", "applications.granted.natural"):
        values[name] += 1000
    path.write_bytes(write_return(FORM, told.stamp, values, told.prose))
    run("merge")
    run("publish", "--format", "md", "--force")
    after = (collection / "report.md").read_text(encoding="utf-8")
    numbers = [int(re.search(r"新收政府信息公开申请(\d+)件", text)[1]) for text in (before, after)]
    assert numbers[1] == numbers[0] + 1000


def corrected(folder, code, figures):
    """The agency corrects some figures of its return, and the roll-up is merged again."""
    (path,) = (folder / "inbox").glob(f"{code}*")
    said = read(path)
    values = dict(said.record.values) | {name: Decimal(value) for name, value in figures.items()}
    path.write_bytes(write_return(FORM, said.stamp, values, said.prose))
    run("merge")


def test_a_sentence_comes_and_goes_with_the_figure_it_depends_on(collection):
    repealed = "disclosure.normative_documents.repealed"
    for code in ("001", "002", "003"):
        corrected(collection, code, {repealed: 0})
    run("publish", "--starter")
    fill_in(collection)
    run("publish", "--format", "md")
    report = collection / "report.md"
    assert "没有废止" in report.read_text(encoding="utf-8")
    corrected(collection, "002", {repealed: 3})
    run("publish", "--format", "md", "--force")
    assert "没有废止" not in report.read_text(encoding="utf-8")
    assert "废止3件" in report.read_text(encoding="utf-8")


def codes_of(told):
    """The codes of the lines of findings."""
    return sorted(re.findall(r"(?m)^  (?:error|warning|to explain|note) ([a-z-]+)  ", told))


def test_a_text_that_denies_a_figure_stops_the_report(collection):
    """The text was typed by hand, so nothing removes the sentence; the draft is what verify then speaks about."""
    text = (
        "# 一、总体情况\n## （三）政府信息管理\n{year}年，制发行政规范性文件{documents_made}件，没有废止。\n"
    )
    (collection / "text.md").write_text(text, encoding="utf-8")
    corrected(collection, "002", {"disclosure.normative_documents.repealed": 3})
    told = run("publish", "--format", "md", expect=1)
    assert "error prose-nothing" in told
    assert not (collection / "report.md").exists()
    draft = run("publish", "--format", "md", "--draft", expect=1)
    again = run("verify", "report.md", expect=1)
    assert "error prose-nothing" in again
    assert codes_of(draft) == codes_of(told)
    # Only the gaps of a draft are found in addition.
    assert [c for c in codes_of(again) if c != "prose-instruction"] == codes_of(told)
    with pytest.MonkeyPatch.context() as outside:
        outside.chdir(shutil.copy(collection / "report.md", collection.parent / "r.md").parent)
        assert "error prose-nothing" in run("verify", "r.md", expect=1), "as publish says, wherever it lies"
    settings = collection / "collection.toml"
    chosen = settings.read_text(encoding="utf-8").replace("[levels]", '[levels]\nprose-nothing = "note"')
    settings.write_text(chosen, encoding="utf-8")
    assert "note prose-nothing" in run("publish", "--format", "md", "--draft", "--force")


@pytest.mark.prove
def test_what_verify_finds_in_the_report_is_printed_when_it_is_published(collection):
    """Last year's report of the district carried over 7 more than its agencies say now."""
    run("publish", "--starter")
    fill_in(collection)
    now = read(collection / "district.xlsx").record
    last = dict(now.values) | {
        "applications.carried_out.natural": now.values["applications.carried_in.natural"] + 7
    }
    stamp = Stamp(FORM.key, FORM.edition, Period(2023), Agency("青禾区", "青禾区", "青禾区"))
    (collection / "2023.xlsx").write_bytes(write_return(FORM, stamp, last, sound_prose()))
    settings = collection / "collection.toml"
    chosen = re.sub(r"(?m)^prior = .*", 'prior = "2023.xlsx"', settings.read_text(encoding="utf-8"))
    settings.write_text(chosen, encoding="utf-8")
    run("merge")
    told = run("publish", "--format", "md")
    again = run("verify", "report.md")
    assert "carry-over" in codes_of(told)
    assert codes_of(told) == codes_of(again)


def test_what_is_missing_is_said_at_once(collection, monkeypatch):
    monkeypatch.setattr("xltools.document.writer.find_spec", lambda _: None)
    told = run("publish", expect=1)
    assert "gaps are left" in told
    assert "word needs a library" in told


def test_the_report_never_takes_the_place_of_what_it_is_made_of(collection):
    run("publish", "--starter")
    fill_in(collection)
    for output, code in (("text.md", "output-is-input"), ("district.xlsx", "ending-contradicts")):
        assert code in run("publish", "-o", output, "--format", "md", "--force", expect=2)
    told = run("publish", "--starter", "-o", "district.xlsx", "--force", expect=2)
    assert "ending-contradicts" in told
    assert "exists" in run("publish", "-o", "district.xlsx", expect=2)


def test_a_draft_is_written_all_the_same(collection):
    told = run("publish", "--draft", "-o", "x.html")
    assert "draft" in told
    assert "To be written: “五、存在的主要问题及改进情况”" in told
    page = (collection / "x.html").read_text(encoding="utf-8")
    assert "草稿" in page
    assert "【" in page


def test_a_text_goes_to_the_screen_outside_a_collection(collection, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    told = run("publish", "c/district.xlsx", "--draft", "--format", "md")
    assert "青禾区2024年政府信息公开工作年度报告" in told
    assert "option-missing" in run("publish", expect=2)
    assert "option-missing" in run("publish", "-o", "x.md", expect=2)


@pytest.mark.prove
def test_what_a_text_denies_by_the_names_of_cells_stops_the_report_in_every_section(collection):
    told = ["没有自然人的重复申请", "未发生行政复议", "没有结转下年度继续办理的申请"]
    text = f"# 五、存在的主要问题及改进情况\n{told[0]}。\n# 六、其他需要报告的事项\n{told[1]}；{told[2]}。没有公开出版物。\n"
    (collection / "text.md").write_text(text, encoding="utf-8")
    settled = {"applications.declined_repeat.natural": 3, "applications.new.natural": 14}  # 11 of these
    others = {"applications.carried_out.natural": 3, "disputes.review.upheld": 3}
    corrected(collection, "002", settled | others)
    lines = [x for x in run("publish", "--format", "md", expect=1).splitlines() if "prose-nothing" in x]
    assert sorted(next(one for one in told if one in line) for line in lines) == sorted(told)
    assert all("error prose-nothing" in line for line in lines)


def test_with_errors_nothing_is_written(tmp_path):
    values = {name: Decimal(value) for name, value in VALUES.items()}
    values["applications.carried_out.natural"] += 1
    stamp = Stamp(FORM.key, FORM.edition, Period(2024), Agency("青禾区", "003", "青禾区教育局"))
    path = tmp_path / "a.xlsx"
    path.write_bytes(write_return(FORM, stamp, values, sound_prose()))
    told = run("publish", path, "-o", tmp_path / "a.docx", expect=1)
    assert "rule-broken" in told
    assert not (tmp_path / "a.docx").exists()
    run("publish", path, "-o", tmp_path / "a.docx", "--draft", expect=1)
    assert (tmp_path / "a.docx").exists()


def test_prose_is_held_against_the_tables_as_it_will_stand(tmp_path):
    values = {name: Decimal(value) for name, value in VALUES.items()}
    texts = sound_prose() | {"overview.on_request": "新收政府信息公开申请{new}件，办结{new + done}件。"}
    stamp = Stamp(FORM.key, FORM.edition, Period(2024), Agency("青禾区", "003", "青禾区教育局"))
    path = tmp_path / "a.xlsx"
    path.write_bytes(write_return(FORM, stamp, values, texts))
    assert [f.code for f in read(path).findings] == []
    told = run("publish", path, "-o", tmp_path / "a.docx")
    assert told.count("prose-figure") == 1
    assert "办结" in told


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"")
    assert "empty-file" in run("publish", tmp_path / "a.xlsx", "-o", tmp_path / "a.docx", expect=1)
    assert "unknown-ending" in run("publish", tmp_path / "a.xlsx", "-o", tmp_path / "a.txt", expect=2)


def test_a_folder_of_returns_is_no_report(collection):
    assert "not-a-return" in run("publish", "inbox", "--draft", "-o", "x.docx", expect=2)


def last_year(path):
    """Last year's roll-up of the same district, and its figures."""
    values = {name: Decimal(1) for name in VALUES}
    agency = Agency("青禾区", "001", "青禾区人民政府办公室")
    source = Source("a.xlsx", "0" * 64, 1)
    accounts = (Account(agency, source, "included"),)
    rollup = Rollup(
        FORM, Period(2023), "青禾区", "青禾区", (Member(agency, source, values),), accounts, "unchecked"
    )
    path.write_bytes(write_rollup(rollup))


def test_last_year_may_come_from_a_file(collection):
    assert "annex-without-prior" in run("publish", "--draft", "--annex", expect=2)
    assert "no-last-figure" not in run("publish", "--draft", "-o", "a.md")
    last_year(collection / "2023.xlsx")
    run("publish", "--draft", "--annex", "--prior", "2023.xlsx", "-o", "b.md", expect=0)
    text = (collection / "b.md").read_text(encoding="utf-8")
    assert "附件：与上年比较" in text
    assert "新收申请数量比上年" in text


def test_a_collections_folder_stands_for_its_roll_up(collection, tmp_path):
    shutil.copytree(collection, tmp_path / "2023")
    file = tmp_path / "2023" / "collection.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("2024", "2023"), encoding="utf-8")
    last_year(tmp_path / "2023" / "district.xlsx")
    run("publish", "--draft", "--annex", "--prior", tmp_path / "2023", "-o", "b.md")
    assert "附件：与上年比较" in (collection / "b.md").read_text(encoding="utf-8")


# -- gathered


def test_the_agencies_prose_is_gathered_in_the_rosters_order(collection):
    told = run("gather", "-o", "all.md")
    assert "3 files" in told
    text = (collection / "all.md").read_text(encoding="utf-8")
    one, two, three = (text.find(f"青禾区{name}（") for name in ("人民政府办公室", "发展和改革局", "教育局"))
    assert 0 < one < two < three
    assert "001_青禾区人民政府办公室_2024.xlsx" in text.replace("\\", "")
    assert text.count("写了文字的 3 个单位") >= 5


def test_who_wrote_nothing_is_counted_and_named():
    said = [
        filing(sound_prose() | {"others.text": "无。"}, VALUES, "甲局"),
        filing({box: text for box, text in sound_prose().items() if box == "others.text"}, VALUES, "乙局"),
    ]
    said[1] = replace(said[1], prose={"others.text": "收取{fees}万元。"})
    broken = RefusedFile(said[0].source, said[0].findings, said[0].stamp)
    found = gathered([*said, broken], FORM, None, None, "")
    assert (found.files, len(found.unread)) == (2, 1)
    document = found.document
    assert [text for level, text in headings(document) if level == 1] == [
        "一、总体情况", "五、存在的主要问题及改进情况", "六、其他需要报告的事项",
    ]  # fmt: skip
    assert document.blocks.count(PageBreak()) == 2
    last = document.blocks[-5:]
    assert "收取96171.6万元。" in texts(last)
    counts = [text for text in texts(document.blocks) if text.startswith("写了文字的")]
    assert counts[-1] == clerk()("gathered.counts", told=1, nothing=1, blank=0)
    assert counts[0] == clerk()("gathered.counts", told=1, nothing=0, blank=1)
    assert "没有写的：乙局（003）。" in texts(document.blocks)
    assert "x.xlsx" in texts(document.blocks)[1]


def test_kinds_of_the_roster_are_told(tmp_path):
    (tmp_path / "r.csv").write_text("code,name,kind\n003,青禾区教育局,部门\n", encoding="utf-8")
    found = gathered([filing({}, VALUES)], FORM, load_roster(tmp_path / "r.csv"), None, "")
    assert "（部门，x.xlsx）" in texts(found.document.blocks)


def test_what_could_not_be_read_is_told_beside(collection):
    (collection / "inbox" / "009_x_2024.xlsx").write_bytes(b"")
    run("gather", "-o", "all.docx", expect=1)
    words = "\n".join(p.text for p in docx.Document(collection / "all.docx").paragraphs)
    assert "有 1 个文件未能读取" in words
