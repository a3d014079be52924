"""Sentences that say that a figure is 0: for each of the 200 cells of the form, in the usual words."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from xltools.form.library import find

FORM = find("xxgk-2021")
APPLICANTS = {
    "natural": "自然人",
    "commercial": "商业企业",
    "research": "科研机构",
    "welfare": "社会公益组织",
    "legal_service": "法律服务机构",
    "other_org": "其他组织",
    "total": "",
}
RESULTS = {
    "carried_in": "上年结转",
    "granted": "予以公开",
    "partial": "部分公开",
    "refused_state_secret": "属于国家秘密",
    "refused_law_forbids": "其他法律行政法规禁止公开",
    "refused_three_securities": "危及“三安全一稳定”",
    "refused_third_party": "保护第三方合法权益",
    "refused_internal_affairs": "属于三类内部事务信息",
    "refused_process_info": "属于四类过程性信息",
    "refused_enforcement_file": "属于行政执法案卷",
    "refused_admin_query": "属于行政查询事项",
    "unavailable_not_held": "本机关不掌握相关政府信息",
    "unavailable_needs_creation": "没有现成信息需要另行制作",
    "unavailable_unclear": "补正后申请内容仍不明确",
    "declined_petition": "信访举报投诉类",
    "declined_repeat": "重复",
    "declined_publication": "要求提供公开出版物",
    "declined_massive": "无正当理由大量反复",
    "declined_reconfirm": "要求行政机关确认或重新出具已获取信息",
    "other_overdue_correction": "申请人无正当理由逾期不补正",
    "other_overdue_fee": "申请人逾期未按收费通知要求缴纳费用",
    "other_rest": "其他情形",
    "total": "办结",
    "carried_out": "结转下年度继续办理",
}
DISPUTES = {"review": "行政复议", "direct": "未经复议直接起诉", "after_review": "复议后起诉"}
OUTCOMES = {
    "upheld": "结果维持",
    "corrected": "结果纠正",
    "other": "其他结果",
    "pending": "尚未审结",
    "total": "",
}
KINDS = {"regulations": "规章", "normative_documents": "行政规范性文件"}
STATES = {"made": "制发", "repealed": "废止", "in_force": "现行有效的"}


class Denial(NamedTuple):
    """A sentence, the cell that it gives as 0, and the inputs that make it false."""

    cell: str
    text: str
    figures: dict[str, Decimal]


def _of_applications(row: str, column: str) -> Iterator[str]:
    who = APPLICANTS[column]
    if row == "new":
        whose = f"{who}的" if who else ""
        yield from (
            f"未收到{whose}政府信息公开申请",
            f"没有{who}提出政府信息公开申请" if who else "没有人提出政府信息公开申请",
        )
        yield from (
            f"本年新收{whose}政府信息公开申请为0",
            f"{whose}新收政府信息公开申请0件",
            f"无{who}新收申请",
        )
        return
    what = RESULTS[row]
    of = "" if row in ("declined_petition", "declined_repeat", "declined_massive") else "的"
    turned = f"{what}的{who}申请" if of else f"{who}{what}申请"
    yield from (f"没有{who}{what}{of}申请", f"无{turned}", f"{turned}为零", f"尚无{who}{what}{of}申请")
    yield from (f"{who}{what}{of}申请均为0", f"未发生{who}{what}{of}申请的情况", f"{who}{what}{of}申请0件")
    yield f"不存在{who}{what}{of}申请的情形"


def _of_disputes(row: str, column: str) -> Iterator[str]:
    what, how = DISPUTES[row], OUTCOMES[column]
    of = f"{how}的" if how else ""
    yield from (
        f"没有{of}{what}案件",
        f"未发生{of}{what}",
        f"{what}{how}案件为0",
        f"{what}{how}为零",
        f"{what}{how}0件",
    )
    yield from (f"无{of}{what}", f"不存在{of}{what}情形", f"暂无{of}{what}案件")


def _of_disclosure(row: str, column: str) -> Iterator[str]:
    if row in KINDS:
        what, how = KINDS[row], STATES[column]
        yield from (
            f"没有{how}{what}",
            f"{how}{what}为0件",
            f"无{how}{what}",
            f"{how}{what}数量为零",
            f"{what}{how.rstrip('的')}0件",
        )
        if column != "in_force":
            yield from (f"未{how}{what}", f"未发生{what}{how}情况", f"{what}没有{how}")
        return
    what, verb = {
        "licensing": ("行政许可", "作出"),
        "penalty": ("行政处罚", "实施"),
        "coercion": ("行政强制", "实施"),
        "fees": ("行政事业性收费", "收取"),
    }[row]
    yield from (
        f"未{verb}{what}",
        f"没有{what}",
        f"{what}为0",
        f"{what}为零",
        f"全年无{what}",
        f"不存在{what}情况",
    )
    if row != "fees":
        yield from (f"未{verb}{what}决定", f"{what}处理决定数量为0")


def denials() -> Iterator[Denial]:
    """Yield the sentences for every cell."""
    of = {"applications": _of_applications, "disputes": _of_disputes, "disclosure": _of_disclosure}
    for name in FORM.cells:
        section, row, column = name.split(".")
        figures = {next(iter(inputs_of(name))): Decimal(3)}
        for text in of[section](row, column):
            yield Denial(name, text, figures)


def inputs_of(name: str) -> list[str]:
    """Return the inputs of which a cell is made."""
    definition = FORM.cells[name].definition
    return [one for part in definition.names for one in inputs_of(part)] if definition else [name]
