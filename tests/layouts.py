"""Ways in which agencies lay out the same report: how its cells are arranged, how its words are broken, how it is written.

:func:`layouts` gives every way by name, as a function from a report to the bytes of a document. ``slips`` damages one
label at a time. Run as a program, this measures how much of the reports of samples/published.toml is read::

    python tests/layouts.py
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial

import published
from conftest import ROOT
from published import Box, Report
from xltools.data.filing import Return
from xltools.document.reader import read_document
from xltools.form.library import find
from xltools.form.places import Area
from xltools.office.guard import Limits

_PATIENT = Limits(seconds=120)  # a PDF takes one or two, and longer beside other tests

Arrangement = Callable[[list[Box]], list[list[Box]]]
Writer = Callable[[Report], bytes]

# ---- the cells of a table


def _covers(over: Area, area: Area) -> bool:
    return over.column <= area.column and area.last_column <= over.last_column


def _head(found: list[Box]) -> list[Box]:
    """The labels above the first figure."""
    first = min(box.area.row for box in found if not box.is_label)
    return [box for box in found if box.is_label and box.area.row < first]


def raised(found: list[Box]) -> list[list[Box]]:
    """A total at the end of the head stands beside the label over it: 申请人情况 | 总计."""
    head = _head(found)
    total = max((b for b in head if b.text.endswith("总计")), key=lambda b: b.area.column, default=None)
    over = [b for b in head if total and _covers(b.area, total.area) and b.area.row < total.area.row]
    if total is None or len(over) != 1:
        return [found]
    a, o = total.area, over[0].area
    changed = {
        id(total): total._replace(area=Area(o.row, a.column, a.last_row, a.last_column)),
        id(over[0]): over[0]._replace(area=Area(o.row, o.column, o.last_row, a.column - 1)),
    }
    return [[changed.get(id(box), box) for box in found]]


def halved(found: list[Box]) -> list[list[Box]]:
    """Labels at the top that stand side by side begin a table each (table 四)."""
    top = min(box.area.row for box in found)
    over = [box for box in found if box.area.row == top]
    if len(over) < 2 or max(b.area.last_row for b in found) - top > 4 or any(not b.is_label for b in over):
        return [found]
    return [[box for box in found if _covers(one.area, box.area)] for one in over]


def by_blocks(found: list[Box]) -> list[list[Box]]:
    """Each block with a caption is a table of its own (table 二)."""
    begins = [b.area.row for b in found if b.text.startswith("第二十条")]
    if not begins:
        return [found]
    ends = [*begins[1:], 999]
    return [[b for b in found if begin <= b.area.row < end] for begin, end in zip(begins, ends, strict=True)]


def _at_pages(found: list[Box], *, repeated: bool) -> list[list[Box]]:
    """A long table goes on as another one after a row; labels that span the page's end begin again."""
    last = max(box.area.last_row for box in found)
    if last < 20:
        return [found]
    head = _head(found)
    cut = max(b.area.last_row for b in head) + 13
    above = [
        b._replace(area=Area(b.area.row, b.area.column, min(b.area.last_row, cut), b.area.last_column))
        for b in found
        if b.area.row <= cut
    ]
    below = [
        b._replace(area=Area(max(b.area.row, cut + 1), b.area.column, b.area.last_row, b.area.last_column))
        for b in found
        if b.area.last_row > cut
    ]
    return [above, [*(head if repeated else ()), *below]]


def without_empty_rows(found: list[Box]) -> list[Box]:
    """The rows of a table closed up."""
    used = sorted({b.area.row for b in found})
    place = {row: number for number, row in enumerate(used)}

    def moved(a: Area) -> Area:
        return Area(
            place[a.row], a.column, max(n for r, n in place.items() if r <= a.last_row), a.last_column
        )

    return [b._replace(area=moved(b.area)) for b in found]


def over_pages(found: list[Box]) -> list[list[Box]]:
    return [without_empty_rows(t) for t in _at_pages(found, repeated=False)]


def over_pages_with_head(found: list[Box]) -> list[list[Box]]:
    return [without_empty_rows(t) for t in _at_pages(found, repeated=True)]


def broken(found: list[Box], width: int) -> list[list[Box]]:
    """Labels in lines of *width* characters, as a narrow column prints them."""

    def lines(text: str) -> str:
        return "\n".join(text[n : n + width] for n in range(0, len(text), width))

    return [[b._replace(text=lines(b.text)) if b.is_label else b for b in found]]


