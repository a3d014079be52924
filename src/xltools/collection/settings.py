"""A collection as a folder: its settings, its waivers, and the paths of its files.

``collection.toml``, ``roster.csv``, ``waivers.csv``, ``outbox/`` and ``inbox/`` are plain files that can be copied,
zipped and read in ten years. Inside such a folder the commands need no options.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from xltools.collection.location import FILE
from xltools.collection.roster_files import load_roster, roster_text, rows_by_head
from xltools.data.finding import SEVERITY, Severity, Waiver, can_have
from xltools.data.period import Period
from xltools.data.policy import Policy, Thresholds
from xltools.data.roster import CODE_HEADS
from xltools.errors import InputError, InvalidValueError, OutputError, Problem
from xltools.files import write_atomically
from xltools.form.library import DEFAULT, find, names
from xltools.form.model import Form
from xltools.text import Lang, Word, catalog
from xltools.toml_tables import nearest, read_as, read_text, structure

ROSTER = "roster.csv"
WAIVERS = "waivers.csv"
WAIVERS_WORKBOOK = "waivers.xlsx"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST = 100  # characters of a district; it stands in headers and properties
_LEVELS = [severity.value for severity in Severity]
WAIVER_HEADS = {
    "agency": ("agency", *CODE_HEADS, "单位", "单位名称", "单位代码"),
    "code": ("finding", "问题代码"),
    "cell": ("cell", "单元格"),
    "reason": ("reason", "理由"),
    "who": ("who", "批准人"),
    "date": ("date", "日期"),
    "version": ("version", "版本"),
    "period": ("period", "报告期"),
}
GIVEN_HEADS = {key: WAIVER_HEADS[key] for key in ("agency", "cell", "period")} | {
    "figure": ("figure", "数", "数值")
}
_NEEDED = ("agency", "code", "reason", "who", "date")  # columns in which no cell is blank
MAY_LACK = {"version", "period"}  # columns that a table need not have


def _levels(table: Any, _: Any) -> dict[str, Severity]:
    """Read the table ``[levels]``: the severity chosen for each code of a finding."""
    if not isinstance(table, dict):
        raise InvalidValueError("wrong-type", value=repr(table), type=Word("type-table"))
    if faults := [fault for code, level in table.items() for fault in _level_faults(code, level)]:
        raise ExceptionGroup("levels", faults)
    return {code: Severity(level) for code, level in table.items()}


def _level_faults(code: str, level: object) -> Iterator[InvalidValueError]:
    if code not in SEVERITY:
        yield InvalidValueError("unknown-key", key=code, nearest=nearest(code, SEVERITY), known=Word("codes"))
    elif level not in _LEVELS:
        yield InvalidValueError("unknown-level", code=code, level=level, known=", ".join(_LEVELS))
    elif not can_have(code, Severity(level)):
        yield InvalidValueError("fixed-level", code=code)


def _period(value: Any, _: Any) -> Period:
    """Read the key ``period``, a text such as ``2026-03``."""
    period = Period.from_text(value) if isinstance(value, str) else None
    if period is None:
        raise InvalidValueError("bad-period", text=str(value))
    return period


@dataclass(frozen=True, slots=True)
class WitnessSettings:
    """The table ``[witness]``: whether every merge has a second reader."""

    always: bool = False


@dataclass(frozen=True, slots=True)
class CollectionSettings:
    """The file ``collection.toml``: either a ``year``, or the ``period`` at work of a collection of several.

    ``prior`` is a path from the folder of the collection.
    """

    district: str
    due: dt.date
    year: Period | None = field(default=None, metadata={"hook": read_as(int, Period)})
    period: Period | None = field(default=None, metadata={"hook": _period})
    form: str = DEFAULT
    code: str = ""
    prior: str = ""
    rule_makers: tuple[str, ...] = ()
    levels: Mapping[str, Severity] = field(default_factory=dict, metadata={"hook": _levels})
    thresholds: Thresholds = field(default_factory=Thresholds)
    witness: WitnessSettings = field(default_factory=WitnessSettings)
    who: str = ""


@dataclass(frozen=True, slots=True)
class Folder:
    """The collection of one district, for a period.

    That of a year has its own folder. One of halves, quarters or months has all periods in one, with their returns in
    folders such as ``inbox/2026-03``; ``due`` and ``policy`` are those of the ``period``, and ``waivers`` of all.

    ``prior`` is last year's collection, folder or roll-up; ``who`` works with it, by default the user of the system.
    """

    path: Path
    form: str
    period: Period
    district: str
    due: dt.date
    code: str = ""
    prior: Path | None = None
    policy: Policy = field(default_factory=Policy)
    witness: bool = False  # whether every merge has a second reader
    who: str = ""
    waivers: tuple[Waiver, ...] = ()

    def at(self, period: Period) -> Folder:
        """Return the collection for another of its periods; it is due as long after its end."""
        if self.period.is_year:
            return self
        if period.parts != self.period.parts:
            raise InputError(
                Problem("other-kind", facts={"period": period, "kind": Word(f"kind-{self.period.kind}")})
            )
        policy = replace(self.policy, waivers=tuple(w for w in self.waivers if w.period == str(period)))
        period = period.counted(self.period.begins)
        due = period.end + (self.due - self.period.end)
        return replace(self, period=period, due=due, policy=policy)

    def counted(self, form: Form) -> Folder:
        """Return the collection with a period that knows how the years of its *form* are counted."""
        return replace(self, period=self.period.counted(form.begins))

    def _folder(self, name: str) -> Path:
        return self.path / name if self.period.is_year else self.path / name / str(self.period)

    def _file(self, stem: str, ending: str = "") -> Path:
        return self.path / (f"{stem}{ending}" if self.period.is_year else f"{stem}-{self.period}{ending}")

    @property
    def before(self) -> tuple[Path, ...]:
        """The files and folders with the figures before: what ``prior`` names, or the periods before in the collection.

        These are the last period and that of a year ago; if this collection has none of their files, ``prior`` may.
        """
        if self.period.is_year or not self.path.is_dir():
            return (self.prior,) if self.prior else ()
        own = self.returns_before(self.period)
        return (*own, self.prior) if self.prior and len(own) < len(self.period.bases) else own

    def returns_before(self, period: Period) -> tuple[Path, ...]:
        """Return where the returns of the period before and of the same one a year ago are, in a collection of several periods.

        For each period it is the folder of the returns or, if that is empty, the roll-up.
        """
        homes = [self.at(base) for base in period.bases]
        found = (home.inbox if _has_any(home.inbox) else home.rollup for home in homes)
        return tuple(path for path in found if path.exists())

    def owns(self, path: str) -> bool:
        """Return whether a *path* from the folder, as the journal has it, is of the period."""
        parts = Path(path).parts
        return self.period.is_year or not path or any(str(self.period) in part for part in parts)

    @property
    def roster(self) -> Path:
        """The list of agencies that have to report."""
        return self.path / ROSTER

    @property
    def given(self) -> Path:
        """The issuer's figures, of all periods; it may be missing."""
        return self.path / "given.csv"

    @property
    def given_file(self) -> Path | None:
        """The same, if it is there."""
        return self.given if self.given.is_file() else None

    @property
    def inbox(self) -> Path:
        """The folder of the returns."""
        return self._folder("inbox")

    @property
    def versions(self) -> Path:
        """The folder of returns that newer ones have replaced; it is never read as an inbox."""
        return self._folder("versions")

    @property
    def mails(self) -> Path:
        """The folder of the mails with which returns came; they show when these were sent."""
        return self._folder("mails")

    @property
    def outbox(self) -> Path:
        """The folder of the workbooks for the agencies."""
        return self._folder("outbox")

    @property
    def rollup(self) -> Path:
        """The district's workbook, which ``merge`` writes."""
        return self._file("district", ".xlsx")

    @property
    def template(self) -> Path:
        """The text of the published report; it may be missing."""
        return self._file("text", ".md")

    @property
    def gathered(self) -> Path:
        """The document with the texts of all agencies."""
        return self._file("gathered", ".docx")

    @property
    def report(self) -> Path:
        """The published report, without the ending of its format."""
        return self._file("report")


