"""Published reports are read as their tables say, or not at all."""

from __future__ import annotations

import io
import pickle
import tomllib
import zipfile
from decimal import Decimal

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

import hostile
import published
import test_lists
from commands import xltools
from conftest import ROOT, by_day, examples, run, sound_prose, sound_values, year_before
from published import WRITERS, report
from xltools.checking.checks import verify
from xltools.collection.inbox import InboxItem
from xltools.collection.reading import ReadOptions, on_roster
from xltools.data.finding import Severity
from xltools.data.period import Period
from xltools.data.roster import Entry, Roster
from xltools.document.publishing import compose, report_of
from xltools.document.reader import ReportIdentity, read_document
from xltools.document.writer import render
from xltools.excel.reader import read
from xltools.form.library import find

FORM = find("xxgk-2021")
AGENCY = "青禾区统计局"


@pytest.fixture(scope="module")
def sent():
    return report(FORM, sound_values(), prose=sound_prose())


def codes(filing):
    return [finding.code for finding in verify(filing)]


def values(filing):
    return dict(filing.record.values)


# ---- kinds of documents


@pytest.mark.parametrize("name", WRITERS)
def test_a_sound_report_is_read_without_a_word(name, sent):
    filing = read_document(WRITERS[name](sent), name)
    assert verify(filing) == ()
    assert values(filing) == sound_values()
    assert dict(filing.prose) == sound_prose()
    assert (filing.agency.name, filing.stamp.period) == (AGENCY, Period(2024))
    assert {name: shown.value for name, shown in filing.shown.items()} == {
        cell.name: filing.record.complete()[cell.name] for cell in FORM.totals
    }


@pytest.mark.parametrize("name", by_day(WRITERS, 4))
@pytest.mark.parametrize("place", range(3))
def test_reports_that_were_published(name, place):
    """Figures of samples/published.toml; 洪泽区 printed two totals of 2023 as 0."""
    with (ROOT / "samples" / "published.toml").open("rb") as file:
        one = tomllib.load(file, parse_float=Decimal)["report"][place]
    figures = {cell.name: Decimal(0) for cell in FORM.inputs}
    figures |= {name: Decimal(value) for name, value in one["figures"].items()}
    wrong = {name: str(value) for name, value in one["wrong_totals"].items()}
    made = report(FORM, figures, one["agency"], one["year"], texts=wrong, prose=sound_prose())
    filing = read_document(WRITERS[name](made), name)
    assert values(filing) == figures
    assert [(f.code, f.cell) for f in verify(filing)] == [("total-wrong", cell) for cell in wrong]
    assert str(filing.agency) == one["agency"]


counts = st.integers(0, 99999).map(Decimal)
money = st.decimals(0, 10**6, places=4, allow_nan=False).map(lambda d: Decimal(f"{d.normalize():f}"))


@settings(max_examples=examples(15))
@drawn(data=st.data(), name=st.sampled_from(sorted(WRITERS)))
def test_whatever_is_published_comes_back(data, name):
    figures = {
        cell.name: data.draw(money if cell.number == "decimal" else counts, label=cell.name)
        for cell in FORM.inputs
    }
    assert values(read_document(WRITERS[name](report(FORM, figures)), name)) == figures


@settings(max_examples=examples(15))
@drawn(
    data=st.data(),
    name=st.sampled_from(["page.html", "tabbed.txt", "padded.txt", "report.md", "piped.txt", "stacked.txt"]),
)
def test_blank_cells_stay_blank_where_their_places_are_kept(data, name):
    blank = data.draw(st.sets(st.sampled_from([cell.name for cell in FORM.inputs]), max_size=40))
    made = report(FORM, sound_values(), texts=dict.fromkeys(blank, "\u3000\u00a0"), prose=sound_prose())
    filing = read_document(WRITERS[name](made), name)
    assert values(filing) == {name: v for name, v in sound_values().items() if name not in blank}
    assert {f.cell for f in verify(filing) if f.code == "blank"} == blank


