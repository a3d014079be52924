"""Reads the stamp of a workbook: form, edition, period and agency."""

from __future__ import annotations

import re

from xltools.data.filing import Kind, Stamp
from xltools.data.finding import Finding
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.excel.scan import Facts
from xltools.form import library
from xltools.form.address import a1, column_index
from xltools.form.layout import layout
from xltools.form.model import Form
from xltools.form.places import COVER, PREFIX, STAMP
from xltools.text import Word, clerk

_REFERENCE = re.compile(r"=?(?:'((?:[^']|'')+)'|([^'!]+))!\$?([A-Za-z]{1,3})\$?([0-9]{1,7})(?::.*)?")
_KINDS: tuple[Kind, ...] = ("return", "rollup")


def read_stamp(facts: Facts) -> tuple[Stamp | None, list[Finding]]:
    """Return the stamp, from the document properties or else from the cover, and findings where the two differ."""
    find_place = _issued_place if facts.old_format else named_place
    cover = {key: text for key in STAMP if (text := _text(facts, find_place(facts, PREFIX + key)))}
    if "kind" in cover:
        shown = {clerk()(f"cover.kind-{kind}"): kind for kind in _KINDS}
        cover["kind"] = shown.get(cover["kind"], cover["kind"])
    written = {key: facts.properties[PREFIX + key] for key in STAMP if facts.properties.get(PREFIX + key)}
    texts = written if len(written) == len(STAMP) else cover
    kind = next((kind for kind in _KINDS if kind == texts.get("kind")), None)
    period = Period.from_text(texts.get("year", ""))
    if len(texts) < len(STAMP) or period is None or kind is None:
        return None, []
    edited = [_edited(facts, key, cover[key], texts[key]) for key in cover if cover[key] != texts[key]]
    agency = Agency(texts["district"], texts["code"], texts["name"])
    return Stamp(texts["form"], texts["edition"], period, agency, kind), edited


def _edited(facts: Facts, key: str, found: str, expected: str) -> Finding:
    place = named_place(facts, PREFIX + key)
    address = a1(*place[1:]) if place else ""
    words: dict[str, object] = {"item": Word(f"item-{key}")}
    return Finding("stamp-edited", sheet=COVER, address=address, found=found, expected=expected, facts=words)


def named_place(facts: Facts, name: str) -> tuple[str, int, int] | None:
    """Return sheet, row and column that a defined name refers to; ``None`` if it is missing or refers to no cell."""
    match = _REFERENCE.fullmatch(facts.names.get(name.casefold(), ""))
    if match is None:
        return None
    return (match[1] or match[2]).replace("''", "'"), int(match[4]) - 1, column_index(match[3])


def _issued_place(facts: Facts, name: str) -> tuple[str, int, int] | None:
    """Return the place that all forms have for a part of the stamp; old formats have no defined names."""
    area = layout(library.find(library.DEFAULT)).cover.stamp[name.removeprefix(PREFIX)]
    return (COVER, *area.anchor) if facts.sheet(COVER) else None


def _text(facts: Facts, place: tuple[str, int, int] | None) -> str:
    sheet = facts.sheet(place[0]) if place else None
    return sheet.text(*place[1:]).strip() if sheet and place else ""


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
