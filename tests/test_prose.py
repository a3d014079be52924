"""The prose beside the tables: measured on sentences as reports write them, and each way of reading by itself."""

from __future__ import annotations

import random
import sys
import time
import tomllib
from dataclasses import replace
from decimal import Decimal

import clerk
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import denials as of_nothing
from conftest import HERE, ROOT, by_day, examples, prose, sound_prose, sound_values
from xltools.checking.checks import verify
from xltools.data.filing import Return, Source, Stamp
from xltools.data.period import Period
from xltools.data.record import Agency, Record
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return
from xltools.form.layout import layout
from xltools.form.library import find
from xltools.form.load import parse
from xltools.prose.checks import matches
from xltools.prose.mentions import FilingProse
from xltools.prose.parts_and_wholes import divisions
from xltools.prose.quantities import folded, from_characters, quantities
from xltools.prose.sentences import _CLAUSE, Sentence, sentences
from xltools.text import LANGS, message

sys.path.append(str(ROOT / "benchmarks"))
import passages

FORM = find("xxgk-2021")
DOCUMENT = tomllib.loads((HERE / "data" / "prose.toml").read_text(encoding="utf-8"), parse_float=Decimal)
SENTENCES = DOCUMENT["sentences"]["list"]
ON_REQUEST = "overview.on_request"


def filing(texts, figures=None, name="青禾区教育局", year=2024, form=FORM):
    given = {name: Decimal(value) for name, value in (figures or {}).items()}
    values = {cell.name: given.get(cell.name, Decimal(0)) for cell in form.inputs}
    agency = Agency("青禾区", "003", name)
    return Return(
        Source("x.xlsx"),
        (),
        form=form,
        stamp=Stamp(form.key, form.edition, Period(year), agency),
        record=Record(form, Period(year), frozenset((agency,)), values),
        prose=sound_prose() | texts if form is FORM else texts,
    )


def of_sentence(sentence):
    figures = dict(DOCUMENT["figures"][sentence["on"]])
    name = figures.pop("name")
    return filing({sentence.get("box", ON_REQUEST): sentence["text"]}, figures, name)


def judged(sentences):
    """How many codes were raised as expected, how many otherwise, and how many were missed."""
    right = wrong = missed = 0
    for sentence in sentences:
        codes = {finding.code for finding in prose(of_sentence(sentence))}
        expected = {sentence["expect"], sentence.get("also", "")} - {""}
        right += len(codes & expected)
        wrong += len(codes - expected)
        missed += len(expected - codes)
    return right, wrong, missed


def test_there_are_sentences_enough_and_half_of_them_are_sound():
    assert len(SENTENCES) >= 150
    assert sum(not s["expect"] for s in SENTENCES) * 2 >= len(SENTENCES)
    held_out = sum(s.get("held_out", False) for s in SENTENCES)
    assert held_out * 3 >= len(SENTENCES) - 2
    assert {s["expect"] for s in SENTENCES if s.get("held_out")} >= {s["expect"] for s in SENTENCES} - {
        "prose-blank"
    }


# What was measured when the rules were made, rounded down. A change that falls below says so.
@pytest.mark.parametrize(
    ("held_out", "precision", "recall"),
    [(False, 0.97, 0.95), (True, 0.96, 0.90)],
    ids=["developed on", "held out"],
)
def test_false_alarms_are_few_and_misses_not_many(held_out, precision, recall, capsys):
    right, wrong, missed = judged([s for s in SENTENCES if s.get("held_out", False) is held_out])
    measured = right / (right + wrong), right / (right + missed)
    with capsys.disabled():
        told = f"precision {measured[0]:.3f} ({right} of {right + wrong}), recall {measured[1]:.3f} ({right} of {right + missed})"
        print(f"\n{'held out' if held_out else 'developed on'}: {told}")
    assert measured[0] >= precision
    assert measured[1] >= recall


@pytest.mark.parametrize(("name", "told"), passages.passages().items(), ids=passages.passages())
def test_passages_as_reports_write_them_are_judged_by_their_truth(name, told):
    """At least four contradictions of five are asked for, and at most one false alarm in twenty reports."""
    measure = passages.measured(told)
    assert measure.contradictions >= (18 if name.endswith(("afterwards", ", again")) else 40)
    assert measure.recall >= 0.9
    assert measure.precision >= 0.95
    assert measure.false_alarms <= 1


# -- numbers


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("共25件", 25, "件"),
        ("共３１１９件", 3119, "件"),
        ("共3,119件", 3119, "件"),
        ("共 25 件", 25, "件"),
        ("二十五件", 25, "件"),
        ("十件", 10, "件"),
        ("两件", 2, "件"),
        ("一百零三件", 103, "件"),
        ("三千一百一十九件", 3119, "件"),
        ("一万二千件", 12000, "件"),
        ("〇件", 0, "件"),
        ("2230元", 2230, "元"),
        ("7545万元", 7545, "万元"),
        ("59237.2449万元", Decimal("59237.2449"), "万元"),
        ("120人次", 120, "人次"),
        ("1,520条", 1520, "条"),
    ],
)
def test_a_number_is_read(text, value, unit):
    (quantity,) = quantities(folded(text))
    assert (quantity.value, quantity.unit, quantity.is_rough) == (value, unit, False)


