"""Reports as agencies publish them: the figures of a form laid into documents of every sort, for the reader of documents.

Each writer takes a report and gives bytes. What is written is what the layout prints: labels and figures in merged
cells; how they are spelled and flattened is the writer's.
"""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from xltools.form.layout import layout
from xltools.form.model import Form
from xltools.form.places import Area, Sheet

_PRINTED = {"caption", "head", "stub", "aside"}


class Box(NamedTuple):
    text: str
    area: Area
    is_label: bool


class Report(NamedTuple):
    """What is to be published; ``texts`` are figures and whatever else stands in cells, by name."""

    form: Form
    agency: str
    year: int
    texts: Mapping[str, str]
    prose: Mapping[str, str] = {}
    spelled: Callable[[str], str] = str
    arranged: Callable[[list[Box]], list[list[Box]]] = lambda found: [
        found
    ]  # a section's table as one or several

    @property
    def title(self) -> str:
        return f"{self.agency}{self.year}年{self.form.title}"


def report(form: Form, values: Mapping[str, Decimal], agency="青禾区统计局", year=2024, **more) -> Report:
    texts = {name: f"{value}" for name, value in form.complete(values).items()}
    return Report(form, agency, year, texts | more.pop("texts", {}), **more)


def boxes(one: Report, sheet: Sheet) -> list[Box]:
    """The cells of a table."""
    found = [Box(one.spelled(said.text), said.area, True) for said in sheet.labels if said.role in _PRINTED]
    texts = dict.fromkeys(sheet.void, "—") | one.texts
    return found + [Box(texts.get(name, ""), area, False) for name, area in sheet.table.items()]


def from_the_top(found: list[Box]) -> list[Box]:
    """The same cells in order, with the first row and the first column at 0."""
    top, left = min(b.area.row for b in found), min(b.area.column for b in found)
    return sorted(
        (
            b._replace(
                area=Area(
                    b.area.row - top, b.area.column - left, b.area.last_row - top, b.area.last_column - left
                )
            )
            for b in found
        ),
        key=lambda box: box.area,
    )


def without_holes(found: list[Box]) -> list[Box]:
    """The same cells and an empty one at each place between them that has none."""
    taken = {
        (row, column)
        for b in found
        for row in range(b.area.row, b.area.last_row + 1)
        for column in range(b.area.column, b.area.last_column + 1)
    }
    height, width = (max(numbers) + 1 for numbers in zip(*taken, strict=True))
    holes = {(row, column) for row in range(height) for column in range(width)} - taken
    return sorted([*found, *(Box("", Area.at(*hole), True) for hole in holes)], key=lambda box: box.area)


def rows(found: list[Box]) -> list[list[Box]]:
    return [[b for b in found if b.area.row == row] for row in range(max(b.area.last_row for b in found) + 1)]


def grid(found: list[Box], *, repeated: bool) -> list[list[str]]:
    """Every place with its text; merged ones once or in each place."""
    last = max(b.area.last_row for b in found), max(b.area.last_column for b in found)
    cells = [[""] * (last[1] + 1) for _ in range(last[0] + 1)]
    for box in found:
        a = box.area
        for row in range(a.row, a.last_row + 1):
            for column in range(a.column, a.last_column + 1):
                if repeated or (row, column) == a.anchor:
                    cells[row][column] = box.text
    return cells


def parts(one: Report):
    """Title, then each section's title with its table or its prose."""
    for sheet in layout(one.form).sheets:
        section = sheet.section
        prose = []
        for part in section.parts:
            prose += [part.label] if part.label else []
            prose += one.prose.get(f"{section.key}.{part.key}", "").split("\n")
        tables = (
            [without_holes(from_the_top(table)) for table in one.arranged(boxes(one, sheet))]
            if sheet.cells
            else []
        )
        yield one.spelled(section.title), tables, prose


# ---- pages


def _table(found: list[Box], *, cell=html.escape, head="td") -> str:
    lines = []
    for row in rows(found):
        inside = ""
        for box in row:
            a = box.area
            spans = f' rowspan="{a.rows}"' * (a.rows > 1) + f' colspan="{a.columns}"' * (a.columns > 1)
            tag = head if box.is_label else "td"
            inside += f"<{tag}{spans}>{cell(box.text)}</{tag}>"
        lines.append(f"<tr>{inside}</tr>")
    return f"<table>{''.join(lines)}</table>"


