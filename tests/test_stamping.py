"""A stamped workbook has the same bytes as a built one, for any name; where a name cannot be stamped, it is built."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from conftest import by_day, examples
from strategies import figure
from xltools.data.filing import Stamp
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.excel.reader import read_package
from xltools.excel.writer import write_return
from xltools.excel.writer.stamping import IssueWriter
from xltools.form.library import find

OFFICIAL, OTHER = find("xxgk-2021"), find(str(Path(__file__).parent / "forms" / "fwzx-2025.toml"))
FORMS = pytest.mark.parametrize("form", [OFFICIAL, OTHER], ids=["official", "other"])
DISTRICT, KEY, PASSWORD = "青禾区", b"k" * 16, "Secret-1"


def stamp_for(form, name, code):
    return Stamp(form.key, form.edition, Period(2024), Agency(DISTRICT, code, name))


class Counted:
    """A press that counts how often it builds a whole workbook."""

    def __init__(self, form, password="", key=b"", *, show_last=False):
        self.form, self.password, self.key, self.show_last = form, password, key, show_last
        self.press = IssueWriter(form, password, key, show_last=show_last)
        self.builds = 0
        build = self.press._built

        def counted(*stamped):
            self.builds += 1
            return build(*stamped)

        self.press._built = counted

    def stamped(self, name, code, last=None):
        """The workbook, and whether it was stamped."""
        before = self.builds
        return self.press.workbook(stamp_for(self.form, name, code), last), self.builds == before

    def built(self, name, code, last=None):
        stamp = stamp_for(self.form, name, code)
        return write_return(
            self.form, stamp, password=self.password, key=self.key, last=last, show_last=self.show_last
        )


@cache
def warm(name, *, show=False):
    press = Counted({"official": OFFICIAL, "other": OTHER}[name], PASSWORD, KEY, show_last=show)
    press.stamped("单位", "1")
    return press


def parts(package):
    with zipfile.ZipFile(io.BytesIO(package)) as file:
        assert file.testzip() is None
        return {entry.filename: file.read(entry) for entry in file.infolist()}


def same(one, other):
    assert parts(one) == parts(other)
    assert one == other


# -- names

_PIECES = st.sampled_from(
    [
        *(
            "&",
            "&&",
            "&amp;",
            "<",
            ">",
            '"',
            "'",
            "<r>",
            "</r>",
            "]]>",
            "<!--",
            "&G",
            "&[Picture]",
            "&P",
            "&D",
        ),
        *(
            "_x0041_",
            "_x",
            "_",
            "x0041_",
            " ",
            "\u3000",
            "\xa0",
            "\x85",
            "\u2028",
            "\ufeff",
            "\ufffd",
            "\ufffe",
        ),
        *(
            "😀",
            "𠀀",
            "é",
            "e\u0301",
            "\u202e",
            "\ue000&\ue001",
            "\ue002",
            "{0}",
            "%s",
            "\\1",
            "=1+1",
            "#REF!",
        ),
        *("局", "教育局", "青禾区", "2024", "xxgk", "合计", "单位名称", "A" * 60, "政" * 60, "&" * 60),
    ]
)
_NAMES = st.lists(_PIECES, min_size=1, max_size=4).map("".join) | st.text(
    st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=130
)


@pytest.mark.parametrize("form", by_day(["official", "other"], 1))
@settings(max_examples=examples(20))
@given(_NAMES, _NAMES)
@example("政" * 119 + "&", "&" * 120)
@example("A" * 121, "1")
@example("&" * 100, "A" * 99 + "&&&")
@example("R&G公司", "&[Picture]")
@example("<r>甲</r>", "x")
@example("_x0041_局", "_x005F_")
@example("局 ", " 1")
@example("教育局", "教育局")
@example("青禾区", "2024")
@example("普通\u200b局", "００１")
def test_any_name_is_stamped_as_it_is_built(form, name, code):
    assume(
        max(len(text.encode("utf-16-le")) for text in (name, code)) <= 2 * 255
    )  # more fits into no workbook
    press = warm(form)
    package, _ = press.stamped(name, code)
    same(package, press.built(name, code))


@pytest.mark.parametrize(
    ("name", "code"),
    by_day(
        [
            ("教育局", "003"),
            ("R&D <中心> \"甲\" '乙'", "A&B"),
            ("😀局𠀀", "😀"),
            ("政" * 19, "x" * 39),
            ("&" * 39, "1"),
            ("R&G公司", "&[Picture]"),
            ("\ue000局", "=1+1"),
        ],
        3,
    ),
)
def test_names_out_of_the_ordinary_are_stamped_too(name, code):
    """Else the law above could hold because everything is built."""
    press = warm("official")
    package, is_stamped = press.stamped(name, code)
    assert is_stamped
    same(package, press.built(name, code))
    agency = read_package(package, "x.xlsx", OFFICIAL).stamp.agency
    assert (agency.name, agency.code) == (name, code)


@pytest.mark.parametrize(
    "name",
    by_day(
        [
            "总计",
            "青禾区",
            "2024",
            "局\u3000",
            " 局",
            "_x0041_",
            "<r>局</r>",
            "局" * 121,
            "a\ufffe",
            "a\tb",
            "政" * 20,
            "A" * 99 + "&&&" + "B" * 10,
        ],
        5,
    ),
)
def test_what_has_a_string_or_a_spelling_of_its_own_is_built(name):
    press = warm("official")
    package, is_stamped = press.stamped(name, "1")
    assert not is_stamped
    same(package, press.built(name, "1"))


def test_a_code_that_is_the_name_shares_its_string_and_is_built():
    press = warm("official")
    package, is_stamped = press.stamped("局", "局")
    assert not is_stamped
    same(package, press.built("局", "局"))


def test_a_name_with_a_picture_code_in_it_stands_in_the_header():
    """xlsxwriter takes ``&G`` for a picture that it was not given; it stopped the whole issue."""
    book = openpyxl.load_workbook(io.BytesIO(warm("official").built("R&G公司", "1")))
    assert book.worksheets[1].oddHeader.left.text == "填报单位：R&&G公司"


# -- figures


def figures_of_last_year(form):
    """Every figure that may be known, some unknown, some of them totals."""
    inputs = st.fixed_dictionaries({}, optional={cell.name: figure(cell) for cell in form.inputs})
    return inputs.flatmap(
        lambda some: st.sets(st.sampled_from(sorted(form.cells))).map(
            lambda dropped: {n: v for n, v in form.complete(some).items() if n not in dropped}
        )
    )


@pytest.mark.parametrize("show", [False, True], ids=["", "shown"])
@pytest.mark.parametrize("form", by_day(["official", "other"], 1))
@settings(max_examples=examples(15))
@given(data=st.data())
def test_any_figures_of_last_year_are_as_they_are_built(form, show, data):
    press = warm(form, show=show)
    last = data.draw(figures_of_last_year(press.form))
    package, _ = press.stamped("教育局", "003", last)
    same(package, press.built("教育局", "003", last))


# -- when stamping is right


@FORMS
def test_an_issue_is_built_once_and_stamped_from_then_on(form):
    press = Counted(form, PASSWORD, KEY)
    for turn in range(40):
        press.stamped(f"单位{turn}", f"{turn:03}")
    assert press.builds == 1


def test_another_year_or_district_has_a_pattern_of_its_own():
    press = Counted(OFFICIAL, key=KEY)
    for turn in range(6):
        stamp = stamp_for(OFFICIAL, f"局{turn}", f"{turn}x")
        agency = replace(stamp.agency, district=("青禾区", "丁县")[turn % 2])
        stamp = replace(stamp, agency=agency, period=Period(2024 + turn % 2))
        same(press.press.workbook(stamp), write_return(OFFICIAL, stamp, key=KEY))
    assert press.builds == 2
