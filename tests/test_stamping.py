"""Stamped is as built: the same bytes, for any name and any figures; what cannot be stamped is built."""

from __future__ import annotations

import io
import random
import zipfile
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from strategies import figure
from xltools.data.filing import Stamp
from xltools.data.record import Agency
from xltools.excel.package import Cut, Stencil, with_parts
from xltools.excel.reader import read_package
from xltools.excel.writer import press, write_return
from xltools.excel.writer.stamping import Press
from xltools.form.library import find

OFFICIAL, OTHER = find("xxgk-2021"), find(str(Path(__file__).parent / "forms" / "fwzx-2025.toml"))
FORMS = pytest.mark.parametrize("form", [OFFICIAL, OTHER], ids=["official", "other"])
DISTRICT, KEY, PASSWORD = "青禾区", b"k" * 16, "Secret-1"
WARM = 4  # by then a stencil is there


def stamp_for(form, name, code):
    return Stamp(form.key, form.edition, 2024, Agency(DISTRICT, code, name))


def last_year(form, turn):
    """Figures of last year that differ from turn to turn."""
    return form.complete({c.name: Decimal((i * 3 + turn) % 50) for i, c in enumerate(form.inputs)})


class Counted:
    """A press that tells how often it had to build."""

    def __init__(self, form, password="", key=b"", *, show_last=False):
        self.form, self.password, self.key, self.show_last = form, password, key, show_last
        self.press = press(form, password, key, show_last=show_last)
        self.builds = 0
        build = self.press._build

        def counted(content):
            self.builds += 1
            return build(content)

        self.press._build = counted

    def warm(self, last=lambda _: None):
        for turn in range(WARM):
            self.press.workbook(stamp_for(self.form, f"单位{turn}", f"90{turn}"), last(turn))
        self.builds = 0
        return self

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
def warm(name, *, prior=False, show=False):
    form = {"official": OFFICIAL, "other": OTHER}[name]
    return Counted(form, PASSWORD, KEY, show_last=show).warm(
        (lambda turn: last_year(form, turn)) if prior else lambda _: None
    )


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


@pytest.mark.parametrize("form", ["official", "other"])
@settings(max_examples=60)
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
    [
        ("教育局", "003"),
        ("R&D <中心> \"甲\" '乙'", "A&B"),
        ("😀局𠀀", "😀"),
        ("政" * 60, "x" * 100),
        ("A" * 99 + "&&&" + "B" * 10, "1"),
        ("R&G公司", "&[Picture]"),
        ("\ue000局", "=1+1"),
    ],
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
    ["总计", "青禾区", "2024", "局\u3000", " 局", "_x0041_", "<r>局</r>", "局" * 121, "a\ufffe", "a\tb"],
)
def test_what_has_a_string_or_a_spelling_of_its_own_is_built(name):
    press = warm("official")
    package, is_stamped = press.stamped(name, "1")
    assert not is_stamped
    same(package, press.built(name, "1"))


def test_codes_that_are_names_share_a_string_and_have_a_stencil_of_their_own():
    press = Counted(OFFICIAL, key=KEY).warm()
    for turn in range(WARM + 2):
        package, is_stamped = press.stamped(f"局{turn}", f"局{turn}")
        assert is_stamped == (turn >= WARM)
        same(package, press.built(f"局{turn}", f"局{turn}"))


def test_a_name_with_a_picture_code_in_it_stands_in_the_header():
    """xlsxwriter takes ``&G`` for a picture that it was not given; it stopped the whole issue."""
    book = openpyxl.load_workbook(io.BytesIO(warm("official").built("R&G公司", "1")))
    assert book.worksheets[1].oddHeader.left.text == "R&&G公司"


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
@pytest.mark.parametrize("form", ["official", "other"])
@settings(max_examples=25)
@given(data=st.data())
def test_any_figures_of_last_year_are_stamped_as_they_are_built(form, show, data):
    press = warm(form, prior=True, show=show)
    last = data.draw(figures_of_last_year(press.form))
    package, _ = press.stamped("教育局", "003", last)
    same(package, press.built("教育局", "003", last))


@FORMS
@pytest.mark.parametrize("show", [False, True], ids=["", "shown"])
def test_figures_of_last_year_are_stamped(form, show):
    name = "official" if form is OFFICIAL else "other"
    press = warm(name, prior=True, show=show)
    last = last_year(form, 17)
    package, is_stamped = press.stamped("教育局", "003", last)
    assert is_stamped
    assert read_package(package, "x.xlsx", form).record.values == form.carried(last) != {}
    for value in ("0", "0.1", "96171.6", "123456789012", "0.000001", "99999999999.99", "-3"):
        changed = last | dict.fromkeys(last, Decimal(value))
        package, is_stamped = press.stamped("教育局", "003", changed)
        assert is_stamped
        same(package, press.built("教育局", "003", changed))


