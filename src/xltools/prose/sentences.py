"""How reports in Chinese say things, whatever the form: sentences and clauses, 其中, 同比, 未, 去年, 均已.

What belongs to one form (which words mean which cells) is data of the form and not here. The words below were
collected from published reports.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from xltools.prose.quantities import Quantity, folded, quantities, year_of, years

_END = re.compile(r"[。！？!?\n]")
_CLAUSE = re.compile(r"[，；：;:（）()]|,(?!(?<=\d,)\d{3}(?!\d))")
# What may stand between a word and its number without changing what is counted.
_LIGHT = (
    r"政府|信息|公开|工作|行政|申请人?|案件|事项|数量|件数|决定书?|件|情[况形]|引[起发]|被|提[起出交]|因|涉及|属于?|类"
    r"|办理|共计|合计|总计|总数|一共|共|已|的|了|为|有|是|计|达到?|各|等|其中|分别|或者|[、和及与或以“”「」\"]"
)
_JOINED = r"(?:[、和及与或]|以及|以及因|并|被|提起|申请)+"
_PART = r"其中|包括|含|[（(：:]|分别"
_SUM = r"(?:总共|共计|合计|总计|共)(?:收到|受理|办理)?[^，。；\d]{0,10}$"
# Not this year's whole: a comparison, an average, an extreme.
_COMPARED = (
    r"同比|环比|[比较][上去前往]|增[加长多]|减[少]|[下上]升|下降|均(?!已)|[最每]|平均|其余|其他[^处]*$"
)
_WHOLE_YEAR = r"自?1月1日起?[至到\-—~]+(?:\d{4}年)?12月31日|12月(?:31日|底)|年[底末]|1[至到\-—~]12月(?:份)?"
_HANDED_ON = (
    r"结转[至到入]?(?:[下次上]一?年|明年|\d{4}年)度?|(?:上一?年|去年|\d{4}年)度?(?:结转|遗留|转入|转至)"
)
_TIME = (
    r"(?P<here>[今本当]年度?(?:以来)?|全年|年内|一年来)|(?P<year>\d{4}|[〇零一二三四五六七八九]{4})年(?:度|以来)?"
    r"|(?P<there>[去上前往近历]一?年|[几多]年|累计|以来|\d{1,2}月份?|季度|[上下]半年|十[二三四]五)"
)
_NOT = re.compile(
    r"未(?!经|来|办|审|按|能|及|成|公|予)|没有?(?!现成)|(?<!有)无(?!法|正当|误|关|理由|障|偿|条件|需|缝|害)|不存在"
)
_NOTHING = r"(?:本?年?度?|截至|目前|我[局镇乡委办]|本单位|本机关|暂时?|均|存在|主要|明显|突出|较大|的|问题|及|改进|情况|事项|其他|需要?|报告|发现)*"
_NO_SIGNS = str.maketrans("", "", "。，、；：！.,;:!“”\"'\n")
_NOTHING_WORDS = {"无", "没有", "不", "未", "", "/", "-", "—", "——", "暂无"}
_LONGEST_NOTHING = 20
_LONG = re.compile(
    rf"(?:[^\u4e00-\u9fff]*+[\u4e00-\u9fff]){{{_LONGEST_NOTHING + 1}}}"
)  # whatever else is left out
# In characters of a box, characters of a sentence, and numbers in one: what is done with it grows with their square.
_MOST, _LONGEST, _MOST_NUMBERS = 10_000, 600, 60
# Patterns of what is rarely met are compiled when it is.
_OPENING = r"(?:[（(]?[一二三四五六七八九十\d]+[）)、.])?(?:[^，。]{0,12}(?:情况|方面|工作|公开))?[:：]?(?:截[至止]|在)?"
_NO_TOPIC = r"[0-9一二三四五六七八九十]{1,2}月(?!31日|底)|[底末初起前至到\-—~]|以[来前后]|[上下]半年|第|的|印发|年报|结转|考核|评估|度?(?:报告|考核|评估|工作要点)"
_LOOKS_BACK = r"[相对]比|[比较]20|同比|整改|考核|评估|以来|指出|反馈|获[得评]|荣获|被评|修订|成立"
_LOOKS_AHEAD = r"将|计划|下一步|继续|力争|拟|进一步|要"
_PERIOD = re.compile(
    r"(?<!\d)(\d{4})年1月1日起?[至到\-—~]+(?:\d{4}年)?12月31日|(?<!\d)(\d{4})年度?政府信息公开工作(?:年度)?(?:报告|年报)"
)


class Phrase(NamedTuple):
    """A quantity in its sentence, with the words around it."""

    sentence: str
    quantity: Quantity
    before: str  # the sentence up to it
    segment: str  # what stands right before it: since the clause began, or since the quantity before
    behind: str  # what follows it, up to the next mark or quantity
    clause: str

    @property
    def quote(self) -> str:
        """The words that the number belongs to, and the number."""
        start, own = len(self.before) - len(self.segment), self.quantity
        return self.sentence[start : own.end + len(self.behind)].strip("、")

    @property
    def is_part(self) -> bool:
        """Whether it stands in a list of parts."""
        return bool(re.search(_PART, self.before.rpartition("；")[2]))

    @property
    def is_sum(self) -> bool:
        """Whether it sums up what came before."""
        return bool(re.search(_SUM, self.segment))

    @property
    def is_compared(self) -> bool:
        """Whether it is a difference, an average or a remainder rather than a count."""
        return bool(re.search(_COMPARED, self.segment))


@dataclass(frozen=True)
class Sentence:
    """One sentence, folded, with its quantities."""

    text: str
    quantities: tuple[Quantity, ...]

    @cached_property
    def phrases(self) -> tuple[Phrase, ...]:
        """Its quantities, each with the words around it."""
        return tuple(self._phrase(index) for index in range(len(self.quantities)))

    def _phrase(self, index: int) -> Phrase:
        own = self.quantities[index]
        start, end = self.clause_at(own.start)
        previous = self.quantities[index - 1].end if index else 0
        following = self.quantities[index + 1].start if index + 1 < len(self.quantities) else end
        behind = self.text[own.end : min(end, following)].partition("、")[0]
        return Phrase(
            self.text,
            own,
            self.text[: own.start],
            self.text[max(start, previous) : own.start],
            behind,
            self.text[start:end],
        )

    def clause_at(self, position: int) -> tuple[int, int]:
        """Where the clause around *position* begins and ends."""
        following = bisect_left(self._marks, position)
        start = self._marks[following - 1] + 1 if following else 0
        return start, self._marks[following] if following < len(self._marks) else len(self.text)

    def clauses(self) -> Iterator[tuple[int, str]]:
        """Each clause with where it begins."""
        start = 0
        for end in (*self._marks, len(self.text)):
            if end > start:
                yield start, self.text[start:end]
            start = end + 1

    @cached_property
    def _marks(self) -> list[int]:
        """Where the signs stand that part the clauses."""
        return [mark.start() for mark in _CLAUSE.finditer(self.text)]

    def denials(self) -> Iterator[tuple[int, str, int]]:
        """Each clause that says 未, 没有 or 无: where it begins, the clause, and where in it the first such word ends."""
        for start, clause in self.clauses() if _may_deny(self.text) else ():
            if _may_deny(clause) and (match := _NOT.search(clause)):
                yield start, clause, match.end()


def sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences of *text*. What is beyond anything that people write is passed over: it would only cost time."""
    parts = (part for part in _END.split(folded(text[:_MOST])) if 0 < len(part) <= _LONGEST)
    found = (Sentence(part, tuple(quantities(part))) for part in parts)
    return tuple(sentence for sentence in found if len(sentence.quantities) <= _MOST_NUMBERS)


