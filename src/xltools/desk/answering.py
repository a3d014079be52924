"""Turns a request into a response: the one function that both hosts call.

A request names a screen, something to do, or a file; what it names is looked up among what there is, and never becomes
a path. Whatever goes wrong is a screen too, with what to do next.
"""

from __future__ import annotations

import datetime as dt
import hmac
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from xltools.collection import settings
from xltools.collection.roster_files import load_roster
from xltools.collection.situation import is_outdated
from xltools.data.period import Period
from xltools.desk import saving, screens, selfcheck, work
from xltools.desk.work import Arrivals, Desk
from xltools.document.other_unit import OtherUnit
from xltools.document.writer import DOCUMENT_FORMATS
from xltools.errors import InputError, Problem, XltoolsError
from xltools.files import read_bytes
from xltools.office.guard import Limits
from xltools.text import LANGS, catalog, error_text, harmless

HTML, BINARY = "text/html; charset=utf-8", "application/octet-stream"
OK, BAD, FORBIDDEN, NOT_FOUND, FAILED = 200, 400, 403, 404, 500
_ARRIVED = re.compile(r"\.desk\.[^/\\]+[/\\]\d{6}[/\\]")  # before the name of a file that arrived
_NAMING = {"agency", "figure"}  # screens whose address goes on with what they show


class Request(NamedTuple):
    """What is asked: ``form`` has the fields of a form, ``arrived`` the files that came with it."""

    method: str
    target: str
    form: Mapping[str, str] = {}
    arrived: Arrivals | None = None


class Response(NamedTuple):
    """The answer; a file that the browser saves has a ``name``."""

    body: bytes
    status: int = OK
    kind: str = HTML
    name: str = ""


class _NotFoundError(Exception):
    """There is nothing of that name."""


def answer(desk: Desk, request: Request) -> Response:  # noqa: PLR0911  one for each kind of error
    """Return the answer to *request*."""
    url = urlsplit(request.target)
    way = tuple(map(unquote, url.path.strip("/").split("/")))
    typed = request.form.get("text", "")  # is shown again if it was not saved
    try:
        if request.method == "GET":
            return _got(desk, way, dict(parse_qsl(url.query)))
        if not hmac.compare_digest(request.form.get("token", "").encode(), desk.token.encode()):
            return Response(b"", FORBIDDEN)
        return _html(_done(desk, way, request.form, request.arrived))
    except _NotFoundError:
        return _problem(desk, [catalog(desk.lang)("desk.not-found")], NOT_FOUND)
    except XltoolsError as error:
        return refused(desk, error, typed)
    except OSError as error:
        return _problem(desk, [harmless(error.strerror or str(error))], FAILED, typed)
    except Exception as error:
        if os.environ.get("XLTOOLS_DEBUG"):
            raise
        t = catalog(desk.lang)
        return _problem(
            desk, [harmless(t("desk.defect", kind=type(error).__name__, reason=str(error)))], FAILED, typed
        )


def fields(body: bytes) -> dict[str, str]:
    """Return the fields of a form as a browser sends them."""
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def refused(desk: Desk, error: XltoolsError, typed: str = "") -> Response:
    """Return the answer to what was refused, such as files that were not taken in."""
    return _problem(desk, error_text(error, desk.lang).splitlines(), BAD, typed)


def start_of(desk: Desk) -> str:
    """Return the name of the first page."""
    if desk.is_check:
        return "check"
    return "board" if desk.has_collection else "year"


def _html(text: str) -> Response:
    return Response(text.encode())


def _problem(desk: Desk, lines: list[str], status: int, typed: str = "") -> Response:
    lines = [_ARRIVED.sub("", line) for line in lines]
    return Response(screens.problem(desk, lines, start_of(desk), typed).encode(), status)


# -- screens and files


def _got(desk: Desk, way: tuple[str, ...], given: Mapping[str, str]) -> Response:
    if way == ("shell",):
        return _html(screens.shell(desk, start_of(desk)))
    match way:
        case ("file", *names):
            name, content = (_checked_file if desk.is_check else _file)(desk, names)
            return Response(content, kind=BINARY, name=name)
        case (kind, *about) if len(about) <= (kind in _NAMING) and kind in (
            shown := _OF_CHECK.screens if desk.is_check else _OF_DESK.screens
        ):
            return _html(shown[kind](desk, given, *about))
    raise _NotFoundError


def _agency(desk: Desk, _: Mapping[str, str], code: str = "") -> str:
    return screens.agency(desk, work.agency(desk, code))


def _figure(desk: Desk, given: Mapping[str, str], cell: str = "") -> str:
    incomplete = "incomplete" in given
    merged = work.draft(desk, incomplete=incomplete)
    rollup = merged.outcome.rollup if merged else None
    if rollup is None or cell not in rollup.form.cells:
        raise _NotFoundError
    return screens.figure(desk, rollup, cell, incomplete=incomplete)