def with_row_numbers(found: list[Box], behind: int = 0) -> list[list[Box]]:
    """With a column of numbers, 1, 2, 3, in front of the labels of the rows or *behind* so many columns of them."""
    rows = sorted({b.area.row for b in found if not b.is_label})
    if not any(b.is_label and b.area.row in rows for b in found):
        return [found]
    first = min(b.area.column for b in found) + behind

    def moved(area: Area) -> Area:
        before, last = area.column < first, area.last_column
        return Area(area.row, area.column + (not before), area.last_row, last + (not before or last >= first))

    taken = [b._replace(area=moved(b.area)) for b in found]
    numbers = {row: str(number) for number, row in enumerate(rows, 1)}
    for row in range(min(b.area.row for b in found), max(b.area.last_row for b in found) + 1):
        place = Area.at(row, first)
        if not any(_covers(b.area, place) and b.area.row <= row <= b.area.last_row for b in taken):
            taken.append(Box(numbers.get(row, ""), place, row not in numbers))
    return [taken]


def with_notes(found: list[Box]) -> list[list[Box]]:
    """With the unit in a row above the heads and a note in one below the figures, each over all columns."""
    last, width = max(b.area.last_row for b in found), max(b.area.last_column for b in found)
    first, left = min(b.area.row for b in found), min(b.area.column for b in found)

    def down(area: Area) -> Area:
        return Area(area.row + 1, area.column, area.last_row + 1, area.last_column)

    taken = [b._replace(area=down(b.area)) for b in found]
    notes = ((first, "计数单位：件"), (last + 2, "注：截至12月31日。填表人：张三"))
    return [[*taken, *(Box(text, Area(row, left, row, width), True) for row, text in notes)]]


ARRANGED: dict[str, Arrangement] = {
    "plain": lambda found: [found],
    "raised": raised,
    "halved": halved,
    "blocks": by_blocks,
    "pages": over_pages,
    "pages-head": over_pages_with_head,
    "row-numbers": with_row_numbers,
    "notes": with_notes,
}

# ---- how tables are written as text


def _seed(cells: list[list[str]], found: list[Box]) -> list[list[str]]:
    """A tab for each column that a label spans, so that figures of rows with one label begin further left."""
    wide = max(map(len, cells))
    rows = []
    for number, row in enumerate(cells):
        stubs = [
            b
            for b in found
            if b.is_label and b.area.row <= number <= b.area.last_row and b.area.column < wide
        ]
        figures = [b.text for b in found if not b.is_label and b.area.row == number]
        labels = [b.text if b.area.row == number else "" for b in sorted(stubs, key=lambda b: b.area.column)]
        line = [*labels, *figures] if figures else row
        rows.append(line + [""] * (wide - len(line)))
    return rows


def _as_text(
    one: Report, rows: Callable[[list[Box]], list[str]], end: str = "\n", page_numbers: bool = False
) -> str:
    lines = [one.title]
    for title, tables, prose in published.parts(one):
        lines.append(title)
        for found in tables:
            lines += rows(found)
        lines += prose
    if page_numbers:
        lines = [
            part
            for n, line in enumerate(lines)
            for part in ((line, f"- {n // 7} -") if n % 7 == 6 else (line,))
        ]
    return end.join(lines) + end


def _grid_rows(
    found: list[Box], join: str, before: str = "", behind: str = "", repeated: bool = False
) -> list[str]:
    return [
        before + join.join(row).replace("\n", "") + behind for row in published.grid(found, repeated=repeated)
    ]


def _begun_rows(found: list[Box], join: str, behind: str = "") -> list[str]:
    return [join.join(b.text.replace("\n", "") for b in row) + behind for row in published.rows(found) if row]


def _broken_rows(found: list[Box]) -> list[str]:
    """Copied out of a browser whose labels are in several lines each."""
    return ["\t".join(b.text for b in row) for row in published.rows(found) if row]


def _chrome(found: list[Box]) -> list[str]:
    """Copied out of a browser whose cells hold paragraphs: a line for each, with a tab between those of a row."""
    return ["\n\n\t\n\n".join(b.text for b in row) + "\n" for row in published.rows(found) if row]


