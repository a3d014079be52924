"""Reports as PDFs, written here without a library: text with a ToUnicode map, ruled tables, pages that end where they end."""

from __future__ import annotations

from collections.abc import Iterator

import published
from published import Box, Report

_WIDTH, _HEIGHT, _MARGIN = 595, 842, 48
_SIZE, _LEADING, _ROW = 8, 10, 22
_MAP = (
    b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /U def /CMapType 2 def "
    b"1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfrange <0000> <FFFF> <0000> endbfrange "
    b"endcmap end end"
)


def _text(x: float, y: float, text: str) -> str:
    return f"BT /F 8 Tf {x:.1f} {y:.1f} Td <{text.encode('utf-16-be').hex()}> Tj ET" if text else ""


def _wrapped(text: str, width: float) -> list[str]:
    count = max(1, int(width // _SIZE))
    return [line[n : n + count] for line in text.split("\n") for n in range(0, max(1, len(line)), count)]


def _ruled(lines: str, left: float, bottom: float, right: float, top: float) -> str:
    """A line across or down, whole or in pieces."""
    if "d" in lines:
        wide, high = (3, 1) if bottom == top else (1, 3)
        starts = [(left + n, bottom) for n in range(0, int(right - left), 5)]
        starts += [(left, bottom + n) for n in range(0, int(top - bottom), 5)]
        return " ".join(f"{x:.1f} {y:.1f} {wide} {high} re" for x, y in starts) + " f"
    apart = (0, 2) if "=" in lines else (0,)
    is_low = bottom == top
    return " ".join(
        f"{left + n * (not is_low):.1f} {bottom + n * is_low:.1f} m {right + n * (not is_low):.1f} {top + n * is_low:.1f} l S"
        for n in apart
    )


class _Page:
    """What is drawn on one page, from the top down; ``lines`` are those of tables, some of ``h`` and ``v``.

    With ``d`` they are rows of small rectangles, as browsers draw dots and dashes, with ``=`` double, and with ``r`` boxes
    with round corners. With ``g`` each line of text has a white ground, as WPS draws it, and with ``n`` the number of the page is at the left.
    """

    def __init__(self, lines: str, height: int) -> None:
        self.lines, self.height = lines, height
        self.drawn: list[str] = []
        self.y = height - _MARGIN

    def line(self, text: str) -> None:
        self.y -= _LEADING + 4
        if "g" in self.lines:
            size = f"{_WIDTH - 2 * _MARGIN} {_LEADING + 4}"
            self.drawn.append(f"1 g {_MARGIN} {self.y - 4:.1f} {size} re f 0 g")
        self.drawn.append(_text(_MARGIN, self.y, text))

    def box(self, left: float, top: float, right: float, bottom: float, lines: list[str]) -> None:
        """A cell with its lines; a cell that the page's end cuts has no edge there."""
        ends = [y for y in (top, bottom) if _MARGIN <= y <= self.height - _MARGIN]
        if "r" in self.lines:
            a, b, c, d = left + 3, right - 3, bottom + 3, top - 3
            self.drawn.append(
                f"{a:.1f} {top:.1f} m {b:.1f} {top:.1f} l {right:.1f} {top:.1f} {right:.1f} {d:.1f} v "
                f"{right:.1f} {c:.1f} l {right:.1f} {bottom:.1f} {b:.1f} {bottom:.1f} v {a:.1f} {bottom:.1f} l "
                f"{left:.1f} {bottom:.1f} {left:.1f} {c:.1f} v {left:.1f} {d:.1f} l {left:.1f} {top:.1f} {a:.1f} {top:.1f} v s"
            )
        if "h" in self.lines:
            self.drawn += [_ruled(self.lines, left, y, right, y) for y in ends]
        if "v" in self.lines:
            self.drawn += [_ruled(self.lines, x, bottom, x, top) for x in (left, right)]
        self.drawn += [_text(left + 2, top - _LEADING * (n + 1), line) for n, line in enumerate(lines)]


def pages(one: Report, lines: str = "hv", height: int = _HEIGHT) -> list[_Page]:
    """The report on pages: a table goes on over them, and a row may be cut in two, as word processors do."""
    found = [_Page(lines, height)]
    found[-1].line(one.title)
    for title, tables, prose in published.parts(one):
        if found[-1].y < _MARGIN + 80:
            found.append(_Page(found[-1].lines, found[-1].height))
        found[-1].line(title)
        for table in tables:
            _draw(found, table)
        for text in filter(None, prose):
            for line in _wrapped("\u3000\u3000" + text, _WIDTH - 2 * _MARGIN):
                if found[-1].y < _MARGIN + 20:
                    found.append(_Page(found[-1].lines, found[-1].height))
                found[-1].line(line)
    for number, page in enumerate(found, 1):
        place = (_MARGIN, _MARGIN - 8) if "n" in lines else (_WIDTH / 2, _MARGIN / 2)
        page.drawn.append(_text(*place, f"- {number} -"))
    return found


def _draw(found: list[_Page], table: list[Box]) -> None:
    last = max(box.area.last_column for box in table) + 1
    stubs = max((b.area.last_column + 1 for b in table if b.is_label and b.area.column == 0), default=0)
    stubs = min(stubs, 3) if last > 4 else 0
    wide = (_WIDTH - 2 * _MARGIN) * 0.5
    edges = [0.0]
    for column in range(last):
        share = (
            wide / stubs
            if column < stubs
            else (_WIDTH - 2 * _MARGIN - (wide if stubs else 0)) / (last - stubs)
        )
        edges.append(edges[-1] + share)
    heights = []
    for row in range(max(b.area.last_row for b in table) + 1):
        cells = [b for b in table if b.area.row == row == b.area.last_row]
        lines = [
            len(_wrapped(b.text, edges[b.area.last_column + 1] - edges[b.area.column] - 4)) for b in cells
        ]
        heights.append(
            max(_ROW, 4 + _LEADING * (max(lines, default=1) + 1))
        )  # a page's end wastes up to a line
    tops = [0.0]
    for height in heights:
        tops.append(tops[-1] + height)
    page, offset = found[-1], found[-1].y - 6
    starts = [(0.0, page, offset)]
    while offset - (tops[-1] - starts[-1][0]) < _MARGIN:
        cut = starts[-1][0] + starts[-1][2] - _MARGIN
        found.append(_Page(found[-1].lines, found[-1].height))
        offset = found[-1].y
        starts.append((cut, found[-1], offset))
    for box in table:
        a = box.area
        left, right = _MARGIN + edges[a.column], _MARGIN + edges[a.last_column + 1]
        lines = _wrapped(box.text, right - left - 4)
        for number, (start, sheet, y) in enumerate(starts):
            stop = starts[number + 1][0] if number + 1 < len(starts) else tops[-1] + 1
            top, bottom = max(tops[a.row], start), min(tops[a.last_row + 1], stop)
            if top < bottom:
                fitting = lines[: max(0, int((bottom - top - 2) // _LEADING))]
                lines = lines[len(fitting) :]
                sheet.box(left, y - (top - start), right, y - (bottom - start), fitting)
    found[-1].y = starts[-1][2] - (tops[-1] - starts[-1][0])


def _objects(drawn: list[bytes], height: int) -> Iterator[bytes]:
    kids = " ".join(f"{6 + 2 * n} 0 R" for n in range(len(drawn)))
    yield b"<< /Type /Catalog /Pages 2 0 R >>"
    yield f"<< /Type /Pages /Count {len(drawn)} /Kids [{kids}] >>".encode()
    yield b"<< /Type /Font /Subtype /Type0 /BaseFont /S /Encoding /Identity-H /DescendantFonts [4 0 R] /ToUnicode 5 0 R >>"
    yield (
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /S /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) "
        b"/Supplement 0 >> /DW 1000 /FontDescriptor << /Type /FontDescriptor /FontName /S /Flags 4 "
        b"/FontBBox [0 -200 1000 900] /Ascent 900 /Descent -200 /CapHeight 700 /StemV 80 /ItalicAngle 0 >> >>"
    )
    yield b"<< /Length %d >> stream\n%s\nendstream" % (len(_MAP), _MAP)
    for number, content in enumerate(drawn):
        yield (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH} {height}] /Resources << /Font << /F 3 0 R >> >> "
            f"/Contents {7 + 2 * number} 0 R >>"
        ).encode()
        yield b"<< /Length %d >> stream\n%s\nendstream" % (len(content), content)


def as_pdf(drawn: list[bytes], height: int = _HEIGHT) -> bytes:
    """A PDF with these contents of pages."""
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(_objects(drawn, height), 1):
        places.append(len(out))
        out += b"%d 0 obj %s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(places) + 1, table)
    return out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(places) + 1, start)


def pdf(one: Report, lines: str = "hv", height: int = _HEIGHT) -> bytes:
    """The report as a PDF, whose tables have *lines* across (``h``) and down (``v``); see :class:`_Page`."""
    found = pages(one, lines, height)
    return as_pdf(["\n".join(filter(None, page.drawn)).encode() for page in found], height)


def scan() -> bytes:
    """A PDF of which each page is a picture."""
    return as_pdf([b"q 500 0 0 700 40 40 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x80 EI Q"])


WRITERS = {
    "report.pdf": pdf,
    "rows.pdf": lambda one: pdf(one, "h", 3000),
    "bare.pdf": lambda one: pdf(one, ""),
    "scan.pdf": lambda _: scan(),
    "cut-off.pdf": lambda one: pdf(one)[:2000],
}