def is_light(text: str, words: Iterable[str]) -> bool:
    """Whether nothing stands in *text* but *words* and such as do not change what is counted."""
    if not text:
        return True
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "")
    return not re.sub(_LIGHT, "", text)


def are_joined(text: str) -> bool:
    """Whether *text* stands between two things that are counted together."""
    return bool(re.fullmatch(_JOINED, text))


def is_elsewhen(before: str, year: int) -> bool:
    """Whether the last word of time in *before* names another time than the whole of *year*."""
    text = re.sub(_HANDED_ON, "", re.sub(_WHOLE_YEAR, "", before))
    last = max(re.finditer(_TIME, text), key=re.Match.start, default=None)
    if last is None or last["here"]:
        return False
    return last["there"] is not None or year_of(last["year"]) != year


def _may_deny(text: str) -> bool:
    """Whether there is anything in *text* without which nothing is denied: looked for before what takes longer."""
    return "未" in text or "没" in text or "无" in text or "不存在" in text


def says_nothing(text: str) -> bool:
    """Whether a text is only a way of saying 无."""
    if _LONG.match(text):
        return False
    plain = folded(text).translate(_NO_SIGNS)
    return len(plain) <= _LONGEST_NOTHING and re.sub(_NOTHING, "", plain) in _NOTHING_WORDS


def part_mark(text: str) -> bool:
    """Whether *text* opens a list of parts."""
    return bool(re.search(_PART, text))


def wrong_years(sentence: Sentence, year: int) -> Iterator[int]:
    """Years other than *year* that the sentence gives as the year it reports on.

    Last year and next year have their place in comparisons, in what was carried over, in plans and in what was put
    right; so a year counts only where the sentence opens with it, or where it dates the report itself.
    """
    if "年" not in sentence.text:
        return
    for match in _PERIOD.finditer(sentence.text):
        named = int(match[1] or match[2])
        if named != year:
            yield named
            return
    text = re.sub(_HANDED_ON, "", sentence.text)  # 结转2025年 is no word of 2025
    named_years = list(years(text))
    if any(named == year for named, _, _ in named_years) or not named_years:
        return
    named, start, end = named_years[0]
    rest = text[end:]
    looks_away = _LOOKS_AHEAD if named > year else _LOOKS_BACK
    if not re.fullmatch(_OPENING, text[:start]):
        return
    if not re.match(_NO_TOPIC, rest) and not re.search(looks_away, rest):
        yield named


def is_enumerated(sentence: Sentence, numbers: list[Quantity]) -> bool:
    """Whether nothing but 、 divides these numbers: one list, of one kind."""
    between = [sentence.text[one.end : other.start] for one, other in pairwise(numbers)]
    return bool(between) and all(text.startswith("、") and not _CLAUSE.search(text) for text in between)
