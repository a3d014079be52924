"""The roll-up as a file: merged from the returns, checked by a second reader if requested, and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from xltools.checking.second_reading import SecondReading
from xltools.collection import manifest
from xltools.collection.accepting import accepted_versions
from xltools.collection.given_file import load_given
from xltools.collection.issuing import check_inputs
from xltools.collection.last_year import LastYear, last_year_hash, read_last_year
from xltools.collection.manifest import Settings, hash_of, hash_of_texts
from xltools.collection.merging import Exclusion, Merge, merge
from xltools.collection.reading import LOCAL, Execution, Inputs, ReadOptions, read_inputs
from xltools.collection.roster_files import load_roster
from xltools.collection.settings import Folder
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.rollup import Rollup
from xltools.files import read_bytes, refuse_input, write_atomically
from xltools.form.library import find
from xltools.form.model import Form

if TYPE_CHECKING:
    from xltools.collection.second_reader import SecondReader


@dataclass(frozen=True)
class MergeOptions:
    """What a roll-up depends on besides the returns.

    ``exclusions`` are the codes or file names that are left out, each with its reason; ``prior`` are the paths of last
    year's files; with ``witness`` a second reader checks every figure. ``versions`` is the folder of older versions of the
    returns, ``given`` the file with the figures of the issuer. ``texts`` are those of the cover and the parts, by cell, which were typed into a former roll-up.
    """

    form: Form
    period: Period
    district: str
    code: str = ""
    roster: Path | None = None
    exclusions: Sequence[tuple[str, str]] = ()
    incomplete: bool = False
    by_kind: bool = False
    prior: Sequence[Path] = ()
    password: str = ""
    policy: Policy = field(default_factory=Policy)
    witness: bool = False
    versions: Path | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    given: Path | None = None

    @classmethod
    def of(cls, collection: Folder, *, incomplete: bool = False) -> MergeOptions:
        """Return the options for merging the returns of a *collection*."""
        return cls(
            find(collection.form),
            collection.period,
            collection.district,
            collection.code,
            collection.roster,
            incomplete=incomplete,
            prior=collection.before,
            policy=collection.policy,
            witness=collection.witness,
            versions=collection.versions,
            given=collection.given_file,
        )

    @property
    def given_file(self) -> Path | None:
        """The file of what the issuer gives, if the form has anything like that."""
        return self.given if self.form.given else None

    def settings(self) -> Settings:
        """Return what the manifest records of these options."""
        others = {"policy": hash_of(repr(self.policy).encode())}
        if self.roster:
            others["roster"] = hash_of(read_bytes(self.roster))
        if self.prior:
            others["prior"] = last_year_hash(self.prior, self.form, self.period)
        if given := self.given_file:
            others["given"] = hash_of(read_bytes(given))
        if self.texts:
            others["texts"] = hash_of_texts(self.texts)
        return Settings(
            self.period,
            self.district,
            self.code,
            self.form.name,
            self.incomplete,
            self.by_kind,
            tuple(self.exclusions),
            others,
            self.witness,
        )


class MergedFiles(NamedTuple):
    """A merge of files: the inputs, the outcome, and last year's figures if there are any."""

    options: MergeOptions
    inputs: Inputs
    outcome: Merge
    last_year: LastYear | None
    second_reader: SecondReader | None = None

    def workbook(self, rollup: Rollup, home: Path) -> bytes:
        """Return the workbook of the roll-up, whose rows link to the files from the folder *home*."""
        from xltools.excel.writer import write_rollup  # noqa: PLC0415  XlsxWriter is slow to import

        return write_rollup(rollup, self.options.password, home=home, by_kind=self.options.by_kind)


def merge_files(
    places: Sequence[Path],
    options: MergeOptions,
    read_options: ReadOptions,
    execution: Execution = LOCAL,
) -> MergedFiles:
    """Read the returns in *places* and merge them; see :func:`~xltools.collection.merging.merge`.

    Raises :class:`InputError` if an option cannot be used or there is no file.
    """
    check_inputs(options.period, options.district, options.password)
    roster = load_roster(options.roster, options.form) if options.roster else None
    path = options.given_file
    given = load_given(path, options.form, options.period, roster) if path else None
    read_options = replace(read_options, form=options.form, given=given)
    last_year = read_last_year(options.prior, options.form, options.period, read_options, execution)
    inputs = read_inputs(places, read_options, execution, roster=roster, district=options.district)
    former = accepted_versions(
        options.versions, options.policy, inputs.filings, read_options, roster, options.district
    )
    outcome = merge(
        inputs.filings,
        options.form,
        options.period,
        options.district,
        code=options.code,
        roster=roster,
        exclusions=[Exclusion(what, reason) for what, reason in options.exclusions],
        incomplete=options.incomplete,
        policy=options.policy,
        past=last_year.past if last_year else None,
        former=former,
        examining=execution.examine,
    )
    if outcome.rollup and options.texts:
        outcome = replace(outcome, rollup=replace(outcome.rollup, texts=options.texts))
    if not options.witness or outcome.rollup is None:
        return MergedFiles(options, inputs, outcome, last_year)
    from xltools.collection.second_reader import SecondReader, given_figures  # noqa: PLC0415  openpyxl is slow to import

    figures = given_figures(inputs.filings)
    reader = SecondReader(
        options.form, outcome.rollup.accounts, inputs.inbox.paths, given=figures, given_file=path
    )
    outcome = replace(outcome, rollup=replace(outcome.rollup, second_reader=reader.sentence))
    return MergedFiles(options, inputs, outcome, last_year, reader)


def write_rollup_file(
    merged: MergedFiles, rollup: Rollup, output: Path, *, is_new: bool = False
) -> SecondReading | None:
    """Write the roll-up and its manifest, and return what the second reader found, if there was one.

    Nothing is written if the second reader has findings. Raises :class:`OutputError` if *output* is one of the files
    that were read or cannot be written, or if it *is_new* and another program has written it.
    """
    refuse_input(output, merged.inputs.inbox.paths)
    content = merged.workbook(rollup, output.parent)
    reading = merged.second_reader.checked(content, str(output)) if merged.second_reader else None
    if reading and reading.findings:
        return reading
    write_atomically(output, content, is_new=is_new)
    facts = reading.facts() if reading else None
    text = manifest.text(rollup, merged.options.settings(), output, content, facts)
    write_atomically(manifest.path_of(output), text.encode("utf-8", "surrogatepass"))
    return reading
