"""The list of agencies that are to report, in the coordinator's order."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from attrs import define

from xltools.data.number import is_blank
from xltools.data.record import Agency
from xltools.errors import Problem, RosterError

_IMPOSSIBLE = re.compile(r'[<>:"/\\|?*\x00-\x1f]')  # in a Windows file name
_LONGEST = 180  # bytes of a name in UTF-8, so that CODE_NAME_YEAR.xlsx fits every file system
CODE_HEADS = ("code", "代码", "编码", "单位代码", "单位编码", "机构代码")
NAME_HEADS = ("name", "名称", "单位", "单位名称", "机构名称", "填报单位")
KIND_HEADS = ("kind", "类别", "单位类别")
RULE_MAKER_HEADS = ("rule_maker", "规章制定主体")
_YES = {"是", "yes", "true", "1"}


class Entry(NamedTuple):
    """One agency of the roster; ``others`` are its further columns by their heads."""

    code: str
    name: str
    others: dict[str, str]

    def agency(self, district: str = "") -> Agency:
        """The agency that it names, of that district."""
        return Agency(district, self.code, self.name)

    @property
    def kind(self) -> str:
        """What sort of agency it is, to compare it with others of that sort; without such a column all are one."""
        return self._other(KIND_HEADS)

    @property
    def is_rule_maker(self) -> bool:
        """Whether the roster says that it may fill in what only rule-makers fill in."""
        return self._other(RULE_MAKER_HEADS).casefold() in _YES

    def _other(self, heads: tuple[str, ...]) -> str:
        return next((cell for head, cell in self.others.items() if head.casefold() in heads), "")


@define(frozen=True, slots=False)
class Roster:
    """The agencies, each with a code of its own."""

    entries: tuple[Entry, ...]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    @cached_property
    def by_code(self) -> dict[str, Entry]:
        """The agencies by code."""
        return {entry.code: entry for entry in self.entries}

    @cached_property
    def order(self) -> dict[str, int]:
        """The place of each code in the coordinator's order."""
        return {entry.code: index for index, entry in enumerate(self.entries)}

    def find(self, wanted: str) -> Entry | None:
        """The agency with that code, or with that name."""
        return self.by_code.get(wanted) or next((e for e in self.entries if e.name == wanted), None)


def build(rows: Iterable[tuple[int, Sequence[str]]], origin: str) -> Roster:
    """A roster from numbered rows of text, the first of them its head; raises :class:`RosterError` with every fault."""
    lines = [(number, [cell.strip() for cell in row]) for number, row in rows if not all(map(is_blank, row))]
    if not lines:
        raise RosterError(Problem("roster-empty", origin))
    head = [cell.casefold() for cell in lines[0][1]]
    code, name = _column(head, CODE_HEADS), _column(head, NAME_HEADS)
    if code is None or name is None:
        raise RosterError(Problem("roster-head", origin, {"head": "、".join(lines[0][1])}))
    entries = [(number, _entry(lines[0][1], row, code, name)) for number, row in lines[1:]]
    problems = list(_faults(entries, origin))
    if problems:
        raise RosterError(*problems)
    return Roster(tuple(entry for _, entry in entries))


def name_faults(code: str, name: str) -> Iterator[Problem]:
    """Why this code and name cannot stand in a file name."""
    for what, text in (("code", code), ("name", name)):
        if not text:
            yield Problem("roster-blank", facts={"what": what})
        first = (
            text[:1] if what == "code" and text.startswith((".", "~")) else ""
        )  # such files count as hidden
        parting = "_" if what == "code" and "_" in text else ""  # it parts code and name in file names
        if found := sorted({*_IMPOSSIBLE.findall(text), *first, *parting}):
            yield Problem(
                "roster-character", facts={"text": text, "characters": " ".join(map(_visible, found))}
            )
    if len(name.encode()) + len(code.encode()) > _LONGEST:
        yield Problem("roster-long", facts={"text": name, "limit": _LONGEST})


def _visible(character: str) -> str:
    return character if character.isprintable() else f"U+{ord(character):04X}"


def _column(head: list[str], names: tuple[str, ...]) -> int | None:
    return next((head.index(name) for name in names if name in head), None)


def _entry(head: list[str], row: list[str], code: int, name: int) -> Entry:
    cells = row + [""] * (len(head) - len(row))
    cells = list(map(sys.intern, cells))  # kinds are the same in many rows, codes and names in many returns
    others = {h: c for i, (h, c) in enumerate(zip(head, cells, strict=False)) if i not in (code, name) and h}
    return Entry(cells[code], cells[name], others)


def _faults(entries: list[tuple[int, Entry]], origin: str) -> Iterator[Problem]:
    if not entries:
        yield Problem("roster-empty", origin)
    seen: dict[tuple[str, str], int] = {}
    for number, entry in entries:
        place = f"{origin}:{number}"
        for fault in name_faults(entry.code, entry.name):
            yield Problem(fault.code, place, fault.facts)
        for what, text in (("code", entry.code), ("name", entry.name)):
            first = seen.setdefault((what, text.casefold()), number)  # Windows folds the case of file names
            if text and first != number:
                yield Problem("roster-repeated", place, {"what": what, "text": text, "first": first})
