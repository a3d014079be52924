"""A collection as a folder: what is collected, from whom, until when, and where its files lie.

``collection.toml``, ``roster.csv``, ``waivers.csv``, ``outbox/`` and ``inbox/``: plain files that can be copied,
zipped and read in ten years. Inside such a folder the commands need no options.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from xltools.data.finding import SEVERITY, Severity, Waiver, can_have
from xltools.data.policy import Policy, Thresholds
from xltools.data.roster import CODE_HEADS
from xltools.errors import InputError, Problem
from xltools.files import read_bytes, refuse_existing, write_atomically
from xltools.form.lint import nearest
from xltools.rosters import load_roster, rows_of
from xltools.text import Lang, catalog

FILE = "collection.toml"
WAIVERS = "waivers.csv"
WAIVERS_WORKBOOK = "waivers.xlsx"
_LEVELS = {severity.value: severity for severity in Severity}
_WAIVER_HEADS = {
    "agency": ("agency", *CODE_HEADS),
    "code": ("finding", "问题代码"),
    "cell": ("cell", "单元格"),
    "reason": ("reason", "理由"),
    "who": ("who", "批准人"),
    "date": ("date", "日期"),
}


@dataclass(frozen=True, slots=True)
class Folder:
    """One year's collection of one district. ``prior`` is last year's collection, folder or roll-up."""

    path: Path
    form: str
    year: int
    district: str
    due: dt.date
    code: str = ""
    prior: Path | None = None
    policy: Policy = field(default_factory=Policy)
    witness: bool = False  # whether every merge has a second reader

    @property
    def roster(self) -> Path:
        """The list of agencies that are to report."""
        return self.path / "roster.csv"

    @property
    def inbox(self) -> Path:
        """Where the returns are put as they come."""
        return self.path / "inbox"

    @property
    def outbox(self) -> Path:
        """Where the workbooks for the agencies are written."""
        return self.path / "outbox"

    @property
    def rollup(self) -> Path:
        """Where the district's workbook is written."""
        return self.path / "district.xlsx"

    @property
    def template(self) -> Path:
        """The text of the published report, where there is one."""
        return self.path / "text.md"

    @property
    def report(self) -> Path:
        """Where the published report is written, with the ending of its format."""
        return self.path / "report"