@pytest.mark.parametrize(
    "text",
    [
        "2024年1月15日",
        "〔2021〕30号",
        "第3件",
        "第二十条第（一）项",
        "一件事",
        "十件实事",
        "统一",
        "电话83333333",
        "一次性",
        "25",
    ],
)
def test_what_counts_nothing_is_no_number(text):
    assert list(quantities(folded(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "约100件",
        "近百件",
        "100余件",
        "100多件",
        "逾100件",
        "不足100件",
        "100件以上",
        "100件左右",
        "3至5件",
        "2.3万件",
        "百余件",
    ],
)
def test_a_rough_number_says_so(text):
    assert [q.is_rough for q in quantities(folded(text))] == [True]


@settings(max_examples=examples(400))
@given(st.text(st.sampled_from("0123,,，；：:()（）件份二、"), max_size=16))
def test_a_clause_is_what_stands_between_two_signs(text):
    told = Sentence(text, tuple(quantities(text)))
    for quantity in told.quantities:
        start = max((mark.end() for mark in _CLAUSE.finditer(text, 0, quantity.start)), default=0)
        following = _CLAUSE.search(text, quantity.start)
        assert told.clause_at(quantity.start) == (start, following.start() if following else len(text))
    parts = [part for part in _CLAUSE.split(text) if part]
    assert [clause for _, clause in told.clauses()] == parts
    assert all(text.startswith(clause, start) for start, clause in told.clauses())


SUBJECTS = [claim for claim in FORM.prose.claims if claim.about]
ABOUT = st.lists(
    st.sampled_from([*FORM.prose.foreign, "公开申请", "信息公开", "来", "信访信箱", "，", "复议", "起诉"]),
    max_size=5,
).map("".join)


@settings(max_examples=examples(200))
@given(st.sampled_from(SUBJECTS), st.sampled_from([*FORM.texts]), ABOUT, ABOUT)
def test_the_subject_is_the_one_that_came_up_last(claim, box, before, after):
    own = max(before.rfind(word) for word in claim.about)
    foreign = max(before.rfind(word) for word in (*FORM.prose.foreign, *claim.rivals))
    expected = own > foreign or (foreign < 0 and box in claim.boxes)
    if any(word in after for word in FORM.prose.foreign):
        expected = False
    elif any(word in after for word in (*claim.about, *claim.brief)):
        expected = True
    assert FilingProse(filing({})).is_about(claim, box, before, after) == expected


@pytest.mark.parametrize("kind", ["行政许可", "工伤认定", "不动产登记", "行政复议", "医疗救助"])
def test_applications_of_another_kind_are_not_compared(kind):
    assert list(prose(filing({ON_REQUEST: f"全年受理{kind}申请310件，办结298件。"}))) == []
    told = filing({ON_REQUEST: "全年受理通过网络提交的申请，共收到申请310件。"})
    assert [f.code for f in prose(told)] == ["prose-figure"]


def test_rounding_agrees_to_the_digits_written():
    (money,) = quantities("59237.24万元")
    assert money.agrees(Decimal("59237.2449"))
    assert not money.agrees(Decimal(59238))
    (many,) = quantities("12.8万件")
    assert many.agrees(Decimal(128430))
    assert not many.agrees(Decimal(138430))


@pytest.mark.parametrize("text", ["十百千", "二五十", "万"])
def test_odd_numerals_do_no_harm(text):
    assert from_characters(text) is None or from_characters(text) >= 0


@settings(max_examples=examples(60))
@given(st.integers(0, 99_999_999))
def test_numerals_are_read_as_they_are_written(number):
    assert from_characters(in_characters(number)) == number


def in_characters(number):
    """As a schoolbook writes it: 零 for a gap, 万 between groups of four."""
    if number >= 10_000:
        high, low = divmod(number, 10_000)
        gap = "零" if 0 < low < 1000 else ""
        return in_characters(high) + "万" + (gap + in_characters(low) if low else "")
    digits, text = "零一二三四五六七八九", ""
    for place, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // place % 10
        if digit:
            text += digits[digit] + name
        elif text and number % place and not text.endswith("零"):
            text += "零"
    return text or "零"


# -- what is said, and where


def test_a_match_says_what_it_was():
    figures = dict(DOCUMENT["figures"]["office"])
    name = figures.pop("name")
    told = matches(
        filing({ON_REQUEST: "2024年共受理申请116件，结转下年13件，予以公开四十件。"}, figures, name)
    )
    assert [(m.value, m.matched.label, m.box) for m in told] == [
        (116, "本年新收加上年结转", ON_REQUEST),
        (13, "结转下年度", ON_REQUEST),
        (40, "予以公开", ON_REQUEST),
    ]


def test_a_finding_stands_at_its_prose_and_names_what_was_tried():
    figures = {"applications.new.natural": 25, "applications.granted.natural": 25}
    (finding,) = prose(filing({ON_REQUEST: "2024年，共收到政府信息公开申请52件，均已登记。"}, figures))
    sheet, address = layout(FORM).address(ON_REQUEST)
    assert (finding.sheet, finding.address, finding.cell) == (sheet, address, ON_REQUEST)
    assert "52件" in finding.found
    assert "本年新收 25" in finding.expected
    assert "applications.new.total" in {place.cell for place in finding.others}
    for lang in LANGS:
        assert "52件" in message(finding, lang)


def test_a_finding_follows_a_sheet_that_was_renamed():
    stamp = Stamp(FORM.key, FORM.edition, Period(2024), Agency("青禾区", "003", "青禾区教育局"))
    words = sound_prose() | {"problems.text": "无"}
    package = clerk.with_sheet_renamed(
        write_return(FORM, stamp, sound_values(), words), "五、问题及改进", "问题"
    )
    (finding,) = [f for f in verify(read_package(package, "x.xlsx")) if f.code == "prose-nothing"]
    assert (finding.sheet, finding.address) == ("问题", "A5")


def test_nothing_is_said_of_a_figure_that_could_not_be_read():
    told = filing({ON_REQUEST: "新收政府信息公开申请52件。"})
    assert [f.code for f in prose(told)] == ["prose-figure"]
    assert list(prose(replace(told, unread=frozenset({"applications.new.natural"})))) == []


def test_a_rollup_need_not_have_prose_but_what_it_has_is_read():
    told = filing({})
    rolled = replace(told, prose={}, stamp=replace(told.stamp, kind="rollup"))
    assert list(prose(rolled)) == []
    assert matches(rolled) == ()
    spoken = replace(rolled, prose={ON_REQUEST: "新收政府信息公开申请52件。"})
    assert [finding.code for finding in prose(spoken)] == ["prose-figure"]


def test_a_return_without_any_figure_is_not_asked_for_prose():
    told = filing({})
    empty = replace(told, prose={}, record=replace(told.record, values={}))
    assert list(prose(empty)) == []
    assert {f.code for f in prose(replace(told, prose={}))} == {"prose-blank"}


def test_everything_in_one_box_is_not_blank():
    words = sound_prose()
    whole = "".join(
        f"{FORM.texts[name].label}{words.pop(name)}" for name in list(words) if name.startswith("overview")
    )
    told = replace(filing({}), prose=words | {"overview.proactive": whole})
    assert list(prose(told)) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("共25件，其中线上20件（平台15件、邮箱5件）、线下5件", None),
        ("线上20件（平台15件、邮箱6件）、线下5件", [15, 6]),
        ("共25件（线上20件，线下6件），办结25件", [20, 6]),
        ("共25件，其中线上20件、线下5件，予以公开10件、部分公开16件", [10, 16]),
        ("线下20件、线上5件，共25件", None),
        ("线下20件、线上6件，共25件", [20, 6]),
        ("共25件，其中网络12件、信函8件", None),  # the rest came some other way
        ("共25件，其中约20件线上、线下10件", None),
        ("收到9件，上年结转1件，其中网络5件、信函5件", None),
        ("共25件，其中线上20次、线下30次", None),
        ("受理申请25件，予以公开20件，部分公开2件；其余4件无法提供", [20, 2, 4]),
        ("受理申请25件，予以公开20件，部分公开2件；其余3件无法提供", None),
        ("受理申请25件，其中征地类20件、学区类2件，其余约4件涉及其他领域", None),
        ("受理申请25件，已答复24件，其余4件结转", None),  # 3 may be from the year before
        ("予以公开20件、部分公开2件，两项合计23件", [20, 2]),
    ],
)
def test_parts_are_held_against_their_whole(text, parts):
    (sentence,) = sentences(text)
    told = list(divisions(sentence, FORM.prose))
    assert [[int(value) for _, value in d.parts] for d in told] == ([parts] if parts else [])


