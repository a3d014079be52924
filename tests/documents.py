"""Documents for tests: a report with everything in it, and what the official tables are, typed off the form by hand."""

from __future__ import annotations

import tomllib
from decimal import Decimal

from conftest import ROOT
from xltools.data.document import ChartBlock, Document, Heading, PageBreak, Paragraph, Series, Table
from xltools.document.official import official_table

# Section 二 as the form prints it: row, the first column, how many columns, the words.
DISCLOSURE = [
    (0, 0, 4, "第二十条第（一）项"),
    *((1, 0, 1, "信息内容"), (1, 1, 1, "本年制发件数"), (1, 2, 1, "本年废止件数"), (1, 3, 1, "现行有效件数")),
    *((2, 0, 1, "规章"), (3, 0, 1, "行政规范性文件")),
    (4, 0, 4, "第二十条第（五）项"),
    *((5, 0, 1, "信息内容"), (5, 1, 3, "本年处理决定数量"), (6, 0, 1, "行政许可")),
    (7, 0, 4, "第二十条第（六）项"),
    *((8, 0, 1, "信息内容"), (8, 1, 3, "本年处理决定数量"), (9, 0, 1, "行政处罚"), (10, 0, 1, "行政强制")),
    (11, 0, 4, "第二十条第（八）项"),
    *((12, 0, 1, "信息内容"), (12, 1, 3, "本年收费金额（单位：万元）"), (13, 0, 1, "行政事业性收费")),
]
# The head of section 三: row, column, rows, columns, the words.
APPLICATIONS = [
    (0, 0, 3, 3, "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）"),
    (0, 3, 1, 7, "申请人情况"),
    *((1, 3, 2, 1, "自然人"), (1, 4, 1, 5, "法人或其他组织"), (1, 9, 2, 1, "总计")),
    *((2, 4, 1, 1, "商业企业"), (2, 5, 1, 1, "科研机构"), (2, 6, 1, 1, "社会公益组织")),
    *((2, 7, 1, 1, "法律服务机构"), (2, 8, 1, 1, "其他")),
    *((3, 0, 1, 3, "一、本年新收政府信息公开申请数量"), (4, 0, 1, 3, "二、上年结转政府信息公开申请数量")),
    *((5, 0, 22, 1, "三、本年度办理结果"), (5, 1, 1, 2, "（一）予以公开"), (7, 1, 8, 1, "（三）不予公开")),
    *((7, 2, 1, 1, "1.属于国家秘密"), (15, 1, 3, 1, "（四）无法提供"), (18, 1, 5, 1, "（五）不予处理")),
    *((23, 1, 3, 1, "（六）其他处理"), (25, 2, 1, 1, "3.其他"), (26, 1, 1, 2, "（七）总计")),
    (27, 0, 1, 3, "四、结转下年度继续办理"),
]
# The head of section 四.
DISPUTES = [
    *((0, 0, 2, 5, "行政复议"), (0, 5, 1, 10, "行政诉讼")),
    *((1, 5, 1, 5, "未经复议直接起诉"), (1, 10, 1, 5, "复议后起诉")),
    *(
        (2, column, 1, 1, word)
        for column, word in enumerate(("结果维持", "结果纠正", "其他结果", "尚未审结", "总计") * 3)
    ),
]


def published(form, index=2):
    """The figures of a report as it was published, totals derived."""
    text = (ROOT / "samples" / "published.toml").read_text(encoding="utf-8")
    report = tomllib.loads(text, parse_float=Decimal)["report"][index]
    figures = {name: Decimal(value) for name, value in report["figures"].items()}
    return form.complete({cell.name: Decimal(0) for cell in form.inputs} | figures)


PROSE = (
    "2024年，全区认真贯彻落实《中华人民共和国政府信息公开条例》，深入推进决策、执行、管理、服务、结果“五公开”，"
    "全年新收政府信息公开申请95件，办结95件，无结转下年度办理的申请。"
)
CHARTS = (
    ChartBlock(
        "政府信息公开申请两年比较",
        "column",
        ("新收申请", "办理结果"),
        (Series("2023年", (Decimal(21), Decimal(22))), Series("2024年", (Decimal(95), None))),
        "件",
    ),
    ChartBlock(
        "收费历年情况",
        "column",
        ("2023年", "2024年"),
        (Series("收费", (Decimal("7730.28"), Decimal(7545))),),
        "万元",
    ),
    ChartBlock(
        "各单位增减", "bar", ("甲 & 乙局", "丙<镇>"), (Series("比上年增减", (Decimal(-3), Decimal(5))),)
    ),
)


def report(form, values=None, *, charts=CHARTS, draft=False):
    """A report: every kind of block is in it."""
    values = published(form) if values is None else values
    blocks = [Paragraph(PROSE)]
    for section in form.sections:
        blocks.append(Heading(section.title))
        if section.blocks:
            blocks.append(official_table(form, section, values))
        for part in section.parts:
            blocks += [*([Heading(part.label, 2)] if part.label else []), Paragraph(PROSE)]
    blocks += [PageBreak(), *charts, Paragraph("注：2024年为本年。", "note")]
    blocks += [Paragraph("某区人民政府办公室", "right"), Paragraph("（完）", "centre")]
    return Document("某区2024年政府信息公开工作年度报告", tuple(blocks), draft)


def tables(document):
    """Its tables."""
    return [block for block in document.blocks if isinstance(block, Table)]


def table_sections(form):
    """The sections that have a table."""
    return [section for section in form.sections if section.blocks]
