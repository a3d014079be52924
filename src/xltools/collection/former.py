"""The roll-up that a merge replaces: the texts that people typed into it, and what a new roll-up cannot take over."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from xltools.collection import manifest
from xltools.collection.reading import read_one
from xltools.data.filing import RefusedFile, Return
from xltools.data.rollup import Rollup
from xltools.errors import AdditionError, InputError, OutputError, Problem
from xltools.excel.additions import Addition, additions
from xltools.excel.package import parts_of
from xltools.files import holds, read_bytes, write_atomically
from xltools.form.kinds import Text
from xltools.form.layout import layout
from xltools.form.model import Form
from xltools.form.places import COVER
from xltools.office.guard import DAMAGE, Limits, ScanError

FOLDER = "former"
_CONSTANT = b"2000-01-01"  # in every document that this program writes
_MODIFIED = re.compile(rb"<dcterms:modified[^>]*>(\d{4}-\d\d-\d\d)")


@dataclass(frozen=True)
class FormerRollup:
    """A roll-up before it is replaced.

    ``texts`` are those that were typed into its cover and its parts, by the name of their cells; ``additions`` is what
    else people added, and ``is_foreign`` is true if it could not be compared with what this program would write.
    """

    path: Path
    form: Form
    texts: Mapping[str, str]
    additions: tuple[Addition, ...] = ()
    is_foreign: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether it has something that a new roll-up does not take over."""
        return self.is_foreign or bool(self.additions)


def keep(path: Path) -> Path:
    """Copy a file to the folder ``former`` beside it, named by the date of its last change; return the path."""
    content = read_bytes(path)
    name = f"{path.stem}-{_date_of(path, content)}"
    number, target = 1, path.parent / FOLDER / f"{name}{path.suffix}"
    while target.exists() and not holds(target, content):
        number += 1
        target = target.with_name(f"{name}-{number}{path.suffix}")
    if not target.exists():
        write_atomically(target, content, is_new=True)
    return target


def read_former(path: Path, form: Form, limits: Limits) -> FormerRollup | None:
    """Return the roll-up at *path*, ``None`` if there is no file.

    Raises :class:`OutputError` if the program fails while it reads the file: nothing is then known about its texts.
    """
    if not path.is_file():
        return None
    content, known = read_bytes(path), None
    with contextlib.suppress(InputError):  # a manifest that cannot be read says nothing
        known = manifest.read(manifest.path_of(path))
    is_unchanged = known is not None and known.is_of(content, limits)
    if known and is_unchanged and "texts" not in known.settings.others:
        return FormerRollup(path, form, {})
    filing = read_one(path, form)
    if failures := [f for f in filing.findings if f.code == "reader-failed"]:
        raise OutputError(Problem("former-unread", str(path), {"reason": failures[0].found}))
    if isinstance(filing, RefusedFile) or not filing.is_rollup or filing.form.name != form.name:
        return FormerRollup(path, form, {}, is_foreign=True)
    texts = {box: text for box, text in filing.prose.items() if text.strip() and _is_typed(box, form)}
    if is_unchanged:
        return FormerRollup(path, form, texts)
    try:
        found = _additions(filing, content, limits, by_kind=bool(known and known.settings.by_kind))
    except (ScanError, AdditionError):
        return FormerRollup(path, form, texts, is_foreign=True)
    return FormerRollup(path, form, texts, found)


def _is_typed(box: str, form: Form) -> bool:
    """Return whether a text was typed into a roll-up: it is neither the nil declaration nor computed from fields."""
    nil = f"cover.{form.cover.nil.key}" if form.cover.nil else ""
    return box != nil and isinstance(form.kinds.get(box), Text | None)


def _additions(filing: Return, content: bytes, limits: Limits, *, by_kind: bool) -> tuple[Addition, ...]:
    """Return what people added to a roll-up, apart from the texts that it has places for."""
    from xltools.excel.writer import write_rollup  # noqa: PLC0415  XlsxWriter is slow to import

    form, agency = filing.form, filing.agency
    rollup = Rollup(
        form,
        filing.record.period,
        agency.name,
        agency.code,
        filing.members,
        filing.accounts,
        "complete" if filing.is_complete else "incomplete",
        filing.waived,
        earlier=filing.earlier,
    )
    own = {filing.address(name) for name in layout(form).places if name not in form.cells}
    # The account on the cover also counts findings, which no other sheet has.
    return tuple(additions(content, write_rollup(rollup, by_kind=by_kind), limits, own, {COVER}))


def _date_of(path: Path, content: bytes) -> str:
    """Return the date at which an Office file says it was last changed, otherwise that of the file."""
    with contextlib.suppress(*DAMAGE):
        found = _MODIFIED.search(parts_of(content).get("docProps/core.xml", b""))
        if found and found[1] != _CONSTANT:
            return found[1].decode()
    return dt.datetime.fromtimestamp(path.stat().st_mtime).astimezone().date().isoformat()