def test_who_has_figures_of_last_year_and_who_has_none_are_stamped_apart():
    """A line of the sheet's hint and the columns beside the table are there for the one and not for the other."""
    press = Counted(OFFICIAL, show_last=True)
    for turn in range(3 * WARM):
        figures = last_year(OFFICIAL, turn)
        last = (None, figures, {"disputes.direct.upheld": Decimal(turn)})[turn % 3]
        package, _ = press.stamped(f"局{turn}", f"{turn:03}", last)
        same(package, press.built(f"局{turn}", f"{turn:03}", last))
    assert press.builds == 3 * (WARM - 1 + 2), "three shapes, each with its stencil"


# -- when stamping is right


@FORMS
def test_an_issue_is_built_a_few_times_and_stamped_from_then_on(form):
    press = Counted(form, PASSWORD, KEY)
    for turn in range(40):
        press.stamped(f"单位{turn}", f"{turn:03}")
    assert press.builds == WARM - 1 + 2


def test_what_depends_on_a_name_in_another_way_is_never_stamped():
    """A builder that leaves out a part for a long name; the long token gives it away."""
    real = press(OFFICIAL)._build

    def build(content):
        package = real(content)
        return with_parts(package, {"docProps/app.xml": None} if len(content.stamp.agency.name) > 50 else {})

    mine = Press(OFFICIAL, build)
    stamps = [stamp_for(OFFICIAL, "局" * length, "1") for length in (1, 2, 3, 4, 5, 60)]
    packages = [mine.workbook(stamp) for stamp in stamps]
    assert list(mine._moulds.values()) == [None]
    assert "docProps/app.xml" not in parts(packages[-1])
    assert "docProps/app.xml" in parts(packages[-2])


def test_what_shows_a_figure_in_a_place_of_its_own_is_never_stamped():
    real = press(OFFICIAL)._build

    def build(content):
        figure = f"<!-- {content.values.get('applications.carried_in.natural', 0)} -->"
        return with_parts(real(content), {"docProps/app.xml": figure.encode()})

    mine = Press(OFFICIAL, build)
    for turn in range(WARM + 1):
        stamp, last = stamp_for(OFFICIAL, f"局{turn}", f"{turn}"), last_year(OFFICIAL, turn)
        package = mine.workbook(stamp, last)
        carried = OFFICIAL.carried(last)["applications.carried_in.natural"]
        assert parts(package)["docProps/app.xml"] == f"<!-- {carried} -->".encode()
    assert list(mine._moulds.values()) == [None]


def test_another_year_or_district_has_a_stencil_of_its_own():
    mine = press(OFFICIAL)
    for turn in range(2 * WARM):
        stamp = replace(stamp_for(OFFICIAL, f"局{turn}", f"{turn}x"), year=2024 + turn % 2)
        same(mine.workbook(stamp), write_return(OFFICIAL, stamp))


# -- the zip


def package_of(contents):
    return with_parts(with_parts(_EMPTY, {}), contents)


_EMPTY = b"PK\x05\x06" + bytes(18)


@settings(max_examples=40)
@given(
    st.integers(),
    st.lists(st.tuples(st.integers(0, 90_000), st.binary(max_size=300)), min_size=1, max_size=4),
    st.sampled_from([2, 5, 40, 256]),
)
def test_a_filled_stencil_is_the_package_that_zipfile_writes(seed, gaps, letters):
    """Also beyond the 32 KiB that deflate looks back, and where its blocks end."""
    draw = random.Random(seed)
    pieces = [bytes(draw.choices(range(letters), k=size)) for size, _ in gaps] + [b"end"]
    cut = Cut(tuple(pieces), tuple(range(len(gaps))))

    def whole(texts):
        return pieces[0] + b"".join(text + piece for text, piece in zip(texts, pieces[1:], strict=True))

    def package(texts):
        return package_of({"a.xml": b"a" * 50, "部.xml": whole(texts), "b.xml": b"b"})

    stencil = Stencil(package([b"?"] * len(gaps)), {"部.xml": cut})
    texts = [text for _, text in gaps]
    assert stencil.filled(dict(enumerate(texts))) == package(texts)
    assert stencil.filled(dict.fromkeys(range(len(gaps)), b"")) == package([b""] * len(gaps))


def test_a_package_with_more_in_its_directory_is_refused():
    with pytest.raises(ValueError, match="directory"):
        Stencil(package_of({"a.xml": b"a"})[:-2] + b"\x01\x00!", {})
