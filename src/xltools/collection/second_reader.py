"""Checks roll-ups, documents and blank workbooks with the second reader before they are written.

:mod:`xltools.witness` reads the files again and compares; this module turns the differences into findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from xltools import libreoffice
from xltools.data.filing import Account, Filing, Stamp
from xltools.data.finding import Finding
from xltools.errors import OutputError
from xltools.files import read_bytes, shown
from xltools.form.model import Form
from xltools.text import Word, clerk
from xltools.witness.agreement import AddedFile, FigureDifference, Returns, Undecided, Verdict
from xltools.witness.form import FormFigures
from xltools.witness.issued import IssueFault, faults, recalculation_faults

_UNACCOUNTED: dict[str, object] = {"label": Word("whole-file"), "reader": Word("second-reader")}
Recalculation = Literal["agrees", "differs", "failed", "not-installed"]


class SecondReading(NamedTuple):
    """The result of the second reader: its verdict, the result of a recalculation by LibreOffice, and findings."""

    verdict: Verdict
    recalculation: Recalculation
    findings: tuple[Finding, ...] = ()

    def facts(self) -> dict[str, object]:
        """Return the counts and the undecided figures, for the manifest."""
        v = self.verdict
        undecided = [one._asdict() for one in v.undecided]
        counts = {"agreed": v.agreed, "figures": v.figures, "read": v.read, "files": v.files, "of": v.of}
        return counts | {"undecided": undecided, "recalculation": self.recalculation}


class SecondReader:
    """Reads the files of a roll-up again, then compares workbooks and documents with their sums."""

    def __init__(self, form: Form, accounts: Iterable[Account], handed_in: Iterable[Path] = ()) -> None:
        """Read the included files of *accounts*, whose paths are relative to the current folder.

        A file in *handed_in* without an account is a finding.
        """
        accounts = list(accounts)
        known = {account.source.on_disk for account in accounts}
        self._form, self._lost = form, [path for path in map(shown, handed_in) if path not in known]
        added = [_added(account) for account in accounts if account.status == "included"]
        self._returns = Returns(form.text, added)

    @cached_property
    def expected(self) -> Verdict:
        """The verdict on a roll-up without differences."""
        return self._returns.verdict()

    @property
    def sentence(self) -> str:
        """The sentence about the second reader on the cover of the roll-up."""
        verdict = self.expected
        key = "sampled" if verdict.of > verdict.files else "second-reader"
        return clerk()(f"rollup.{key}", **_counts(verdict))

    def checked(self, rollup: bytes, file: str) -> SecondReading:
        """Compare the content of a roll-up called *file* with its files; LibreOffice recalculates it if installed."""
        try:
            differences = list(self._returns.rollup_differences(rollup, file))
        except Exception as error:  # noqa: BLE001  openpyxl raises many kinds for what it cannot open
            differences = [FigureDifference(file, "", "", "", f"{type(error).__name__}: {error}", "")]
        recalculation, others = self._recalculated(rollup, file)
        found = [self._finding(one, "second-reader") for one in differences]
        found += [self._finding(one, "libreoffice") for one in others]
        found += [Finding("witness-differs", path, facts=_UNACCOUNTED) for path in self._lost]
        return SecondReading(self._returns.verdict(differences), recalculation, tuple(found))

    def _recalculated(self, rollup: bytes, file: str) -> tuple[Recalculation, list[FigureDifference]]:
        if not libreoffice.is_installed():
            return "not-installed", []
        try:
            again = libreoffice.recalculated(rollup)
        except OutputError:
            return "failed", []
        others = list(self._returns.result_differences(again, file))
        return ("differs" if others else "agrees"), others

    def document_checked(self, content: bytes, file: str, rollup: bytes | None = None) -> SecondReading:
        """Compare every figure in a document called *file* with the sums; *rollup* is the content of its roll-up."""
        found = list(self._returns.document_differences(content, file, rollup))
        differences = [one for one in found if isinstance(one, FigureDifference)]
        undecided = [one for one in found if isinstance(one, Undecided)]
        verdict = self._returns.verdict(differences, undecided)
        findings = tuple(self._finding(one, "second-reader") for one in differences)
        return SecondReading(verdict, "not-installed", findings)

    def _finding(self, one: FigureDifference, reader: str) -> Finding:
        known = one.figure in self._form.cells
        label = self._form.cells[one.figure].label if known else one.figure or Word("whole-file")
        facts: dict[str, object] = {"label": label, "reader": Word(reader)}
        return Finding(
            "witness-differs",
            one.file,
            "",
            one.sheet,
            one.address,
            one.figure,
            one.found,
            one.expected,
            facts,
        )


def published_checked(
    document: bytes, file: str, filing: Filing, form: Form, sources: Iterable[Account] = ()
) -> SecondReading:
    """Compare a document with the workbook from which it was generated, given as *filing*.

    The second reader reads the files in *sources*, the accounts of its manifest, if all exist; otherwise the workbook.
    """
    workbook = Path(filing.source.on_disk)
    accounts = [_at_hand(account, workbook.parent) for account in sources]
    if accounts and all(accounts):
        reader = SecondReader(form, filter(None, accounts))
        return reader.document_checked(document, file, read_bytes(workbook))
    reader = SecondReader(form, [Account(filing.agency, filing.source, "included")])
    return reader.document_checked(document, file)


def _at_hand(account: Account, home: Path) -> Account | None:
    """Return the account with a path relative to *home* or the current folder; ``None`` if the file does not exist."""
    source = account.source
    for path in (str(home / source.path), source.path):
        found = source._replace(path=path)
        if Path(found.on_disk).is_file():
            return account._replace(source=found)
    return None


def _added(account: Account) -> AddedFile:
    agency, source = account.agency, account.source
    district, code = (agency.district, agency.code) if agency else ("", "")
    return AddedFile(Path(source.on_disk), source.sha256, district, code, source.path)


def _counts(verdict: Verdict) -> dict[str, object]:
    return {key: getattr(verdict, key) for key in ("agreed", "figures", "read", "files", "of")}


def issued_findings(
    form: Form, workbook: bytes, stamp: Stamp, filled: Mapping[str, Decimal], file: str, *, recalculate: bool
) -> list[Finding]:
    """Return the differences between a workbook that will be sent and the form.

    *filled* has the inputs prefilled from last year. With *recalculate* LibreOffice, if installed, computes the formulas
    and the results are compared too.
    """
    expected, agency = FormFigures(form.text), stamp.agency
    cover = {"form": stamp.form, "edition": stamp.edition, "year": str(stamp.year), "code": agency.code}
    cover |= {"name": agency.name, "district": agency.district}
    found = list(faults(workbook, expected, cover, filled))
    if recalculate and libreoffice.is_installed():
        found += recalculation_faults(workbook, libreoffice.recalculated(workbook), expected)
    return [_issued_finding(fault, form, str(agency), file) for fault in found]


def _issued_finding(fault: IssueFault, form: Form, agency: str, file: str) -> Finding:
    label = form.cells[fault.figure].label if fault.figure in form.cells else ""
    facts: dict[str, object] = {"what": Word(f"issued-{fault.what}"), "label": label}
    return Finding(
        "issued-differs",
        file,
        agency,
        fault.sheet,
        fault.address,
        fault.figure,
        fault.found,
        fault.expected,
        facts,
    )
