"""Filings and findings as JSON objects and CSV."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal

from xltools.checking.collection import Collection
from xltools.checking.guilty import GuiltVerdict, Suspect
from xltools.data.filing import Filing, Return, Shown, Skipped
from xltools.data.finding import Cause, Effect, Finding, Severity, Waiver
from xltools.data.list_lines import derived_lines
from xltools.data.number import is_whole
from xltools.prose.checks import matches
from xltools.prose.mentions import Mention
from xltools.report.delimited import rows_text
from xltools.text import Lang, cause_text, message

_SHARE_DIGITS = 6


def plain(value: Decimal | str) -> int | float | str:
    """Return a figure as a JSON value; as text if no double represents it exactly, as may be for a long sum."""
    if isinstance(value, str):
        return value
    if is_whole(value):
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else f"{value:f}"


def finding_object(finding: Finding, lang: Lang) -> dict[str, object]:
    """Return a finding with its message as a JSON object."""
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "file": finding.file,
        "agency": finding.agency,
        "member": finding.member,
        "sheet": finding.sheet,
        "address": finding.address,
        "cell": finding.cell,
        "found": plain(finding.found),
        "expected": plain(finding.expected),
        "message": message(finding, lang),
        "others": [place._asdict() for place in finding.others],
        "causes": [_cause_object(cause, lang) for cause in finding.causes],
        "waiver": _waiver_object(finding.waiver) if finding.waiver else None,
        "explanation": finding.explanation,
        "largest_effect": _effect_object(finding.effect) if finding.effect else None,
    }


def _effect_object(effect: Effect) -> dict[str, object]:
    return {
        "known": effect.figures is not None,
        "cell": effect.cell,
        "amount": f"{effect.amount:f}",
        "share": None if effect.share is None else float(round(effect.share, _SHARE_DIGITS)),
    }


def _cause_object(cause: Cause, lang: Lang) -> dict[str, object]:
    """Return a cause as a JSON object; one about the guilty cell also has the verdict."""
    whole: dict[str, object] = {"code": cause.code, "message": cause_text(cause, lang)}
    verdict, places = cause.facts.get("verdict"), cause.facts.get("places")
    if not (isinstance(verdict, GuiltVerdict) and isinstance(places, dict)):
        return whole
    named = verdict.named
    return whole | {
        "equations": verdict.equations,
        "how": named.how if named else "",
        "totals_computed": verdict.is_computed,
        "explanations": verdict.explanations,
        "named": _suspect_object(named, places) if named else None,
        "perhaps": [_suspect_object(one, places) for one in verdict.listed],
        "witnesses": list(dict.fromkeys(one.name for one in named.witnesses)) if named else [],
        "line": verdict.line,
        "largest_effect": {n: f"{v:f}" for n, v in verdict.effect.items()}
        if verdict.effect is not None
        else None,
    }


def _suspect_object(suspect: Suspect, places: dict[str, tuple[str, str]]) -> dict[str, object]:
    cells = []
    for change in suspect.changes:
        sheet, address = places[change.cell]
        figures = {"found": f"{change.found:f}", "right": f"{change.right:f}"}
        cells.append({"cell": change.cell, "sheet": sheet, "address": address, **figures})
    return {"how": suspect.how, "cells": cells}


def _waiver_object(waiver: Waiver) -> dict[str, str]:
    return {name: text for name, text in asdict(waiver).items() if name not in {"version", "period"}}


def filing_object(filing: Filing, findings: Sequence[Finding], lang: Lang) -> dict[str, object]:
    """Return a file as a JSON object: its identity, inputs, shown totals, prose and findings."""
    stamp = filing.stamp
    read = filing if isinstance(filing, Return) else None
    return {
        "file": filing.source.path,
        "sha256": filing.source.sha256,
        "form": stamp.form if stamp else None,
        "edition": stamp.edition if stamp else None,
        **_period_object(filing),
        "kind": stamp.kind if stamp else None,
        "agency": _agency_object(filing),
        "values": {
            name: plain(value) for name, value in read.record.values.items() if name in read.form.cells
        }
        if read
        else {},
        "shown": {name: _shown_value(shown) for name, shown in read.shown.items()} if read else {},
        "prose": dict(read.prose) if read else {},
        "lists": {key: _list_objects(read, key) for key in read.form.lists} if read else {},
        "matches": [_match_object(mention) for mention in matches(filing)],
        "findings": [finding_object(finding, lang) for finding in findings],
    }


def _list_objects(filing: Return, key: str) -> list[dict[str, object]]:
    """Return the lines of a list as JSON objects: the number, whose line it is in a roll-up, and the values by column."""
    columns = filing.form.lists[key].keys
    return [
        {
            "line": line.number,
            "agency": line.agency.code if line.agency else None,
            "values": {c: plain(v) for c, v in zip(columns, line.values, strict=True) if v != ""},
        }
        for line in derived_lines(
            filing.form, key, filing.record.lists.get(key, ()), filing.record.complete()
        )
    ]


def _shown_value(shown: Shown) -> int | float | str:
    return shown.text if shown.value is None else plain(shown.value)


def _match_object(mention: Mention) -> dict[str, object]:
    """Return a number in the prose with the figure that it equals."""
    reading = mention.matched
    return {
        "box": mention.box,
        "quote": mention.quote,
        "value": plain(mention.value),
        "reading": reading.label if reading else "",
        "cells": list(reading.cells) if reading else [],
    }


def _period_object(filing: Filing) -> dict[str, object]:
    """Return the period as ``2024``, ``2024Q3`` or ``2024-07``, and the year that it is in."""
    period = filing.stamp.period if filing.stamp else None
    return {"year": period.whole_year.year if period else None, "period": str(period) if period else None}


def _agency_object(filing: Filing) -> dict[str, str] | None:
    agency = filing.agency
    return {"code": agency.code, "name": agency.name, "district": agency.district} if agency else None


def collection_object(
    collection: Collection, lang: Lang, skipped: Sequence[Skipped] = ()
) -> dict[str, object]:
    """Return a verification as a JSON object with the files that were *skipped*."""
    files = [
        {
            "file": one.filing.source.path,
            "sha256": one.filing.source.sha256,
            "agency": _agency_object(one.filing),
            **_period_object(one.filing),
            "replaced_by": one.replacement.by.source.path if one.replacement else None,
            **{f"{s.value}s": sum(f.severity is s for f in one.findings) for s in Severity},
        }
        for one in collection.examined
    ]
    return {
        "files": files,
        "findings": [finding_object(finding, lang) for finding in collection.findings],
        "passed_over": [{"file": one.name, "reason": one.why} for one in skipped],
        "summary": summary_object(collection, len(skipped)),
    }


def summary_object(collection: Collection, skipped: int) -> dict[str, int]:
    """Return the numbers of files and findings as a JSON object."""
    return {
        "files": len(collection.examined),
        "clean": len(collection.examined) - collection.tally.bad,
        "missing": len(collection.missing),
        "passed_over": skipped,
        **{f"{s.value}s": collection.count(s) for s in Severity},
    }


def json_text(value: object, encoding: str, *, indent: int | None = None) -> str:
    """Return *value* as JSON, with non-ASCII characters escaped unless *encoding* is UTF-8."""
    unicode = encoding.casefold().replace("-", "").replace("_", "") in {"utf8", "utf8sig"}
    return json.dumps(value, ensure_ascii=not unicode, indent=indent)


def csv_text(filings: Iterable[Filing]) -> str:
    """Return CSV with one row per file and one column per cell, also of fields, for a spreadsheet or a data frame.

    Totals that depend on an unreadable figure are blank.
    """
    filings = list(filings)
    cells = list(dict.fromkeys(n for f in filings if f.form for n in (*f.form.cells, *f.form.fields)))
    rows: list[list[object]] = [
        ["file", "sha256", "form", "edition", "year", "period", "district", "code", "name", *cells]
    ]
    for filing in filings:
        stamp, agency, values = filing.stamp, filing.agency, {}
        texts: Mapping[str, str] = {}
        form = [stamp.form, stamp.edition, *_period_object(filing).values()] if stamp else [""] * 4
        names = [agency.district, agency.code, agency.name] if agency else ["", "", ""]
        if isinstance(filing, Return):
            reach, complete = filing.form.reach, filing.record.complete()
            values = {name: v for name, v in complete.items() if not reach[name] & filing.unread}
            texts = filing.prose
        figures = (values[name] if name in values else texts.get(name, "") for name in cells)
        rows.append([filing.source.path, filing.source.sha256, *form, *names, *figures])
    return rows_text(rows)
