"""Rosters: the lists of agencies that have to report, in the coordinator's order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from xltools.data.record import Agency
from xltools.errors import Problem, RosterError
from xltools.text import Word, harmless
from xltools.white_space import is_blank

_IMPOSSIBLE = r'[<>:"/\\|?*\x00-\x1f]'  # in a Windows file name
_LONGEST = 180  # bytes of a name in UTF-8, so that CODE_NAME_YEAR.xlsx fits every file system
CODE_HEADS = ("code", "代码", "编码", "单位代码", "单位编码", "机构代码")
NAME_HEADS = ("name", "名称", "单位", "单位名称", "机构名称", "填报单位")
KIND_HEADS = ("kind", "类别", "单位类别")
RULE_MAKER_HEADS = ("rule_maker", "规章制定主体")
_YES = {"是", "yes", "true", "1"}


class Entry(NamedTuple):
    """One agency of a roster; ``others`` has the other columns by their headers."""

    code: str
    name: str
    others: dict[str, str]

    def agency(self, district: str = "") -> Agency:
        """Return the agency, in *district*."""
        return Agency(district, self.code, self.name)

    @property
    def kind(self) -> str:
        """The kind of agency, for comparisons with others of its kind; empty without such a column."""
        return self._other(KIND_HEADS)

    @property
    def is_rule_maker(self) -> bool:
        """Whether the agency may fill in the figures that only rule-makers fill in."""
        return self._other(RULE_MAKER_HEADS).casefold() in _YES

    def _other(self, heads: tuple[str, ...]) -> str:
        return next((cell for head, cell in self.others.items() if head.casefold() in heads), "")


@dataclass(frozen=True)
class Roster:
    """The agencies, with unique codes."""

    entries: tuple[Entry, ...]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    @cached_property
    def order(self) -> dict[str, int]:
        """The index of each code in the coordinator's order."""
        return {entry.code: index for index, entry in enumerate(self.entries)}

    def get(self, code: str) -> Entry | None:
        """Return the agency with that code, or ``None``."""
        index = self.order.get(code)
        return None if index is None else self.entries[index]

    def alike(self, agency: Agency) -> Entry | None:
        """Return the only entry of that name whose code differs in leading zeros or in how it is written, or ``None``."""
        core, name = _core(agency.code), "".join(agency.name.split())
        found = [e for e in self._by_core.get(core, ()) if "".join(e.name.split()) == name]
        return found[0] if len(found) == 1 else None

    @cached_property
    def _by_core(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(_core(entry.code), []).append(entry)
        return found

    def find(self, wanted: str) -> Entry | None:
        """Return the agency with that code or else that name, or ``None``."""
        return self.get(wanted) or next((e for e in self.entries if e.name == wanted), None)

    def named(self, name: str) -> Entry | None:
        """Return the agency with that name, or the only one whose name differs by a prefix, or ``None``.

        A report may be titled 青禾区统计局 where the roster has 统计局, or the reverse.
        """
        found = [entry for entry in self.entries if entry.name == name] or [
            entry for entry in self.entries if entry.name.endswith(name) or name.endswith(entry.name)
        ]
        return found[0] if len(found) == 1 else None


_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_QUOTED = re.compile(r"""'(.+)|=?"(.+)\"""")


def _plain_code(text: str) -> str:
    """Return a code without what spreadsheets put around it, such as ="001", and without invisible characters."""
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf").strip()
    quoted = _QUOTED.fullmatch(visible)
    return next(filter(None, quoted.groups())).strip() if quoted else visible


def _core(code: str) -> str:
    """Return what two spellings of a code have in common: in narrow characters, without leading zeros."""
    return _plain_code(code).translate(_FULL_WIDTH).casefold().lstrip("0")


def build(rows: Iterable[tuple[int, Sequence[str]]], origin: str) -> Roster:
    """Return the roster from numbered rows of text, headers first; raises :class:`RosterError` with every fault.

    *origin* is the name of the file for the problems.
    """
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
    lines_by_code: dict[str, int] = {}
    lines_by_name: dict[str, int] = {}
    for number, row in lines:
        cells = row + [""] * (len(head) - len(row))
        others = {
            h: cell
            for i, (h, cell) in enumerate(zip(first[1], cells, strict=False))
            if h and i not in {code, name}
        }
        entries.append(Entry(_plain_code(cells[code]), cells[name], others))
        problems += _faults(entries[-1], number, origin, lines_by_code, lines_by_name)
    if not entries:
        problems.append(Problem("roster-empty", origin))
    if problems:
        raise RosterError(*problems)
    return Roster(tuple(entries))


def name_faults(code: str, name: str) -> Iterator[Problem]:
    """Yield the reasons why *code* and *name* cannot be part of a file name."""
    for what, text in (("code", code), ("name", name)):
        if not text:
            yield Problem("roster-blank", facts={"what": Word(f"item-{what}")})
        # In a code, "." or "~" at the start would hide the file, and "_" separates code and name.
        wrong = re.findall(rf"{_IMPOSSIBLE}|^[.~]|_" if what == "code" else _IMPOSSIBLE, text)
        wrong += [letter for letter in text if harmless(letter) != letter]
        if found := sorted(set(wrong)):
            yield Problem(
                "roster-character", facts={"text": text, "characters": " ".join(map(_visible, found))}
            )
    if len(name.encode()) + len(code.encode()) > _LONGEST:
        yield Problem("roster-long", facts={"text": name, "limit": _LONGEST})


def _visible(character: str) -> str:
    return character if character.isprintable() else f"U+{ord(character):04X}"


def _column(head: list[str], names: tuple[str, ...]) -> int | None:
    """Return the index of the first of *names* in the headers, or ``None``."""
    return next((head.index(name) for name in names if name in head), None)


def _faults(
    entry: Entry, number: int, origin: str, lines_by_code: dict[str, int], lines_by_name: dict[str, int]
) -> Iterator[Problem]:
    """Yield what is wrong with an entry, and record the line of its code and name for repetitions."""
    place = f"{origin}:{number}"
    for fault in name_faults(entry.code, entry.name):
        yield Problem(fault.code, place, fault.facts)
    for what, text, lines in (("code", entry.code, lines_by_code), ("name", entry.name, lines_by_name)):
        first = lines.setdefault(text.casefold(), number)  # Windows ignores the case of file names
        if text and first != number:
            yield Problem(
                "roster-repeated", place, {"what": Word(f"item-{what}"), "text": text, "first": first}
            )
