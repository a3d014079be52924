"""Sentences of Chinese reports, independent of the form: clauses, parts (其中), comparisons (同比), negations (未), years.

Which words mean which cells is defined by the form, see :mod:`xltools.form.prose`. The words below were collected from
published reports.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from xltools.data.period import Period
from xltools.prose.quantities import Quantity, folded, quantities, year_of, years

_END = re.compile(r"[。！？!?\n]")
_OF_NUMBER = re.compile(
    r"(?<=[数量额])[：:](?=[\d〇一二两三四五六七八九十百千])"
)  # 申请数量：16件 is one clause
_CLAUSE = re.compile(r"[，；：;:（）()]|,(?!(?<=\d,)\d{3}(?!\d))")
# Words that may stand between a word and its number without changing what is counted.
_NEUTRAL = (
    r"政府|信息|公开|工作|行政|申请人?|案件|事项|数量|件数|决定书?|件|情[况形]|引[起发]|被|提[起出交]|因|涉及|属于?|类|通过|经由|由|理由|原因|[该此]|任何|上述|以上|所有|全部"
    r"|办理|共计|合计|总计|总数|一共|共|已|的|了|为|有|是|计|达到?|各|等|其中|分别|或者|[全今本当]年度?|年内|[、和及与或以“”「」\"]"
)
_ABOUT = r"涉及|关于|有关"
_BECAUSE = r"因([^，因]{0,30}?)(?:而?被|引[起发]|产生|提[起出])"
_DEALT = r"答复|办理|依|问题|事宜|方面|相关"
_JOINED = r"(?:[、和及与或]|以及|以及因|并|被|提起|申请)+"
_PART = r"其中|包括|含|[（(：:]|分别"
# A heading opens no list: 依申请公开办理情况：收到申请2件.
_HEADING = r"^(?:\d{4}年度?，?)?(?:(?!其中|包括|含|分别)[^\d：:，；（(])*(?:情况|方面|工作|公开)[：:]"
_CLOSED = r"[（(][^（()）]*[）)]"
_SUM = r"(?:总共|共计|合计|总计|共)(?:收到|受理|办理)?[^，。；\d]{0,10}$"
_BARE_SUM = r"(?:[两二三四五六]项|[两三四]者|以上)?(?:总共|共计|合计|总计|一共|共)(?:为|有)?"
# Words of a comparison, an average, an extreme or a plan: the number is not this year's count.
_PAST = r"(?:[去上前]一?年|往年)度?"
_COMPARED = r"同比|环比|[比较][上去前往]|[比较]20|增[加长多]|减[少]|[下上]升|下降|均(?!已)|[最每]|平均|(?<![按照])计划|(?<![草模虚])拟(?![定文稿写])|预计|预期|目标|力争|争取|原定"
# A year with which is only compared what is told of: 较上年增长20%，办结67件.
_COMPARED_YEAR = (
    rf"(?:相?[较比]于?|与|同)(?:{_PAST}|\d{{4}}年度?)(?:同期)?(?:相比)?(?:[增减]|[上下]升|下降|(?:基本)?持平)"
)
_REMAINDER = r"其余|剩余|其他(?!组织)[^处]*$"
# A number, 占, the whole of which it is a share, and the rate: 5件，占|56件|申请的8.9%.
SHARE, SHARE_OF = r"[，（]?占(?:到|了)?[^，。；（）\d]{0,15}", r"[^，。；（）\d]{0,10}的"
# What stands between a number, the one that it is compared with, and the difference: 比上年的|58件|增加.
AGAINST = (
    rf"[，（]?(?:相?[较比]于?|与|同)(?:{_PAST}|\d{{4}}年度?)(?:同期)?(?:[收接]到|受理|新收|办理|办结)?的?"
)
MORE = r"(?:相比)?[，]?(?:净|共)?(?:增加|增长|上升|多)了?"
FEWER = r"(?:相比)?[，]?(?:净|共)?(?:减少|下降|少)了?"
_REST = r"(?:其余|剩余|余下)的?"
_ANOTHER_NUMBER = r"[、]?(?:另外?|此外|还|尚)有"
_WHOLE_YEAR = r"自?1月1日起?[至到\-—~]+(?:\d{4}年)?12月31日|12月(?:31日|底)|年[底末]|1[至到\-—~]12月(?:份)?"
_CARRIED = r"(?:结转|顺延|延续|遗留|转入|转至|转到|转(?=[下次明来翌]))"
_CARRIED_OVER = (
    rf"{_CARRIED}[至到入]?(?:[下次上]一?个?年|[明翌来]年|\d{{4}}年)度?"
    rf"|(?:[上前]一?年|去年|[往历]年|以前年|\d{{4}}年)度?{_CARRIED}(?:[至到]?(?:今年|本年|\d{{4}}年)度?)?"
)
_TIME = (
    r"(?P<here>[今本当]年度?(?:以来)?|全年|年内|一年来)|(?P<year>\d{4}|[〇零一二三四五六七八九]{4})年(?:度|以来)?"
    r"|(?P<there>[去上前往近历][一两二三四五六七八九十]?年|[几多]年|[两二三四五六七八九十]年[来间]|累计|以来|\d{1,2}月份?|季度|[上下]半年|十[二三四]五)"
)
_IN_ALL, _UNTIL = "累计", "截[至止]"
_YEARS = re.compile(r"(?:\d{4}年度?[、和及]?){2,}(?<![、和及])")
_NOT_AT_ALL = re.compile(r"[未没无零0]|不存在")  # one of these is in each of the following, which take longer
_NOT = re.compile(
    r"[尚暂并均也都从仍亦]*为?(?:未(?!经|来|办|审|按|能|及|成|公|予)曾?有?|没有?(?!现成)人?|(?<!有)无(?!法(?![律人])|正当|误|关|理由|障|偿|条件|需|缝|害)人?|不存在"
    r"|[为是]?(?<![零〇一二三四五六七八九十百千万])零(?![零〇一二三四五六七八九十星散])"
    r"|[为是]?(?<![\d.,])0(?![\d.,%])(?:[件起例宗项条份次人]|万元|元)?)"
)
# With other words beside it something else is denied: 没有超期答复. What stands behind 没有 of what was named before it.
_OCCURRED = r"发生|出现|产生|引发|引起|存在|涉及|[收接]到|收取|受理|登记|[作做]出|实施|采取|查处|开展|进行|新收|提[出起交]|被|申请(?!人)|因|由|对外?|向|在|有|是|为|达到?|实现|保持"
_OCCURRED_ALONE = rf"(?:{_OCCURRED}|过|的|了|一?[件起例宗]|任何|情[况形]|案件|数量)*"
_AROUND = (
    rf"{_OCCURRED}|需要?|\d{{4}}年[末底]|{_WHOLE_YEAR}|{_TIME}|(?:政府)?信息公开(?:工作|方面|中)?|政府信息|申请人?|而|并|且|也|均|都|亦|又|还|就|仍|其中|同时|此外|另外|另|过"
    r"|任何|[相有]关|一?[件起例宗项条]|各类?|所有|全部|上述|以上|属于?|类|行政|工作|方面|案件|事项?|件数|数量|总数|总量|数|金额|收入|合计|共计|共|申?请?件|决定书?|处理决定"
    r"|答复为|(?<=的)答复|[我本](?:单位|机关|部门)|措施|行为|结果|情[况形]|现象|(?:问题|要求|请求)(?=$)|截[至止]到?|目前|年[末底]|经?统计|据统计|报告期|期间|[人者内中里上]|的|了|已|于|[、和及与或以“”「」\"]"
)
# Where a topic is told first, the denial is of it alone: 对轻微违法行为，未实施行政处罚; 没有收到申请的，报零报告.
_OF_TOPIC = r"(?:^|[，；：:、])(?:对(?!外)于?|针对|如果?|若)"
_NEVER = (
    r"(?:[尚暂并均也都从仍亦]*(?:未|没有?)(?:发生|出现|产生|收到|提[起出])过?"
    r"|[均都皆]?[为是]?(?:[零0])(?:发生|产生|出现)?(?:[件起例宗项条份次人]|万元|元)?)的?(?:[、和及且]|\Z)"
)
# What stands between 均 or 全部 and the words for what is so of all: 均已在法定期限内|办结, 均由|自然人|提出.
_ALL = r"均(?!未|不|无|衡|等|价)|全部|全都|(?<![首成])都(?!未|不|没|无|市)|皆|悉数"
ALL_OF_ONE = ("已",)  # behind a single thing that was counted: 行政复议1件，已审结
_HOW = re.compile(
    r"[已经按在依法规时限定期内要求间程序及的予以全部完成均都进行为系属于是因来自获得由被结果一律判决裁审并支持]*"
)
_NO_DEED = r"[率书文的意]"  # 答复率, 答复书
_JOINED_BEHIND = r"[和或及与、]|以及|以外|之外"
_NOT_ALL = r"除|其余|剩余|其他(?!组织|处理)|到期|审结|结案|部分(?!公开)"
# What does not stand behind a word for a circle of agencies that something is said of: 全市|统一部署, 区政府|门户网站.
NO_ATTRIBUTE = (
    r"(?!门户|官方网|网站|[的正确坚强]*领导|[的统一]*部署|的?要求|中心工作|[域场]|(?<=政府)(?:信息|规章))"
)
# Nouns behind a name that are another thing than what it counts: 没有行政复议|工作.
_ANOTHER = r"工作|措施|结果|收入|机构|者"
_BRANCH = r"派出所|[支大中]队|分局|执法队|(?:司法|监管|税务|财政|国土|自然资源)所"
_DECIDED = r"[作做]出|实施|采取|收取|征收|制定|印发|出台|制发"
_BETWEEN_NEGATIONS = r"[、和及且也]\Z"
_NOTHING = r"(?:本?年?度?|截至|目前|我[局镇乡委办]|本单位|本机关|暂时?|均|存在|主要|明显|突出|较大|的|问题|及|改进|情况|事项|其他|需要?|报告|发现)*"
_NO_SIGNS = str.maketrans("", "", "。，、；：！.,;:!“”\"'\n")
_NOTHING_WORDS = {"无", "没有", "不", "未", "", "/", "-", "—", "——", "暂无"}
_LONGEST_NOTHING = 20
# Limits in characters of a prose cell, characters of a sentence and numbers of a sentence; the cost of the checks grows
# with the square of these.
_MOST, _LONGEST, _MOST_NUMBERS = 10_000, 600, 60
_OPENING = r"(?:[（(]?[一二三四五六七八九十\d]+[）)、.])?(?:[^，。]{0,12}(?:情况|方面|工作|公开))?[:：]?(?:截[至止]|在)?"
_NO_TOPIC = r"[0-9一二三四五六七八九十]{1,2}月(?!31日|底)|[底末初起前至到\-—~]|以[来前后]|[上下]半年|第|的|印发|年报|结转|考核|评估|度?(?:报告|考核|评估|工作要点)"
_LOOKS_BACK = r"[相对]比|[比较]20|同比|整改|考核|评估|以来|指出|反馈|获[得评]|荣获|被评|修订|成立"
_LOOKS_AHEAD = r"将|计划|下一步|继续|力争|拟|进一步|要"
_PERIOD = re.compile(
    r"(?<!\d)(\d{4})年1月1日起?[至到\-—~]+(?:\d{4}年)?12月31日|(?<!\d)(\d{4})年度?政府信息公开工作(?:年度)?(?:报告|年报)"
)


class Phrase(NamedTuple):
    """A quantity with the words around it."""

    sentence: str
    quantity: Quantity
    before: str  # the sentence up to the quantity
    segment: str  # the words between the quantity and the start of the clause or the previous quantity
    behind: str  # the words up to the next mark or quantity
    clause: str

    @property
    def clause_before(self) -> str:
        """The clause up to the quantity."""
        return _CLAUSE.split(self.before)[-1]

    @property
    def quote(self) -> str:
        """The number with the words that belong to it."""
        start = len(self.before) - len(self.segment)
        return self.sentence[start : self.quantity.end + len(self.behind)].strip("、")

    @property
    def is_part(self) -> bool:
        """Whether the quantity is in a list of parts."""
        return opens_parts(re.sub(_HEADING, "", segments(self.before)[-1]))

    @property
    def is_sum(self) -> bool:
        """Whether the quantity is a sum of the ones before it."""
        return bool(re.search(_SUM, self.segment))

    @property
    def is_bare_sum(self) -> bool:
        """Whether nothing but a word for a sum stands before the quantity: 共28件."""
        return bool(re.fullmatch(_BARE_SUM, self.segment))

    @property
    def is_compared(self) -> bool:
        """Whether the quantity is a difference, an average or a plan rather than a count."""
        return bool(re.search(_COMPARED, self.segment))

    @property
    def is_another(self) -> bool:
        """Whether the quantity is told of beside the ones before it and is no part of them: 另有9件."""
        return bool(re.match(_ANOTHER_NUMBER, self.segment))

    @property
    def is_remainder(self) -> bool:
        """Whether the quantity is what others left."""
        return bool(re.search(_REMAINDER, self.segment))

    @property
    def is_rest(self) -> bool:
        """Whether the quantity is all that the parts before it left: 其余5件."""
        return bool(re.fullmatch(_REST, self.segment))


@dataclass(frozen=True)
class Sentence:
    """A folded sentence with its quantities."""

    text: str
    quantities: tuple[Quantity, ...]
    paragraph: int = 0  # sentences of one paragraph follow each other

    @cached_property
    def phrases(self) -> tuple[Phrase, ...]:
        """The quantities, each with the words around it."""
        return tuple(self._phrase(index) for index in range(len(self.quantities)))

    def _phrase(self, index: int) -> Phrase:
        quantity = self.quantities[index]
        start, end = self.clause_at(quantity.start)
        previous = self.quantities[index - 1].end if index else 0
        following = self.quantities[index + 1].start if index + 1 < len(self.quantities) else end
        before = self.text[: quantity.start]
        segment = before[max(start, previous) :]
        if previous > start and "、" in segment:  # in 5件维持、1件驳回 the verb is that of the 5件
            segment = segment[segment.index("、") + bool(segment.index("、")) :]
        behind = self.text[quantity.end : min(end, following)].partition("、")[0]
        return Phrase(self.text, quantity, before, segment, behind, self.text[start:end])

    def clause_at(self, position: int) -> tuple[int, int]:
        """Return the start and end of the clause at *position*."""
        start = max((mark.end() for mark in _CLAUSE.finditer(self.text, 0, position)), default=0)
        following = _CLAUSE.search(self.text, position)
        return start, following.start() if following else len(self.text)

    def whole_clauses(self) -> Iterator[tuple[int, str]]:
        """Yield the start and the text of each clause, one that only denies together with the one before: 行政复议：无."""
        before = (-1, "")
        for start, clause in self.clauses():
            follows = before[0] + len(before[1]) + 1 == start
            whole = (
                (before[0], before[1] + clause) if follows and is_bare_negation(clause) else (start, clause)
            )
            yield whole
            before = start, clause

    def clauses(self) -> Iterator[tuple[int, str]]:
        """Yield the start and the text of each clause."""
        start = 0
        for end in (*(mark.start() for mark in _CLAUSE.finditer(self.text)), len(self.text)):
            if end > start:
                yield start, self.text[start:end]
            start = end + 1


def sentences(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of *text*; overlong text, sentences and lists of numbers are left out."""
    paragraphs = enumerate(_OF_NUMBER.sub("", folded(text[:_MOST])).split("\n"))
    parts = ((part, number) for number, line in paragraphs for part in _END.split(line))
    found = (Sentence(p, tuple(quantities(p)), number) for p, number in parts if 0 < len(p) <= _LONGEST)
    return tuple(sentence for sentence in found if len(sentence.quantities) <= _MOST_NUMBERS)


