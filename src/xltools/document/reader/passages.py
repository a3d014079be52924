"""The prose of a report: the text below each heading, up to the next one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from xltools.document.reader.flow import CellGrid, Flow, FlowItem, TextLine
from xltools.form.labels import core
from xltools.form.model import Form
from xltools.form.sections import Part, Section
from xltools.text import clerk
from xltools.white_space import compact

_INLINE = re.compile(
    r"\s*[（(][一二三四五六七八九十]+[）)]\s*([^。：:，,；;]{2,24})\s*[。：:]\s*(.*)", re.DOTALL
)
# The links and notices that web sites print below an article.
_SITE_TEXT = re.compile(
    r"[【\[]?\s*(?:打印(?:本页)?|关闭(?:窗口|本页)?|分享(?:到)?|上一篇|下一篇|相关(?:链接|文档|信息|附件)|扫一扫|返回顶部|返回首页"
    r"|责任编辑|信息来源|主办单位?|承办|版权所有|网站地图|网站标识码|.{0,6}ICP备|.{0,4}公网安备|附件(?:下载)?\s*[:：])"
)


def passages_of(flow: Flow, form: Form) -> dict[str, str]:
    """Return the texts of the form's prose cells by name.

    Text between a section's title and the heading of its first part belongs to the first part. The last section ends
    where the links and notices of the web site begin. Of a workbook that was printed, what its sheets say around the texts
    is no part of them.
    """
    flow = tuple(_without_words_of_the_workbook(flow, form))
    sections = {core(t): section for section in form.sections for t in (section.title, *section.also)}
    found: dict[str, list[str]] = {}
    section: Section | None = None
    part: Part | None = None
    for item in flow:
        if isinstance(item, CellGrid):
            continue
        text = _line(item)
        if isinstance(item, TextLine) and (begun := sections.get(core(text))):
            section, part = begun, begun.parts[0] if begun.parts else None
            continue
        if section is None or not section.parts:
            continue
        if _SITE_TEXT.match(text):
            if section is form.sections[-1]:
                break
            continue
        if isinstance(item, TextLine) and (headed := _part_in(text, section)):
            part, text = headed
        if part is not None and text:
            found.setdefault(f"{section.key}.{part.key}", []).append(text)
    return {name: "\n".join(texts) for name, texts in found.items()}


def _line(item: FlowItem) -> str:
    """Return the text of a line; "" for a table."""
    if isinstance(item, CellGrid):
        return ""
    return item.text if isinstance(item, TextLine) else " ".join(filter(None, item.cells))


def _without_words_of_the_workbook(flow: Flow, form: Form) -> Iterator[FlowItem]:
    """Yield the lines of a printed workbook without the hints and heads of its sheets, up to the filling notes.

    Of any other document all lines are yielded: a hint that was left in a report is to be found.
    """
    t = clerk()
    guide, notes = compact(t("sheet.hint-prose")), compact(t("notes.title", title=form.title))
    lines = [compact(_line(item)) for item in flow]
    if guide not in lines:
        yield from flow
        return
    words = {guide, *(compact(part.hint) for part in form.texts.values())}
    head = f"{compact(t('cover.name'))}："
    for item, line in zip(flow, lines, strict=True):
        if line == notes:
            return
        if not line or not (line in words or line.startswith(head)):
            yield item


def _part_in(text: str, section: Section) -> tuple[Part, str] | None:
    """Return the part whose heading begins this line, and the text behind the heading."""
    parts = {core(label): part for part in section.parts for label in (part.label, *part.also) if label}
    if part := parts.get(core(text)):
        return part, ""
    if (match := _INLINE.match(text)) and (part := parts.get(core(match[1]))):
        return part, match[2].strip()
    return None