@pytest.mark.parametrize(
    "encoding", by_day(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"], 2)
)
def test_any_encoding_in_use_in_china(encoding, sent):
    for name in ("page.html", "tabbed.txt"):
        text = WRITERS[name](sent).decode("utf-8-sig")
        filing = read_document(text.encode(encoding), name)
        assert values(filing) == sound_values()


def test_a_page_that_says_it_is_in_another_encoding_than_it_is(sent):
    lying = published.page(sent).decode().replace("charset='utf-8'", "charset='gb2312'")
    assert values(read_document(lying.encode(), "x.html")) == sound_values()
    honest = lying.encode("gb18030")
    assert values(read_document(honest, "x.doc")) == sound_values()


# ---- spellings


def spelled(**changes):
    def change(text):
        for old, new in changes.items():
            text = text.replace(old, new)
        return text

    return change


ASCII = str.maketrans({"（": "(", "）": ")", "，": ",", "、": ",", "：": ":", "“": '"', "”": '"'})
SPELLINGS = {
    "ASCII": lambda text: text.translate(ASCII),
    "strokes": spelled(**{"1.": "1、", "2.": "2. ", "3.": "3．"}),
    "no numbers": lambda text: text.removeprefix("（一）").removeprefix("1.").removeprefix("三、"),
    "spaces": spelled(规章="规 章", 第二十条第="第二十条 第", 自然人="自 然人"),
    "old words": spelled(行政规范性文件="规范性文件"),
    "short": spelled(**{"（区分处理的，只计这一情形，不计其他情形）": ""}),
    "long titles": spelled(
        **{
            "收到和处理": "行政机关收到和处理",
            "政府信息公开行政复议、行政诉讼": "因政府信息公开工作被申请行政复议、提起行政诉讼",
        }
    ),
    "shifted": spelled(
        **{"一、总体": "二、总体", "二、主动": "三、主动", "三、收到": "四、收到"},
        **{"四、政府": "五、政府", "五、存在": "六、存在", "六、其他": "七、其他"},
    ),
    "broken heads": spelled(商业企业="商业\n企业"),
    "money": spelled(**{"（单位：万元）": "（万元）"}),
}


@pytest.mark.parametrize("spelling", by_day(SPELLINGS, 4))
@pytest.mark.parametrize(
    "name", by_day(["page.html", "word.htm", "report.docx", "piped.txt", "report.md"], 2)
)
def test_labels_may_be_spelled_as_they_are(spelling, name, sent):
    if spelling == "broken heads" and name == "report.md":
        pytest.skip("a line cannot be broken there")
    filing = read_document(WRITERS[name](sent._replace(spelled=SPELLINGS[spelling])), name)
    assert values(filing) == sound_values()
    assert verify(filing) == ()


@pytest.mark.parametrize("name", by_day(WRITERS, 5))
def test_a_damaged_label_is_read_where_it_can_be_no_other_and_told(name, sent):
    damaged = spelled(**{"2.其他法律行政法规禁止公开": "2.其他法律行政止公开"})
    filing = read_document(WRITERS[name](sent._replace(spelled=damaged)), name)
    assert values(filing) == sound_values()
    (told,) = verify(filing)
    assert (told.code, told.found, told.expected) == (
        "label-near",
        "2.其他法律行政止公开",
        "2.其他法律行政法规禁止公开",
    )


@pytest.mark.parametrize("name", by_day(WRITERS, 4))
@pytest.mark.parametrize(
    "damage",
    [
        {"2.重复申请": "2.某类申请"},
        {"3.要求提供公开出版物": "2.重复申请", "2.重复申请": "3.要求提供公开出版物"},
        {"1.属于国家秘密": "x", "2.其他法律行政法规禁止公开": "y"},
        {"一、本年新收政府信息公开申请数量": "数量"},
        {"法律服务机构": "律师事务所"},
    ],
)
def test_other_labels_refuse_their_table_and_no_other(name, damage, sent):
    swapped = {old: f"\0{n}" for n, old in enumerate(damage)}
    back = {f"\0{n}": new for n, new in enumerate(damage.values())}

    def change(text):
        return spelled(**back)(spelled(**swapped)(text))

    filing = read_document(WRITERS[name](sent._replace(spelled=change)), name)
    inputs = {cell.name for cell in FORM.inputs if cell.section.key == "applications"}
    assert filing.unread == inputs
    assert values(filing) == {name: v for name, v in sound_values().items() if name not in inputs}
    told = [f for f in verify(filing) if f.severity is Severity.ERROR]
    assert told
    assert {f.sheet for f in told} == {"三、收到和处理政府信息公开申请情况"}
    assert {f.code for f in told} <= {"label-missing", "label-changed"}


def test_fees_in_another_unit_are_not_read(sent):
    filing = read_document(published.page(sent._replace(spelled=spelled(万元="元"))), "x.html")
    assert "disclosure.fees.amount" in filing.unread
    (told,) = verify(filing)
    assert (told.code, told.found) == ("label-changed", "本年收费金额（单位：元）")


# ---- other layouts


def rows_of(sent, name="三、收到"):
    title, tables, _ = next(part for part in published.parts(sent) if part[0].startswith(name))
    return title, published.grid(tables[0], repeated=False)


def as_page(sent, *tables, title=None):
    """A page with tables in place of the one of the applications, each a list of rows."""
    text = f"<h1>{title or sent.title}</h1>"
    for name, given, _ in published.parts(sent):
        if name.startswith("三、"):
            for table in tables:
                lines = ("".join(f"<td>{cell}</td>" for cell in row) for row in table)
                text += f"<h2>{name}</h2><table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
        else:
            text += f"<h2>{name}</h2>{''.join(map(published._table, given))}"
    return f"<html><body>{text}</body></html>".encode()


def test_local_subtotals_are_passed_over(sent):
    """28 × 8: a column for all organisations, and a row for each group of results."""
    _, cells = rows_of(sent)
    wide = [
        [*row[:4], "法人小计" if n == 2 else "99" if n > 2 else "", *row[4:]] for n, row in enumerate(cells)
    ]
    sums = [["", "", "小计", *["77"] * 8], ["", "（三）不予公开", "", *["55"] * 8]]
    longer = [*wide[:15], *sums, *wide[15:]]
    filing = read_document(as_page(sent, longer), "x.html")
    assert values(filing) == sound_values()


def test_other_rows_are_not(sent):
    _, cells = rows_of(sent)
    filing = read_document(
        as_page(sent, [*cells[:9], ["", "", "9.本地另加的情形", *["1"] * 7], *cells[9:]]), "x.html"
    )
    assert "applications.new.natural" in filing.unread
    assert codes(filing)[0] == "label-changed"


@pytest.mark.parametrize(("figures", "known"), [("0", True), ("", True), ("1", False)])
def test_other_results_in_one_row_are_three_rows_of_zeros_or_unknown(figures, known, form):
    sound = sound_values()
    for name in sound:
        if ".other_" in name and name.startswith("applications.other_"):
            sound[name] = Decimal(0)
    sent = report(form, sound, prose=sound_prose())
    _, cells = rows_of(sent)
    first = next(n for n, row in enumerate(cells) if row[1] == "（六）其他处理")
    one = ["", "（六）其他处理", "", *[figures] * 7]
    filing = read_document(as_page(sent, [*cells[:first], one, *cells[first + 3 :]]), "x.html")
    if known:
        read = {name: v for name, v in filing.record.values.items() if v}
        assert read == {name: v for name, v in sound.items() if v}
        assert "label-near" in codes(filing)
    else:
        assert "applications.new.natural" in filing.unread


def test_two_tables_are_refused_unless_they_say_the_same(sent):
    _, cells = rows_of(sent)
    other = [[("7" if cell == "1" else cell) for cell in row] for row in cells]
    twice = read_document(as_page(sent, cells, other), "x.html")
    assert "table-twice" in codes(twice)
    assert "applications.new.natural" in twice.unread
    assert values(read_document(as_page(sent, cells, cells), "x.html")) == sound_values()
    assert "table-twice" in codes(read_document(as_page(sent, cells, other[:-3]), "x.html"))


@pytest.mark.parametrize("figure", ["1", "7"])
@pytest.mark.parametrize(
    "label", ["一、本年新收政府信息公开申请数量", "四、结转下年度继续办理", "（二）部分公开"]
)
def test_a_row_that_was_split_is_refused(sent, label, figure):
    _, cells = rows_of(sent)
    place = next(n for n, row in enumerate(cells) if any(cell.startswith(label) for cell in row))
    half = [figure if cell.isdigit() else cell for cell in cells[place]]
    for parts in ([cells[place], half], [half, cells[place]]):
        filing = read_document(as_page(sent, [*cells[:place], *parts, *cells[place + 1 :]]), "x.html")
        assert any(f.severity is Severity.ERROR for f in filing.findings)
        assert "applications.new.natural" in filing.unread


def test_a_table_over_two_pages_is_one(sent):
    _, cells = rows_of(sent)
    assert values(read_document(as_page(sent, cells[:14], cells[14:]), "x.html")) == sound_values()


def test_a_missing_figure_moves_no_other(sent):
    """A row of which only the order is known must have as many figures as there are columns."""
    lines = published.tabbed(sent).decode("utf-8-sig").splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("2.重复申请"))
    lines[place] = lines[place].rpartition("\t")[0]
    filing = read_document("\n".join(lines).encode(), "x.txt")
    assert {name.partition(".")[0] for name in filing.unread} == {"applications"}
    assert codes(filing)[0] == "label-changed"