def clauses_of(text: str) -> list[str]:
    """Return the clauses of a text."""
    return _CLAUSE.split(text)


def segments(text: str) -> list[str]:
    """Return the parts of a sentence that semicolons separate; each may have another subject."""
    return text.split("；")


def in_short(name: str) -> str:
    """Return the name of an agency with the short word for its government."""
    return name.replace("人民政府", "政府")


def ends_sentence(text: str) -> bool:
    """Return whether *text* ends with the sign that ends a sentence."""
    return _END.match(text[-1:]) is not None


def is_neutral(text: str, words: Iterable[str]) -> bool:
    """Return whether *text* consists of *words* and words that do not change what is counted."""
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "")
    return not re.sub(_NEUTRAL, "", text)


def is_of_topic(text: str, words: Iterable[str]) -> bool:
    """Return whether *text* limits what follows to a topic that is none of *words*: 涉及征地的."""
    return any(not is_neutral(text[match.end() :], words) for match in re.finditer(_ABOUT, text))


def has_own_cause(text: str, words: Iterable[str]) -> bool:
    """Return whether *text* tells why, in more than *words*: 因未按期答复被申请, but not 因政府信息公开被申请."""
    return any(not is_neutral(re.sub(_DEALT, "", why), words) for why in re.findall(_BECAUSE, text))