def test_the_office_is_no_other_body_where_it_reports_itself():
    sentence = "办公室共收到政府信息公开申请17件。"
    figures = {"applications.new.natural": 95}
    assert list(prose(filing({ON_REQUEST: sentence}, figures, "青禾区人民政府"))) == []
    assert [f.code for f in prose(filing({ON_REQUEST: sentence}, figures, "青禾区人民政府办公室"))] == [
        "prose-figure"
    ]


@pytest.mark.parametrize("year", [2022, 2024, 2030])
def test_years_are_those_of_the_report(year):
    text = f"{year}年，我局收到政府信息公开申请3件，上年结转（{year - 1}年结转）1件，结转{year + 1}年2件。"
    figures = {
        "applications.new.natural": 3,
        "applications.carried_in.natural": 1,
        "applications.carried_out.natural": 2,
    }
    assert list(prose(filing({ON_REQUEST: text}, figures, year=year))) == []
    assert "prose-year" in {f.code for f in prose(filing({ON_REQUEST: text}, figures, year=year + 1))}


def test_another_form_brings_its_own_words(other_form):
    figures = {"cases.received.online": 4, "cases.opening.window": 2}

    def codes(text):
        return [f.code for f in prose(filing({"remarks.text": text}, figures, form=other_form))]

    assert codes("全年受理办件4件。") == codes("全年受理办件6件，受理投诉9件。") == []
    assert codes("全年受理办件5件。") == ["prose-figure"]
    assert codes("全年未受理办件。") == codes("无") == ["prose-nothing"]
    assert [f.code for f in prose(filing({}, figures, form=other_form))] == ["prose-blank"]


OF_ITS_OWN = """
[prose.terms]
past = ["期初", "上期"]
kept = ["留存", "留待"]

[prose.settled]
done = ["销号"]
leaves = "open"
handled = "closed"

[[prose.circle]]
names = ["中心"]
words = ["全中心"]

[[prose.circle]]
names = ["市"]
words = ["全市"]

[[prose.meaning]]
key = "closed"
label = "本年办结"
is = "cases.closed.total"

[[prose.meaning]]
key = "open"
label = "年末在办"
is = "cases.open.total"

[[prose.claim]]
words = ["{past}{kept}"]
means = ["opening"]
units = ["件"]
about = ["办件"]

[[prose.claim]]
words = ["销号"]
means = ["closed"]
units = ["件"]
about = ["办件"]

[[prose.claim]]
words = ["{kept}下期"]
means = ["open"]
units = ["件"]
about = ["办件"]
"""


