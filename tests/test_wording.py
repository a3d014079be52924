"""Texts with figures in braces: the grammar, what is refused, and what comes out of the figures of any filing."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies
from conftest import HERE, ROOT, examples, form_problems, prose, sound_values
from test_lint import SOUND
from test_prose import filing
from xltools.data.document import Heading
from xltools.data.prior import known
from xltools.document.publishing import compose, report_of
from xltools.form.library import find
from xltools.form.linear import Linear
from xltools.form.load import parse
from xltools.form.publication import DraftSentence
from xltools.form.relation import Condition, ConditionError
from xltools.form.wording import Wording, WordingError
from xltools.prose.checks import matches
from xltools.prose.filling import TextValues, with_figures

FORM = find("xxgk-2021")
OTHER = find(str(HERE / "forms" / "fwzx-2025.toml"))
COLUMNS = ("natural", "commercial", "research", "welfare", "legal_service", "other_org")


def about(figures=None, last=None, form=FORM):
    given = {name: Decimal(value) for name, value in (last or {}).items()}
    past = known(form, given, frozenset()) if last is not None else None
    return TextValues.of(filing({}, figures, form=form), past)


def said(text, figures=None, last=None):
    told, wording = about(figures, last), Wording.parse(text)
    assert told.problems(wording, "x") == []
    return told.filled(wording)


def refused(text, figures=None, last=None):
    return [
        (p.code, p.facts.get("name"), p.facts.get("nearest"))
        for p in about(figures, last).problems(Wording.parse(text), "x")
    ]


SOME = {
    "applications.new.natural": "1204",
    "applications.new.research": "3",
    "disputes.direct.upheld": "2",
    "disputes.after_review.pending": "1",
    "disclosure.fees.amount": "96171.60",
}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("收到{applications.new.total}件", "收到1207件"),
        ("诉讼{disputes.direct.total + disputes.after_review.total}件", "诉讼3件"),
        ("诉讼{ direct+after_review }件", "诉讼3件"),
        ("多{new - applications.new.research}件", "多1204件"),
        ("{fees}万元", "96171.6万元"),
        ("｛new｝件，｛applications．new．ｔotal｝件", "1207件，1207件"),
        ("{{new}}是{new}，}}{{", "{new}是1207，}{"),
        ("{year}年，{agency}（{district}），{last_year}、{next_year}", "2024年，青禾区教育局（青禾区），2023、2025"),
        ("{applicants}", "其中自然人申请1204件、科研机构申请3件"),
        ("没有花括号", "没有花括号"),
        ("", ""),
    ],
)  # fmt: skip
def test_figures_are_told_by_their_names(text, told):
    assert said(text, SOME) == told


@pytest.mark.parametrize(
    ("now", "last", "change", "rate"),
    [
        ("25", "20", "增加5件", "增长25%"),
        ("20", "24", "减少4件", "下降16.7%"),
        ("7", "7", "持平", "持平"),
        ("7", "0", "增加7件", "增加7件"),
        ("0", "0", "持平", "持平"),
        ("100001", "100000", "增加1件", "增加1件"),
    ],
)
def test_a_year_is_told_beside_the_year_before(now, last, change, rate):
    names = [{"applications.new.natural": value} for value in (now, last)]
    assert said("{change: new}", *names) == change
    assert said("{rate： new}", *names) == rate
    assert (
        said("{last.new}、{new - last.applications.new.total}", *names) == f"{last}、{int(now) - int(last)}"
    )


def test_a_change_is_told_in_the_unit_of_its_figures():
    assert said("{change: fees}", {"disclosure.fees.amount": "3.5"}, {}) == "增加3.5万元"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{applications.nwe.total}", ("unknown-name", "applications.nwe.total", "applications.new.total")),
        ("{last.applications.new.totl}", ("unknown-name", "last.applications.new.totl", "last.applications.new.total")),
        ("{agencey}", ("unknown-name", "agencey", "agency")),
        ("{last.agency}", ("unknown-name", "last.agency", "—")),
        ("{aplicants}", ("unknown-name", "aplicants", "applicants")),
        ("{new + fees}", ("mixed-units", None, None)),
        ("{change: last.new}", ("change-of-last", None, None)),
        ("{last.new}", ("no-last-figure", "last.new", None)),
        ("{rate: new}", ("no-last-figure", "last.new", None)),
        ("{refused_why}", ("empty-list", "refused_why", None)),
    ],
)  # fmt: skip
def test_a_text_that_cannot_be_filled_in_says_why(text, problem):
    code, name, near = problem
    ((found, told, nearest),) = refused(text, SOME)
    assert (found, told) == (code, name)
    assert near is None or nearest == near


@pytest.mark.parametrize("text", ["{new", "new}", "{a{new}b}", "收到{new件。", "}}}", "｛new"])
def test_a_brace_alone_is_refused(text):
    with pytest.raises(WordingError) as caught:
        Wording.parse(text)
    assert caught.value.code == "lone-brace"


@pytest.mark.parametrize("text", ["{}", "{新收}", "{new /2}", "{25}", "{growth: new}"])
def test_what_is_no_sum_of_names_is_refused(text):
    with pytest.raises(WordingError) as caught:
        Wording.parse(text)
    assert caught.value.code == "not-a-sum"


@given(st.text("{}｛｝ab 数.", max_size=30))
def test_a_text_that_is_understood_is_written_as_it_means(text):
    try:
        wording = Wording.parse(text)
    except WordingError:
        return
    again = Wording.parse(str(wording))
    assert str(again) == str(wording)
    assert again.braces == wording.braces


@given(st.text(max_size=30))
def test_any_text_can_be_printed_by_doubling_its_braces(text):
    doubled = "".join(c * 2 if c in "{}｛｝" else c for c in text)
    assert about().filled(Wording.parse(doubled)) == text


@settings(max_examples=examples(30))
@given(strategies.values(FORM), st.data())
def test_a_sum_in_a_text_is_the_sum_of_the_figures(values, data):
    told = TextValues.of(filing({}, values))
    complete = FORM.complete({**{cell.name: Decimal(0) for cell in FORM.inputs}, **values})
    names = data.draw(
        st.lists(st.sampled_from([n for n in FORM.cells if "fees" not in n]), min_size=1, max_size=4)
    )
    linear = Linear(tuple((data.draw(st.sampled_from([1, -1])), name) for name in names))
    text = told.filled(Wording.parse(f"{{{linear}}}"))
    assert Decimal(text) == linear.value(complete)
    assert not set(text) - set("0123456789-")


def test_what_could_not_be_read_is_not_told():
    told = filing({}, SOME)
    told = replace(told, unread=frozenset({"applications.new.natural"}))
    found = TextValues.of(told)
    assert [p.code for p in found.problems(Wording.parse("{new}{fees}"), "x")] == ["no-figure"]
    drafts = FORM.publication.by_box
    assert not any("新收" in str(w) for w in found.known(drafts["overview.on_request"].say))


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("new > 0", True),
        ("new = 0", False),
        ("new != 0, carried_in = 0", True),
        ("new > 0, carried_in > 0", False),
        ("applications.new.natural + applications.new.research = new", True),
        ("last.new > 0", False),
    ],
)
def test_a_condition_is_about_figures(text, holds):
    said = DraftSentence(Wording(("x",)), Condition.parse(text)).wording
    assert bool(about(SOME).filled(said)) is holds
    assert about(SOME).filled(Wording.parse(str(said))) == about(SOME).filled(said)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("{new > 0：新收{new}件}。", "新收3件。"),
        ("｛new ＞ ０: 新收{new}件｝。", "新收3件。"),
        ("{new = 0：没有}{new != 0，carried_in = 0：有}", "有"),
        ("{new ≠ 0：{{{new}}}}", "{3}"),
        ("甲{new = 0：没有{applicants}}乙", "甲乙"),
    ],
)
def test_a_conditional_text_is_there_while_its_condition_holds(text, printed):
    wording = Wording.parse(text)
    values = about({"applications.new.natural": Decimal(3)})
    assert not values.problems(wording, "x")
    assert values.filled(wording) == printed
    assert Wording.parse(str(wording)) == wording


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{new > 0：新收", "lone-brace"),
        ("{new > 0：{fees > 0：收费}}", "nested-condition"),
        ("{new <> 0：少}", "not-a-condition"),
    ],
)
def test_a_conditional_text_that_cannot_be_read_is_refused(text, code):
    with pytest.raises(WordingError) as caught:
        Wording.parse(text)
    assert caught.value.code == code


def test_a_condition_on_an_unknown_name_is_refused():
    (problem,) = about(SOME).problems(Wording.parse("{nwe > 0：有}"), "x")
    assert (problem.code, problem.facts["nearest"]) == ("unknown-name", "new")


@pytest.mark.parametrize(
    "text", ["", "new", "new <> 0", "new >", "new > 0,", "new = 1.", "new = 0 = 0", "新 > 0"]
)
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(ConditionError) as caught:
        Condition.parse(text)
    assert caught.value.code == "not-a-condition"


# -- in a workbook


def test_prose_with_braces_is_held_against_the_tables_with_its_figures_in_it():
    text = "新收政府信息公开申请{new}件，其中自然人{applications.new.natural}件。"
    told = filing({"overview.on_request": text}, SOME)
    assert list(prose(told)) == []
    assert [mention.value for mention in matches(told)] == [1207, 1204]
    wrong = filing({"overview.on_request": "新收政府信息公开申请{direct}件。"}, SOME)
    assert [finding.code for finding in prose(wrong)] == ["prose-figure"]


@pytest.mark.parametrize("text", ["收到{nwe}件。", "收到{new件。", "{last.new}件。", "{}"])
def test_what_cannot_be_filled_in_stays_as_it_stands(text):
    told = filing({"overview.on_request": text}, SOME)
    assert with_figures(told).prose["overview.on_request"] == text
    assert list(prose(told)) == []


# -- in a form

PUBLICATION = """
[publication]
opening = [{ text = "{year}年" }]

