"""``xltools receipt``: hold a return against the receipt for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from xltools.cli.help import Command
from xltools.cli.options import ReadingOptions, collection_defaults, file, option, place, reading
from xltools.cli.output import emit
from xltools.cli.returns import read_all
from xltools.collection.manifest import hash_of
from xltools.collection.receipts import ReceiptCheck, check_receipt
from xltools.files import read_bytes
from xltools.office.guard import limits_from
from xltools.report.board import difference_line
from xltools.text import Lang, catalog, harmless


def command(lang: Lang) -> click.Command:
    """Return the command in *lang*."""

    @click.command("receipt", cls=Command, help=catalog(lang)("help.receipt"))
    @click.argument("workbook", metavar="WORKBOOK", type=place())
    @option(lang, "--check", "receipt", type=file(), required=True, text="check-receipt")
    @option(lang, "--rollup", type=file(), text="check-rollup")
    @option(lang, "--form", text="forms")
    @reading(lang)
    def run(
        workbook: Path, receipt: Path, rollup: Path | None, form: str | None, reading: ReadingOptions
    ) -> int:
        own, how = collection_defaults(), reading._replace(verifying=False)
        definition = own.named_form(form)
        agencies, district = own.roster_of(None, definition), own.district
        inputs = read_all((workbook,), definition, lang, how, roster=agencies, district=district)
        found = check_receipt(receipt, inputs.filings, workbook, limits_from(reading.limits))
        sha256 = hash_of(read_bytes(rollup)) if rollup else ""
        is_same_rollup = sha256 in {"", found.receipt.rollup_sha256}
        head = catalog(lang)("receipt.head", file=workbook, receipt=receipt)
        lines = [*_lines(found, lang), _rollup_line(found, rollup, sha256, lang)]
        meaning = catalog(lang)("receipt.meaning")
        emit(harmless("\n".join([head, *(f"  {line}" for line in lines), meaning])))
        return int(not (found.agrees and is_same_rollup))

    return run


def _lines(found: ReceiptCheck, lang: Lang) -> Iterator[str]:
    """Yield whether the file is the same, and whether its figures are."""
    t = catalog(lang)
    if found.is_same_file:
        yield t("receipt.same-file", sha256=found.sha256)
    else:
        yield t("receipt.other-file", found=found.sha256, expected=found.receipt.sha256)
    for stated, own in found.identity:
        yield t("receipt.identity", stated=stated, own=own)
    if not found.differences:
        yield t("receipt.same-figures", count=found.figures)
        return
    yield t("receipt.other-figures", count=len(found.differences))
    for difference in found.differences:
        yield f"  {difference_line(difference)}"


def _rollup_line(found: ReceiptCheck, rollup: Path | None, sha256: str, lang: Lang) -> str:
    t, stated = catalog(lang), found.receipt.rollup_sha256
    if rollup is None:
        return t("receipt.no-rollup", sha256=stated)
    if sha256 == stated:
        return t("receipt.same-rollup", file=rollup, sha256=sha256)
    return t("receipt.other-rollup", file=rollup, found=sha256, expected=stated)