def _quoted_rows(found: list[Box]) -> list[str]:
    """Copied out of a spreadsheet whose labels are in several lines each."""
    (wrapped,) = broken(found, 6)

    def cell(text: str) -> str:
        return f'"{text}"' if "\n" in text else text

    return ["\t".join(map(cell, row)) for row in published.grid(wrapped, repeated=False)]


def _stroked(found: list[Box]) -> list[str]:
    return [
        line
        for row in published.rows(found)
        if row
        for line in "\n|\n".join(b.text.replace("\n", "") for b in row).split("\n")
    ]


def wide_digits(one: Report) -> Report:
    """The same with figures of full width."""
    table = str.maketrans("0123456789.", "０１２３４５６７８９．")
    return one._replace(texts={name: text.translate(table) for name, text in one.texts.items()})


TEXTS: dict[str, Callable[[list[Box]], list[str]]] = {
    "tabs-spans": lambda found: _grid_rows(found, "\t"),
    "tabs-spans-trailing": lambda found: _grid_rows(found, "\t", behind="\t"),
    "tabs-spans-trailing-2": lambda found: _grid_rows(found, "\t", behind="\t\t\t"),
    "tabs-leading": lambda found: _grid_rows(found, "\t", before="\t"),
    "tabs-seed": lambda found: [
        "\t".join(row) for row in _seed(published.grid(found, repeated=False), found)
    ],
    "tabs-begun": lambda found: _begun_rows(found, "\t"),
    "tabs-begun-trailing": lambda found: _begun_rows(found, "\t", behind="\t"),
    "tabs-in-pairs": lambda found: _begun_rows(found, "\t\t"),
    "tabs-quoted": _quoted_rows,
    "tabs-repeated": lambda found: _grid_rows(found, "\t", repeated=True),
    "pipes": lambda found: _grid_rows(found, "|", "|", "|"),
    "pipes-begun": lambda found: _begun_rows(found, " | ", " |"),
    "pipes-wide": lambda found: _grid_rows(found, "｜", "｜", "｜"),
    "boxes": lambda found: _grid_rows(found, "│", "│", "│"),
    "strokes": _stroked,
    "browser": lambda found: _begun_rows(found, "\t"),
    "browser-paragraphs": _chrome,
}


def layouts() -> Iterator[tuple[str, Writer]]:
    """Yield each way by name, and how a report is written in it."""

    def arranged(writer: Writer, how: Arrangement) -> Writer:
        return lambda one: writer(one._replace(arranged=how))

    for name, how in ARRANGED.items():
        yield f"html-{name}", arranged(published.page, how)
        yield f"cms-{name}", arranged(published.cms_page, how)
        yield f"docx-{name}", arranged(published.word, how)
        for kind, rows in TEXTS.items():
            yield f"{kind}-{name}", arranged(lambda one, r=rows: _as_text(one, r).encode(), how)

    def br(text: str) -> str:
        return text.replace("\n", "<br>")

    def ps(text: str) -> str:
        return "".join(f"<p>{line}</p>" for line in text.split("\n"))

    def page(one: Report, cell: Callable[[str], str]) -> bytes:
        return f"<html><body>{published.body(one, cell=cell)}</body></html>".encode()

    for width in (1, 2, 4):
        how = partial(broken, width=width)
        yield f"html-narrow-{width}", arranged(partial(page, cell=br), how)
        yield f"html-narrow-p-{width}", arranged(partial(page, cell=ps), how)
        yield f"docx-narrow-{width}", arranged(published.word, how)
        yield f"browser-narrow-{width}", arranged(lambda one: _as_text(one, _broken_rows).encode(), how)
    yield from _in_frames_and_files(page)
    yield from _in_other_characters()


def _in_frames_and_files(
    page: Callable[[Report, Callable[[str], str]], bytes],
) -> Iterator[tuple[str, Writer]]:
    """Yield a frame around each cell, text in a page, tables of a page in a text, and heads of pages."""

    def framed(text: str) -> str:
        return f"<table><tr><td>{text}</td></tr></table>"

    def typed(one: Report) -> bytes:
        return f"<html><body><pre>{_as_text(one, TEXTS['tabs-begun'])}</pre></body></html>".encode()

    def under_heads(one: Report, found: list[Box]) -> list[str]:
        parts = enumerate(over_pages(found), 1)
        return [line for n, part in parts for line in (f"{one.title}  第 {n} 页", *_begun_rows(part, "\t"))]

    def in_markdown(one: Report) -> bytes:
        return published.body(one).replace("<table", "\n<table").replace("</table>", "</table>\n").encode()

    yield "html-framed", partial(page, cell=framed)
    yield "html-typed", typed
    yield "html-in-markdown", lambda one: b"# " + one.title.encode() + b"\n\n" + in_markdown(one)
    yield "text-page-heads", lambda one: _as_text(one, partial(under_heads, one)).encode()


