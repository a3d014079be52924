"""``xltools merge --check``: whether a roll-up is what the files give, and if not, in what it differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from xltools.cli.output import emit, inform
from xltools.text import Lang, catalog

if TYPE_CHECKING:
    from xltools.cli.merge import Work
    from xltools.data.rollup import Rollup
    from xltools.office.guard import Limits
    from xltools.office.parts import Parts
    from xltools.report.manifest import Manifest

_MOST_TOLD = 100


def prove(workbook: Path, merged: Callable[[], Work], limits: Limits, lang: Lang) -> int:
    """Make the roll-up again and compare *workbook* with it; return 0 when it has the same parts, else 1.

    Raises :class:`InputError` when there is no such workbook.
    """
    import tempfile  # noqa: PLC0415

    from xltools.files import read_bytes  # noqa: PLC0415
    from xltools.office.parts import written_parts  # noqa: PLC0415
    from xltools.report.manifest import path_of, read  # noqa: PLC0415
    from xltools.report.text import collection_text  # noqa: PLC0415

    t, there = catalog(lang), read_bytes(workbook)
    work = merged()
    rollup = work.outcome.rollup
    if rollup is None:
        emit(collection_text(work.outcome.collection, lang) + "\n")
        inform(t("proof.no-rollup"))
        return 1
    with tempfile.TemporaryFile() as out:
        work.save(out, workbook.parent)
        made = written_parts(out)
    differing = list(_parts(there, workbook, made, limits, lang))
    if not differing:
        emit(t("proof.same", file=workbook, count=len(rollup.members), sha256=made.sha256))
        return 0
    known = read(path_of(workbook))
    if known is None:
        told = [t("proof.no-manifest", file=path_of(workbook).name)]
    else:
        told = [*_settings(known, work, t), *_inputs(known, rollup, t)]
    told += _figures(there, workbook, rollup, limits, lang)
    told = told or [t("proof.only-parts"), *differing]
    more = [t("proof.more", count=len(told) - _MOST_TOLD)] if len(told) > _MOST_TOLD else []
    lines = told[:_MOST_TOLD] + more
    emit("\n".join([t("proof.differs", file=workbook), *(f"  {line}" for line in lines)]))
    return 1


_Told = Callable[..., str]


def _settings(known: Manifest, work: Work, t: _Told) -> Iterator[str]:
    """What it was made with that is not so now."""
    for key, now in work.settings._asdict().items():
        then = getattr(known.settings, key)
        if key == "others":
            for what in sorted({*then, *now}):
                if then.get(what) != now.get(what):
                    yield t(f"proof.other-{what}")
        elif then != now:
            yield t("proof.setting", key=key, then=then, now=now)


def _inputs(known: Manifest, rollup: Rollup, t: _Told) -> Iterator[str]:
    """Which files the manifest names that are not there now, or hold something else; and which are new."""
    now = {a.source.path: a.source.sha256 for a in rollup.accounts if a.status in {"included", "excluded"}}
    for path in sorted({*known.inputs, *now}):
        if path not in now:
            yield t("proof.input-gone", file=path)
        elif path not in known.inputs:
            yield t("proof.input-new", file=path)
        elif now[path] != known.inputs[path]:
            yield t("proof.input-changed", file=path)


def _parts(there: bytes, workbook: Path, made: Parts, limits: Limits, lang: Lang) -> Iterator[str]:
    """Yield how the parts of the workbook differ from those of the roll-up made again; nothing when they are the same."""
    from xltools.data.finding import Finding  # noqa: PLC0415
    from xltools.office.guard import ScanError  # noqa: PLC0415
    from xltools.office.parts import read_parts  # noqa: PLC0415
    from xltools.proof import part_differences  # noqa: PLC0415
    from xltools.text import message  # noqa: PLC0415

    try:
        found = read_parts(there, limits)
    except ScanError as error:
        yield message(Finding(error.code, str(workbook), found=error.reason), lang)
        return
    t = catalog(lang)
    for what, name in part_differences(found, made):
        yield t(f"proof.{what}", name=name)


def _figures(there: bytes, workbook: Path, rollup: Rollup, limits: Limits, lang: Lang) -> Iterator[str]:
    """What the workbook itself holds that the files do not give, and what is wrong with it by itself."""
    from xltools.checking.checks import verified  # noqa: PLC0415
    from xltools.data.finding import Severity  # noqa: PLC0415
    from xltools.excel.reader import read_package  # noqa: PLC0415
    from xltools.inbox import Item  # noqa: PLC0415
    from xltools.intake import reading  # noqa: PLC0415
    from xltools.proof import discrepancies  # noqa: PLC0415
    from xltools.text import message  # noqa: PLC0415

    t = catalog(lang)
    item = Item(str(workbook), there, size=len(there))
    filing = reading(item, lambda one: verified(read_package(one.data, one.name, rollup.form, limits)))
    for one in discrepancies(filing, rollup):
        found, expected = (
            t("finding-part.empty") if x in {None, ""} else x for x in (one.found, one.expected)
        )
        yield t(f"proof.{one.what}", agency=one.agency, label=one.label, found=found, expected=expected)
    for finding in filing.findings:
        if finding.severity is not Severity.NOTE and finding.code != "rollup-incomplete":
            place = "!".join(filter(None, (finding.sheet, finding.address)))
            yield f"{finding.code} {place} {message(finding, lang)}"