def are_joined(text: str) -> bool:
    """Return whether *text*, found between two terms, joins them into one count."""
    return bool(re.fullmatch(_JOINED, text))


def has_joint(text: str) -> bool:
    """Return whether *text*, found between two terms, makes them a list."""
    return re.search(r"[、和及与或]", text) is not None


def year_spoken_of(before: str, period: Period, year: int | None) -> int | None:
    """Return the year that the last time expression in *before* names, or else *year*; ``None`` for another time."""
    text = before
    for no_topic in (_WHOLE_YEAR, _CARRIED_OVER, _COMPARED_YEAR):
        text = re.sub(no_topic, "", text)
    times = sorted(re.finditer(_TIME, text), key=re.Match.start)
    if len(times) > 1 and times[-1][0] == _IN_ALL and not re.search(_UNTIL, text):
        times.pop()  # 全年累计收到
    if not times:
        return year
    last = times[-1]
    return period.year if last["here"] else year_of(last["year"]) if last["year"] else None


class All(NamedTuple):
    """均 or 全部 in a clause: its start and end, and the end of the words that say how and when, such as 已按时."""

    start: int
    end: int
    reach: int


def alls(clause: str, more: Iterable[str] = ()) -> Iterator[All]:
    """Yield the words for all of something in *clause*, and *more* such words."""
    for match in re.finditer("|".join((_ALL, *map(re.escape, more))), clause):
        how = _HOW.match(clause, match.end())
        yield All(match.start(), match.end(), how.end() if how else match.end())