def body(one: Report, **how) -> str:
    text = f"<h1>{one.title}</h1>"
    for title, tables, prose in parts(one):
        text += f"<h2>{title}</h2>" + "".join(_table(found, **how) for found in tables)
        text += "".join(f"<p>{html.escape(p)}</p>" for p in prose)
    return text


def page(one: Report) -> bytes:
    return f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>{one.title}</title></head><body>{body(one, head='th')}</body></html>".encode()


def cms_page(one: Report) -> bytes:
    """A page of a content system: menus, other years' reports beside, tables that only lay out, scripts."""
    years = "".join(
        f"<li><a href='#'>{one.agency}{y}年政府信息公开工作年度报告</a></li>" for y in (2019, 2022)
    )
    around = f"""<html><head><title>{one.title}_青禾区人民政府</title><style>td{{border:1px}}</style></head><body>
    <div class="nav"><ul><li>首页</li><li>政府信息公开年报</li></ul></div>
    <table width="100%"><tr><td><table><tr><td>热门搜索</td><td>12</td></tr><tr><td>行政许可</td><td>办理</td></tr></table></td></tr>
    <tr><td>当前位置：首页 &gt; 政府信息公开 &gt; 年报</td><td><ul>{years}</ul></td></tr>
    <tr><td colspan=2><div id="zoom"><p style="text-align:center">{one.title}</p>
    <p>本报告所列数据的统计期限为{one.year}年1月1日至{one.year}年12月31日。</p>{body(one).replace("<h1>", "<!--").replace("</h1>", "-->")}</div>
    <p>【打印本页】【关闭窗口】</p></td></tr></table><script>var a="<table><tr><td>规章</td></tr></table>";</script>
    <div style="display:none"><table><tr><td>规章</td><td>9</td><td>9</td><td>9</td></tr></table></div>
    <footer>版权所有 青禾区人民政府 访问量 120345</footer></body></html>"""
    return around.encode()


def word_page(one: Report) -> bytes:
    """As Word saves a page: GB2312, conditional comments, elements of its own, spaces that do not break."""
    junk = "<o:p></o:p>"

    def cell(text):
        return f"<p class=MsoNormal align=center style='mso-pagination:none'><span lang=EN-US style='font-size:9.0pt'>{html.escape(text)}{junk}</span></p>"

    inside = body(one, cell=cell).replace(
        "<table>", "<table class=MsoNormalTable border=1 cellspacing=0><![if !supportMisalignedColumns]>"
    )
    return f"""<html xmlns:o="urn:schemas-microsoft-com:office:office">
<head><meta http-equiv=Content-Type content="text/html; charset=gb2312"><title>{one.title}</title>
<!--[if gte mso 9]><xml><w:WordDocument><w:View>Print</w:View></w:WordDocument></xml><![endif]-->
<style><!-- p.MsoNormal {{margin:0cm}} --></style></head><body lang=ZH-CN>
<p class=MsoNormal><![if !supportEmptyParas]>&nbsp;<![endif]>{junk}</p>{inside}
<p><span style='mso-hide:all'>隐藏的话</span><del>删去的话</del></p></body></html>""".encode("gb18030")


# ---- text


def markdown(one: Report, *, repeated=False) -> bytes:
    lines = [f"# {one.title}", ""]
    for title, tables, prose in parts(one):
        lines += [f"## {title}", ""]
        for found in tables:
            first, *rest = grid(found, repeated=repeated)
            lines += ["| " + " | ".join(row) + " |" for row in (first,)] + ["|" + "---|" * len(first)]
            lines += ["| " + " | ".join(row) + " |" for row in rest] + [""]
        lines += [line for p in prose for line in (p, "")]
    return "\n".join(lines).encode()