def test_figures_may_stand_in_the_line_below_their_label(sent):
    lines = []
    for line in published.tabbed(sent).decode("utf-8-sig").splitlines():
        label, tab, figures = line.partition("\t")
        is_row = tab and all(part[:1].isdigit() for part in figures.split("\t"))
        lines += [label, figures] if is_row else [line]
    assert values(read_document("\n".join(lines).encode(), "x.txt")) == sound_values()


def test_single_spaces_part_a_label_from_its_figures(form, sent):
    """As text out of a PDF: each line a label and its figures. The heads are not parted there, so they have to be."""
    text = published.text(sent, lambda cells: (" " if cells[-1][:1].isdigit() else "   ").join(cells))
    lines = text.replace("三、本年度办理结果 （一）", "三、本年度办理结果   （一）").splitlines()
    read = read_document("\n".join(lines).encode(), "x.txt")
    figures = {n: v for n, v in sound_values().items() if n.startswith("disclosure")}
    assert {n: v for n, v in read.record.values.items() if n.startswith("disclosure")} == figures


def test_the_trial_layout_of_2019_is_named(form):
    page = """<h1>青禾区统计局2019年政府信息公开工作年度报告</h1><table><tr><td>信息内容</td><td>本年新制作数量</td>
    <td>本年新公开数量</td><td>对外公开总数量</td></tr><tr><td>规章</td><td>0</td><td>0</td><td>0</td></tr></table>"""
    (told,) = read_document(page.encode(), "x.html").findings
    assert (told.code, told.found, told.expected) == ("old-layout", "本年新制作数量", "xxgk-2021")