def done_to_all(deed: str, subject: str) -> str:
    """Return a pattern for a *deed* that was done to every *subject*, which are patterns: 办结了|全部|申请."""
    return rf"(?:{deed})了?(?:全部|所有)的?(?:{subject})"


def limits_all(text: str) -> bool:
    """Return whether *text* says that not all are meant."""
    return re.search(_NOT_ALL, text) is not None


def is_noun_behind(text: str) -> bool:
    """Return whether *text* makes the verb before it part of a noun: 答复|率."""
    return re.match(_NO_DEED, text) is not None


def is_joined_behind(text: str) -> bool:
    """Return whether *text* joins something to what stands before it."""
    return re.match(_JOINED_BEHIND, text) is not None


def says_nothing(text: str) -> bool:
    """Return whether *text* only says 无 (nothing to report) in one of the usual ways."""
    if len("".join(text.split()).translate(_NO_SIGNS)) > 2 * _LONGEST_NOTHING:
        return False
    plain = folded(text).translate(_NO_SIGNS)
    return len(plain) <= _LONGEST_NOTHING and re.sub(_NOTHING, "", plain) in _NOTHING_WORDS


def opens_parts(text: str) -> bool:
    """Return whether *text* opens a list of parts that no bracket has closed."""
    return bool(re.search(_PART, re.sub(_CLOSED, "", text)))


