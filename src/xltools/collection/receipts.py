"""Receipts for the files in a roll-up, one for each file that was added, and holding a file against its receipt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xltools.checking.differences import CellDifference, figure_differences, figures
from xltools.collection.manifest import hash_of
from xltools.collection.merging import Merge, accepted_in
from xltools.collection.outgoing import OutgoingFiles, distinct_stems
from xltools.data.filing import FILE_STATUSES, Filing, Return
from xltools.data.receipt import ReadReceipt, Receipt, RollupFile
from xltools.data.rollup import Rollup
from xltools.document import receipt as printed
from xltools.document.reader.receipt import read_receipt
from xltools.document.writer import render
from xltools.errors import InputError, Problem
from xltools.files import read_bytes, safe_stem
from xltools.office.guard import Budget, Limits, ScanError
from xltools.text import clerk, harmless_line


def receipts_of(outcome: Merge, rollup: Rollup, output: Path) -> Iterator[Receipt]:
    """Yield a receipt for each file in the *rollup*, which was written to *output*.

    An agency whose file was left out has none: none of its figures is in the roll-up.
    """
    about = RollupFile(
        output.name, hash_of(read_bytes(output)), rollup.district, rollup.coverage == "incomplete"
    )
    examined = {one.filing.source: one for one in outcome.collection.counting}
    for account in rollup.included:
        filing, findings, *_ = examined[account.source]
        if isinstance(filing, Return):
            others = (a for a in rollup.accounts if a.agency == account.agency and a is not account)
            yield Receipt(
                filing.agency,
                rollup.form,
                rollup.period,
                filing.source,
                figures(filing),
                about,
                tuple(accepted_in(findings, [filing])),
                tuple(other.source for other in others if other.status in FILE_STATUSES),
                tuple(sorted(filing.record.agencies)) if filing.is_rollup else (),
                filing.left_out,
            )


def write_receipts(folder: OutgoingFiles, receipts: Sequence[Receipt]) -> None:
    """Write each receipt as a page and as text into *folder*."""
    agencies = ((one.agency.code, one.agency.name, str(one.period)) for one in receipts)
    stems = [clerk()("receipt.file-name", name=safe_stem("_".join(about))) for about in agencies]
    names = distinct_stems(stems, [one.source.sha256 for one in receipts])
    for name, one in zip(names, receipts, strict=True):
        folder.write(f"{name}.html", render(printed.document(one), "html"))
        folder.write(f"{name}.txt", printed.text(one).encode("utf-8-sig"))


@dataclass(frozen=True, slots=True)
class ReceiptCheck:
    """A file held against a receipt. ``identity`` are the words on the receipt and those of the file that are different.

    ``differences`` are figures, first as on the receipt; ``figures`` is their number on the form.
    """

    receipt: ReadReceipt
    sha256: str
    identity: tuple[tuple[str, str], ...]
    differences: tuple[CellDifference, ...]
    figures: int

    @property
    def is_same_file(self) -> bool:
        """Whether the file has the content that the receipt is about, byte for byte."""
        return self.sha256 == self.receipt.sha256

    @property
    def agrees(self) -> bool:
        """Whether nothing is different."""
        return self.is_same_file and not self.identity and not self.differences


def check_receipt(receipt: Path, filings: Sequence[Filing], file: Path, limits: Limits) -> ReceiptCheck:
    """Compare *file*, read as *filings*, with the receipt in a file.

    Of several returns in an archive the one that the receipt names is taken. Raises :class:`InputError` if the file is no
    return, or the receipt no receipt for a return on its form.
    """
    data = read_bytes(receipt, limits.file)
    readable = [one for one in filings if isinstance(one, Return)]
    named = [one for one in readable if one.source.sha256.encode() in data]
    found = named[0] if named else readable[0] if len(filings) == len(readable) == 1 else None
    if found is None:
        raise InputError(Problem("not-a-return", str(file)))
    try:
        stated = read_receipt(data, found.form, Budget(limits))
    except ScanError:
        stated = None
    if stated is None:
        raise InputError(Problem("not-a-receipt", str(receipt), {"form": found.form.title}))
    agency = found.agency
    # A report only has the agency's name; the code is from the roster with which it was merged.
    is_named = agency.is_named_only and stated.agency.startswith(agency.name)
    own = (stated.agency if is_named else str(agency), printed.subject(found.form, found.stamp.period))
    pairs = zip((stated.agency, stated.subject), own, strict=True)
    return ReceiptCheck(
        stated,
        found.source.sha256,
        tuple((one, other) for one, other in pairs if one.split() != harmless_line(other).split()),
        tuple(figure_differences(found.form, stated.figures, figures(found))),
        len(found.form.cells),
    )
