"""``xltools merge``: the district's roll-up, or the reasons why there is none; and the proof of one that is there."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import click

from xltools.cli.output import emit_block, emit_blocks, inform
from xltools.cli.shared import (
    Handed,
    How,
    Own,
    file,
    find_form,
    find_past,
    find_roster,
    given,
    here,
    inbox_of,
    option,
    paths,
    point_to_explanations,
    prior,
    prior_files,
    read_all,
    read_limits,
    reading,
)
from xltools.text import Lang, catalog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xltools.form.model import Form
    from xltools.merging import Merge
    from xltools.office.guard import Limits
    from xltools.report.manifest import Settings
    from xltools.second_reader import SecondReader


def command(lang: Lang) -> click.Command:
    """The command in *lang*."""
    t = catalog(lang)

    @click.command("merge", help=t("help.merge"))
    @paths()
    @option(lang, "--roster", type=file(), text="roster")
    @option(lang, "--year", type=int, text="year")
    @option(lang, "--district", text="district")
    @option(lang, "--code", default="", text="own-code")
    @option(lang, "-o", "--output", type=file(), text="merged")
    @option(lang, "--exclude", "excludes", multiple=True, text="exclude")
    @option(lang, "--reason", "reasons", multiple=True, text="reason")
    @option(lang, "--incomplete", is_flag=True, text="incomplete")
    @option(lang, "--by-kind", is_flag=True, text="by-kind")
    @option(lang, "--witness", is_flag=True, text="witness")
    @option(lang, "--check", "checked", type=file(), text="check")
    @option(lang, "--form", text="form")
    @prior(lang)
    @option(lang, "--password", default="", text="password")
    @option(lang, "--force", is_flag=True, text="force")
    @reading(lang)
    def run(
        paths: tuple[Path, ...],
        roster: Path | None,
        year: int | None,
        district: str | None,
        code: str,
        output: Path | None,
        excludes: tuple[str, ...],
        reasons: tuple[str, ...],
        incomplete: bool,
        by_kind: bool,
        witness: bool,
        checked: Path | None,
        form: str | None,
        prior: tuple[Path, ...],
        password: str,
        force: bool,
        reading: How,
    ) -> int:
        from xltools.errors import InputError, Problem  # noqa: PLC0415
        from xltools.files import refuse_existing, refuse_input  # noqa: PLC0415
        from xltools.issue import check_inputs  # noqa: PLC0415

        if len(excludes) != len(reasons) or not all(reason.strip() for reason in reasons):
            raise InputError(
                Problem("exclude-reason", facts={"excludes": len(excludes), "reasons": len(reasons)})
            )
        own, known = here(), _known(checked)
        settings = _Options(
            given(year, own.year or (known and known.year), "--year"),
            given(district, own.district or (known and known.district), "--district"),
            code or own.code or (known.code if known else ""),
            incomplete or bool(known and known.incomplete),
            by_kind or bool(known and known.by_kind),
            tuple(zip(excludes, reasons, strict=True)) or (known.exclusions if known else ()),
            roster or own.roster,
            find_form(form or own.form or (known and known.form)),
            prior,
            password,
            witness or own.witness or bool(known and known.witness),
        )
        check_inputs(settings.year, settings.district, password)
        if checked:
            from xltools.cli.proving import prove  # noqa: PLC0415

            return prove(
                checked,
                lambda: _merged(paths, settings, own, lang, reading, told=False),
                read_limits(reading.limits),
                lang,
            )
        # A collection is merged again after each correction; its own roll-up takes the place of the former one.
        own_place, output = output is None, given(output, own.rollup, "-o")
        if own_place and not force:
            _refuse_texts(output, read_limits(reading.limits))
        elif not force:
            refuse_existing([output])
        work = _merged(paths, settings, own, lang, reading, told=True)
        refuse_input(output, work.handed.inbox.paths)
        if work.outcome.rollup is None:
            click.echo(t("report.not-merged"), err=True)
            return 1
        if not _write(work, output, lang):
            return 1
        return int(work.outcome.collection.has_errors)

    return run


class _Options(NamedTuple):
    """What decides, besides the files, what the roll-up is."""

    year: int
    district: str
    code: str
    incomplete: bool
    by_kind: bool
    exclusions: tuple[tuple[str, str], ...]
    roster: Path | None
    form: Form
    prior: tuple[Path, ...]
    password: str
    witness: bool


class Work(NamedTuple):
    """A merge that was done: its outcome, what it read, and how to write it."""

    outcome: Merge
    handed: Handed
    settings: Settings
    password: str
    second_reader: SecondReader | None = None

    def save(self, out: BinaryIO, home: Path) -> None:
        """Write the roll-up that came of it; it will lie in the folder *home*."""
        from xltools.excel.writer import save_rollup  # noqa: PLC0415

        rollup = self.outcome.rollup
        assert rollup is not None  # noqa: S101  the caller asked
        save_rollup(rollup, out, self.password, home=home, by_kind=self.settings.by_kind)


def _known(checked: Path | None) -> Settings | None:
    """What the manifest beside the workbook to be checked says that it was made with."""
    if checked is None:
        return None
    from xltools.report.manifest import path_of, read  # noqa: PLC0415

    found = read(path_of(checked))
    return found.settings if found else None


def _refuse_texts(former: Path, limits: Limits) -> None:
    """Raise :class:`OutputError` where somebody typed prose into the former roll-up: it would be gone with it."""
    from xltools.errors import InputError, OutputError, Problem  # noqa: PLC0415
    from xltools.files import read_bytes  # noqa: PLC0415
    from xltools.report import manifest  # noqa: PLC0415

    if not former.is_file():
        return
    known = None
    with contextlib.suppress(InputError):  # a manifest that means nothing tells nothing
        known = manifest.read(manifest.path_of(former))
    if known and known.is_of(read_bytes(former), limits):
        return  # as it was written; most are, and a large one is not read for this
    from xltools.intake import read_one  # noqa: PLC0415

    filing = read_one(former)
    if failures := [f for f in filing.findings if f.code == "reader-failed"]:
        raise OutputError(Problem("former-unread", str(former), {"reason": failures[0].found}))
    boxes = [b for b, text in filing.prose.items() if text.strip() and not b.startswith("cover.")]
    if filing.is_rollup and boxes:
        places = "、".join("!".join(filing.address(box)) for box in boxes)
        raise OutputError(Problem("rollup-has-texts", str(former), {"places": places}))


def _merged(
    paths: tuple[Path, ...],
    options: _Options,
    own: Own,
    lang: Lang,
    how: How,
    *,
    told: bool,
) -> Work:
    roster = find_roster(options.roster)
    earlier = prior_files(options.prior, own)
    past = find_past(earlier, own, options.form, options.year, lang, how)
    inbox, home = inbox_of(paths, own), options.district
    handed = read_all(inbox, options.form, lang, how, roster=roster, district=home)
    from xltools.merging import Exclusion, merge  # noqa: PLC0415
    from xltools.report import text  # noqa: PLC0415

    outcome = merge(
        handed.filings,
        options.form,
        options.year,
        options.district,
        code=options.code,
        roster=roster,
        exclusions=[Exclusion(what, reason) for what, reason in options.exclusions],
        incomplete=options.incomplete,
        policy=own.policy,
        past=past,
    )
    if told and outcome.collection.tally.is_any:
        for one in outcome.collection.examined:
            emit_block(text.file_text(one, lang))
        for block in text.closing_text(outcome.collection, lang):
            emit_block(block)
        point_to_explanations(outcome.collection, lang)
    if told and past and outcome.rollup and not outcome.rollup.earlier:
        whose = past.gathered.name if past.gathered else ""
        key = "other-years" if whose else "no-years"
        inform(catalog(lang)(f"report.{key}", year=past.year, whose=whose, district=options.district))
    settings = _settings(options, own, earlier)
    if options.witness and outcome.rollup:
        from xltools.second_reader import SecondReader  # noqa: PLC0415  openpyxl is slow to load

        reader = SecondReader(options.form, outcome.rollup.accounts, handed.inbox.paths)
        outcome = replace(outcome, rollup=replace(outcome.rollup, second_reader=reader.sentence))
        return Work(outcome, handed, settings, options.password, reader)
    return Work(outcome, handed, settings, options.password)


def _settings(options: _Options, own: Own, earlier: Sequence[Path]) -> Settings:
    from xltools.files import read_bytes  # noqa: PLC0415
    from xltools.inbox import content_of, gather  # noqa: PLC0415
    from xltools.report.manifest import Settings, hash_of, policy_hash  # noqa: PLC0415

    others = {"policy": policy_hash(own.policy)}
    if options.roster:
        others["roster"] = hash_of(read_bytes(options.roster))
    if earlier:
        limits = read_limits(())
        others["prior"] = hash_of(content_of(file, limits) for file in gather(earlier).files)
    return Settings(
        options.year,
        options.district,
        options.code,
        options.form.name,
        options.incomplete,
        options.by_kind,
        options.exclusions,
        others,
        options.witness,
    )


def _write(work: Work, output: Path, lang: Lang) -> bool:
    """Write the workbook and its manifest; nothing where a second reader has other figures. Whether it was written."""
    import io  # noqa: PLC0415

    from xltools.files import write_atomically, writing  # noqa: PLC0415
    from xltools.report import manifest, text  # noqa: PLC0415

    rollup = work.outcome.rollup
    assert rollup is not None  # noqa: S101  the caller asked
    made = io.BytesIO()
    work.save(made, output.parent)
    content, found = made.getvalue(), None
    if work.second_reader:
        reading = work.second_reader.checked(content, str(output))
        emit_block(text.second_reader_text(reading, rollup.form, lang))
        if reading.findings:
            inform(catalog(lang)("report.not-put-in-place"))
            return False
        found = reading.facts()
    write_atomically(output, content)
    with writing(manifest.path_of(output)) as out:
        for line in manifest.lines(rollup, work.settings, output, manifest.Output.of(content), found):
            out.write(line.encode("utf-8", "surrogatepass"))
    emit_blocks(text.rollup_blocks(rollup, str(output), lang))
    return True