def joined(one: Report) -> bytes:
    """Markdown in which a label names those over it, as ``xltools publish`` writes it."""
    lines, texts = [f"# {one.title}", ""], dict.fromkeys(one.form.void, "—") | one.texts
    for title, _, prose in parts(one):
        lines += [f"## {title}", ""]
        sheet = next(s for s in layout(one.form).sheets if one.spelled(s.section.title) == title)
        for block in sheet.section.blocks:
            cells = [cell for cell in one.form.crossings.values() if cell.block is block]
            if block.arrange == "wide":
                heads = ["/".join(map(one.spelled, (*cell.row_path, *cell.column_path))) for cell in cells]
                body = [[texts[cell.name] for cell in cells]]
            else:
                columns = list(dict.fromkeys(cell.column_path for cell in cells))
                heads = [f"{block.caption}/{block.corner}", *("/".join(map(one.spelled, c)) for c in columns)]
                stubs = list(dict.fromkeys(cell.row_path for cell in cells))
                body = [
                    [
                        "/".join(one.spelled(t) for t in stub if t != block.caption),
                        *(texts[cell.name] for cell in cells if cell.row_path == stub),
                    ]
                    for stub in stubs
                ]
            lines += [f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *body)] + [""]
        lines += [line for p in prose for line in (p, "")]
    return "\n".join(lines).encode()


def text(one: Report, join: Callable[[list[str]], str]) -> str:
    """As copied from a page: of merged cells the text stands where they begin."""
    lines = [one.title]
    for title, tables, prose in parts(one):
        lines.append(title)
        lines += [join([box.text for box in row]) for found in tables for row in rows(found) if row]
        lines += prose
    return "\n".join(lines) + "\n"


def tabbed(one: Report) -> bytes:
    return text(one, "\t".join).encode("utf-8-sig")


def spaced(one: Report) -> bytes:
    return text(one, "   ".join).encode("utf-16")


def one_a_line(one: Report) -> bytes:
    return text(one, "\n".join).encode("gb18030")


def piped(one: Report) -> bytes:
    """As programs copy pages: a stroke behind every cell, and spans forgotten."""
    return text(one, lambda cells: "".join(f"{cell} | " for cell in cells)).encode()


def padded(one: Report) -> bytes:
    """Tabs, with nothing in the places of merged cells, and figures of wide cells at their first place."""
    lines = [one.title]
    for title, tables, prose in parts(one):
        lines.append(title)
        lines += ["\t".join(row) for found in tables for row in grid(found, repeated=False)]
        lines += prose
    return "\n".join(lines).encode()


# ---- Word


def word(one: Report) -> bytes:
    import docx

    document = docx.Document()
    document.add_heading(one.title, 0)
    for title, tables, prose in parts(one):
        document.add_heading(title, 1)
        for line in prose:
            document.add_paragraph(line)
        for found in tables:
            _add_table(document, found)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _add_table(document, found: list[Box]) -> None:
    last = max(b.area.last_row for b in found), max(b.area.last_column for b in found)
    cells = [
        row.cells for row in document.add_table(last[0] + 1, last[1] + 1, "Table Grid").rows
    ]  # asked for once: it is slow
    for box in found:
        a = box.area
        cell = cells[a.row][a.column]
        if not a.is_single:
            cell = cell.merge(cells[a.last_row][a.last_column])
        cell.text = box.text


def converted(one: Report) -> bytes:
    """As programs turn pages into text: a stroke behind every cell, and those of merged ones at the end of the row."""

    def join(cells: list[str]) -> str:
        return " | ".join(cells) + " | " + "|" * (10 - len(cells))

    return text(one, join).encode()


def stacked(one: Report) -> bytes:
    """The same with a line for each cell, blank or not."""
    return text(one, lambda cells: "\n".join(f"{cell} |" for cell in cells)).encode()


WRITERS: dict[str, Callable[[Report], bytes]] = {
    "page.html": page,
    "cms.html": cms_page,
    "word.htm": word_page,
    "report.md": markdown,
    "repeated.md": lambda one: markdown(one, repeated=True),
    "joined.md": joined,
    "tabbed.txt": tabbed,
    "spaced.txt": spaced,
    "lines.txt": one_a_line,
    "piped.txt": piped,
    "padded.txt": padded,
    "converted.txt": converted,
    "stacked.txt": stacked,
    "report.docx": word,
}