def wrong_years(sentence: Sentence, period: Period) -> Iterator[int]:
    """Yield the years other than *period* that the sentence gives as the year reported on.

    Other years are legitimate in comparisons, in what is carried over, in plans and in corrections of earlier faults. So
    a year counts only at the opening of the sentence, or where it dates the report itself.
    """
    for match in _PERIOD.finditer(sentence.text):
        named = int(match[1] or match[2])
        if named != period.year:
            yield named
            return
    text = re.sub(_CARRIED_OVER, "", sentence.text)  # 结转2025年 does not report on 2025
    named_years = list(years(text))
    if any(named == period.year for named, _, _ in named_years) or not named_years:
        return
    named, start, end = named_years[0]
    rest = text[end:]
    other_topic = _LOOKS_AHEAD if named > period.year else _LOOKS_BACK
    is_opening = re.fullmatch(_OPENING, text[:start]) and not re.match(_NO_TOPIC, rest)
    if is_opening and not re.search(other_topic, rest):
        yield named


class Negation(NamedTuple):
    """未, 没有, 无, 零 or 为0 in a clause, with what is spoken of and what is denied of it."""

    topic: str  # what stands before the first negation; empty if that is what is denied
    denied: str
    is_behind: bool  # the negation stands behind what it denies

    @property
    def is_passive(self) -> bool:
        """Whether it is of what others did: 没有被申请."""
        return "被" in self.denied


def may_negate(clause: str) -> bool:
    """Return whether *clause* has a word of :func:`negations`, wherever it stands."""
    return _NOT_AT_ALL.search(clause) is not None and _NOT.search(clause) is not None


