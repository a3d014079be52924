"""One HTML file that is the desk, or the check of one agency: Python runs inside of the browser, and nothing leaves it.

The file holds the runtime that `make page` builds, the scripts, and a list of files that is made here by name. A content
security policy in it forbids every request.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from xltools.collection import location, settings
from xltools.collection.given_file import given_in
from xltools.collection.issuing import as_issued, last_figures
from xltools.collection.last_year import last_year_files, read_last_year
from xltools.collection.reading import ReadOptions, read_inputs
from xltools.collection.roster_files import load_roster
from xltools.collection.settings import Folder
from xltools.data.filing import Return, Stamp
from xltools.data.given import Given, given_as
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.prior import Past
from xltools.data.record import Agency, ListLine, Lists
from xltools.data.roster import Entry, Roster
from xltools.data.roster_lines import flags_of
from xltools.document.pages import page
from xltools.errors import OutputError, Problem
from xltools.files import read_bytes
from xltools.form import library
from xltools.form.kinds import NO, YES
from xltools.form.library import find, names
from xltools.form.model import RULE_MAKERS, Form
from xltools.form.wording import AGO, LAST
from xltools.text import Lang, catalog

PARTS = ("wasm", "core", "api", "stdlib", "site")  # each a file of the runtime, compressed
_HERE = Path(__file__).resolve().parent
_PACKAGE = _HERE.parent
_RUNTIME = _HERE / "runtime"
_PRIOR = "prior"  # the folder of last year's figures


def desk_page(lang: Lang) -> bytes:
    """Return the page of the whole desk, over a folder that is empty at first."""
    return _page(lang, {}, is_check=False)


class Before(NamedTuple):
    """What an agency reported before, as far as it is known: its figures, and its lists of last year and, under ``ago.``, a year ago."""

    figures: Mapping[str, Decimal] = {}
    lists: Mapping[str, Lists] = {}


def agency_pages(folder: Folder, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes]]:
    """Yield for each of *entries* the page in which that agency of a collection checks its workbook."""
    before, form = last_year_by_agency(folder), find(folder.form)
    given = given_in(folder, form, load_roster(folder.roster, form))
    for entry in entries:
        files = agency_files(folder, entry, before.get(entry.code, Before()), given)
        yield entry, _page("zh", files, is_check=True)


def last_year_by_agency(folder: Folder) -> Mapping[str, Before]:
    """Return what the agencies of a collection reported before, by their codes."""
    if not folder.before:
        return {}
    form = find(folder.form)
    last_year = read_last_year(folder.before, form, folder.period, ReadOptions(form))
    if last_year is None:
        return {}
    roster = as_issued(load_roster(folder.roster), [folder.outbox], last_year.past)
    figures = last_figures(last_year.past, roster, folder.district)
    lists = _lists_before(folder, form, last_year.past.after(roster), roster) if form.lists else {}
    return {code: Before(known, lists.get(code, {})) for code, known in figures.items()}


def _lists_before(folder: Folder, form: Form, past: Past, roster: Roster) -> dict[str, dict[str, Lists]]:
    """Return by the codes of the roster the lists before of the agencies of which every line is known."""
    period = folder.period.counted(form.begins)
    times = {period.year_ago: AGO, period.previous: ""}
    matched = past.matches(entry.agency(folder.district) for entry in roster)
    codes = {old: agency.code for agency, old in matched.items()}
    found: dict[str, dict[str, Lists]] = {}
    for filing in read_inputs(last_year_files(folder.before, form, period), ReadOptions(form)).filings:
        if not isinstance(filing, Return) or filing.record.period not in times:
            continue
        time, own = times[filing.record.period], dict[Agency, dict[str, list[ListLine]]]()
        for key, lines in filing.record.lists.items():
            for line in lines:
                of_agency = own.setdefault(line.agency or filing.agency, {})
                of_agency.setdefault(key, []).append(line._replace(agency=None))
        for agency in [member.agency for member in filing.members] or [filing.agency]:
            known = past.lines.get(agency, {})
            cells = [known.get(f"{time or LAST}{key}") for key in form.lists]
            if agency in codes and not any(one is None or None in one.values() for one in cells):
                lists = {key: tuple(lines) for key, lines in own.get(agency, {}).items()}
                found.setdefault(codes[agency], {})[time] = lists
    return found


def agency_files(
    folder: Folder, entry: Entry, before: Before, given: Given | None = None
) -> dict[str, bytes]:
    """Return all that a page knows of a collection: its settings, one line of the roster, and one agency's last year.

    *given* are the figures of the issuer, of which the page gets those of the agency.

    Nothing else goes into it: no other agency, no return, no waiver, no key.
    """
    form = find(folder.form)
    own = flags_of(entry, form, folder.policy.rule_makers)
    said = {flag: YES if flag in own else NO for flag in form.flags if flag != RULE_MAKERS}
    line = {"code": entry.code, "name": entry.name} | said
    files = {settings.ROSTER: "\n".join(",".join(map(_cell, row)) for row in (line, line.values())).encode()}
    if given and (figures := given.of(folder.period, entry.agency(folder.district))):
        rows = [("code", "cell", "figure", "period")]
        rows += [
            (entry.code, cell, given_as(form, cell, value), str(folder.period))
            for cell, value in figures.items()
        ]
        files[folder.given.name] = "\n".join(",".join(map(_cell, row)) for row in rows).encode()
    name = folder.form
    if name not in names():  # a form of one's own travels with the page
        name, files["form.toml"] = "form.toml", form.text.encode()
    prior = _last_year(folder, entry, before)
    files |= prior
    about = {
        **_dated(folder.period),
        "district": json.dumps(folder.district, ensure_ascii=False),
        "due": folder.due.isoformat(),
        "form": json.dumps(name, ensure_ascii=False),
        "code": json.dumps(folder.code, ensure_ascii=False),
        "prior": json.dumps(_PRIOR if prior else ""),
        "rule_makers": json.dumps(_own(folder.policy, entry), ensure_ascii=False),
    }
    lines = [f"{key} = {value}" for key, value in about.items()]
    lines += ["[levels]", *(f'{code} = "{level.value}"' for code, level in folder.policy.levels.items())]
    thresholds = folder.policy.thresholds
    lines += ["[thresholds]", *(f"{key} = {getattr(thresholds, key)}" for key in thresholds.__slots__)]
    files[location.FILE] = ("\n".join(lines) + "\n").encode()
    return files


def _dated(period: Period) -> dict[str, str]:
    """Return the key of the settings that says the period."""
    return {"year": str(period)} if period.is_year else {"period": f'"{period}"'}


def _own(policy: Policy, entry: Entry) -> list[str]:
    """Return the names by which the agency is said to make rules, in the settings or on the roster."""
    return sorted(
        {entry.code, entry.name} & policy.rule_makers or ({entry.code} if entry.is_rule_maker else set())
    )


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _last_year(folder: Folder, entry: Entry, before: Before) -> dict[str, bytes]:
    """Return workbooks with what the agency itself reported before, without the periods that are not wholly known."""
    from xltools.excel.writer import write_return  # noqa: PLC0415  XlsxWriter is slow to import

    form, last, found = find(folder.form), before.figures, dict[str, bytes]()
    flags = flags_of(entry, form, folder.policy.rule_makers)
    elsewhere = form.elsewhere(form.lacking(flags))
    typed = [cell for cell in form.inputs if cell.over is None and not form.is_count(cell.name)]
    typed = [cell for cell in typed if cell.name not in elsewhere]
    for period, file, time in ((folder.period.previous, "last", ""), (folder.period.year_ago, "ago", AGO)):
        values = {cell.name: last[time + cell.name] for cell in typed if time + cell.name in last}
        if form.lists and time not in before.lists:
            continue
        if all(cell.name in values or cell.weight for cell in typed):  # a blank would count as 0
            stamp = Stamp(form.key, form.edition, period, entry.agency(folder.district), flags=flags)
            chosen = _chosen(form, {name: last.get(time + name) for name in form.counted})
            lists = before.lists.get(time)
            found[f"{_PRIOR}/{file}.xlsx"] = write_return(form, stamp, values, chosen, lists=lists)
    return found


def _chosen(form: Form, counts: Mapping[str, Decimal | None]) -> dict[str, str]:
    """Return the options that were chosen, by their fields, from the *counts* of one agency."""
    found: dict[str, list[str]] = {}
    for name, (of_field, option) in form.counted.items():
        if counts[name]:
            found.setdefault(of_field, []).append(option)
    return {name: ",".join(options) for name, options in found.items()}


def sources_digest() -> str:
    """Return a digest of the package with its forms, by which a runtime that was made from other sources is noticed."""
    found = hashlib.sha256()
    others = {"__pycache__", "runtime", "templates"}  # an installed package has its forms inside of it
    own = (path for path in _PACKAGE.rglob("*") if not others & set(path.relative_to(_PACKAGE).parts))
    files = {path.relative_to(_PACKAGE).as_posix(): path for path in own if path.is_file()}
    files |= {f"templates/{path.name}": path for path in library.files()}
    for name in sorted(files):
        found.update(name.encode() + b"\0" + read_bytes(files[name]))
    return found.hexdigest()


def _page(lang: Lang, files: Mapping[str, bytes], *, is_check: bool) -> bytes:
    missing = [
        name for name in ("about.json", *(f"{part}.gz" for part in PARTS)) if not (_RUNTIME / name).is_file()
    ]
    if missing:
        raise OutputError(
            Problem("desk-no-runtime", facts={"folder": _RUNTIME, "missing": "、".join(missing)})
        )
    about: dict[str, Any] = json.loads(read_bytes(_RUNTIME / "about.json"))
    if about["sources"] != sources_digest():
        raise OutputError(Problem("desk-old-runtime"))
    shipped = {
        "abi": about["abi"],
        "python": about["python"],
        "lang": lang,
        "isCheck": is_check,
        "files": {name: _plain(content) for name, content in files.items()},
    }
    parts = {part: _plain(read_bytes(_RUNTIME / f"{part}.gz")) for part in PARTS}
    parts |= {
        "worker": _text(_HERE / "static" / "worker.js"),
        "about": json.dumps(shipped).replace("<", "\\u003c"),
    }
    t = catalog(lang)
    text = page(
        "desk/standalone.html",
        lang=lang,
        title=t("desk.check-name" if is_check else "desk.name"),
        starting=t("desk.starting"),
        old=t("desk.too-old"),
        second=t("desk.second-tab"),
        not_kept=t("desk.not-kept"),
        licenses=_text(_RUNTIME / "licenses.txt"),
        names=list(parts),
    )
    # The parts are put in as they are: they are base64, a script of ours, and JSON without "<".
    for name, content in parts.items():
        text = text.replace(f"@@{name}@@", content)
    return text.encode()


def _plain(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _text(path: Path) -> str:
    return read_bytes(path).decode()