def _has_any(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def load(path: Path) -> Folder:
    """Return the collection in that folder; raises :class:`InputError` with everything that is wrong with its files."""
    file, problems = path / FILE, list[Problem]()
    settings = None
    try:
        settings = structure(read_text(file, InputError), CollectionSettings, str(file), InputError)
    except InputError as error:
        problems += error.problems
    period = (settings.year or settings.period) if settings else None
    if settings and period is None:
        problems.append(Problem("missing-key", str(file), {"key": "year"}))
    elif settings and settings.year and settings.period:
        problems.append(Problem("period-twice", str(file)))
    waivers = tuple(_waivers(path, problems, has_periods=period is not None and not period.is_year))
    if settings is None or period is None or problems:
        raise InputError(*problems)
    folder = Folder(
        path=path,
        form=settings.form if settings.form in names() else str(path / settings.form),
        period=period,
        district=settings.district,
        due=settings.due,
        code=settings.code,
        prior=path / settings.prior if settings.prior else None,
        policy=Policy(settings.levels, waivers, settings.thresholds, frozenset(settings.rule_makers)),
        witness=settings.witness.always,
        who=settings.who.strip(),
        waivers=waivers,
    )
    return folder.at(period)


def _waivers(folder: Path, problems: list[Problem], *, has_periods: bool) -> Iterator[Waiver]:
    """Yield the rows of ``waivers.csv`` or ``waivers.xlsx``, each with a reason, a name and a date, if there is one."""
    found = [path for path in (folder / WAIVERS, folder / WAIVERS_WORKBOOK) if path.exists()]
    if len(found) > 1:
        problems.append(Problem("waivers-twice", str(found[0]), {"other": found[1].name}))
    elif found:
        yield from _rows_of_waivers(found[0], problems, has_periods=has_periods)


def _rows_of_waivers(path: Path, problems: list[Problem], *, has_periods: bool) -> Iterator[Waiver]:
    rows, missing = rows_by_head(path, WAIVER_HEADS)
    may_lack = MAY_LACK - {"period"} if has_periods else MAY_LACK
    if lacking := [WAIVER_HEADS[key][-1] for key in missing if key not in may_lack]:
        problems.append(Problem("waiver-head", str(path), {"missing": "、".join(lacking)}))
        return
    for number, texts in rows:
        waiver = Waiver(**texts)
        waiver = replace(waiver, code=waiver.code.casefold())
        faults = list(_waiver_faults(waiver, has_periods=has_periods))
        problems += [Problem(code, f"{path}:{number}", facts) for code, facts in faults]
        if not faults:
            yield waiver


def _waiver_faults(waiver: Waiver, *, has_periods: bool) -> Iterator[tuple[str, dict[str, object]]]:
    for key in (*_NEEDED, "period") if has_periods else _NEEDED:
        if not getattr(waiver, key):
            yield "waiver-blank", {"what": WAIVER_HEADS[key][-1]}
    if waiver.code and waiver.code not in SEVERITY:
        yield "unknown-code", {"code": waiver.code, "nearest": nearest(waiver.code, list(SEVERITY))}
    elif waiver.code and not can_have(waiver.code, Severity.NOTE):
        yield "fixed-waiver", {"code": waiver.code}


def check_identity(period: Period | None, district: str) -> None:
    """Raise :class:`InputError` for a period or a district that a workbook cannot have."""
    if period and not period.is_usable:
        raise InputError(Problem("bad-year", facts={"year": period.year}))
    if not district.strip() or _CONTROL.search(district) or len(district) > _LONGEST:
        raise InputError(Problem("bad-text", facts={"what": Word("item-district")}))


def default_due(period: Period) -> dt.date:
    """Return the day by which returns are due if none is given.

    After a year it is 31 January (《政府信息公开条例》第四十九条), after a part of a year the tenth day.
    """
    return period.end + dt.timedelta(days=30 if period.is_year else 9)


def create(
    path: Path,
    period: Period,
    district: str,
    roster: Path,
    form: str = DEFAULT,
    due: dt.date | None = None,
    prior: Path | str = "",
    lang: Lang = "zh",
) -> Folder:
    """Create the folder of a collection with its files, whose comments are in *lang*, and return the collection.

    The *roster* is copied; without codes its agencies are numbered, or keep the codes of last year's. *form* is the name of a built-in form
    or the path of a file, and *prior* the path of last year's collection or roll-up; the settings keep paths relative to the folder. See :func:`default_due` for the default of *due*. Raises
    :class:`InputError` for a period or a district that a workbook cannot have and for a *prior* that is not there,
    :class:`RosterError` for a faulty roster, :class:`OutputError` if the folder is a collection already.
    """
    found = find(form)
    check_identity(period, district)
    period = period.checked(found)
    if prior and not Path(prior).exists():
        raise InputError(Problem("no-such-path", str(prior)))
    last_year = Path(prior) / ROSTER
    before = load_roster(last_year) if prior and last_year.is_file() else None
    agencies = roster_text(roster, before, found)
    t = catalog(lang)
    kept_form = form if form in names() else _seen_from(path, Path(form))
    about = {"form": kept_form, "period": period, "due": due or default_due(period)}
    place = _seen_from(path, Path(prior)) if prior else ""
    settings = t.about(
        period.kind, "folder.collection", district=_quoted(district), prior=_quoted(place), **about
    )
    texts = {
        path / FILE: settings,
        path / ROSTER: "\ufeff" + agencies,
        path / WAIVERS: "\ufeff" + t.about(period.kind, "folder.waivers"),
    }
    if there := [Problem("collection-exists", str(file)) for file in texts if file.exists()]:
        raise OutputError(*there)
    for name in ("outbox", "inbox"):
        (path / name).mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        write_atomically(file, text.encode(), is_new=True)
    return begin(path, period)


def begin(path: Path, period: Period, due: dt.date | None = None) -> Folder:
    """Let a collection be at work on a *period*, and return it; its other settings stay as they are written.

    Raises :class:`InputError` for a period of another length than the collection has.
    """
    folder = load(path)
    if folder.period.is_year:
        return folder
    folder = folder.counted(find(folder.form)).at(period)
    text = read_text(path / FILE, InputError)
    new = with_values(text, {"period": str(period), "due": due or folder.due})
    if new != text:
        write_atomically(path / FILE, new.encode())
    for place in (folder.outbox, folder.inbox):
        place.mkdir(parents=True, exist_ok=True)
    return load(path)


_VALUE = r""""(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s#]+"""


def with_values(text: str, values: Mapping[str, str | dt.date]) -> str:
    """Return the *text* of settings with other values of these keys; all else stays as it is written."""
    for key, value in values.items():
        if found := re.search(rf"(?m)^{key}\s*=\s*({_VALUE})", text):
            new = _quoted(value) if isinstance(value, str) else value.isoformat()
            text = text[: found.start(1)] + new + text[found.end(1) :]
    return text


def _seen_from(folder: Path, path: Path) -> str:
    """Return *path* relative to *folder*, with forward slashes; absolute if they are on two drives of Windows."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return path.resolve().as_posix()


def _quoted(text: str) -> str:
    """Return *text* as a TOML string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