# ---- figures


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("１２", 12, "text-as-number"),
        ("1,180", 1180, None),
        ("12①", 12, "text-as-number"),
        ("12[1]", 12, "text-as-number"),
        ("12*", 12, "text-as-number"),
        ("12件", 12, "text-as-number"),
        ("/", None, "text-nothing"),
        ("—", None, "text-nothing"),
        ("约12", None, "text-vague"),
        ("十二", None, "not-a-number"),
        ("12.5", None, "not-whole"),
        ("-3", None, "negative"),
        ("+19", None, "text-change"),
    ],
)
@pytest.mark.parametrize("name", by_day(["page.html", "report.docx", "tabbed.txt"], 2))
def test_what_stands_in_a_cell_is_a_figure_or_a_finding(text, value, code, name, sent):
    cell = "applications.new.natural"
    made = sent._replace(texts=dict(sent.texts) | {cell: text})
    filing = read_document(WRITERS[name](made), name)
    assert filing.record.values.get(cell) == value
    assert [f.code for f in filing.findings if f.cell == cell] == ([code] if code else [])


def test_a_total_that_is_blank_over_zeros_is_no_fault(form):
    zeros = {cell.name: Decimal(0) for cell in form.inputs}
    blank = dict.fromkeys((cell.name for cell in form.totals), "—")
    assert codes(
        read_document(published.page(report(form, zeros, texts=blank, prose=sound_prose())), "x")
    ) == ["all-zero"]


def test_a_place_in_a_document_is_told_by_its_labels(sent):
    made = sent._replace(texts=dict(sent.texts) | {"applications.granted.natural": "约3"})
    (told,) = [f for f in verify(read_document(published.word(made), "x.docx")) if f.code == "text-vague"]
    assert (told.sheet, told.address) == ("三、收到和处理政府信息公开申请情况", "")
    assert told.facts["label"] == "三、本年度办理结果/（一）予以公开 · 自然人"


# ---- whose


@pytest.mark.parametrize(
    ("title", "agency", "year"),
    [
        ("青禾区统计局2024年政府信息公开工作年度报告", AGENCY, 2024),
        ("2024年青禾区统计局政府信息公开工作年度报告", AGENCY, 2024),
        ("青禾区统计局关于2024年度政府信息公开工作年度报告", AGENCY, 2024),
        ("青禾区统计局 2024 年政府信息公开年报", AGENCY, 2024),
        ("青禾区统计局二〇二四年政府信息公开年度报告", AGENCY, 2024),
        (
            "青禾区统计局2024年政府信息公开工作年度报告（以下简称年报）是根据条例编制的，现予公布。",
            AGENCY,
            2024,
        ),
        ("青禾区统计局</p><p>2024年政府信息公开工作年度报告", AGENCY, 2024),
        ("青禾区统计局2024年</p><p>政府信息公开工作年度报告", AGENCY, 2024),
        ("青禾区统计局2024年政府信息公开工作</p><p>年度报告", AGENCY, 2024),
    ],
)
def test_agency_and_year_are_those_of_the_title(title, agency, year, sent):
    page = published.body(sent).partition("</h1>")[2]
    filing = read_document(f"<html><p>首页</p><p>{title}</p>{page}".encode(), "x.html")
    assert (filing.agency.name, filing.stamp.period) == (agency, Period(year))


def test_what_is_given_counts_and_what_disagrees_is_told(sent):
    data = published.page(sent)
    filing = read_document(
        data, "x.html", given=ReportIdentity(Period(2023), "青禾区教育局", "003", "青禾区")
    )
    assert (filing.agency.district, filing.agency.code, filing.agency.name) == (
        "青禾区",
        "003",
        "青禾区教育局",
    )
    assert [(f.code, f.found, f.expected) for f in filing.findings] == [
        ("title-differs", "2024", "2023"),
        ("title-differs", AGENCY, "青禾区教育局"),
    ]
    named = read_document(data, f"015_{AGENCY}_2024.html")
    assert (named.agency.code, named.findings) == ("015", ())
    assert codes(read_document(data, f"015_{AGENCY}_2023.html")) == ["title-differs"]