def test_another_form_brings_its_own_circles_lists_of_words_and_rules():
    text = (HERE / "forms" / "fwzx-2025.toml").read_text(encoding="utf-8")
    form = parse(text + OF_ITS_OWN, "other")
    figures = {"cases.received.online": 4, "cases.opening.window": 2, "cases.closed.online": 3}
    figures |= {"cases.open.window": 3}

    def codes(text, name="青禾区政务服务中心"):
        return [f.code for f in prose(filing({"remarks.text": text}, figures, name, form=form))]

    assert codes("全年全中心受理办件5件。") == ["prose-figure"]
    assert codes("全市受理办件50件。") == codes("办件上期留存2件，期初留存2件。") == []
    assert codes("办件上期留存3件。") == ["prose-figure"]
    assert codes("办件均已销号。") == ["prose-settled"]
    assert codes("全市办件期初留存7件，受理8件，销号5件，留待下期9件。") == ["prose-balance"]
    assert codes("全市办件期初留存7件，受理8件，销号5件，留待下期10件。") == []


@settings(max_examples=examples(40))
@given(
    st.dictionaries(
        st.sampled_from(sorted(sound_prose())),
        st.text("收到申请1二十3件，。（）、；：其中共未无年月2024均已办结\n", max_size=300),
    )
)
def test_no_text_stops_it(texts):
    told = filing(texts, {"applications.new.natural": 2, "applications.carried_out.natural": 2})
    for finding in prose(told):
        assert all(message(finding, lang) for lang in LANGS)
    matches(told)


