"""A receipt as a page and as text, in Chinese, both of which :mod:`xltools.document.reader.receipt` reads."""

from __future__ import annotations

from collections.abc import Iterator

from xltools.data.document import Document, DocumentBlock, Heading, Paragraph, Table, plain_table
from xltools.data.filing import Accepted
from xltools.data.number import digits
from xltools.data.receipt import Receipt
from xltools.data.record import Figures
from xltools.document.official import official_table
from xltools.form.address import a1
from xltools.form.layout import layout
from xltools.form.model import Form
from xltools.text import clerk, harmless_line

FACTS = ("agency", "subject", "sha256", "rollup-sha256")  # what is read back, besides the figures
_WIDTHS = (16.0, 64.0)


def subject(form: Form, period: object) -> str:
    """Return in words which return it is."""
    return clerk()("receipt.about", title=form.title, period=period)


def document(receipt: Receipt) -> Document:
    """Return the receipt as a document, with its figures in the official tables."""
    t = clerk()
    rows = [(t("receipt.item"), t("receipt.content")), *_facts(receipt)]
    blocks: list[DocumentBlock] = [plain_table(rows, ("row", "text"), _WIDTHS, _title(receipt))]
    blocks += map(Paragraph, _remarks(receipt))
    blocks += [Heading(t("receipt.figures")), Paragraph(t("receipt.blank"), "note")]
    for section in receipt.form.sections:
        if section.blocks:
            blocks += [Heading(section.title, 2), official_table(receipt.form, section, receipt.figures)]
    if table := field_table(receipt.form, receipt.figures):
        blocks += [Heading(t("receipt.fields"), 2), table]
    blocks += [Heading(t("receipt.accepted")), *map(Paragraph, _accepted(receipt))]
    blocks += [Heading(t("receipt.meaning")), *map(Paragraph, _meaning())]
    return Document(_title(receipt), tuple(blocks))


NUMBERED = "F"  # before the numbers of the figures in fields and of lists, which have no cell each


def text(receipt: Receipt) -> str:
    """Return the receipt as text, one line for each figure."""
    t = clerk()
    lines = [_title(receipt), "", *(t("receipt.line", item=i, content=c) for i, c in _facts(receipt))]
    lines += [*_remarks(receipt), "", t("receipt.figures"), t("receipt.blank")]
    for sheet in layout(receipt.form).sheets:
        lines += [t("receipt.sheet", sheet=sheet.name)] if sheet.cells else []
        for name, area in sheet.cells.items():
            label, figure = receipt.form.cells[name].label, digits(receipt.figures.get(name))
            about = {"address": a1(*area.anchor), "label": harmless_line(label), "figure": figure}
            lines.append(t("receipt.figure", **about))
    if names := field_figures(receipt.form):
        lines.append(t("receipt.sheet", sheet=t("receipt.fields")))
        for number, name in enumerate(names, 1):
            label, figure = receipt.form.cells[name].label, digits(receipt.figures.get(name))
            about = {"address": f"{NUMBERED}{number}", "label": harmless_line(label), "figure": figure}
            lines.append(t("receipt.figure", **about))
    lines += ["", t("receipt.accepted"), *_accepted(receipt), "", t("receipt.meaning"), *_meaning()]
    return "\n".join(lines) + "\n"


def field_figures(form: Form) -> list[str]:
    """Return the names of the figures in fields and of lists, in the order in which a receipt has them."""
    return [name for name, cell in form.cells.items() if not cell.in_table]


def field_table(form: Form, figures: Figures | None) -> Table | None:
    """Return the table of the figures in fields and of lists, blank without *figures*; ``None`` if the form has none."""
    t, names = clerk(), field_figures(form)
    rows = [(form.cells[name].label, digits((figures or {}).get(name))) for name in names]
    head = (t("receipt.item"), t("receipt.content"))
    return plain_table([head, *rows], ("row", "figure"), _WIDTHS, t("receipt.fields")) if rows else None


def _title(receipt: Receipt) -> str:
    return clerk()("receipt.title", title=receipt.form.title, period=receipt.period)


def _facts(receipt: Receipt) -> Iterator[tuple[str, str]]:
    rollup = receipt.rollup
    values = {
        "agency": str(receipt.agency),
        "subject": subject(receipt.form, receipt.period),
        "file": receipt.source.name,
        "sha256": receipt.source.sha256,
        "rollup": clerk()("receipt.of-district", district=rollup.district, file=rollup.name),
        "rollup-sha256": rollup.sha256,
    }
    for key, value in values.items():
        yield clerk()(f"receipt.{key}"), harmless_line(value)


def _remarks(receipt: Receipt) -> Iterator[str]:
    """Yield what else there is to know about the files."""
    t = clerk()
    if receipt.rollup.is_incomplete:
        yield t("receipt.incomplete")
    if receipt.inside:
        agencies = "、".join(map(str, receipt.inside))
        yield harmless_line(t("receipt.inside", count=len(receipt.inside), agencies=agencies))
    if receipt.outside:
        left = "、".join(str(one.agency or one.source.name) for one in receipt.outside)
        yield harmless_line(t("receipt.outside", agencies=left))
    for source in receipt.unused:
        yield harmless_line(t("receipt.unused", file=source.name, sha256=source.sha256))


def _accepted(receipt: Receipt) -> Iterator[str]:
    if not receipt.accepted:
        yield clerk()("receipt.nothing")
    for place, one in enumerate(receipt.accepted, 1):
        yield harmless_line(_accepted_line(place, one))


def _accepted_line(place: int, one: Accepted) -> str:
    t = clerk()
    about = "：".join(
        filter(None, (one.via and t("rollup.within", via=one.via, agency=one.agency), one.place))
    )
    facts = {"reason": one.reason, "who": one.who, "date": one.date}
    return t("receipt.accepted-line", place=place, about=about and f"{about}：", words=one.words, **facts)


def _meaning() -> list[str]:
    return clerk()("receipt.proves").strip().split("\n")
