"""Reports are read in the ways in which they are laid out, and no figure is ever read as another one."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import layouts
import office
import pdfs
import published
from conftest import HERE, by_day, examples, sound_prose
from published import Box
from test_import import FORM, codes, values
from xltools.data.filing import Return
from xltools.document.reader import read_document
from xltools.form.library import find
from xltools.form.places import Area
from xltools.office.guard import Limits
from xltools.text import message

WAYS = dict(layouts.layouts())
LEAST = {"html": 0.98, "docx": 0.99, "text": 0.95, "pdf": 0.95}
REPORTS = layouts.reports(FORM)


def measured(pairs):
    """The share of the figures that is read, by the kind of document; none may be wrong."""
    right, count = Counter[str](), Counter[str]()
    for name, writer, one in pairs:
        kind = layouts.kind_of(name)
        read, wrong, there = layouts.measure(one, writer, f"a.{kind}")
        assert not wrong, name
        right[kind] += read
        count[kind] += there
    return {kind: right[kind] / count[kind] for kind in count}


@pytest.mark.prove
def test_most_ways_are_read_wholly_and_none_wrongly():
    """Each way with one of three published reports; all of them with each are read in the longer proofs."""
    shares = measured((name, writer, REPORTS[n % 3]) for n, (name, writer) in enumerate(WAYS.items()))
    assert {kind for kind, share in shares.items() if share < LEAST[kind]} == set()


@pytest.mark.prove
def test_every_way_with_every_report():
    shares = measured((name, writer, one) for name, writer in WAYS.items() for one in REPORTS)
    assert {kind for kind, share in shares.items() if share < LEAST[kind]} == set()


@pytest.mark.parametrize("writer", by_day(published.WRITERS.values(), 5))
def test_numbers_behind_the_labels_of_rows_are_no_figures(writer):
    one = REPORTS[0]._replace(arranged=partial(layouts.with_row_numbers, behind=1))
    _, wrong, _ = layouts.measure(one, writer, "a.html")
    assert not wrong


def test_another_form_is_read_by_its_definition(other_form):
    """Figures come back, also where rows of two sections have the same label."""
    figures = {cell.name: Decimal(number) for number, cell in enumerate(other_form.inputs, 7)}
    one = published.report(other_form, figures)
    for name in (
        "html-plain",
        "docx-raised",
        "tabs-seed-plain",
        "tabs-begun-pages",
        "pipes-plain",
        "written-joined.md",
    ):
        kind = layouts.kind_of(name)
        assert values(read_document(WAYS[name](one), f"a.{kind}", other_form)) == figures, name
    assert values(read_document(pdfs.pdf(one), "a.pdf", other_form, Limits(seconds=120))) == figures


@pytest.mark.parametrize(
    ("key", "way", "section"),
    [
        ("jgry-2012", "pipes-begun-plain", "staff"),
        ("jgry-2012", "html-pages", "staff"),
        ("jgry-2012", "numbered-tabs-begun", "staff"),
        ("jsgk-2026", "html-plain", "main"),
        ("zfnb-2025", "tabs-begun-plain", "permits"),
        ("bmjs-2026", "html-plain", "total"),
        ("bmjs-2026", "tabs-spans-plain", "total"),
    ],
)
def test_what_stands_beside_labels_and_between_heads(key, way, section):
    """Codes between labels and figures, the title of a block as the label of its row, heads that are also labels of rows."""
    form = find(str(HERE / "forms" / f"{key}.toml"))
    figures = {cell.name: Decimal(number) for number, cell in enumerate(form.inputs, 7)}
    read = read_document(WAYS[way](published.report(form, figures)), f"a.{layouts.kind_of(way)}", form)
    wanted = {name: value for name, value in figures.items() if name.startswith(f"{section}.")}
    assert wanted
    assert {n: v for n, v in values(read).items() if n in wanted} == wanted


@settings(max_examples=examples(40))
@given(st.data())
def test_no_code_becomes_a_figure_in_damaged_lines(data):
    """Figures that may be codes as well, and a line that has lost a cell."""
    form = find(str(HERE / "forms" / "jgry-2012.toml"))
    small = st.integers(0, 20).map(Decimal)
    figures = {cell.name: data.draw(small) for cell in form.inputs}
    way = data.draw(st.sampled_from(["tabs-begun-plain", "pipes-begun-plain", "tabs-spans-plain"]))
    lines = WAYS[way](published.report(form, figures)).decode().split("\n")
    number = data.draw(st.sampled_from([n for n, line in enumerate(lines) if "\t" in line or "|" in line]))
    sign = "\t" if "\t" in lines[number] else "|"
    cells = lines[number].split(sign)
    del cells[data.draw(st.integers(0, len(cells) - 1))]
    lines[number] = sign.join(cells)
    read = read_document("\n".join(lines).encode(), "a.txt", form)
    found = read.record.values if isinstance(read, Return) else {}
    assert all(figures[name] == value for name, value in found.items())


SLIPS = dict(layouts.slips(FORM))
# Of these, one cannot know what was meant: a unit, or one of two labels that are as near.
_UNKNOWN = ("本年收费金额", "（一）予以公开→（一）予公以开")


@pytest.mark.prove
@pytest.mark.parametrize("name", ["page.html", "tabbed.txt", "padded.txt", "report.docx"])
def test_a_slip_in_any_label(name):
    for slip, spelled in SLIPS.items():
        made = REPORTS[1]._replace(spelled=spelled)
        read, wrong, count = layouts.measure(made, published.WRITERS[name], name)
        assert not wrong, slip
        assert read == count or slip.startswith(_UNKNOWN), slip


@settings(max_examples=examples(25))
@given(st.data())
def test_a_damaged_document_gives_its_figures_or_none(data):
    """Whatever is cut out of a way or doubled in it: no figure comes from another place."""
    name = data.draw(st.sampled_from([name for name in WAYS if layouts.kind_of(name) == "text"]))
    texts = {cell: str(100 + number) for number, cell in enumerate(FORM.cells)}
    lines = WAYS[name](REPORTS[0]._replace(texts=texts)).decode("utf-8", "ignore").split("\n")
    first = data.draw(st.integers(0, len(lines)))
    last = data.draw(st.integers(first, min(len(lines), first + 3)))
    kept = data.draw(st.sampled_from([lines[:first] + lines[last:], lines[:last] + lines[first:]]))
    filing = read_document("\n".join(kept).encode(), "a.txt")
    found = values(filing) if filing.record else {}
    assert {cell: value for cell, value in found.items() if value != Decimal(texts[cell])} == {}


def test_what_cannot_be_known_is_refused_with_the_row():
    """One cell a line with blanks: nothing says which figure is missing."""
    texts = dict.fromkeys(("applications.new.natural", "applications.granted.natural"), "")
    filing = read_document(published.one_a_line(REPORTS[1]._replace(texts=REPORTS[1].texts | texts)), "a.txt")
    told = {f.code: f for f in filing.findings}
    assert "一、本年新收政府信息公开申请数量" in told["label-changed"].expected
    assert "copied-text" in told


def test_a_column_that_stands_elsewhere_is_not_read():
    """Exchanged heads are no slip, in whatever lines they stand."""

    def exchanged(found):
        one, other = (
            next(b for b in found if b.is_label and b.text == text) for text in ("商业企业", "其他")
        )
        swap = {id(one): one._replace(text=other.text), id(other): other._replace(text=one.text)}
        return [[swap.get(id(box), box) for box in found]]

    for name in ("page.html", "tabbed.txt", "padded.txt", "piped.txt", "lines.txt"):
        made = REPORTS[1]._replace(arranged=lambda found: exchanged(found) if len(found) > 100 else [found])
        filing = read_document(published.WRITERS[name](made), name)
        assert {cell.partition(".")[0] for cell in filing.unread} == {"applications"}, name


def _of_row(found, label):
    row = next(b.area.row for b in found if b.text == label)
    return row, [b for b in found if b.area.row == row and (not b.is_label or b.text == label)]


def _label_below(found):
    """The label of a row stands in one of its own, below its figures."""
    row, own = _of_row(found, "8.属于行政查询事项")
    taken = []
    for b in found:
        a = b.area
        later, longer = a.row > row, a.last_row > row or (a.last_row == row and b not in own)
        taken.append(b._replace(area=Area(a.row + later, a.column, a.last_row + longer, a.last_column)))
        if b in own:
            below = Area(row + 1, a.column, row + 1, a.last_column)
            taken[-1:] = [
                Box("" if b.is_label else b.text, a, b.is_label),
                Box(b.text if b.is_label else "", below, b.is_label),
            ]
    return [taken]


def _figures_in_label(found):
    """The figures of a row stand in the cell of its label."""
    _, own = _of_row(found, "8.属于行政查询事项")
    text = "   ".join(b.text for b in own)
    return [[b._replace(text=text if b.is_label else "") if b in own else b for b in found]]


@pytest.mark.parametrize("how", [_label_below, _figures_in_label])
def test_figures_that_are_not_in_the_row_of_their_label_are_not_read_as_blanks(how):
    made = REPORTS[0]._replace(arranged=lambda found: how(found) if len(found) > 100 else [found])
    for name in ("page.html", "report.docx"):
        filing = read_document(published.WRITERS[name](made), name)
        assert {cell.partition(".")[0] for cell in filing.unread} == {"applications"}, name


def test_a_part_of_a_table_that_repeats_the_heads_may_begin_in_the_middle_of_a_row():
    def cut(found):
        row = next(b.area.row for b in found if b.text == "2.重复申请")
        first = min(b.area.row for b in found if not b.is_label)
        head = [b for b in found if b.area.row < first]
        above = [b._replace(area=b.area._replace(last_row=min(b.area.last_row, row))) for b in found]
        above = [b._replace(text=b.text.removesuffix("复申请")) for b in above if b.area.row <= row]

        def moved(b):
            begin, end = (place - row + first for place in (max(b.area.row, row), b.area.last_row))
            is_told = b.area.row < row or (b.area.row == row and not b.is_label)  # above, wholly
            text = "" if is_told else b.text.replace("2.重复", "复")
            return Box(text, Area(begin, b.area.column, end, b.area.last_column), b.is_label)

        return [[*above], [*head, *(moved(b) for b in found if b.area.last_row >= row)]]

    made = REPORTS[1]._replace(arranged=lambda found: cut(found) if len(found) > 100 else [found])
    assert layouts.measure(made, published.page, "a.html") == (200, 0, 200)


# ---- PDF


@pytest.mark.parametrize("name", by_day(layouts.ARRANGED, 1))
def test_pdf_in_every_arrangement(name):
    one = REPORTS[1]._replace(arranged=layouts.ARRANGED[name], prose=sound_prose())
    filing = read_document(pdfs.pdf(one), "a.pdf", limits=Limits(seconds=120))
    assert layouts.measure(one, pdfs.pdf, "a.pdf") == (200, 0, 200)
    assert dict(filing.prose) == sound_prose()
    assert [code for code in codes(filing) if code != "label-near"] == ["total-wrong", "total-wrong"]


@pytest.mark.prove
@pytest.mark.parametrize(
    "lines", ["hvd", *(pytest.param(how, marks=pytest.mark.prove) for how in ("hv=", "r"))]
)
def test_lines_of_dashes_double_lines_and_round_corners(lines):
    """A border is thousands of pieces in what browsers print."""
    assert layouts.measure(REPORTS[1], lambda one: pdfs.pdf(one, lines), "a.pdf") == (200, 0, 200)


def test_white_grounds_of_lines_and_numbers_of_pages_are_no_part_of_a_pdf():
    prose = {name: text * 30 for name, text in sound_prose().items()}
    one = REPORTS[1]._replace(prose=prose)
    data = pdfs.pdf(one, "hvgn")
    assert layouts.measure(one, lambda _: data, "a.pdf") == (200, 0, 200)
    found = read_document(data, "a.pdf", limits=Limits(seconds=120)).prose
    # A paragraph that goes on at the next page is two.
    assert {name: text.replace("\n", "") for name, text in found.items()} == prose


@pytest.mark.parametrize(
    "lines", [11, *(pytest.param(lines, marks=pytest.mark.prove) for lines in (7, 24, range(60)))]
)
def test_a_row_may_be_cut_by_the_end_of_a_page(lines):
    for count in [lines] if isinstance(lines, int) else lines:
        text = "\n".join(["本机关主动公开政府信息若干条。"] * count)
        one = REPORTS[1]._replace(prose={"overview.proactive": text})
        assert layouts.measure(one, pdfs.pdf, "a.pdf") == (200, 0, 200), count


def test_pdf_that_cannot_be_read():
    def told(data, limits=None):
        return [f.code for f in read_document(data, "a.pdf", limits=limits).findings]

    assert told(pdfs.scan()) == ["pdf-scan"]
    garbled = pdfs.pdf(REPORTS[0]).replace(b"/ToUnicode", b"/NoUnicode")
    assert told(garbled) == ["pdf-scan"]
    letter = read_document(pdfs.as_pdf([pdfs._text(50, 700, "关于报送年度报告的函").encode()]), "a.pdf")
    assert [message(finding, "zh") for finding in letter.findings]
    assert told(b"%PDF-1.7\n%%EOF") == ["pdf-unread"]
    assert told(pdfs.pdf(REPORTS[0]), Limits(cells=100)) == ["too-large"]
    assert told(pdfs.pdf(REPORTS[0]), Limits(seconds=0)) == ["pdf-unread"]
    assert told(pdfs.as_pdf([pdfs._text(50, 700, "关于报送年度报告的函").encode()])) == ["not-a-workbook"]


@pytest.mark.parametrize("name", by_day(["plain", "raised", "halved"], 1))
def test_pdf_with_lines_between_its_rows_only(name):
    """The places of the words tell the columns; the sums of the form tell whether they do."""

    def ruled_across(one):
        return pdfs.pdf(one, "h", 3000)

    one = REPORTS[0]._replace(arranged=layouts.ARRANGED[name])
    assert layouts.measure(one, ruled_across, "a.pdf") == (200, 0, 200)
    wrong = one._replace(texts=dict(one.texts) | {"applications.granted.natural": "99"})
    filing = read_document(ruled_across(wrong), "a.pdf", limits=Limits(seconds=120))
    assert {"pdf-without-lines", "sums-unsure"} < set(codes(filing))
    assert filing.unread == {n for n in FORM.input_names if n.startswith("applications.")}


def test_the_head_of_a_page_between_two_lines_is_no_table():
    """Nor are the tables of the report, which have all lines, held against their sums for it."""
    found = pdfs.pages(REPORTS[1])
    found[0].drawn += [f"48 {y} m 547 {y} l S" for y in (812, 800, 40, 28)]
    found[0].drawn += [pdfs._text(x, 803, text) for x, text in ((60, "年报"), (150, "2024"))]
    data = pdfs.as_pdf(["\n".join(filter(None, page.drawn)).encode() for page in found])
    assert layouts.measure(REPORTS[1], lambda _: data, "a.pdf") == (200, 0, 200)


def test_pdf_without_any_lines_is_refused_with_what_would_help():
    filing = read_document(pdfs.pdf(REPORTS[0], ""), "a.pdf", limits=Limits(seconds=120))
    assert "pdf-without-lines" in codes(filing)
    assert "copied-text" not in codes(filing)
    assert layouts.measure(REPORTS[0], lambda one: pdfs.pdf(one, ""), "a.pdf")[1] == 0


NINE, ONE = "0039", "0031"  # 9 and 1 as the writer of PDFs writes them


@pytest.mark.parametrize(
    ("before", "behind", "figure"),
    by_day(
        [
            ("", "", 4711),
            ("", f"BT /F 4 Tf {{end}} {{raised}} Td <{ONE}> Tj ET", 4711),  # the mark of a note
            ("", f"BT /F 5 Tf {{end}} {{lowered}} Td <{ONE}> Tj ET", None),
            (f"1 g BT /F 8 Tf {{x}} {{y}} Td <{NINE}> Tj ET 0 g", "", None),
            (f"BT /F 2 Tf {{before}} {{y}} Td <{NINE}> Tj ET", "", None),
            (
                f"BT /F 8 Tf {{x}} {{y}} Td <{NINE}> Tj ET {{x}} {{middle}} m {{start}} {{middle}} l S",
                "",
                None,
            ),
        ],
        3,
    ),
)
def test_digits_that_are_set_apart_in_a_pdf_are_no_part_of_a_number(before, behind, figure):
    name = "disclosure.licensing.decisions"
    one = REPORTS[1]._replace(texts=dict(REPORTS[1].texts) | {name: "4711"})

    def drawn(match):
        x, y = float(match[1]), float(match[2])
        start = x + 8 * bool(before)
        places = {"x": x, "y": y, "start": start, "before": start - 2, "end": start + 32}
        places |= {"raised": y + 3, "lowered": y - 3, "middle": y + 3}
        figure = f"BT /F 8 Tf {start} {y} Td <{match[3]}> Tj ET"
        return f"{before.format_map(places)} {figure} {behind.format_map(places)}"

    text = "4711".encode("utf-16-be").hex()
    found = [
        re.sub(rf"BT /F 8 Tf (\S+) (\S+) Td <({text})> Tj ET", drawn, "\n".join(page.drawn))
        for page in pdfs.pages(one)
    ]
    filing = read_document(
        pdfs.as_pdf([page.encode() for page in found]), "a.pdf", limits=Limits(seconds=120)
    )
    assert filing.record.values.get(name) == figure


@pytest.mark.prove
@pytest.mark.office
def test_pdf_of_libreoffice():
    made = office.saved_as({str(n): published.word(one) for n, one in enumerate(REPORTS)}, "pdf", "docx")
    for number, one in enumerate(REPORTS):
        assert layouts.measure(one, lambda _, n=number: made[str(n)], "a.pdf") == (200, 0, 200)


@pytest.mark.browser
def test_pdf_of_chromium(tab):
    style = "<style>table { border-collapse: collapse } td, th { border: 1px solid black }</style>"
    for one in REPORTS:
        page = published.page(one).decode().replace("</head>", f"{style}</head>")
        tab.page.set_content(page)
        data = tab.page.pdf()
        assert layouts.measure(one, lambda _, d=data: d, "a.pdf") == (200, 0, 200)
