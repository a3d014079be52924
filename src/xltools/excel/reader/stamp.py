"""Reads the stamp of a workbook: form, edition, period and agency."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from functools import lru_cache

from xltools.data.filing import Kind, Stamp, flags_of_text, given_of_text
from xltools.data.finding import Finding, quoted
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.excel.reader.garbled import is_garbled
from xltools.excel.scan import Facts
from xltools.form import library
from xltools.form.address import a1, column_index
from xltools.form.labels import plain
from xltools.form.model import Form
from xltools.form.places import COVER, FLAGS, GIVEN, OWN_STAMP, PREFIX, STAMP, STAMP_LABELS
from xltools.text import Word, clerk
from xltools.white_space import compact, trimmed

_REFERENCE = re.compile(r"=?(?:'((?:[^']|'')+)'|([^'!]+))!\$?([A-Za-z]{1,3})\$?([0-9]{1,7})(?::.*)?")
_KINDS: tuple[Kind, ...] = ("return", "rollup")


CellPlace = tuple[str, int, int]  # sheet, row and column


def read_stamp(facts: Facts) -> tuple[Stamp | None, list[Finding]]:
    """Return the stamp, from the document properties or else from the cover, and findings where the two differ."""
    keys = (*STAMP, *OWN_STAMP)
    named = {
        name.removeprefix(PREFIX): place
        for name, place in named_places(facts, (PREFIX + key for key in keys))
    }
    places = named if _is_whole(named) else _labelled_places(facts) | named
    cover = {key: text for key, place in places.items() if (text := _text(facts, place))}
    if "kind" in cover:
        shown = {clerk()(f"cover.kind-{kind}"): kind for kind in _KINDS}
        cover["kind"] = shown.get(cover["kind"], cover["kind"])
    written = {key: text for key in keys if (text := _property(facts, PREFIX + key))}
    garbled = [key for key in written if key in cover and is_garbled(cover[key], written[key])]
    findings = [
        Finding("stamp-garbled", found=quoted(written[key]), expected=quoted(cover[key]))
        for key in garbled[:1]
    ]
    written |= {key: cover[key] for key in garbled}
    texts = cover | written if _is_whole(written) else cover
    kind = next((kind for kind in _KINDS if kind == texts.get("kind")), None)
    period = Period.from_text(texts.get("year", ""))
    if not _is_whole(texts) or period is None or kind is None:
        return None, []
    if texts is cover and not facts.old_format and not _is_whole(named):
        findings.append(Finding("stamp-from-cover", sheet=places["name"][0], address=a1(*places["name"][1:])))
    findings += [
        _edited(places[key], key, cover[key], texts[key])
        for key in cover
        if compact(cover[key]) != compact(texts[key])
    ]
    agency = Agency(texts["district"], texts["code"], texts["name"])
    flags = flags_of_text(texts.get(FLAGS, "")) if kind == "return" else None
    given = given_of_text(texts.get(GIVEN, ""))
    return Stamp(texts["form"], texts["edition"], period, agency, kind, flags, given), findings


def _property(facts: Facts, name: str) -> str:
    """Return the text of a property; a long one goes on in others, which are numbered."""
    pieces = [facts.properties.get(name, "")]
    while more := facts.properties.get(f"{name}.{len(pieces) + 1}"):
        pieces.append(more)
    return "".join(pieces)


def _is_whole(found: Container[str]) -> bool:
    return all(key in found for key in STAMP)


def _edited(place: CellPlace, key: str, found: str, expected: str) -> Finding:
    sheet, row, column = place
    words: dict[str, object] = {"item": Word(f"item-{key}")}
    return Finding(
        "stamp-edited", sheet=sheet, address=a1(row, column), found=found, expected=expected, facts=words
    )


def named_places(facts: Facts, names: Iterable[str]) -> Iterator[tuple[str, CellPlace]]:
    """Yield each of the defined *names* that refers to a cell of the workbook, with its place.

    Programs leave ``#REF!$B$5`` when a sheet is deleted, and ``[1]Sheet!$B$5`` when it is moved to another workbook.
    """
    sheets = {sheet.name for sheet in facts.sheets}
    for name in names:
        place = _referred(facts.names.get(name.casefold(), ""))
        if place and place[0] in sheets:
            yield name, place


@lru_cache(maxsize=1 << 10)  # the workbooks of one form have the same references
def _referred(text: str) -> CellPlace | None:
    """Return the sheet, row and column of a reference."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return None
    return (match[1] or match[2]).replace("''", "'"), int(match[4]) - 1, column_index(match[3])


def _labelled_places(facts: Facts) -> dict[str, CellPlace]:
    """Return the cells beside the labels of the stamp, on the cover or else on the only sheet with all of these labels."""
    labels = {plain(clerk()(f"cover.{STAMP_LABELS.get(key, key)}")): key for key in (*STAMP, *OWN_STAMP)}
    labels[plain(clerk()("cover.former-name"))] = "name"
    labels[plain(clerk()("cover.report-year-part"))] = "year"
    cover = facts.sheet(COVER)
    found = []
    for sheet in (cover,) if cover else facts.sheets:
        places: dict[str, CellPlace] = {}
        for (row, column), fact in sorted(sheet.cells.items()):
            key = labels.get(plain(fact.text)) if fact.type == "s" and fact.text else None
            if key:
                places.setdefault(key, (sheet.name, row, column + 1))
        if _is_whole(places):
            found.append(places)
    return found[0] if len(found) == 1 else {}


def _text(facts: Facts, place: CellPlace) -> str:
    sheet = facts.sheet(place[0])
    return trimmed(sheet.text(*place[1:])) if sheet else ""


def find_form(stamp: Stamp, wanted: Form | None) -> tuple[Form | None, Finding | None]:
    """Return *wanted* or the built-in form of the stamp; or ``None`` and the finding that says why."""
    name = f"{stamp.form}-{stamp.edition}"
    if wanted is None:
        if name in library.names():
            return library.find(name), None
        editions = [known for known in library.names() if known.rpartition("-")[0] == stamp.form]
        expected = editions[-1] if editions else "、".join(library.names())
        return None, Finding("wrong-edition" if editions else "wrong-form", found=name, expected=expected)
    if (wanted.key, wanted.edition) == (stamp.form, stamp.edition):
        return wanted, None
    code = "wrong-edition" if wanted.key == stamp.form else "wrong-form"
    return None, Finding(code, found=name, expected=wanted.name)