def test_without_a_title_nobody_is_guessed(sent):
    data = published.body(sent).partition("</h1>")[2].encode()
    assert codes(read_document(b"<html>" + data, "x.html")) == ["no-stamp"]
    assert (
        read_document(b"<html>" + data, f"{AGENCY}2024年政府信息公开工作年度报告.html").agency.name == AGENCY
    )


def test_a_report_is_known_on_the_roster_by_its_name(sent):
    filing = read_document(published.page(sent), "x.html")
    roster = Roster((Entry("014", "青禾区信访局", {}), Entry("015", "统计局", {})))
    known = on_roster(filing, roster)
    assert (known.agency.code, next(iter(known.record.agencies)).code) == ("015", "015")
    doubtful = Roster((Entry("015", "统计局", {}), Entry("016", "区统计局", {})))
    assert on_roster(filing, doubtful) is filing


# ---- prose


def test_headings_of_parts_in_the_line_and_in_other_words(form):
    page = """<html><h1>青禾区统计局2024年政府信息公开工作年度报告</h1><p>一、总体情况</p><p>我局按要求办理。</p>
    <p>（一）主动公开情况。公开信息及时。</p><p>(二)依申请公开方面：收到申请。</p><p>又一段。</p><p>（三）政府信息管理</p><p>有序。</p>
    <p>六、其他需要报告的事项</p><p>没有。</p><p>【打印本页】</p><p>版权所有</p>""" + published.body(
        report(form, sound_values())
    ).partition("</h2>")[2].partition("五、存在")[0]
    prose = dict(read_document(page.encode(), "x.html").prose)
    assert prose["overview.proactive"] == "我局按要求办理。\n公开信息及时。"
    assert prose["overview.on_request"] == "收到申请。\n又一段。"
    assert prose["overview.management"] == "有序。"
    assert prose["others.text"] == "没有。"


# ---- Word


@pytest.fixture(scope="module")
def in_word(sent):
    """The report in Word, with a figure that occurs once."""
    return published.word(sent._replace(texts=dict(sent.texts) | {"applications.new.natural": "4711"}))


def docx_with(data, old, new):
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "word/document.xml":
                assert old in content.decode()
                content = content.decode().replace(old, new, 1).encode()
            target.writestr(entry, content)
    return out.getvalue()


def test_tracked_changes_hidden_text_and_notes_in_word(in_word):
    """What was deleted is not there, what was put in is; a raised figure in a cell is the mark of a note."""
    old = "<w:r><w:t>4711</w:t></w:r>"
    new = (
        "<w:del><w:r><w:delText>8</w:delText></w:r></w:del><w:ins><w:r><w:t>47</w:t></w:r></w:ins>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>9</w:t></w:r><w:r><w:t>11</w:t></w:r>"
        "<w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>2</w:t></w:r><w:r><w:footnoteReference w:id='1'/></w:r>"
    )
    filing = read_document(docx_with(in_word, old, new), "x.docx")
    assert filing.record.values["applications.new.natural"] == 4711


LOOKS = {
    "superscript": ("", True),
    "struck": ("<w:strike/>", False),
    "lowered": ("<w:vertAlign w:val='subscript'/>", False),
    "raised": ("<w:position w:val='9'/>", False),
    "white": ("<w:color w:val='ffffff'/>", False),
    "small": ("<w:sz w:val='2'/>", False),
    "bold": ("<w:b/><w:strike w:val='0'/><w:color w:val='FF0000'/><w:sz w:val='21'/>", True),
}


@pytest.mark.parametrize("look", LOOKS)
def test_digits_of_a_run_that_is_set_apart_in_word_are_no_part_of_a_number(look, in_word):
    about, is_one = LOOKS[look]
    new = f"<w:r><w:rPr>{about}</w:rPr><w:t>47</w:t></w:r><w:r><w:t>11</w:t></w:r>"
    filing = read_document(docx_with(in_word, "<w:r><w:t>4711</w:t></w:r>", new), "x.docx")
    assert filing.record.values.get("applications.new.natural") == (4711 if is_one else None)


@pytest.mark.parametrize("before", ["<w:vanish/>", "<w:vertAlign w:val='superscript'/>", "<w:strike/>"])
def test_formats_before_a_tracked_change_do_not_count(before, in_word):
    was = f"<w:rPr><w:rPrChange w:id='1'><w:rPr>{before}</w:rPr></w:rPrChange></w:rPr>"
    new = f"<w:r>{was}<w:t>47</w:t></w:r><w:r><w:t>11</w:t></w:r>"
    filing = read_document(docx_with(in_word, "<w:r><w:t>4711</w:t></w:r>", new), "x.docx")
    assert filing.record.values["applications.new.natural"] == 4711
    grid = "<w:tcPr><w:tcPrChange w:id='1'><w:tcPr><w:gridSpan w:val='3'/><w:vMerge/></w:tcPr></w:tcPrChange>"
    filing = read_document(docx_with(in_word, "<w:tcPr>", grid), "x.docx")
    assert values(filing) == sound_values() | {"applications.new.natural": 4711}