@pytest.mark.prove
def test_long_text_costs_no_time():
    """Passed over beyond what people write; a bound far above what is measured (3 s for the worst)."""
    for unit in ("未收到政府信息公开申请，", "其中线上收到1件、", "（（（3件"):
        text = (unit * (590 // len(unit)) + "。") * 60
        started = time.perf_counter()
        list(prose(filing(dict.fromkeys(sound_prose(), text))))
        assert time.perf_counter() - started < 60


def test_read_says_which_reading_a_number_was_matched_to():
    import json

    from xltools.excel.reader import read
    from xltools.report.data import filing_object

    (path,) = (ROOT / "samples" / "clean").glob("003*")
    filing = read(path)
    told = json.loads(json.dumps(filing_object(filing, (), "zh")))["matches"]
    first = next(one for one in told if one["quote"].endswith("新收申请17件"))
    assert (first["value"], first["reading"], first["cells"]) == (17, "本年新收", ["applications.new.total"])
    values = filing.record.complete()
    assert all(sum(values[name] for name in one["cells"]) == one["value"] for one in told if one["cells"])


# -- what did not happen

MANAGEMENT, PROACTIVE = "overview.management", "overview.proactive"
THREE_OF_EACH = {cell.name: "3" for cell in FORM.inputs}


def denials(box, text, name="青禾区教育局", figures=THREE_OF_EACH):
    found = prose(filing({box: text}, figures, name))
    return [f for f in found if f.code == "prose-nothing" and f.cell == box]


@pytest.mark.parametrize(
    ("box", "text"),
    [
        (MANAGEMENT, "制发行政规范性文件86件，没有废止，现行有效313件。"),
        (MANAGEMENT, "未制发行政规范性文件。"),
        (MANAGEMENT, "未制发、未废止行政规范性文件。"),
        (MANAGEMENT, "行政规范性文件无废止。"),
        (MANAGEMENT, "没有现行有效的行政规范性文件。"),
        (MANAGEMENT, "未发生行政规范性文件废止情况。"),
        (PROACTIVE, "全年未作出行政许可、行政处罚和行政强制决定。"),
        (PROACTIVE, "未收取行政事业性收费。"),
        (PROACTIVE, "没有行政处罚决定。"),
        (PROACTIVE, "均未作出行政强制决定。"),
        (ON_REQUEST, "没有收到政府信息公开申请。"),
        (ON_REQUEST, "均未收到政府信息公开申请。"),
        (ON_REQUEST, "未发生政府信息公开行政复议、行政诉讼。"),
        (ON_REQUEST, "行政复议、行政诉讼均未发生。"),
        (ON_REQUEST, "行政复议、行政诉讼均为零。"),
        (ON_REQUEST, "因政府信息公开引发的行政复议、行政诉讼零发生。"),
        (ON_REQUEST, "实现政府信息公开零复议、零诉讼。"),
        (ON_REQUEST, "没有结转下年度继续办理的申请。"),
        (ON_REQUEST, "无不予公开的情况。"),
        (ON_REQUEST, "没有部分公开的申请。"),
        (ON_REQUEST, "未出现不予处理情形。"),
        (ON_REQUEST, "没有属于国家秘密的申请。"),
        (ON_REQUEST, "没有商业企业申请。"),
        (ON_REQUEST, "无尚未审结的行政复议。"),
    ],
)
def test_a_denial_of_a_figure_is_found(box, text):
    assert denials(box, text)
    assert not denials(box, text, figures={})


@pytest.mark.parametrize(
    ("box", "text"),
    [
        (PROACTIVE, "没有行政许可权限。"),
        (PROACTIVE, "没有违规收取行政事业性收费的情况。"),
        (PROACTIVE, "没有人员受到行政处罚。"),
        (PROACTIVE, "没有新增行政许可。"),
        (MANAGEMENT, "未及时废止规范性文件的问题仍然存在。"),
        (MANAGEMENT, "没有违法制定规范性文件的情形。"),
        (MANAGEMENT, "没有未经合法性审查的规范性文件。"),
        (ON_REQUEST, "没有未办结的政府信息公开申请。"),
        (ON_REQUEST, "没有超期未答复的政府信息公开申请。"),
        (ON_REQUEST, "未因答复不及时被申请行政复议。"),
        (ON_REQUEST, "没有因不予公开引发的行政复议。"),
        (ON_REQUEST, "没有可以公开而不予公开的情形。"),
        (ON_REQUEST, "无正当理由不予公开的情形没有发生。"),
        (ON_REQUEST, "二零二四年政府信息公开申请办理情况如下。"),
        (ON_REQUEST, "实现依申请公开答复零差错。"),
    ],
)
def test_a_denial_of_something_else_is_no_contradiction(box, text):
    assert not denials(box, text)


DENIALS = list(of_nothing.denials())
FEW = 37  # of which one is tried each day


def found_in(text, figures, others="0"):
    """The prose cells in which the text is reported, each having it alone."""
    given = {cell.name: others for cell in FORM.inputs} | figures
    told = filing(dict.fromkeys(sound_prose(), f"{text}。"), given)
    return {f.cell for f in prose(told) if f.code in ("prose-nothing", "prose-figure")}


def assert_denials_are_judged(denials):
    everywhere = set(sound_prose())
    for cell, text, figures in denials:
        assert found_in(text, figures) == everywhere, (cell, text)
        nothing = dict.fromkeys(of_nothing.inputs_of(cell), "0")
        assert not found_in(text, {}), (cell, text)
        assert not found_in(text, nothing, others="3"), (cell, text)
        among = f"全年工作有序开展，制度不断完善。{text}。主动公开各类信息，回应群众关切。"
        assert (
            "prose-nothing" in {f.code for f in prose(filing({"others.text": among}, figures))}
            or "0件" in text
        )


def test_every_cell_can_be_denied_in_words():
    assert {one.cell for one in DENIALS} == set(FORM.cells)
    assert_denials_are_judged(DENIALS[::FEW])


@pytest.mark.prove
def test_every_denial_of_every_cell_is_judged_in_every_section():
    assert_denials_are_judged(DENIALS)


PLAIN = """
    没有法人申请 没有保护第三方合法权益的情形 没有信访举报投诉类申请 没有予以公开 行政诉讼案件为0 没有人提起行政诉讼 未实施行政强制措施
    未收到公民、法人和其他组织的政府信息公开申请 上年没有结转的申请 未发生行政复议 没有不予公开的申请 自然人没有提出申请 申请人中没有商业企业
    没有科研机构、社会公益组织申请 行政复议、行政诉讼数量均为零 行政复议：无 行政诉讼（0件） 没有被纠正的行政复议 规章没有废止 行政事业性收费为0元
    没有涉及国家秘密的申请 没有一件重复申请 没有答复为不予公开的申请 青禾区教育局尚无行政处罚案件 截至2024年底未收到政府信息公开申请
"""


@pytest.mark.parametrize("text", PLAIN.split())
def test_a_plain_denial_is_found_in_every_section(text):
    assert found_in(text, {}, others="3") == set(sound_prose())
    assert not found_in(text, {})


LOOKS = """
    没有按时答复的情况 无违规收费 没有发生泄密 未因信息公开被提起问责 尚无不足 发布的信息均不存在涉及国家秘密的情况 没有损害第三方合法权益的情形
    没有超期答复的申请 没有行政复议被纠错 没有制定规章制度 没有应当公开而不予公开的信息 没有不当行政处罚 没有行政许可事项调整 未收取信息处理费
    没有企业投诉 没有收到公民来信 没有组织培训 没有结转资金 申请没有超期 行政许可没有公开 没有公开行政许可 没有申请人提出异议 未收到网络申请
    2023年未收到政府信息公开申请 学校未收到申请 没有开展规范性文件清理 本单位未被行政处罚 没有因行政处罚引发的行政诉讼 未受理行政许可申请
    对轻微违法行为，未实施行政处罚 有的涉及国家秘密，没有予以公开 没有办结的申请，及时跟进 没有收到政府信息公开申请的，按零报告报送 该申请没有予以公开
    没有复议委员会 无诉讼风险 没有处理意见 没有收费标准 没有企业 没有组织申请人座谈 如没有收到申请，也要报告
    没有公开出版物 未发生公开出版物侵权 没有国家秘密 没有过程性信息 没有内部事务信息 没有行政执法案卷 没有第三方合法权益 没有纠正措施 没有其他情形
    没有收费站 没有收费项目 未发生公开性事件 没有行政复议工作 没有行政处罚结果 没有上年结转收入 没有行政复议机构 没有重复申请者 没有涉及国家秘密的情况
"""


@pytest.mark.parametrize("text", LOOKS.split())
def test_what_looks_like_a_denial_of_a_figure_is_not_read(text):
    assert not found_in(text, {}, others="3")


@pytest.mark.parametrize(
    ("text", "is_sound"),
    [
        ("商业企业重复申请0件。", True),
        ("科研机构部分公开的申请0件。", True),
        ("自然人重复申请0件。", False),
    ],
)
def test_no_number_of_one_line_is_held_against_its_meeting_with_another(text, is_sound):
    figures = {"applications.declined_repeat.natural": 3, "applications.partial.natural": 3}
    codes = {"prose-figure", "prose-nothing"} & {f.code for f in prose(filing({ON_REQUEST: text}, figures))}
    assert not codes if is_sound else codes


@pytest.mark.parametrize(
    ("name", "is_found"), [("青禾区", True), ("青禾区人民政府", True), ("青禾区教育局", False)]
)
def test_the_whole_district_is_the_subject_of_its_own_report(name, is_found):
    assert bool(denials(ON_REQUEST, "全区未收到政府信息公开申请。", name)) is is_found


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("我局受理政府信息公开申请999件。", True),
        ("按计划受理政府信息公开申请999件。", True),
        ("计划受理政府信息公开申请999件。", False),
        ("拟受理政府信息公开申请999件。", False),
        ("力争受理政府信息公开申请999件。", False),
        ("三年来受理政府信息公开申请999件。", False),
        ("十年间受理政府信息公开申请999件。", False),
        ("一年来受理政府信息公开申请999件。", True),
    ],
)
def test_plans_and_runs_of_years_are_no_count_of_this_year(text, is_told):
    assert bool(list(prose(filing({ON_REQUEST: text})))) is is_told