def _rollup(desk: Desk, *, incomplete: bool, told: Iterable[str] = ()) -> str:
    merged = work.draft(desk, incomplete=incomplete)
    is_written = desk.folder().rollup.is_file()
    return screens.rollup(desk, merged, incomplete=incomplete, is_written=is_written, told=tuple(told))


def _report(desk: Desk, told: Iterable[str] = ()) -> str:
    folder = desk.folder()
    has_rollup = folder.rollup.is_file()
    if has_rollup and is_outdated(folder.rollup, folder.inbox, Limits()):
        told = (*told, catalog(desk.lang)("desk.rollup-outdated"))
    return screens.report(desk, work.report(desk) if has_rollup else None, tuple(told))


def _preview(desk: Desk) -> str:
    return screens.preview(desk, work.publish(desk, "html", is_draft=True).rendered)


_NamedFile = tuple[str, bytes]


def _checked_file(desk: Desk, names: list[str]) -> _NamedFile:
    match names:
        case ["marked", sha256] if sha256 in desk.marked:
            return desk.marked[sha256]
    raise _NotFoundError


def _file(desk: Desk, names: list[str]) -> _NamedFile:
    """Return a file by what it is, with its name."""
    folder = desk.folder()
    folders = {"returned.zip": work.RETURNED, "outbox.zip": folder.outbox}
    written = {path.name: path for path in [folder.rollup, *screens.reports(folder)] if path.is_file()}
    match names:
        case ["marked", sha256]:
            return _marked(desk, sha256)
        case ["collection.zip" as name]:
            return name, saving.packed(saving.saved(folder))
        case [name] if name in folders and folders[name].is_dir():
            return name, saving.packed(saving.within(folders[name]))
        case [name] if name in written:
            return name, read_bytes(written[name])
        case [name] if how := next((one for one in DOCUMENT_FORMATS if name == f"draft.{one}"), None):
            if made := work.publish(desk, how, is_draft=True).rendered:
                return name, made.content
    raise _NotFoundError


def _marked(desk: Desk, sha256: str) -> _NamedFile:
    """Return the marked copy of a file that goes back, which need not have been written yet."""
    view = work.look(desk)
    for slip in work.slips(view):
        if slip.examined.filing.source.sha256 == sha256:
            if content := work.marked(view.seen.inputs, slip):
                return f"{slip.stem}.xlsx", content
            raise InputError(Problem("desk-unmarked"))
    raise _NotFoundError


# -- what is done


def _done(desk: Desk, way: tuple[str, ...], given: Mapping[str, str], arrived: Arrivals | None) -> str:
    """Do something, and return the screen that shows the result."""
    do = (_OF_CHECK if desk.is_check else _OF_DESK).actions.get(way[0]) if len(way) == 1 else None
    if do is None:
        raise _NotFoundError
    return do(desk, given, arrived)


def _needed(arrived: Arrivals | None) -> Arrivals:
    if arrived is None or not arrived.count:
        raise InputError(Problem("desk-empty"))
    return arrived


def _language(desk: Desk, given: Mapping[str, str], _: Arrivals | None) -> str:
    desk.lang = next((lang for lang in LANGS if lang == given.get("lang")), desk.lang)
    return screens.shell(desk, start_of(desk))


def _receive(desk: Desk, _: Mapping[str, str], arrived: Arrivals | None) -> str:
    received = work.take_in(desk, _needed(arrived))
    return screens.board(desk, work.look(desk), received)


def _check(desk: Desk, _: Mapping[str, str], arrived: Arrivals | None) -> str:
    checked = selfcheck.check(desk, _needed(arrived))
    desk.marked = {
        one.sha256: (f"{one.slip.stem}.xlsx", one.marked) for one in checked if one.slip and one.marked
    }
    return screens.check(desk, checked)


def _beyond(_desk: Desk, _given: Mapping[str, str], _: Arrivals | None) -> str:
    """Say that there are too many files, which the page has seen before it sent any."""
    raise Arrivals.beyond()


def _choose(desk: Desk, given: Mapping[str, str], _: Arrivals | None) -> str:
    code = given.get("code", "")
    found = work.choose(desk, code, given.get("path", ""), given.get("version", ""))
    told = [catalog(desk.lang)("desk.chosen", path=one.path) for one in found]
    return screens.agency(desk, work.agency(desk, code), told)


def _accept(desk: Desk, given: Mapping[str, str], _: Arrivals | None) -> str:
    code, (finding, _space, cell) = given.get("code", ""), given.get("what", "").partition(" ")
    about = given.get("reason", ""), given.get("version", ""), finding, cell, given.get("who", "")
    found = work.accept(desk, code, *about)
    told = [catalog(desk.lang)("desk.accepted", count=len(found))]
    return screens.agency(desk, work.agency(desk, code), told)


def _return(desk: Desk, given: Mapping[str, str], _: Arrivals | None) -> str:
    code, t = given.get("code", ""), catalog(desk.lang)
    done = work.send_back(desk, code)
    told = [t("desk.sent-back", count=len(done)) if done else t("desk.sent-back-none")]
    if code:
        return screens.agency(desk, work.agency(desk, code), told)
    return screens.board(desk, work.look(desk), told=told)


