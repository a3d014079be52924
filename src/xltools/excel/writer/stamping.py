"""Many blank workbooks from one: what differs between agencies is filled into the gaps of a package built once.

Nothing here knows beforehand where an agency's name stands. For each shape of workbook two are built with other
texts, short ones and long ones, and every place where such a text is found becomes a gap. Unless all else is the same
in both, and one filled with the other's texts has the other's bytes, that shape is never stamped. A text that the
library would write in a way of its own is never stamped either: such a workbook is built.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from xltools.data.filing import Stamp
from xltools.data.record import Agency
from xltools.data.seal import seal
from xltools.excel.package import Cut, Stencil
from xltools.excel.writer.canvas import header_text, stored
from xltools.excel.writer.content import Content, Place, issued
from xltools.excel.writer.results import results
from xltools.form.address import a1
from xltools.form.model import Form
from xltools.form.places import COVER

_WORTH = 3  # so many of one shape are built before a stencil is made of it: that takes two further builds
_LONGEST = 120  # characters; xlsxwriter refuses a property of more than 255 UTF-16 units
# Control characters, non-characters and what looks like their escape, halves of pairs, spaces around, markup of its own.
_BUILT = re.compile(r"[\x00-\x1f\ufffe\uffff\ud800-\udfff]|_x|\A\s|\s\Z|\A<r>")
# Private characters make them unlike any word of a form; `&` tells a header, which doubles it, from a cell.
_SHORT = ("\ue000&\ue001", "\ue002&\ue003")
_LONG = ("\ue004&<>\"'" + "\ue005" * (_LONGEST - 6), "\ue006&<>\"'" + "\ue007" * (_LONGEST - 6))
_STRINGS = "xl/sharedStrings.xml"
_STRING = re.compile(rb"<si><t[^>]*>(.*?)</t></si>", re.DOTALL)
# A number, a blank, or a formula with its result; a cell with a shared string has t="s" and is none of them.
_CELL = re.compile(
    rb'<c r="([A-Z]+[0-9]+)"(?: s="[0-9]+")?(?: t="str")?(?:(/>|><v>[^<]*</v></c>)|><f>[^<]*</f><v>([^<]*)</v></c>)'
)

_NAME, _HEADER, _CODE, _SEAL = "name", "header", "code", "seal"  # the gaps that are not cells
_Gap = str | Place
_Span = tuple[int, int, _Gap]  # begin, end, and what the gap is to hold
_Texts = dict[Hashable, bytes]


class Press:
    """Writes workbooks that differ in whose they are and in last year's figures.

    *build* builds one; *key* is the one that it seals stamps with.
    """

    def __init__(
        self, form: Form, build: Callable[[Content], bytes], key: bytes = b"", *, show_last: bool = False
    ) -> None:
        self._form, self._build, self._key, self._show_last = form, build, key, show_last
        self._empty: Content | None = None
        self._met: dict[Hashable, list[Content]] = {}
        self._moulds: dict[Hashable, _Mould | None] = {}

    def workbook(self, stamp: Stamp, last: Mapping[str, Decimal] | None = None) -> bytes:
        """The workbook of one agency, the same bytes whether it is built or stamped."""
        content = self._content(stamp, last)
        agency = stamp.agency
        if _is_built(agency.name) or _is_built(agency.code):
            return self._build(content)
        mould = self._mould(content)
        return (mould and mould.stamped(_texts(content, self._key))) or self._build(content)

    def _content(self, stamp: Stamp, last: Mapping[str, Decimal] | None) -> Content:
        if last:
            return issued(self._form, stamp, last=last, show_last=self._show_last)
        self._empty = self._empty or issued(self._form, stamp)
        return replace(self._empty, stamp=stamp)

    def _mould(self, content: Content) -> _Mould | None:
        shape = _shape(content)
        if shape not in self._moulds:
            met = self._met.setdefault(shape, [])
            met.append(content)
            if len(met) <= _WORTH:
                return None
            self._moulds[shape] = _mould(met[0], content, self._build, self._key)
            del self._met[shape]
        return self._moulds[shape]


def _shape(content: Content) -> Hashable:
    """What a workbook's parts depend on besides the texts that go into gaps."""
    stamp, agency = content.stamp, content.stamp.agency
    return (
        (stamp.form, stamp.edition, stamp.year, stamp.kind, agency.district),
        agency.code == agency.name,  # they are one string then
        bool(content.last),
        tuple(
            bool(content.carried & sheet.cells.keys()) for sheet in content.layout.sheets
        ),  # told in a hint
    )


def _is_built(text: str) -> bool:
    return not text or len(text) > _LONGEST or bool(_BUILT.search(text))


@dataclass(frozen=True, slots=True)
class _Mould:
    """A package with gaps, and the strings in it, encoded: a name that is one of them has no string of its own."""

    stencil: Stencil
    strings: frozenset[bytes]

    def stamped(self, texts: _Texts) -> bytes | None:
        """The package with these texts, or ``None`` when the name or the code is a word that stands there anyway."""
        if texts[_NAME] in self.strings or texts.get(_CODE) in self.strings:
            return None
        return self.stencil.filled(texts)