@pytest.mark.parametrize(
    "text",
    [
        "公开申请数量：{}件。",
        "申请总数{}件。",
        "申请数量：{}件。",
        "2023年、2024年分别收到政府信息公开申请12件、{}件。",
        "2022年、2023年和2024年收到申请分别为10件、12件和{}件。",
    ],
)
def test_a_count_is_read_behind_a_colon_and_in_a_list_of_years(text):
    figures = {"applications.new.natural": 16}
    assert [f.code for f in prose(filing({ON_REQUEST: text.format(15)}, figures))] == ["prose-figure"]
    assert list(prose(filing({ON_REQUEST: text.format(16)}, figures))) == []
    assert list(prose(filing({ON_REQUEST: "行政许可申请总数1500件，线上申请数量：3件。"}, figures))) == []


# -- who speaks


@pytest.mark.parametrize(
    ("name", "own", "others"),
    [
        ("青海省人民政府", "全省 我省 本省", "全市 全区 我局"),
        ("内蒙古自治区人民政府", "全区 我区", "全盟 全市"),
        ("上海市人民政府", "全市 本市 我市", "全区 我区 我局"),
        ("某市", "全市 我市", "全省 全区"),
        ("某某自治州人民政府", "全州 我州 本州", "全省 全县"),
        ("某盟行政公署", "全盟 我盟", "全区 全旗"),
        ("某某地区行政公署", "全地区 全区 我地区", "全省 全县"),
        ("某县人民政府", "全县 我县 本县", "全市 全镇"),
        ("某旗人民政府", "全旗 我旗", "全盟 全市"),
        ("某区人民政府", "全区 我区 本区", "全市 全街道"),
        ("某新区管理委员会", "全区 我区", "全市 全省"),
        ("某经济开发区管委会", "全区 我区", "全市 全县"),
        ("某镇人民政府", "全镇 我镇 本镇", "全县 我县"),
        ("某街道办事处", "全街道 我街道", "全区 我区"),
        ("某市教育局", "我局 本局", "全市 我市 本市 全区 全省"),
        ("某省教育厅", "我厅", "全省 我省"),
        ("某区人民政府办公室", "我办", "全区 我区"),
        ("某市城市管理委员会", "我委", "全市 本市"),
    ],
)
def test_the_word_for_the_whole_is_its_own_circle_by_who_speaks(name, own, others):
    def is_compared(word):
        found = prose(filing({ON_REQUEST: f"2024年，{word}共收到政府信息公开申请52件。"}, name=name))
        return [f.code for f in found] == ["prose-figure"]

    assert [word for word in own.split() if not is_compared(word)] == []
    assert [word for word in others.split() if is_compared(word)] == []