def _merge(desk: Desk, given: Mapping[str, str], _: Arrivals | None) -> str:
    incomplete, t = "incomplete" in given, catalog(desk.lang)
    done = work.merge(desk, incomplete=incomplete)
    if done.path:
        told = [t("desk.merged", path=done.path)]
    else:
        told = [t("desk.not-merged" if done.merged.outcome.rollup is None else "desk.not-confirmed")]
    if done.kept:
        told.append(t("desk.merged-kept", path=done.kept))
    return _rollup(desk, incomplete=incomplete, told=told)


def _publish(desk: Desk, given: Mapping[str, str], _: Arrivals | None) -> str:
    how = next((one for one in DOCUMENT_FORMATS if one == given.get("how")), DOCUMENT_FORMATS[0])
    unit, decimals = given.get("unit", ""), given.get("decimals", "")
    other = OtherUnit(unit, int(decimals) if decimals.isdecimal() else -1) if unit else None
    done, t = work.publish(desk, how, unit=other), catalog(desk.lang)
    refused = "desk.not-confirmed" if done.rendered else "desk.not-published"
    return _report(desk, [t("desk.published", path=done.path) if done.path else t(refused)])


def _starter(desk: Desk, _given: Mapping[str, str], _: Arrivals | None) -> str:
    path = work.starter(desk)
    return _report(desk, [catalog(desk.lang)("desk.starter-made", path=path)])


def _text(desk: Desk, given: Mapping[str, str], _: Arrivals | None) -> str:
    work.save_text(desk, given.get("text", ""), given.get("version", ""))
    return _report(desk, [catalog(desk.lang)("desk.saved")])


def _start(desk: Desk, given: Mapping[str, str], arrived: Arrivals | None) -> str:
    text = given.get("period", "").strip()
    if (period := Period.from_text(text)) is None:
        raise InputError(Problem("bad-period", facts={"text": text}))
    try:
        due = dt.date.fromisoformat(given["due"]) if given.get("due") else None
    except ValueError as error:
        raise InputError(Problem("desk-due")) from error
    roster, *others = sorted(path for path in _needed(arrived).folder.rglob("*") if path.is_file())
    form = next((path for path in others if path.suffix.lower() == ".toml"), None)
    if others and form is None:
        raise InputError(Problem("desk-no-form"))
    if form:  # it finds the lists of codes that it names beside it
        for path in others:
            shutil.move(path, form.parent / path.name)
    made = work.start(desk, period, given.get("district", "").strip(), roster, due, form)
    count = len(load_roster(made.roster).entries)
    return screens.year(desk, [catalog(desk.lang)("desk.created", count=count)])


def _unpack(desk: Desk, _given: Mapping[str, str], arrived: Arrivals | None) -> str:
    made = saving.unpack(_needed(arrived))
    count = len(load_roster(made.roster).entries)
    return screens.year(desk, [catalog(desk.lang)("desk.created", count=count)])


def _issue(desk: Desk, _given: Mapping[str, str], _: Arrivals | None) -> str:
    return screens.year(desk, [catalog(desk.lang)("desk.issued", count=len(work.issue(desk)))])


def _begin(desk: Desk, given: Mapping[str, str], _: Arrivals | None) -> str:
    text = given.get("period", "").strip()
    if (period := Period.from_text(text)) is None:
        raise InputError(Problem("bad-period", facts={"text": text}))
    begun = settings.begin(Path(), period)
    told = catalog(desk.lang)("report.begun", period=begun.period, due=begun.due, folder=begun.inbox)
    return screens.year(desk, [told])


class _Known(NamedTuple):
    """What can be asked of a desk: its screens, and what it does."""

    screens: Mapping[str, Callable[..., str]]  # with the desk, the fields, and the rest of the address
    actions: Mapping[str, Callable[[Desk, Mapping[str, str], Arrivals | None], str]]


_OF_CHECK = _Known(
    {"check": lambda desk, _: screens.check(desk)},
    {"language": _language, "receive": _check, "beyond": _beyond},
)
_OF_DESK = _Known(
    {
        "board": lambda desk, _: screens.board(desk, work.look(desk)),
        "agency": _agency,
        "rollup": lambda desk, given: _rollup(desk, incomplete="incomplete" in given),
        "figure": _figure,
        "report": lambda desk, _: _report(desk),
        "preview": lambda desk, _: _preview(desk),
        "year": lambda desk, _: screens.year(desk),
    },
    {
        "language": _language,
        "receive": _receive,
        "beyond": _beyond,
        "choose": _choose,
        "accept": _accept,
        "return": _return,
        "merge": _merge,
        "publish": _publish,
        "starter": _starter,
        "text": _text,
        "start": _start,
        "unpack": _unpack,
        "issue": _issue,
        "begin": _begin,
    },
)