def load(path: Path) -> Folder:
    """The collection in that folder; raises :class:`InputError` with everything that is wrong with its files."""
    file = path / FILE
    try:
        document = tomllib.loads(read_bytes(file).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(Problem("form-not-utf8", str(file))) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(Problem("form-not-toml", str(file), {"reason": str(error)})) from error
    problems: list[Problem] = []
    known = _Table(document, str(file), problems)
    folder = Folder(
        path=path,
        form=known.take("form", str, "xxgk-2021"),
        year=known.take("year", int),
        district=known.take("district", str),
        due=known.take("due", dt.date),
        code=known.take("code", str, ""),
        prior=_prior(path, known.take("prior", str, "")),
        policy=_policy(path, known, problems),
        witness=_witness(known.table("witness")),
    )
    known.close()
    if problems:
        raise InputError(*problems)
    return folder


def _prior(path: Path, named: str) -> Path | None:
    return path / named if named else None


def _witness(table: _Table) -> bool:
    always = table.flag("always")
    table.close()
    return always


def _policy(path: Path, known: _Table, problems: list[Problem]) -> Policy:
    levels = known.table("levels")
    thresholds = known.table("thresholds")
    found = Policy(
        levels=dict(_levels(levels)),
        waivers=tuple(_waivers(path, problems)),
        thresholds=_thresholds(thresholds),
        rule_makers=frozenset(known.take("rule_makers", list, [])),
    )
    thresholds.close()
    return found


def _levels(table: _Table) -> Iterator[tuple[str, Severity]]:
    for code in list(table.left):
        named = table.take(code, str)
        if code not in SEVERITY:
            table.fault(
                "unknown-key",
                key=code,
                nearest=nearest(code, list(SEVERITY)),
                known=table.path.rpartition("›")[2],
            )
        elif named not in _LEVELS:
            table.fault("unknown-level", code=code, level=named, known=", ".join(_LEVELS))
        elif not can_have(code, _LEVELS[named]):
            table.fault("fixed-level", code=code)
        else:
            yield code, _LEVELS[named]


def _thresholds(table: _Table) -> Thresholds:
    """Numbers above zero; TOML's floats come in as they are written."""
    chosen: dict[str, Any] = {}
    for name in (one.name for one in fields(Thresholds)):
        if name in table.left:
            value = table.take(name, (int, float))
            if not value or value <= 0:
                table.fault("not-above-zero", key=name)
            else:
                chosen[name] = value if name == "peers" else Decimal(str(value))
    return Thresholds(**chosen)


class _Table:
    """A TOML table that is taken apart key by key, so that what nobody took is known to be a mistake."""

    def __init__(self, content: Mapping[str, Any], path: str, problems: list[Problem]) -> None:
        self.left = dict(content)
        self.path = path
        self._known: list[str] = []
        self._problems = problems

    def fault(self, problem: str, **facts: object) -> None:
        """Note what is wrong in this table."""
        self._problems.append(Problem(problem, self.path, facts))

    def take(self, key: str, kind: Any, default: Any = None) -> Any:
        """The value of *key*, which must be of that kind; without a default it must be there."""
        self._known.append(key)
        if key not in self.left:
            if default is None:
                self.fault("missing-key", key=key)
            return default
        value = self.left.pop(key)
        if not isinstance(value, kind) or isinstance(value, bool | dt.datetime):
            name = " / ".join(k.__name__ for k in kind) if isinstance(kind, tuple) else kind.__name__
            self.fault("wrong-type", value=f"{key} = {value!r}", type=name)
            return default
        return value

    def flag(self, key: str) -> bool:
        """The truth value of *key*, false unless it is there."""
        self._known.append(key)
        value = self.left.pop(key, False)
        if not isinstance(value, bool):
            self.fault("wrong-type", value=f"{key} = {value!r}", type="bool")
        return value is True

    def table(self, key: str) -> _Table:
        """The table below *key*, or an empty one."""
        return _Table(self.take(key, dict, {}) or {}, f"{self.path} › {key}", self._problems)

    def close(self) -> None:
        """Everything that is left is a mistake."""
        for key in self.left:
            self.fault(
                "unknown-key", key=key, nearest=nearest(key, self._known), known=", ".join(self._known)
            )


def _waivers(folder: Path, problems: list[Problem]) -> Iterator[Waiver]:
    """Yield the rows of ``waivers.csv`` or ``waivers.xlsx``, each with a reason, a name and a date, if there is one."""
    found = [path for path in (folder / WAIVERS, folder / WAIVERS_WORKBOOK) if path.exists()]
    if len(found) > 1:
        problems.append(Problem("waivers-twice", str(found[0]), {"other": found[1].name}))
    elif found:
        yield from _rows_of_waivers(found[0], problems)


def _rows_of_waivers(path: Path, problems: list[Problem]) -> Iterator[Waiver]:
    rows = [
        (number, [cell.strip() for cell in row]) for number, row in rows_of(path) if any(map(str.strip, row))
    ]
    head = [cell.casefold() for cell in rows[0][1]] if rows else []
    places = {
        key: next((head.index(n) for n in names if n in head), None) for key, names in _WAIVER_HEADS.items()
    }
    if missing := [names[-1] for key, names in _WAIVER_HEADS.items() if places[key] is None]:
        problems.append(Problem("waiver-head", str(path), {"missing": "、".join(missing)}))
        return
    for number, row in rows[1:]:
        cells = row + [""] * len(head)
        waiver = Waiver(**{key: cells[place] for key, place in places.items() if place is not None})
        faults = list(_waiver_faults(waiver))
        problems += [Problem(code, f"{path}:{number}", facts) for code, facts in faults]
        if not faults:
            yield waiver


def _waiver_faults(waiver: Waiver) -> Iterator[tuple[str, dict[str, object]]]:
    for key in ("agency", "code", "reason", "who", "date"):
        if not getattr(waiver, key):
            yield "waiver-blank", {"what": _WAIVER_HEADS[key][-1]}
    if waiver.code and waiver.code not in SEVERITY:
        yield "unknown-code", {"code": waiver.code, "nearest": nearest(waiver.code, list(SEVERITY))}
    elif waiver.code and not can_have(waiver.code, Severity.NOTE):
        yield "fixed-waiver", {"code": waiver.code}


def create(
    path: Path,
    year: int,
    district: str,
    roster: Path,
    form: str,
    due: dt.date | None,
    prior: str,
    lang: Lang,
) -> Folder:
    """Make the folder with its files; raises what a roster or an existing collection stands against it.

    The due day is 31 January of the next year unless given (《政府信息公开条例》第四十九条).
    """
    load_roster(roster)  # refused here and not when the first command is run in the folder
    due = due or dt.date(year + 1, 1, 31)
    t = catalog(lang)
    about = {"form": form, "year": year, "due": due}
    settings = t("folder.collection", district=_quoted(district), prior=_quoted(prior), **about)
    texts = {
        path / FILE: settings,
        path / "roster.csv": "\ufeff" + _csv(row for _, row in rows_of(roster)),
        path / WAIVERS: "\ufeff" + t("folder.waivers"),
    }
    refuse_existing(texts)
    for name in ("outbox", "inbox"):
        (path / name).mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        write_atomically(file, text.encode())
    return load(path)


def _csv(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _quoted(text: str) -> str:
    """As a TOML string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