# ---- pages


@pytest.mark.parametrize(
    ("inside", "figure"),
    [
        ("<span>47</span><span lang=EN-US>11</span>", 4711),
        ("47<b>11</b>", 4711),
        ("47<wbr>11", 4711),
        ("4711<sup>2</sup>", 4711),
        ("4711<span style='vertical-align: super'>2</span>", 4711),
        ("<sup>4711</sup>", 4711),
        ("<span style='vertical-align:-2px'>4711</span>", 4711),
        ("4711<sub>2</sub>", None),
        ("<s>9</s>4711", None),
        ("<span style='text-decoration:line-through'>9</span>4711", None),
        ("<span style='font-size:0px'>9</span>4711", None),
        ("<span style='background:red;color: #fff'>9</span>4711", None),
        ("<font style='background-color:white;color:#000'>47</font>11", 4711),
        ("<del>9</del>4711", 4711),
        ("<ruby>4711<rt>9</rt></ruby>", 4711),
        ("<input type=text value=4711>", 4711),
        ("<input type=hidden value=9>4711", 4711),
        ("47<br>11", None),
    ],
)
def test_what_stands_in_a_cell_of_a_page(inside, figure, sent):
    made = sent._replace(texts=dict(sent.texts) | {"applications.new.natural": "4711"})
    page = published.page(made).decode().replace(">4711<", f">{inside}<", 1)
    filing = read_document(page.encode(), "x.html")
    assert filing.record.values.get("applications.new.natural") == figure


def test_elements_within_a_line_do_not_break_it(sent):
    said = "<p>全年<b>收到</b>申请<span>1</span><span>2</span>件，<a href=x>已办结</a><font>5</font>件<sup>1</sup>。</p>"
    page = published.page(sent).decode()
    page = page.replace("<h2>二", f"<p>（二）依申请公开</p>{said}<h2>二", 1)
    assert (
        read_document(page.encode(), "x.html")
        .prose["overview.on_request"]
        .endswith("全年收到申请12件，已办结5件1。")
    )


# ---- texts


@pytest.mark.parametrize("sign", by_day([",", ";", "^", "¦", "·", "｜", "│"], 3))
def test_cells_of_a_text_may_be_separated_by_other_signs(sign, sent):
    begun = published.text(sent, sign.join)
    assert values(read_document(begun.encode(), "x.txt")) == sound_values()
    grid = published.padded(sent).decode().replace("\t", sign)
    filing = read_document(grid.encode("gb18030"), "x.csv")
    assert values(filing) == sound_values()
    assert dict(filing.prose) == dict(read_document(published.padded(sent), "x.txt").prose)


def test_cells_of_a_text_may_be_in_quotation_marks(sent):
    for sign in ",\t":
        text = published.text(sent, lambda cells, sign=sign: sign.join(f'"{cell}"' for cell in cells))
        assert values(read_document(text.encode(), "x.csv")) == sound_values()


@pytest.mark.parametrize(
    ("inside", "figure"),
    [
        ("`4711`", 4711),
        ("*4711*", 4711),
        ("[4711](http://example.cn)", 4711),
        ("4711[^1]", 4711),
        ("4711<sup>1</sup>", 4711),
        ("&nbsp;4711", 4711),
        ("4\\,711", 4711),
        ("~~99~~4711", None),
    ],
)
def test_what_stands_in_a_cell_of_markdown(inside, figure, sent):
    made = sent._replace(texts=dict(sent.texts) | {"applications.new.natural": "4711"})
    text = published.markdown(made).decode().replace("| 4711 |", f"| {inside} |", 1)
    filing = read_document(text.encode(), "x.md")
    assert filing.record.values.get("applications.new.natural") == figure


# ---- Word


def test_a_row_that_was_deleted_in_word_is_gone(sent, in_word):
    damaged = published.word(sent._replace(spelled=spelled(规章="删去")))
    assert "disclosure.licensing.decisions" in read_document(damaged, "x.docx").unread
    row = "<w:tr><w:trPr><w:del w:id='1'/></w:trPr><w:tc><w:p><w:r><w:t>规章</w:t></w:r></w:p></w:tc></w:tr>"
    filing = read_document(docx_with(in_word, "<w:tr>", row + "<w:tr>"), "x.docx")
    assert values(filing) == sound_values() | {"applications.new.natural": 4711}


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", b"<w:document>" + b" " * (30 << 20))
    return out.getvalue()