def test_another_circle_holds_until_its_own_is_named():
    wider = "全市共收到政府信息公开申请486件。办结470件。"
    assert list(prose(filing({ON_REQUEST: wider}))) == []
    assert [f.code for f in prose(filing({ON_REQUEST: f"{wider}我局收到申请52件。"}))] == ["prose-figure"]
    assert [f.code for f in prose(filing({ON_REQUEST: f"{wider}\n共收到申请52件。"}))] == ["prose-figure"]


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("县水利局收到申请52件，县财政局收到11件。", False),
        ("青禾县收到申请52件。", True),
        ("县水利局收到申请52件；我县收到申请53件。", True),
        ("收到的申请中涉及征地拆迁的21件。", False),
        ("收到申请52件（含上年结转2件）。", True),
        ("共收到申请48件（含邮寄的2件），办结51件。", True),
    ],
)
def test_a_number_is_that_of_who_and_what_is_named_beside_it(text, is_wrong):
    figures = {"applications.new.natural": 48, "applications.granted.natural": 48}
    found = prose(filing({ON_REQUEST: text}, figures, "青禾县人民政府"))
    assert ("prose-figure" in {f.code for f in found}) is is_wrong


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("上年结转9件，其中予以公开5件。", False),  # 5 of these 9
        ("通过邮寄收到申请40件，其中予以公开12件。", False),
        ("自然人申请48件，予以公开47件。", False),
        ("自然人申请48件，予以公开46件。", True),
        ("较上年增加12件，其中自然人9件。", False),
        ("以属于国家秘密为由不予公开的2件。", False),
        ("以属于国家秘密为由不予公开的7件。", True),
        ("较上年增长20%，办结59件。", True),
        ("较上年的50件增长20%，办结57件。", False),
        ("2024年依申请公开办理情况：收到申请52件。", True),
        ("县公安局作出行政处罚21件，城关派出所作出行政处罚7件。", False),
        ("青禾县人民政府作出行政处罚21件。", True),
        ("未因属于国家秘密不予公开申请。", True),
        ("未因属于行政执法案卷不予公开申请。", False),
        ("全年无一件被申请行政复议。", True),
        ("不予公开6件，均属于国家秘密。", True),
        ("不予公开6件，均属于国家秘密或过程性信息。", False),
        ("无法提供2件，均因本机关不掌握。", False),
    ],
)
def test_a_number_is_compared_with_what_it_is_a_part_of(text, is_wrong):
    figures = {
        "applications.new.natural": 48,
        "applications.new.commercial": 3,
        "applications.carried_in.natural": 9,
        "applications.granted.natural": 47,
        "applications.granted.commercial": 1,
        "applications.refused_state_secret.natural": 2,
        "applications.refused_process_info.natural": 4,
        "applications.unavailable_not_held.commercial": 2,
        "applications.carried_out.natural": 4,
        "disputes.review.upheld": 2,
    }
    found = prose(filing({ON_REQUEST: text}, figures, "青禾县人民政府"))
    assert bool({"prose-figure", "prose-nothing", "prose-settled"} & {f.code for f in found}) is is_wrong


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("全市收到申请20件，比2023年的26件减少8件。", 6),
        ("全市收到申请20件，比2023年的26件减少6件。", None),
        ("全市收到申请30件，较上年的20件增长40%。", 50),
        ("全市收到申请30件，较上年的20件增长50%，其中企业6件。", None),
        ("全市收到申请约30件，较上年的20件增加12件。", None),
        ("全市企业申请4件，占新收申请56件的17.1%。", Decimal("7.14")),
        ("全市企业申请4件，占新收申请56件的7.1%。", None),
        ("全市收到申请30件，占比17.1%。", None),
        ("全市企业申请4件、科研机构申请6件，占新收申请56件的17.9%。", None),  # both of them
        ("全市收到申请3件，比2023年的0件增加100%。", None),
    ],
)
def test_a_comparison_follows_from_the_two_numbers_that_it_names(text, right):
    found = list(prose(filing({ON_REQUEST: text})))
    assert [(f.code, f.expected) for f in found] == ([("prose-balance", right)] if right else [])


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("青禾镇人民政府", "镇政府"),
        ("马坪乡人民政府", "乡政府"),
        ("青禾县第一中学", "我校"),
        ("青禾市人民医院", "我院"),
        ("青禾市档案馆", "我馆"),
        ("青禾经济开发区管理委员会", "我委"),
    ],
)
def test_each_kind_of_agency_speaks_of_itself(name, own):
    for text, codes in (
        (f"{own}收到申请52件。", ["prose-figure"]),
        (f"{own}未收到申请。", ["prose-nothing"]),
    ):
        assert [
            f.code
            for f in prose(
                filing(
                    {ON_REQUEST: text},
                    {"applications.new.natural": 48, "applications.granted.natural": 48},
                    name,
                )
            )
        ] == codes


@pytest.mark.parametrize("text", ["全年申请均已按时办结。", "本年所有申请均已办理完毕。"])
def test_the_year_beside_applications_changes_nothing(text):
    figures = {"applications.new.natural": 6, "applications.carried_out.natural": 6}
    assert [f.code for f in prose(filing({ON_REQUEST: text}, figures))] == ["prose-settled"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("全市未发生政府信息公开行政诉讼。全市政府信息公开行政诉讼12件。", ["prose-nothing"]),
        ("全市未发生政府信息公开行政诉讼。我局政府信息公开行政诉讼0件。", []),
        ("2023年全市未发生政府信息公开行政诉讼，2024年全市政府信息公开行政诉讼12件。", []),
        ("全市无上年结转申请，收到申请12件；全市上年结转申请3件。", ["prose-nothing"]),
    ],
)
def test_a_denial_is_held_against_the_same_text(text, codes):
    assert [f.code for f in prose(filing({ON_REQUEST: text}))] == codes


DISPUTES = {"disputes.review.upheld": 9, "disputes.review.pending": 3, "disputes.after_review.upheld": 2}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("因政府信息公开被申请行政复议12件，均获维持。", ["prose-settled"]),
        ("因政府信息公开被申请行政复议的，全部维持。", ["prose-settled"]),
        ("复议后起诉2件，均获维持。", []),
        ("行政复议12件，均获维持或尚未审结。", []),
        ("行政复议12件，已审结的均获维持。", []),
        ("因答复超期被申请行政复议1件，均已维持。", []),
        ("因政府信息公开被申请行政复议12件，其中维持2件。", ["prose-figure"]),
        ("政府信息公开行政诉讼2件，无败诉案件。", []),
    ],
)
def test_all_upheld_is_held_against_the_other_results(text, codes):
    assert [f.code for f in prose(filing({ON_REQUEST: text}, DISPUTES))] == codes


# -- carried over


PAST = ["上年", "上年度", "上一年度", "去年", "往年", "2023年", "2023年度"]
AHEAD = ["下年", "下年度", "下一年度", "次年", "明年", "2025年", "2025年度"]


