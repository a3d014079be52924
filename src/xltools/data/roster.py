"""The list of agencies that are to report, in the coordinator's order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from xltools.data.number import is_blank
from xltools.data.record import Agency
from xltools.errors import Problem, RosterError
from xltools.text import Word

_IMPOSSIBLE = r'[<>:"/\\|?*\x00-\x1f]'  # in a Windows file name
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


@dataclass(frozen=True)
class Roster:
    """The agencies, each with a code of its own."""

    entries: tuple[Entry, ...]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    @cached_property
    def order(self) -> dict[str, int]:
        """The place of each code in the coordinator's order."""
        return {entry.code: index for index, entry in enumerate(self.entries)}

    def get(self, code: str) -> Entry | None:
        """The agency with that code."""
        place = self.order.get(code)
        return None if place is None else self.entries[place]

    def find(self, wanted: str) -> Entry | None:
        """The agency with that code, or with that name."""
        return self.get(wanted) or next((e for e in self.entries if e.name == wanted), None)

    def named(self, name: str) -> Entry | None:
        """The agency of that name; or the only one whose name is the same but for what one of the two has in front of it.

        A report is titled 青禾区统计局 where the roster has 统计局, or the other way round.
        """
        found = [entry for entry in self.entries if entry.name == name] or [
            entry for entry in self.entries if entry.name.endswith(name) or name.endswith(entry.name)
        ]
        return found[0] if len(found) == 1 else None


def build(rows: Iterable[tuple[int, Sequence[str]]], origin: str) -> Roster:
    """A roster from numbered rows of text, the first of them its head; raises :class:`RosterError` with every fault."""
    lines = ((number, [cell.strip() for cell in row]) for number, row in rows if not all(map(is_blank, row)))
    first = next(lines, None)
    if first is None:
        raise RosterError(Problem("roster-empty", origin))
    head = [cell.casefold() for cell in first[1]]
    code, name = _column(head, CODE_HEADS), _column(head, NAME_HEADS)
    if code is None or name is None:
        raise RosterError(Problem("roster-head", origin, {"head": "、".join(first[1])}))
    entries: list[Entry] = []
    problems: list[Problem] = []
    seen = _Seen({}, {})
    others: dict[tuple[str, ...], dict[str, str]] = {}
    for number, row in lines:
        entries.append(_entry(first[1], row, (code, name), others))
        problems += _faults(entries[-1], number, origin, seen)
    if not entries:
        problems.append(Problem("roster-empty", origin))
    if problems:
        raise RosterError(*problems)
    return Roster(tuple(entries))


def name_faults(code: str, name: str) -> Iterator[Problem]:
    """Why this code and name cannot stand in a file name."""
    for what, text in (("code", code), ("name", name)):
        if not text:
            yield Problem("roster-blank", facts={"what": Word(f"item-{what}")})
        first = (
            text[:1] if what == "code" and text.startswith((".", "~")) else ""
        )  # such files count as hidden
        parting = "_" if what == "code" and "_" in text else ""  # it parts code and name in file names
        if found := sorted({*re.findall(_IMPOSSIBLE, text), *first, *parting}):
            yield Problem(
                "roster-character", facts={"text": text, "characters": " ".join(map(_visible, found))}
            )
    if len(name.encode()) + len(code.encode()) > _LONGEST:
        yield Problem("roster-long", facts={"text": name, "limit": _LONGEST})


def _visible(character: str) -> str:
    return character if character.isprintable() else f"U+{ord(character):04X}"


def _column(head: list[str], names: tuple[str, ...]) -> int | None:
    return next((head.index(name) for name in names if name in head), None)


def _entry(
    head: list[str], row: list[str], own: tuple[int, int], others: dict[tuple[str, ...], dict[str, str]]
) -> Entry:
    """One line; what is the same in many, such as kinds, is kept once for all of them."""
    cells = row + [""] * (len(head) - len(row))
    rest = tuple(cell for place, cell in enumerate(cells[: len(head)]) if place not in own)
    if rest not in others:
        heads = [title for place, title in enumerate(head) if place not in own]
        others[rest] = {title: cell for title, cell in zip(heads, rest, strict=True) if title}
    return Entry(cells[own[0]], cells[own[1]], others[rest])


class _Seen(NamedTuple):
    """The lines in which codes and names stand first."""

    code: dict[str, int]
    name: dict[str, int]


def _faults(entry: Entry, number: int, origin: str, seen: _Seen) -> Iterator[Problem]:
    place = f"{origin}:{number}"
    for fault in name_faults(entry.code, entry.name):
        yield Problem(fault.code, place, fault.facts)
    for what, text, lines in (("code", entry.code, seen.code), ("name", entry.name, seen.name)):
        folded = text.casefold()  # Windows folds the case of file names
        first = lines.setdefault(text if folded == text else folded, number)
        if text and first != number:
            yield Problem(
                "roster-repeated", place, {"what": Word(f"item-{what}"), "text": text, "first": first}
            )