def small_docx(document, name="word/document.xml"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr(
            "_rels/.rels",
            f'<Relationships><Relationship Id="1" Type="x/officeDocument" Target="{name}"/></Relationships>',
        )
        package.writestr("word/document.xml", document)
    return out.getvalue()


HOSTILE = {
    "bomb": (bomb(), "bomb"),
    "doctype": (small_docx('<!DOCTYPE a [<!ENTITY b "c">]><document/>'), "doctype"),
    "no document": (small_docx("<document/>", "word/none.xml"), "word-document"),
    "a workbook inside": (small_docx("<workbook/>"), "word-document"),
    "broken": (small_docx("<w:document><w:body>"), "damaged"),
    "cut": (published.word(report(FORM, {}))[:3000], "damaged"),
    "empty": (b"", "empty-file"),
    "pdf": (b"%PDF-1.7 ...", "pdf-unread"),
    "rtf": (b"{\\rtf1 hello}", "word-document"),
    "doc": (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 500, "word-document"),
    "binary": (bytes(range(256)) * 9, "not-a-workbook"),
    "mail": (b"MIME-Version: 1.0\nContent-Type: multipart/related", "html-file"),
    "letter": ("关于报送年度报告的函".encode(), "csv-file"),
    "page": (b"<html><p>hello</p></html>", "html-file"),
    "tags": (b"<html>" + b"<div>" * 200_000, "too-large"),
    "unclosed": (b"<html><table><tr><td rowspan=99999 colspan=99999>1<!--", "html-file"),
    "unreadable spans": ("<html><table><td colspan=x rowspan=-1>规章<td>1".encode(), "html-file"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_report_is_refused(name):
    data, code = HOSTILE[name]
    assert [f.code for f in read_document(data, name).findings] == [code]


@settings(max_examples=examples(60))
@drawn(
    st.binary(max_size=300),
    st.sampled_from([b"", b"<html><table>", "规章\t1\t2\t3\n".encode(), b"| a |\n|---|\n"]),
)
def test_rubbish_ends_in_findings(data, begin):
    read_document(begin + data, "x")


@settings(max_examples=examples(40))
@drawn(st.data())
def test_a_report_with_something_changed_gives_its_figures_or_a_finding(data):
    """Whatever is cut out of a page: no figure comes from another place."""
    text = published.page(
        report(FORM, {c.name: Decimal(n + 1000) for n, c in enumerate(FORM.inputs)})
    ).decode()
    begin = data.draw(st.integers(0, len(text)))
    cut = text[:begin] + text[data.draw(st.integers(begin, min(len(text), begin + 300))) :]
    filing = read_document(cut.encode(), "x.html", given=ReportIdentity(Period(2024), AGENCY))
    right = {c.name: n + 1000 for n, c in enumerate(FORM.inputs)}
    wrong = {n: v for n, v in (filing.record.values if filing.record else {}).items() if v != right[n]}
    assert len(wrong) <= 2  # a figure that was cut itself, at either end
    assert all(str(v) in str(right[n]) or str(right[n])[:1] == str(v)[:1] for n, v in wrong.items())


# ---- the commands


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_import_writes_a_return_like_any_other(folder, sent):
    (folder / "report.docx").write_bytes(published.word(sent))
    out = run("import", "report.docx")
    assert "no errors" in out
    filing = read(folder / f"{AGENCY}_2024.xlsx")
    assert (values(filing), dict(filing.prose)) == (sound_values(), sound_prose())
    assert filing.agency.district == "青禾区"
    assert verify(filing) == ()
    assert "exists" in run("import", "report.docx", expect=2)
    run("import", "report.docx", "-o", "in", "--code", "015", "--district", "青禾区")
    assert (folder / "in" / f"015_{AGENCY}_2024.xlsx").is_file()


def test_import_writes_nothing_of_a_report_with_unknown_figures(folder, sent):
    made = sent._replace(texts=dict(sent.texts) | {"applications.new.natural": "约3"})
    (folder / "report.docx").write_bytes(published.word(made))
    out = run("import", "report.docx", "-o", "r.xlsx", expect=1)
    assert "text-vague" in out
    assert not (folder / "r.xlsx").exists()


def test_import_of_a_workbook_or_into_one_place_is_refused(folder, sent):
    for name in ("a.html", "b.html"):
        (folder / name).write_bytes(published.page(sent))
    assert "output-twice" in run("import", "a.html", "b.html", expect=2)
    assert "one-report" in run("import", "a.html", "b.html", "--code", "1", expect=2)
    run("import", "a.html", "-o", "a.xlsx")
    assert "is-workbook" in run("import", "a.xlsx", expect=2)


def test_reports_count_among_the_returns(folder, sent):
    """A report in the inbox is a return; a letter is what it always was."""
    inbox = folder / "inbox"
    inbox.mkdir()
    (inbox / "report.docx").write_bytes(published.word(sent))
    (folder / "roster.csv").write_text(f"code,name\n015,{AGENCY}\n", encoding="utf-8")
    common = ("inbox", "--roster", "roster.csv", "--year", "2024")
    assert "no errors" in run("verify", *common)
    assert "015" in run("status", *common)
    run("merge", *common, "--district", "青禾区", "-o", "d.xlsx")
    district = read(folder / "d.xlsx")
    assert [str(m.agency) for m in district.members] == [f"{AGENCY}（015）"]
    assert values(district) == sound_values()
    run("merge", *common, "--check", "d.xlsx")
    assert "same-return" in _with(inbox / "again.html", published.page(sent), common, expect=0)
    (inbox / "again.html").unlink()
    assert "csv-file" in _with(inbox / "letter.txt", "来函".encode(), common)


def _with(path, data, common, expect=1):
    path.write_bytes(data)
    return run("verify", *common, expect=expect)


def test_a_report_that_the_roster_does_not_know_is_told(folder, sent):
    (folder / "report.html").write_bytes(published.page(sent))
    (folder / "roster.csv").write_text("code,name\n001,青禾区教育局\n", encoding="utf-8")
    out = run("verify", "report.html", "--roster", "roster.csv", expect=1)
    assert "not-on-roster" in out
    assert "missing-return" in out


def test_last_years_report_is_compared_with(folder):
    now, last = sound_values(), year_before(sound_values())
    last["applications.carried_out.natural"] += 1
    last["applications.new.natural"] += 1
    for name, figures, year in (("now", now, 2024), ("last", last, 2023)):
        made = report(FORM, figures, year=year, prose=sound_prose())
        (folder / f"{name}.html").write_bytes(published.page(made))
    run("import", "now.html", "--code", "015", "-o", "now.xlsx")
    out = run("verify", "now.xlsx", "--prior", "last.html")
    assert "carry-over" in out
    assert "agency-recoded" not in out


def test_reports_come_in_archives_and_through_other_processes(folder, sent):
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.writestr("a/report.docx", published.word(sent))
    out = run("verify", "all.zip", "--processes", "2")
    assert "1 file checked: no errors" in out
    filing = ReadOptions().filing(InboxItem("report.docx", published.word(sent)))
    assert pickle.loads(pickle.dumps(filing)) == filing


def test_a_key_asks_for_a_seal(sent):
    filing = ReadOptions(key=b"0123456789abcdef").filing(InboxItem("report.docx", published.word(sent)))
    assert codes(filing) == ["seal-missing"]


def test_findings_of_a_document_on_a_page_and_sent_back(folder, sent):
    made = sent._replace(texts=dict(sent.texts) | {"applications.granted.natural": "约3"})
    (folder / "report.docx").write_bytes(published.word(made))
    run("verify", "report.docx", "--format", "html", "-o", "page.html", "--return-to", "back", expect=1)
    assert "（一）予以公开" in (folder / "page.html").read_text(encoding="utf-8")
    (text,) = (folder / "back").glob("*.txt")
    assert "三、收到和处理政府信息公开申请情况：" in text.read_text(encoding="utf-8-sig")


def test_hostile_files_are_told_as_they_were_before():
    """What no workbook is and no report either keeps the finding that the guard gives it."""
    for file in hostile.FILES.values():
        if file.code in {"html-file", "csv-file", "word-document"} and not file.is_heavy:
            assert ReadOptions().filing(InboxItem("x", file.make())).findings[0].code == file.code


@pytest.mark.parametrize("how", ["html", "docx"])
def test_the_lists_of_a_report_are_written_too(how, tmp_path):
    """All of them as they are read from a report of the workbook, whose formulas are in it; one that cannot be read is named."""
    one = test_lists.filing(test_lists.sound())
    content = render(compose(report_of(one)), how)
    (tmp_path / f"001_单位001_2024.{how}").write_bytes(content)
    (tmp_path / "f.toml").write_text(test_lists.FORM.text, encoding="utf-8")
    about = (
        "--form",
        "f.toml",
        "--district",
        "青禾区",
        "-o",
        "back.xlsx",
        "--agency",
        "单位001",
        "--year",
        2024,
    )
    done = xltools(tmp_path, "import", f"001_单位001_2024.{how}", *about, "--code", "001")
    assert done.status == 0, done.err
    back = read(tmp_path / "back.xlsx", test_lists.FORM)
    assert back.record.lists == one.record.lists
    assert back.record.values == one.record.values
    assert {f.cell for f in verify(back) if f.is_error} == {"cover.preparer"}  # a report has no cover
    if how == "html":
        (tmp_path / "lost.html").write_text(content.decode().replace("序号", "号"), encoding="utf-8")
        done = xltools(tmp_path, "import", "lost.html", *about, "--force")
        assert done.status == 1
        assert "lost.html" in done.err
        assert "list-unread" in done.out