@pytest.mark.parametrize("past", PAST)
@pytest.mark.parametrize("verb", ["结转", "顺延", "遗留", "转入", "结转至本年", "结转到2024年"])
def test_what_was_carried_in_is_read_in_all_its_phrases(past, verb):
    figures = {"applications.carried_in.natural": 3}
    for number, codes in ((3, []), (13, ["prose-figure"])):
        found = prose(filing({ON_REQUEST: f"{past}{verb}{number}件。"}, figures))
        assert [f.code for f in found] == codes


@pytest.mark.parametrize("ahead", AHEAD)
@pytest.mark.parametrize("verb", ["结转", "结转至", "顺延至", "转", "转入", "延续到"])
@pytest.mark.parametrize("then", by_day(["", "办理", "继续办理", "答复"], 2))
def test_what_is_carried_out_is_read_in_all_its_phrases(verb, ahead, then):
    figures = {"applications.carried_out.natural": 3}
    for number, codes in ((3, []), (13, ["prose-figure"])):
        for text in (f"{verb}{ahead}{then}{number}件。", f"另有{number}件{verb}{ahead}{then}。"):
            assert [f.code for f in prose(filing({ON_REQUEST: text}, figures))] == codes


# -- a sound report, and one figure of it changed


def counted(rng):
    """Figures in which everything adds up, each of them other than 0, and no two of the sums in them alike."""
    natural, commercial = rng.randrange(200, 900), rng.randrange(20, 90)
    carried_in, carried_out = rng.randrange(3, 19), rng.randrange(21, 39)
    done = natural + commercial + carried_in - carried_out
    granted, partial = done // 3, done // 5
    refused, declined = done // 11, done // 17
    held = done - granted - partial - refused - declined
    return {
        "applications.new.natural": natural,
        "applications.new.commercial": commercial,
        "applications.carried_in.natural": carried_in,
        "applications.carried_out.natural": carried_out,
        "applications.granted.natural": granted,
        "applications.partial.natural": partial,
        "applications.refused_third_party.natural": refused,
        "applications.declined_repeat.natural": declined,
        "applications.unavailable_not_held.natural": held,
        "disputes.review.upheld": rng.randrange(41, 60),
        "disputes.review.pending": rng.randrange(5, 9),
        "disputes.direct.upheld": rng.randrange(11, 19),
    }


OPENINGS = ["2024年，{who}", "一年来，{who}", "{who}全年", "截至2024年12月31日，{who}"]
CAME = ["新收政府信息公开申请{new}件", "共新收申请{new}件", "新收到的政府信息公开申请共{new}件"]
APPLIED = [
    "（自然人{natural}件、商业企业{commercial}件）",
    "，其中自然人{natural}件，商业企业{commercial}件",
    "",
]
LEFT = ["上年结转{came}件", "上一年度结转申请{came}件", "去年结转至今年{came}件", "2023年遗留{came}件"]
DONE = ["。共办结{done}件", "；办结{done}件", "。全年答复{done}件", "。已按时办理完毕{done}件"]
RESULTS = [
    "，其中予以公开{granted}件、部分公开{partial}件、不予公开{refused}件、无法提供{held}件、不予处理{declined}件",
    "：{granted}件予以公开，{partial}件部分公开，{refused}件不予公开",
    "，予以公开{granted}件（占比居首），无法提供{held}件",
    "",
]
AHEADS = [
    "，结转下年度继续办理{out}件",
    "；另有{out}件顺延至2025年答复",
    "，转下一年度办理{out}件",
    "，尚有{out}件正在办理",
]
REVIEWS = [
    "。因政府信息公开被申请行政复议{review}件，其中维持{upheld}件、尚未审结{pending}件",
    "。政府信息公开行政复议案件{review}起，{upheld}起维持；行政诉讼{lawsuits}起，均获维持",
    "",
]


def rendered(rng, figures):
    """A paragraph about the figures, in other words with each seed."""
    parts = (OPENINGS, CAME, APPLIED, ["，"], LEFT, DONE, RESULTS, AHEADS, REVIEWS)
    value = {name.removeprefix("applications.").removeprefix("disputes."): n for name, n in figures.items()}
    new = value["new.natural"] + value["new.commercial"]
    out = value["carried_out.natural"]
    words = {
        "who": "全市",
        "new": new,
        "natural": value["new.natural"],
        "commercial": value["new.commercial"],
        "came": value["carried_in.natural"],
        "done": new + value["carried_in.natural"] - out,
        "granted": value["granted.natural"],
        "partial": value["partial.natural"],
        "refused": value["refused_third_party.natural"],
        "held": value["unavailable_not_held.natural"],
        "declined": value["declined_repeat.natural"],
        "out": out,
        "review": value["review.upheld"] + value["review.pending"],
        "upheld": value["review.upheld"],
        "pending": value["review.pending"],
        "lawsuits": value["direct.upheld"],
    }
    return "".join(rng.choice(part) for part in parts), words


@settings(max_examples=examples(60))
@given(st.integers(0, 10**9), st.data())
def test_a_sound_report_is_quiet_and_one_wrong_figure_is_found(seed, data):
    rng = random.Random(seed)
    figures = counted(rng)
    text, words = rendered(rng, figures)

    def codes(words):
        found = prose(filing({ON_REQUEST: text.format_map(words) + "。"}, figures, "临江市人民政府"))
        return [(f.code, f.found, f.expected) for f in found]

    assert codes(words) == []
    name = data.draw(st.sampled_from(sorted(n for n in words if f"{{{n}}}" in text and n != "who")))
    assert codes(words | {name: words[name] + 1000})