def negations(clause: str, words: Sequence[tuple[int, int]]) -> Iterator[Negation]:
    """Yield the negations in *clause*: each denies what follows it up to the next, or what precedes it if nothing occurred.

    Those within *words*, given by start and end, are none (尚未审结), nor is one of a negation (没有未办结的申请).
    """
    found = [
        match.span()
        for match in _NOT.finditer(clause)
        if not any(start <= match.start() and match.end() <= end for start, end in words)
    ]
    edges = [(0, 0), *found, (len(clause), 0)]
    for before, (start, end), following in zip(edges, found, edges[2:], strict=False):
        if re.match(_NEVER, clause[start : following[0]]):  # 行政复议均未发生, 行政诉讼零发生
            yield Negation("", clause[before[1] : start], is_behind=True)
        elif before is edges[0] or re.search(_BETWEEN_NEGATIONS, clause[before[1] : start]):
            yield Negation(clause[: found[0][0]], clause[end : following[0]], is_behind=False)


def is_bare_negation(clause: str) -> bool:
    """Return whether *clause* says that there is nothing, and not of what: 行政复议：|无."""
    found = _NOT.search(clause) if _NOT_AT_ALL.search(clause) else None
    return found is not None and only_denies(clause[: found.start()]) and only_denies(clause[found.end() :])


def has_topic(before: str, clause: str, after: str) -> bool:
    """Return whether *clause* or the text *before* it limits what a negation is said of, or the text *after* goes on about it."""
    return re.search(_OF_TOPIC, before + clause) is not None or (clause.endswith("的") and bool(after))


def only_denies(text: str) -> bool:
    """Return whether *text*, found behind a negation, names nothing of its own: 行政诉讼没有|发生."""
    return re.fullmatch(_OCCURRED_ALONE, text) is not None


def named_as_doer(name: str, deed: str) -> str:
    """Return a pattern for *name* where a *deed* follows, all of which are patterns: 县水利局|收到, 市司法局|作为复议机关受理.

    Branches such as 派出所 are named in short, and decisions are deeds too: 县公安局|作出行政处罚.
    """
    return rf"(?:{name}|{_BRANCH})(?=(?:作为\w{{1,8}})?\w{{0,2}}(?:{deed}|{_DECIDED}))"


def named_as_subject(name: str) -> str:
    """Return a pattern for *name*, a pattern, where a clause begins with it: 2024年街道|未收到."""
    return rf"(?:^|(?<=年)|(?<=年度))(?:{name})(?!信息)"


def names_another(text: str) -> bool:
    """Return whether *text*, found behind the name of a line, makes it the name of another thing: 行政复议|工作."""
    return re.match(_ANOTHER, text) is not None


def is_plainly_denied(rest: Iterable[str], words: Iterable[str]) -> bool:
    """Return whether *rest*, what is left of a denial without its terms, has only *words* and such as change nothing."""
    subjects = "|".join(map(re.escape, sorted(words, key=len, reverse=True))) or "(?!)"
    return all(re.fullmatch(f"(?:{_AROUND}|{subjects})*", text) for text in rest)


def in_turn(sentence: Sentence) -> tuple[Phrase, ...]:
    """Return the phrases of a sentence; in 2023年、2024年分别收到12件、15件 each has its own year and the words before all."""
    phrases = list(sentence.phrases)
    for index, first in enumerate(phrases):
        listed = _YEARS.search(first.segment) if "分别" in first.segment else None
        if listed is None:
            continue
        named = [year for year, _, _ in years(listed[0])]
        run = phrases[index : index + len(named)]
        between = [sentence.text[a.quantity.end : b.quantity.start] for a, b in pairwise(run)]
        following = phrases[index + len(named) : index + len(named) + 1]
        goes_on = any(p.before.endswith(("、", "和")) and p.clause == first.clause for p in following)
        if len(run) < len(named) or not all(re.fullmatch(r"[、和及]", text) for text in between) or goes_on:
            continue
        words = first.segment[listed.end() :].replace("分别", "", 1)
        head = first.before[: len(first.before) - len(first.segment)]
        for place, (year, phrase) in enumerate(zip(named, run, strict=True), index):
            segment = f"{first.segment[: listed.start()]}{year}年{words}"
            before = head + segment
            number = sentence.text[phrase.quantity.start : phrase.quantity.end]
            quantity = phrase.quantity._replace(start=len(before), end=len(before) + len(number))
            behind = run[-1].behind
            phrases[place] = Phrase(
                before + number + behind, quantity, before, segment, behind, segment + number + behind
            )
    return tuple(phrases)


def is_enumerated(sentence: Sentence, numbers: list[Quantity]) -> bool:
    """Return whether only 、 separates the numbers, so that they form one list."""
    between = [sentence.text[one.end : other.start] for one, other in pairwise(numbers)]
    return bool(between) and all(text.startswith("、") and not _CLAUSE.search(text) for text in between)