[[publication.list]]
key = "kinds"
items = [{ text = "男{people.planned.men}人", alone = "均为男" }, { text = "女{people.planned.women}人" }]

[[publication.draft]]
box = "BOX"
say = [{ text = "共{people.planned.men + people.planned.women}人，{kinds}。", when = "people.planned.men > 0" }]
"""


def a_form(*replacements):
    names = [n for n in OTHER.cells if OTHER.cells[n].unit == OTHER.cells[next(iter(OTHER.cells))].unit][:2]
    box = next(name for name in OTHER.texts if not name.startswith("cover."))
    text = PUBLICATION.replace("people.planned.men", names[0]).replace("people.planned.women", names[1])
    text = text.replace("BOX", box)
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    return SOUND + text


def test_a_form_may_bring_its_own_sentences():
    form = parse(a_form(), "form.toml")
    assert form.publication.by_key["kinds"].items[1].alone is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("，{kinds}", "，{kind}"), "unknown-name"),
        (("，{kinds}", "，{kinds"), "lone-brace"),
        (("，{kinds}", "，{1}"), "not-a-sum"),
        (("> 0", "<> 1"), "not-a-condition"),
        (('when = "', 'when = "nobody + '), "unknown-name"),
        (('box = "', 'box = "no'), "unknown-name"),
        (('alone = "均为男"', 'alone = "{kinds}"'), "circular"),
        (('alone = "均为男"', 'single = "均为男"'), "unknown-key"),
        (('key = "kinds"', 'key = "year"'), "repeated-key"),
        (('items = [{ text = "男{', 'items = [{ text = "{year}" }, { text = "男{'), "item-without-figure"),
    ],
)
def test_a_sentence_that_means_nothing_is_refused(change, code):
    found = form_problems(a_form(change))
    assert code in {problem.code for problem in found}
    assert all("publication" in problem.place for problem in found)


def test_the_example_of_the_documents_is_a_form_that_can_be_published():
    """Another form than the official one, with prose that its own sentences fill."""
    book = (ROOT / "docs" / "forms.md").read_text(encoding="utf-8")
    form = parse(SOUND + re.search(r"```toml\n(\[publication\].*?)```", book, re.DOTALL)[1], "form.toml")
    figures = {"cases.received.online": 3, "cases.closed.online": 1, "cases.open.online": 2}
    report = report_of(filing({}, figures, form=form))
    assert report.paragraphs("remarks.text") == ["2024年，受理办件3件，其中办结1件、在办2件。【存在的问题】"]
    document = compose(report)
    titles = [block.text for block in document.blocks if isinstance(block, Heading) and block.level == 1]
    assert titles == [section.title for section in form.sections]


def test_a_meaning_of_nothing_is_one_fault_and_not_two():
    meaning = '[[prose.meaning]]\nkey = "ghost"\nlabel = "x"\nis = "nobody.at.home"\n'
    text = a_form(("，{kinds}", "，{ghost}"))
    found = form_problems(text + meaning)
    assert [problem.code for problem in found] == ["unknown-name"]


# -- the official form's own sentences


@st.composite
def consistent(draw):
    """Figures of the official form in which everything adds up, most of them 0."""
    small = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 17, 1204]).map(Decimal)
    busy = set(draw(st.lists(st.sampled_from([cell.name for cell in FORM.inputs]), max_size=25, unique=True)))
    values = {cell.name: draw(small) if cell.name in busy else Decimal(0) for cell in FORM.inputs}
    if "disclosure.fees.amount" in busy:
        values["disclosure.fees.amount"] = draw(st.sampled_from([Decimal("96171.6"), Decimal("0.5")]))
    for column in COLUMNS:
        done = FORM.complete(values)[f"applications.total.{column}"]
        due = done + values[f"applications.carried_out.{column}"]
        carried_in = min(due, values[f"applications.carried_in.{column}"])
        values[f"applications.carried_in.{column}"] = carried_in
        values[f"applications.new.{column}"] = due - carried_in
    return values


def drafts(values, last=None):
    found = TextValues.of(filing({}, values), last)
    return {d.box: "".join(found.filled(w) for w in found.known(d.say)) for d in FORM.publication.drafts}


@settings(max_examples=examples(120))
@given(consistent(), st.none() | consistent().map(FORM.complete))
def test_the_forms_own_sentences_agree_with_any_table(values, last):
    texts = drafts(values, last)
    assert texts.keys() == {name for name in FORM.texts if not name.startswith("cover.")}
    assert list(prose(filing(texts, values))) == []
    for text in texts.values():
        assert "{" not in text
        assert not any(
            bad in text for bad in ("，，", "，。", "；。", "、。", "（）", "、、", "其中，", "年年")
        )
    assert not re.search(r"(?<!\d)0[件万]", texts["overview.on_request"] + texts["overview.proactive"])


@settings(max_examples=examples(40))
@given(consistent())
def test_every_figure_of_the_forms_own_sentences_is_known_again(values):
    """What it says of applications is matched, number by number, by the checks that know nothing of the sentences."""
    told = filing(drafts(values), values)
    found = {mention.value for mention in matches(told) if mention.box == "overview.on_request"}
    complete = FORM.complete(values)
    for name in ("applications.new.total", "applications.total.total", "applications.carried_out.total"):
        assert not complete[name] or complete[name] in found


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        ({}, "2024年，未收到政府信息公开申请。未因政府信息公开工作被申请行政复议、提起行政诉讼。"),
        (
            {"applications.new.natural": 3, "applications.granted.natural": 3},
            ("2024年，新收政府信息公开申请3件，均为自然人申请。本年度办结3件，均予以公开。"
            "未因政府信息公开工作被申请行政复议、提起行政诉讼。"),
        ),
        (
            {"applications.new.research": 1, "applications.declined_repeat.research": 1},
            ("2024年，新收政府信息公开申请1件，为科研机构申请。本年度办结1件，不予处理（为重复申请）。"
            "未因政府信息公开工作被申请行政复议、提起行政诉讼。"),
        ),
        (
            {
                "applications.carried_in.natural": 2,
                "applications.refused_state_secret.natural": 1,
                "applications.carried_out.natural": 1,
                "disputes.review.upheld": 2,
                "disputes.direct.pending": 1,
                "disputes.after_review.upheld": 1,
            },
            ("2024年，没有新收政府信息公开申请，上年结转2件。本年度办结1件，不予公开（属于国家秘密）。"
            "结转下年度继续办理1件。因政府信息公开工作被申请行政复议2件，均为结果维持。"
            "因政府信息公开工作被提起行政诉讼2件，其中未经复议直接起诉1件、复议后起诉1件；"
            "从结果看，结果维持1件、尚未审结1件。"),
        ),
    ],
    ids=["nothing", "all of one kind", "one", "carried over"],
)  # fmt: skip
def test_the_sentences_on_applications(figures, told):
    assert drafts(figures)["overview.on_request"] == told


def test_last_year_is_spoken_of_only_where_it_is_known():
    figures = {"applications.new.natural": Decimal(3), "applications.granted.natural": Decimal(3)}
    last = FORM.complete({"applications.new.natural": Decimal(4)})
    assert "比上年减少1件，下降25%。" in drafts(figures, last)["overview.on_request"]
    assert "上年" not in drafts(figures)["overview.on_request"]
    assert "与上年持平" in drafts(figures, FORM.complete(figures))["overview.on_request"]


def test_nothing_is_claimed_that_no_table_knows():
    texts = drafts(sound_values())
    gaps = {box for box, text in texts.items() if "【" in text}
    assert gaps == texts.keys() - {"overview.on_request"}
    assert drafts({})["others.text"].startswith("2024年，未收到政府信息公开申请，未收取信息处理费。")
    assert "未收取信息处理费。" not in texts["others.text"]
    assert texts["problems.text"].count("【") == 3
