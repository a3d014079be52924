"""Rosters: the lists of agencies that have to report, in the coordinator's order."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

from xltools.data.record import Agency
from xltools.errors import Problem, RosterError
from xltools.files import is_device
from xltools.form.fields import yes_or_no
from xltools.form.kinds import Held, Meant
from xltools.form.model import RULE_MAKERS, Form
from xltools.text import Word, harmless
from xltools.white_space import compact, is_blank

_IMPOSSIBLE = r'[<>:"/\\|?*\x00-\x1f]'  # in a Windows file name
_REMARK = re.compile(r"[(（]([^()（）]*)[)）]\s*$")
_LONGEST = 180  # bytes of a name in UTF-8, so that CODE_NAME_YEAR.xlsx fits every file system
CODE_HEADS = ("code", "代码", "编码", "单位代码", "单位编码", "机构代码", "统一社会信用代码")
NAME_HEADS = (
    *("name", "名称", "单位", "单位名称", "机构名称", "填报单位"),
    *("单位全称", "部门", "部门名称", "机构", "报送单位", "责任单位"),
)
KIND_HEADS = ("kind", "类别", "单位类别")
RULE_MAKER_HEADS = ("rule_maker", "规章制定主体")
MERGED_HEADS = ("merged_into", "并入")
SPLIT_HEADS = ("split_into", "拆分")
MAIL_HEADS = (
    *("email", "e-mail", "mail", "email地址", "邮箱", "邮箱地址", "电子邮箱", "电子邮箱地址"),
    *("电子邮件", "电子邮件地址", "邮件地址", "电子信箱", "联系邮箱", "单位邮箱"),
)
CONTACT_HEADS = ("联系人", "负责人", "联系方式")
NEEDED_HEADS = (CODE_HEADS, NAME_HEADS)
USUAL_HEADS = (  # further columns of the table, by which its heads are recognised
    *(KIND_HEADS, RULE_MAKER_HEADS, MERGED_HEADS, SPLIT_HEADS, MAIL_HEADS, CONTACT_HEADS),
    *(("序号", "no", "no."), ("电话", "联系电话", "手机"), ("备注", "说明")),
)
# What is written below a table, without spaces.
_CLOSING = re.compile(r"[（(]?(?:以上)?(?:(合计|总计|小计|共计|备注|填表人|制表)|(注|说明)[:：\d]|共\d+)")
# What no name of an agency is: a remark, the head of a group of agencies, a part of another one.
_NO_NAME = re.compile(
    r"[^\x00-\x7f]+[:：]|[一二三四五六七八九十]+[、.．]|[（(][一二三四五六七八九十]+[)）]|\d+[个家](?:单位)?$"
)
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

    @property
    def successors(self) -> tuple[str, ...]:
        """The codes or names of the agencies that this one was merged into or split into; usually none."""
        text = f"{self._other(MERGED_HEADS)}\n{self._other(SPLIT_HEADS)}".strip()
        return tuple(filter(None, map(str.strip, re.split(r"[、，,;；\n]", text)))) if text else ()

    @property
    def mail(self) -> str:
        """The text of the columns in which addresses of mail may be."""
        heads = (*MAIL_HEADS, *CONTACT_HEADS)
        return "\n".join(cell for head, cell in self.others.items() if head_key(head) in heads)

    def flag(self, column: str) -> Meant | None:
        """Return what a column that says yes or no means of the agency; ``None`` if there is no such column.

        The head of the column is its name, alone or in brackets: ``police`` or ``公安机关（police）``.
        """
        for head, cell in self.others.items():
            inside = _REMARK.search(head)
            if head_key(column) in {head_key(head), head_key(inside[1]) if inside else ""}:
                return yes_or_no().read(Held(cell))
        return None

    def _other(self, heads: tuple[str, ...]) -> str:
        return next((cell for head, cell in self.others.items() if head_key(head) in heads), "")


@dataclass(frozen=True)
class Roster:
    """The agencies that have to report, with unique codes.

    ``successions`` are the agencies that were merged into others or split, which need not report any more, each with
    those that took it over; one that goes on is among its own successors. ``left_out`` are agencies that
    :meth:`without` removed.
    """

    entries: tuple[Entry, ...]
    successions: tuple[tuple[Entry, tuple[Entry, ...]], ...] = ()
    left_out: tuple[Entry, ...] = ()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    @cached_property
    def order(self) -> dict[str, int]:
        """The index of each code in the coordinator's order."""
        return {entry.code: index for index, entry in enumerate(self.entries)}

    @cached_property
    def _by_core(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(_core(entry.code), []).append(entry)
        return found

    def get(self, code: str) -> Entry | None:
        """Return the agency with that code, or else the only one whose code differs in leading zeros, or ``None``.

        Excel makes 1 of the code 001 when it saves a roster.
        """
        if (index := self.order.get(code)) is not None:
            return self.entries[index]
        alike = self._by_core.get(_core(code), ())
        return alike[0] if len(alike) == 1 else None

    def as_issued(self, issued: Iterable[str]) -> Roster:
        """Return the roster with the codes that were *issued*, where its own have lost their leading zeros.

        A code is put back where exactly one line and one issued code fit each other. If any was lost, shorter numbers
        without an issued code are as long as these, if all of these are equally long.
        """
        codes = set(map(_plain_code, issued))
        alike: dict[str, list[str]] = {}
        for code in codes:
            alike.setdefault(_core(code), []).append(code)
        fitting = {
            lines[0].code: alike[core][0]
            for core, lines in self._by_core.items()
            if len(lines) == len(alike.get(core, ())) == 1
        }
        widths = {len(code) if code.isdecimal() else 0 for code in codes}
        are_lost = any(own != code for own, code in fitting.items())
        width = widths.pop() if are_lost and len(widths) == 1 else 0

        def whole(entry: Entry) -> Entry:
            code, is_alone = entry.code, len(self._by_core[_core(entry.code)]) == 1
            is_short = code.isdecimal() and not code.startswith("0") and is_alone
            padded = code.zfill(width) if is_short else code
            return entry._replace(code=fitting.get(code, padded))

        return replace(self, entries=tuple(map(whole, self.entries)))

    def find(self, wanted: str) -> Entry | None:
        """Return the agency with that code or else that name, or ``None``."""
        return self.get(wanted) or next((e for e in self.entries if e.name == wanted), None)

    def named(self, name: str) -> Entry | None:
        """Return the agency with that name, or the only one whose name differs by a prefix, or ``None``.

        A report may be titled 青禾区统计局 where the roster has 统计局, or the reverse.
        """
        wanted, names = compact(name), [compact(entry.name) for entry in self.entries]
        pairs = list(zip(names, self.entries, strict=True))  # a list may space the names out: 司 法 局
        found = [entry for own, entry in pairs if own == wanted] or [
            entry for own, entry in pairs if own.endswith(wanted) or wanted.endswith(own)
        ]
        return found[0] if len(found) == 1 else None

    def meant(self, wanted: str) -> tuple[Entry, ...]:
        """Return the agencies that a person may mean by *wanted*: a code, a name, or a part of the name.

        With one agency it is clear which is meant.
        """
        if entry := self.find(wanted) or (self.named(wanted) if wanted else None):
            return (entry,)
        return tuple(entry for entry in self.entries if len(wanted) > 1 and wanted in entry.name)

    def without(self, codes: Iterable[str]) -> Roster:
        """Return the roster without the agencies with *codes*."""
        wanted = set(codes)
        kept = tuple(entry for entry in self.entries if entry.code not in wanted)
        left_out = tuple(entry for entry in self.entries if entry.code in wanted)
        return replace(self, entries=kept, left_out=(*self.left_out, *left_out))


# Characters of the heads above as they are written in traditional Chinese.
_SIMPLIFIED = str.maketrans(
    "單碼編機構統會稱類別規報責門負聯繫係電話郵備註說併並總計號",
    "单码编机构统会称类别规报责门负联系系电话邮备注说并并总计号",
)
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # to the narrow characters
_QUOTED = re.compile(r"""'(.+)|=?"(.+)\"""")


def _plain_code(text: str) -> str:
    """Return a code in narrow characters, without invisible ones and without what spreadsheets put around it: ="001"."""
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf").strip()
    quoted = _QUOTED.fullmatch(visible)
    bare = next(filter(None, quoted.groups())).strip() if quoted else visible
    return bare.translate(FULL_WIDTH)


def _core(code: str) -> str:
    """Return what two spellings of a code have in common: the code without leading zeros."""
    plain = _plain_code(code).casefold()
    return plain.lstrip("0") or plain[:1]


@lru_cache(maxsize=256)  # each line of a roster asks for the same heads
def head_key(text: str) -> str:
    """Return the head of a column for comparison: without spaces, a remark in brackets, and a mark at its end."""
    bare = re.sub(r"[\s\u200b\ufeff]|[(（][^)）]*[)）]$", "", text)
    return bare.translate(FULL_WIDTH).translate(_SIMPLIFIED).strip("*:").casefold()


def numbered(
    rows: Sequence[tuple[int, list[str]]], before: Roster | None = None
) -> list[tuple[int, list[str]]]:
    """Return *rows*, heads first, without blank ones; with names but no codes they get the codes 001, 002 and so on.

    An agency that is on the roster *before* keeps its code, and nobody else gets it.
    """
    kept = [(number, row) for number, row in rows if not all(map(is_blank, row))]
    head = list(map(head_key, kept[0][1])) if kept else []
    name = _column(head, NAME_HEADS)
    if name is None or _column(head, CODE_HEADS) is not None:
        return kept
    former = (*before, *(entry for entry, _ in before.successions)) if before else ()
    given = {entry.name: entry.code for entry in former}
    width = max(_LEAST_DIGITS, len(str(len(kept) - 1)))
    codes = (str(count).zfill(width) for count in itertools.count(1))
    free = (code for code in codes if code not in given.values())
    names = ["".join(row[name : name + 1]).strip() for _, row in kept[1:]]
    column = (CODE_HEADS[3], *(given.get(text) or next(free) for text in names))
    return [(number, [code, *row]) for code, (number, row) in zip(column, kept, strict=True)]


_LEAST_DIGITS = 3  # of the codes that are given


def build(rows: Iterable[tuple[int, Sequence[str]]], origin: str, form: Form | None = None) -> Roster:
    """Return the roster from numbered rows of text, headers first; raises :class:`RosterError` with every fault.

    *origin* is the name of the file for the problems. The roster of a *form* that does not ask the same of all has the
    columns that say what an agency is, with yes or no.
    """
    lines = ((number, [cell.strip() for cell in row]) for number, row in rows if not all(map(is_blank, row)))
    first = next(lines, None)
    if first is None:
        raise RosterError(Problem("roster-empty", origin))
    head = list(map(head_key, first[1]))
    code, name = _column(head, CODE_HEADS), _column(head, NAME_HEADS)
    place, heads = f"{origin}:{first[0]}", {"head": "、".join(filter(None, first[1]))}
    if name is None:
        raise RosterError(Problem("roster-head", place, heads))
    if code is None:
        raise RosterError(Problem("roster-no-codes", place, heads))
    if head.count(head[name]) > 1:
        raise RosterError(Problem("roster-beside", place, {"head": first[1][name]}))
    entries: list[tuple[int, Entry]] = []
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
        entry = Entry(_plain_code(cells[code]), re.sub(r"\s*[\r\n]+\s*", "", cells[name]), others)
        faults = list(_row_faults(entry, row, row[: name + 1])) or list(
            _faults(entry, number, lines_by_code, lines_by_name)
        )
        problems += [Problem(fault.code, f"{origin}:{number}", fault.facts) for fault in faults]
        entries.append((number, entry))
    if not entries:
        problems.append(Problem("roster-empty", origin))
    problems += _flag_faults(entries, form.flags if form else (), origin)
    listed = tuple(entry for _, entry in entries)
    roster, whole = divided(listed), Roster(listed)
    for number, entry in entries:
        problems += [
            Problem("roster-successor", f"{origin}:{number}", {"name": entry.name, "text": text})
            for text in entry.successors
            if not _heirs(text, entry, whole, roster)
        ]
    if problems:
        raise RosterError(*problems)
    return roster


def _flag_faults(
    entries: Sequence[tuple[int, Entry]], flags: Iterable[str], origin: str
) -> Iterator[Problem]:
    """Yield the columns of these *flags* that are missing, and what in them is neither yes nor no."""
    for column in (flag for flag in flags if flag != RULE_MAKERS):  # they are known by other means too
        meant = [(number, entry.flag(column)) for number, entry in entries]
        if any(one is None for _, one in meant):
            yield Problem("roster-no-flag", origin, {"column": column})
        yield from (
            Problem("roster-bad-flag", f"{origin}:{number}", {"column": column})
            for number, one in meant
            if one and one.fault
        )


def divided(entries: Sequence[Entry]) -> Roster:
    """Return the roster of *entries* without those that others took over."""
    whole = Roster(tuple(entries))
    goes_on = [not e.successors or (e,) in map(whole.meant, e.successors) for e in entries]
    present = Roster(tuple(e for e, goes in zip(entries, goes_on, strict=True) if goes))
    changed = (entry for entry in entries if entry.successors)
    taken_over = tuple(
        (e, tuple({x.code: x for text in e.successors for x in _heirs(text, e, whole, present)}.values()))
        for e in changed
    )
    return replace(present, successions=taken_over)


def _heirs(text: str, entry: Entry, whole: Roster, present: Roster) -> tuple[Entry, ...]:
    """Return the agencies that report and took *entry* over with the one that *text* means; none if that is not clear.

    One that was taken over itself is followed to its own successors.
    """
    todo, done, found = [(text, [entry.code])], set[str](), dict[str, Entry]()
    while todo:
        wanted, before = todo.pop(0)
        meant = present.meant(wanted) or whole.meant(wanted)
        if len(meant) != 1:
            return ()
        (one,) = meant
        if one.code in present.order:
            found[one.code] = one
        elif one.code in before:
            return ()
        elif one.code not in done:
            done.add(one.code)
            todo += [(further, [*before, one.code]) for further in one.successors]
    return tuple(found.values())


def _row_faults(entry: Entry, row: Sequence[str], head: Sequence[str]) -> Iterator[Problem]:
    """Yield why a row is not an agency: a sum or a remark below the table, or a formula whose result is not stored.

    *head* has the cells up to the name: 合计 may stand in the first of a row that was given a code.
    """
    cells = (*head, entry.code, entry.name) if entry.code and entry.name else row
    closing = next((cell for cell in cells if _CLOSING.match(_plain(cell))), None)
    if closing or _NO_NAME.match(_plain(entry.name)):
        yield Problem("roster-closing", facts={"text": closing or entry.name})
        return
    for what, text in (("code", entry.code), ("name", entry.name)):
        if text.startswith("="):
            yield Problem("roster-formula", facts={"what": Word(f"item-{what}"), "text": text})


def _plain(cell: str) -> str:
    return "".join(cell.split()).translate(_SIMPLIFIED)


def several(wanted: str, meant: Iterable[Entry]) -> Problem:
    """Return the problem that *wanted* may mean several agencies."""
    agencies = "、".join(str(entry.agency()) for entry in meant)
    return Problem("several-agencies", facts={"wanted": wanted, "agencies": agencies})


def name_faults(code: str, name: str) -> Iterator[Problem]:
    """Yield the reasons why *code* and *name* cannot be part of a file name."""
    for what, text in (("code", code), ("name", name)):
        if not text:
            yield Problem("roster-blank", facts={"what": Word(f"item-{what}")})
        # In a code, "." or "~" at the start would hide the file, and "_" separates code and name.
        wrong = re.findall(rf"{_IMPOSSIBLE}|^[.~]|_" if what == "code" else _IMPOSSIBLE, text)
        if harmless(text) != text:
            wrong += [letter for letter in text if harmless(letter) != letter]
        if what == "code" and is_device(f"{text}_"):  # nul.1_NAME_YEAR.xlsx
            wrong.append(".")
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
    entry: Entry, number: int, lines_by_code: dict[str, int], lines_by_name: dict[str, int]
) -> Iterator[Problem]:
    """Yield what is wrong with an entry, and record the line of its code and name for repetitions."""
    yield from name_faults(entry.code, entry.name)
    for what, text, lines in (("code", entry.code, lines_by_code), ("name", entry.name, lines_by_name)):
        first = lines.setdefault(text.casefold(), number)  # Windows ignores the case of file names
        if text and first != number:
            yield Problem(
                "roster-repeated", facts={"what": Word(f"item-{what}"), "text": text, "first": first}
            )
