"""The second reader: checks a roll-up before it is written, a published document, and blank workbooks.

:mod:`xltools.witness` computes the figures and shares no code with the rest of the package. This module passes it the
files and converts its differences to findings.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

from xltools import libreoffice
from xltools.checking.second_reading import Recalculation, SecondReading
from xltools.collection.manifest import hash_of
from xltools.data.filing import Account, Filing, Return, Source, Stamp, flags_text, given_text
from xltools.data.finding import Finding
from xltools.data.given import CHANGED, RENEWED
from xltools.errors import OutputError
from xltools.files import read_bytes, shown
from xltools.form.lists import parts_of_cell
from xltools.form.model import Form
from xltools.text import Word, clerk
from xltools.witness.agreement import AddedFile, FigureDifference, Returns, Undecided, Verdict
from xltools.witness.form import FormFigures
from xltools.witness.given import given_texts
from xltools.witness.issued import IssueFault, faults, recalculation_faults

_Found = TypeVar("_Found")


class SecondReader:
    """Reads the files of a roll-up again, then compares workbooks and documents with their sums."""

    def __init__(
        self,
        form: Form,
        accounts: Iterable[Account],
        handed_in: Iterable[Path] = (),
        *,
        given: Mapping[str, IssuersFigures] | None = None,
        given_file: Path | None = None,
        is_single: bool = False,
    ) -> None:
        """Read the files of the *accounts* of a roll-up, whose paths are relative to the current folder.

        Each file that was *handed in* must have an account, whether it was added or left out. With *is_single*, the
        account is that of a return that is published itself. *given* are the figures of the issuer that count, by the
        hash of the file; they do not come from the returns, but from *given_file*, or from what was issued.
        """
        accounts, paths = list(accounts), {shown(path): path for path in handed_in}
        known = {_file_of(account.source, paths)[0] for account in accounts}
        self._form, self._lost = form, [path for path in paths if path not in known]
        added = []
        for agency, source in ((one.agency, one.source) for one in accounts if one.status == "included"):
            district, code = (agency.district, agency.code) if agency else ("", "")
            path = _file_of(source, paths)[1]
            one = AddedFile(path, source.sha256, district, code, source.path)
            if own := (given or {}).get(source.sha256):
                one = one._replace(given=tuple(own.figures.items()), left=own.left, period=own.period)
            added.append(one._replace(agency=agency.name if agency else ""))
        periods = {one.period for one in added} - {""}
        texts = given_texts(read_bytes(given_file), *periods) if given_file and len(periods) == 1 else None
        self._returns = Returns(form.text, added, is_single=is_single, given=texts)

    @cached_property
    def expected(self) -> Verdict:
        """The verdict on a roll-up in which nothing differs."""
        return self._returns.verdict()

    @property
    def sentence(self) -> str:
        """The sentence on the cover of the roll-up, which is checked before the roll-up is written."""
        verdict = self.expected
        key = "sampled" if verdict.of > verdict.files else "second-reader"
        counts = {name: getattr(verdict, name) for name in ("agreed", "figures", "read", "files", "of")}
        return clerk()(f"rollup.{key}", **counts)

    def checked(self, rollup: bytes, file: str) -> SecondReading:
        """Compare a roll-up, which findings call *file*, with the files; LibreOffice recalculates it if installed."""
        differences = _found_by(self._returns.rollup_differences, rollup, file)
        recalculation, others = self._recalculated(rollup, file)
        lost = [FigureDifference(path, "", "", "", "", "") for path in self._lost]
        found = [
            *(self._finding(one, "second-reader") for one in differences),
            *(self._finding(one, "libreoffice") for one in others),
            *(self._finding(one, "second-reader") for one in lost),
        ]
        return SecondReading(self._returns.verdict([*differences, *lost]), recalculation, tuple(found))

    def _recalculated(self, rollup: bytes, file: str) -> tuple[Recalculation, list[FigureDifference]]:
        if not libreoffice.is_installed():
            return "not-installed", []
        try:
            again = libreoffice.recalculated(rollup)
        except OutputError:
            return "failed", []
        others = _found_by(self._returns.result_differences, again, file)
        return ("differs" if others else "agrees"), others

    def document_checked(
        self,
        content: bytes,
        file: str,
        rollup: bytes | None = None,
        scales: Mapping[str, tuple[Fraction, Fraction]] | None = None,
    ) -> SecondReading:
        """Compare every figure in a document with the sum; *rollup* is the roll-up that it was made from."""
        found = _found_by(self._returns.document_differences, content, file, rollup, scales or {})
        differences = [one for one in found if isinstance(one, FigureDifference)]
        undecided = [one for one in found if isinstance(one, Undecided)]
        verdict = self._returns.verdict(differences, undecided)
        findings = tuple(self._finding(one, "second-reader") for one in differences)
        return SecondReading(verdict, "not-installed", findings)

    def _finding(self, one: FigureDifference, reader: str) -> Finding:
        known = one.figure in self._form.cells
        label = self._form.cells[one.figure].label if known else one.figure or Word("whole-file")
        facts: dict[str, object] = {"label": label, "reader": Word(reader)}
        place = one.sheet, one.address, one.figure
        return Finding("witness-differs", one.file, "", *place, one.found, one.expected, facts)


def _found_by(
    compare: Callable[..., Iterable[_Found]], content: bytes, file: str, *more: object
) -> list[_Found | FigureDifference]:
    """Return the differences that *compare* finds in a file; an exception, such as openpyxl raises, is one of them."""
    try:
        return list(compare(content, file, *more))
    except Exception as error:  # noqa: BLE001  openpyxl raises many kinds for what it cannot open
        return [FigureDifference(file, "", "", "", f"{type(error).__name__}: {error}", "")]


class IssuersFigures(NamedTuple):
    """The figures of the issuer that count in a return, and those over lists of which it has other lines than came back."""

    figures: Mapping[str, Decimal | None]
    left: tuple[str, ...]
    period: str


def given_figures(filings: Iterable[Filing]) -> dict[str, IssuersFigures]:
    """Return the figures of the issuer that count in each return, by the hash of its file."""
    found = {}
    for one in filings:
        if isinstance(one, Return) and not one.is_rollup and one.form.given:
            form, values = one.form, one.record.values
            names = [name for name in form.given if name in form.cells and name in values]
            names += [name for name, (of_field, _) in form.counted.items() if of_field in form.given]
            about = {finding.cell for finding in one.findings if finding.code in {CHANGED, RENEWED}}
            lists = about | {cell[0] for cell in map(parts_of_cell, about) if cell}
            left = tuple(name for name, over in form.list_figures.items() if over.list in lists)
            figures = {name: values.get(name) for name in names}
            found[one.source.sha256] = IssuersFigures(figures, left, str(one.record.period))
    return found


def published_checked(
    document: bytes,
    file: str,
    filing: Return,
    sources: Sequence[Account] = (),
    scales: Mapping[str, tuple[Fraction, Fraction]] | None = None,
) -> SecondReading:
    """Compare a document with the workbook that it was made from, which was read as *filing*.

    A figure of *scales* is printed in another unit: the value of one, and by how much less a figure may be off.

    *sources* are the files that were added up, from its manifest. If all of them exist, the second reader reads those
    files, else the workbook.
    """
    workbook, form = Path(filing.source.on_disk), filing.form
    accounts = [found for account in sources if (found := _existing_account(account, workbook.parent))]
    if accounts and len(accounts) == len(sources):
        reader = SecondReader(form, accounts)
        return reader.document_checked(document, file, read_bytes(workbook), scales)
    own = Account(filing.agency, filing.source, "included")
    reader = SecondReader(form, [own], given=given_figures([filing]), is_single=not filing.is_rollup)
    missing = len(sources) - len(accounts) if filing.is_rollup else 0
    return reader.document_checked(document, file, scales=scales)._replace(
        sources_missing=missing, is_workbook_only=filing.is_rollup
    )


def _existing_account(account: Account, home: Path) -> Account | None:
    """Return the account of an unchanged file with its path from the manifest or from the current folder."""
    source = account.source
    for path in (str(home / source.path), source.path):
        found = source._replace(path=path)
        file = Path(found.on_disk)
        if file.is_file() and (found.on_disk != path or hash_of(read_bytes(file)) == source.sha256):
            return account._replace(source=found)
    return None


def _file_of(source: Source, paths: Mapping[str, Path]) -> tuple[str, Path]:
    """Return the displayed name and the path of the file that contains a source: the file itself or an archive."""
    found = [name for name in paths if source.path == name or source.path.startswith(f"{name}!")]
    name = max(found, key=len, default=source.on_disk)
    return name, paths.get(name, Path(name))


def issued_findings(
    form: Form, workbook: bytes, stamp: Stamp, filled: Mapping[str, Decimal], file: str, *, recalculate: bool
) -> list[Finding]:
    """Return findings for everything in which a blank workbook differs from the form.

    *filled* are the inputs that were filled in from last year. With *recalculate*, LibreOffice computes the totals too,
    if installed.
    """
    expected, agency = FormFigures(form.text), stamp.agency
    cover = {"form": stamp.form, "edition": stamp.edition, "year": str(stamp.period), "code": agency.code}
    cover |= {"name": agency.name, "district": agency.district}
    if form.flags:
        cover["flags"] = flags_text(stamp.flags)
    if form.given:
        cover["given"] = given_text(stamp.given)
    found = list(faults(workbook, expected, cover, filled))
    if recalculate and libreoffice.is_installed():
        with contextlib.suppress(OutputError):  # a LibreOffice that does not work stops nothing
            found += recalculation_faults(workbook, libreoffice.recalculated(workbook), expected)
    return [_issued_finding(fault, form, str(agency), file) for fault in found]


def _issued_finding(fault: IssueFault, form: Form, agency: str, file: str) -> Finding:
    label = form.cells[fault.figure].label if fault.figure in form.cells else ""
    facts: dict[str, object] = {"what": Word(f"issued-{fault.what}"), "label": label}
    place = fault.sheet, fault.address, fault.figure
    return Finding("issued-differs", file, agency, *place, fault.found, fault.expected, facts)