def _mould(one: Content, other: Content, build: Callable[[Content], bytes], key: bytes) -> _Mould | None:
    """The mould for workbooks of the shape of both; ``None`` when they differ in more than their texts."""
    one, other = _for_tokens(one, *_SHORT), _for_tokens(other, *_LONG)
    package, again = build(one), build(other)
    texts, others = _texts(one, key), _texts(other, key)
    cuts = _cuts(package, one, texts)
    stencil = Stencil(package, {name: cut for name, cut in cuts.items() if cut.gaps})
    if (
        cuts != _cuts(again, other, others)
        or {gap for cut in cuts.values() for gap in cut.gaps} != texts.keys()
        or stencil.filled(texts) != package
        or stencil.filled(others) != again
    ):
        return None
    return _Mould(stencil, frozenset(_STRING.findall(b"\0".join(cuts[_STRINGS].pieces))))


def _for_tokens(content: Content, name: str, code: str) -> Content:
    """The same workbook for an agency that is called by tokens."""
    agency = content.stamp.agency
    other = Agency(agency.district, name if agency.code == agency.name else code, name)
    return replace(content, stamp=replace(content.stamp, agency=other))


def _cuts(package: bytes, content: Content, texts: _Texts) -> dict[str, Cut]:
    """Every part, cut where one of the *texts* about the agency stands, and where a figure or what follows from it does."""
    tokens = {text: gap for gap, text in texts.items() if isinstance(gap, str)}
    places = _places(content, texts)
    with zipfile.ZipFile(io.BytesIO(package)) as file:
        return {
            name: _cut(part, sorted((*_tokens(part, tokens), *_cells(part, places.get(name, {})))))
            for name in file.namelist()
            for part in (file.read(name),)
        }


def _places(content: Content, texts: _Texts) -> dict[str, dict[bytes, Place]]:
    """The cells that are to be gaps: by part, and by address. xlsxwriter numbers the sheets as they come."""
    parts = {
        name: f"xl/worksheets/sheet{number}.xml"
        for number, name in enumerate((COVER, *(sheet.name for sheet in content.layout.sheets)), 1)
    }
    found: dict[str, dict[bytes, Place]] = {}
    for gap in texts:
        if isinstance(gap, tuple):
            sheet, row, column = gap
            found.setdefault(parts[sheet], {})[a1(row, column).encode()] = gap
    return found


def _tokens(part: bytes, tokens: Mapping[bytes, str]) -> Iterator[_Span]:
    for match in re.finditer(b"|".join(map(re.escape, tokens)), part):
        yield *match.span(), tokens[match[0]]


def _cells(part: bytes, places: Mapping[bytes, Place]) -> Iterator[_Span]:
    for match in _CELL.finditer(part) if places else ():
        if gap := places.get(match[1]):
            yield *match.span(match.lastindex or 0), gap


def _cut(part: bytes, spans: list[_Span]) -> Cut:
    pieces, start = [], 0
    for begin, end, _ in spans:
        pieces.append(part[start:begin])
        start = end
    return Cut((*pieces, part[start:]), tuple(gap for *_, gap in spans))


def _texts(content: Content, key: bytes) -> _Texts:
    """What goes into the gaps: how a workbook says whose it is, and with what it is filled in."""
    agency = content.stamp.agency
    texts: _Texts = {_NAME: _escaped(agency.name), _HEADER: _escaped(header_text(agency.name))}
    if agency.code != agency.name:
        texts[_CODE] = _escaped(agency.code)
    if key:
        texts[_SEAL] = seal(content.stamp, key).encode()
    if content.carried or content.last:
        texts |= _figures(content)
    return texts


def _figures(content: Content) -> _Texts:
    """Every figure, and what the live formulas show of them."""
    texts: _Texts = {place: _result(value) for place, value in results(content).items()}
    cells, values = content.layout.form.cells, content.values
    for sheet in content.layout.sheets:
        for name, area in sheet.cells.items():
            value = values.get(name)
            texts[sheet.name, *area.anchor] = (
                _result(stored(value or Decimal(0))) if cells[name].is_total else _typed(value)
            )
        if content.last and sheet.beside:
            for name, area in sheet.beside.cells.items():
                texts[sheet.name, *area.anchor] = _typed(content.last.get(name))
    return texts


def _typed(value: Decimal | None) -> bytes:
    """The end of the element of a cell that holds a number, or nothing."""
    return b"/>" if value is None else b"><v>%s</v></c>" % f"{stored(value):.16G}".encode()


def _result(value: float | str) -> bytes:
    return _escaped(str(value))


def _escaped(text: str) -> bytes:
    """The content of an element, as xlsxwriter writes it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode()