def _in_other_characters() -> Iterator[tuple[str, Writer]]:
    """Yield ways that differ in digits, ends of lines and numbers of pages."""
    for name, writer in published.WRITERS.items():
        yield f"digits-{name}", lambda one, w=writer: w(wide_digits(one))
        yield f"written-{name}", writer
    for kind in ("tabs-spans", "tabs-begun", "tabs-seed", "pipes-begun"):
        rows = TEXTS[kind]
        yield f"numbered-{kind}", lambda one, r=rows: _as_text(one, r, page_numbers=True).encode()
        for name, end in (("crlf", "\r\n"), ("cr", "\r"), ("ls", "\u2028"), ("nel", "\x85")):
            yield f"{kind}-{name}", lambda one, r=rows, e=end: _as_text(one, r, e).encode()


def slips(form) -> Iterator[tuple[str, Callable[[str], str]]]:
    """Yield each label with a function that writes it with a slip: its last character missing, or two exchanged."""
    labels = {
        text
        for sheet in published.layout(form).sheets
        for text in [s.text for s in sheet.labels if s.role in published._PRINTED]
    }
    labels |= {section.title for section in form.sections if section.blocks}
    for label in sorted(labels):
        words = re.sub(r"^\W*[0-9一二三四五六七八九十]+\W+", "", label)
        if len(words) > 3:
            for bad in (
                label[:-1],
                label[:-3] + label[-2] + label[-3] + label[-1],
                label[:-2] + "某" + label[-1],
            ):
                if bad != label:
                    yield f"{label}→{bad}", lambda text, a=label, b=bad: b if text == a else text


# ---- measuring


def reports(form) -> list[Report]:
    with (ROOT / "samples" / "published.toml").open("rb") as file:
        given = tomllib.load(file, parse_float=Decimal)["report"]
    found = []
    for one in given:
        figures = {cell.name: Decimal(0) for cell in form.inputs}
        figures |= {name: Decimal(value) for name, value in one["figures"].items()}
        wrong = {name: str(value) for name, value in one["wrong_totals"].items()}
        found.append(published.report(form, figures, one["agency"], one["year"], texts=wrong))
    return found


def measure(one: Report, writer: Writer, name: str) -> tuple[int, int, int]:
    """Return how many of the figures of a document are read, how many wrongly, and how many there are."""
    filing = read_document(writer(one), name, limits=_PATIENT)
    got = {}
    if isinstance(filing, Return):
        got = dict(filing.record.values) | {
            n: s.value for n, s in filing.shown.items() if s.value is not None
        }
    wanted = {name: Decimal(text) for name, text in one.texts.items()}
    right = sum(got.get(n) == v for n, v in wanted.items())
    return right, sum(n in wanted and v != wanted[n] for n, v in got.items()), len(wanted)


def kind_of(name: str) -> str:
    """The kind of document that a way gives."""
    html = re.match("html|cms|(digits|written)-.*html?$", name)
    return "html" if html else "docx" if "docx" in name else "text"


def main() -> None:
    """Print what is read of each report in each way."""
    form = find("xxgk-2021")
    total: dict[str, Counter[str]] = {}
    for name, writer in layouts():
        way = Counter[str]()
        for one in reports(form):
            right, wrong, count = measure(one, writer, f"a.{kind_of(name)}")
            way.update(right=right, wrong=wrong, count=count, documents=1)
        total.setdefault(kind_of(name), Counter()).update(way)
        if way["right"] < way["count"] or way["wrong"]:
            print(f"{name:30} {way['right'] / way['count']:6.1%} read, {way['wrong']} wrong")
    for kind, sums in total.items():
        print(
            f"{kind:5} {sums['documents']:5} documents {sums['right'] / sums['count']:7.2%} read, {sums['wrong']} wrong"
        )


if __name__ == "__main__":
    main()
