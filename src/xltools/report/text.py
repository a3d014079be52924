"""Findings, roll-ups, second readings and dictionaries as text for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal

from xltools.checking.board import first
from xltools.checking.collection import Collection, Examined
from xltools.checking.grouping import FindingGroup, grouped
from xltools.checking.second_reading import SecondReading
from xltools.data.filing import Skipped
from xltools.data.finding import Cause, Effect, Finding, Severity, spot
from xltools.data.number import NO_VALUE
from xltools.data.reception import Received, Reception
from xltools.data.rollup import Rollup
from xltools.form.layout import layout
from xltools.form.linear import ZERO
from xltools.form.model import Form
from xltools.report.table import Block, TextTable
from xltools.text import Catalog, Lang, catalog, cause_text, group_text, message, number


def collection_text(collection: Collection, lang: Lang, skipped: Sequence[Skipped] = ()) -> str:
    """Return :func:`collection_blocks` as one text, with the files that were *skipped* in the last line."""
    last = [skipped_text(skipped, lang)] if skipped else []
    return "\n\n".join([*collection_blocks(collection, lang), *last])


def collection_blocks(collection: Collection, lang: Lang) -> Iterator[str]:
    """Yield the findings under each file that has any, those on no file, what matters most first, and a summary line."""
    blocks = [(first(one.findings), file_text(one, lang)) for one in collection.examined]
    if collection.of_no_file:
        blocks.append((first(collection.of_no_file), general_text(collection.of_no_file, lang)))
    yield from filter(None, (text for _, text in sorted(blocks, key=lambda block: block[0])))
    yield summary(collection, lang)


def general_text(findings: Sequence[Finding], lang: Lang) -> str:
    """Return the *findings* on no single file under a title."""
    t = catalog(lang)
    lines = (_finding_lines(finding, message(finding, lang), finding.address, t) for finding in findings)
    return "\n".join([t("report.collection"), *lines])


_SMALLEST_SHARE = Decimal("0.0001")
_MOST_SKIPPED = 20  # names in one line; JSON has all of them


def skipped_text(skipped: Sequence[Skipped], lang: Lang) -> str:
    """Return the names of the files that were skipped, and why, as one line."""
    t, names = catalog(lang), dict[str, list[str]]()
    for one in skipped[:_MOST_SKIPPED]:
        names.setdefault(one.why, []).append(one.name)
    parts = [t(f"skipped.{why}", names=t("skipped.separator").join(found)) for why, found in names.items()]
    if len(skipped) > _MOST_SKIPPED:
        parts.append(t("skipped.more", count=len(skipped) - _MOST_SKIPPED))
    return t("report.passed-over", count=len(skipped), names=t("skipped.and").join(parts))


def summary(collection: Collection, lang: Lang) -> str:
    """Return the numbers of files and of findings, as one line."""
    tally, files, t = collection.tally, len(collection.examined), catalog(lang)
    counts = {f"{severity.value}s": tally.counts[severity] for severity in Severity}
    if not tally.bad and not counts["errors"]:
        key = "report.summary-clean"
    else:
        key = "report.summary-one" if files == tally.bad == 1 else "report.summary"
    parts = [t(key, files=files, clean=files - tally.bad, bad=tally.bad, **counts)]
    if counts["questions"]:
        parts.append(t("report.summary-questions", **counts))
    if tally.waived:
        parts.append(t("report.summary-waived", count=tally.waived))
    return " ".join(parts) if lang == "en" else "".join(parts)


def file_text(one: Examined, lang: Lang) -> str:
    """Return the findings of one file under its name; an empty text if there are none."""
    if not one.findings:
        return ""
    t, agency = catalog(lang), str(one.filing.agency or "")
    if not agency:
        agency = t("report.by-name", agency=one.named.agency()) if one.named else t("report.no-agency")
    lines = [_group_lines(group, lang) for group in grouped(one.findings)]
    return "\n".join([f"{agency}  {one.filing.source.path}", *lines])


def _group_lines(group: FindingGroup, lang: Lang) -> str:
    """Return the message of a group, the messages of its separate findings, and its causes."""
    t, lead = catalog(lang), group.lead
    if cause := group.guilty:
        head = _line(lead, cause.code, "", cause_text(cause, lang), t)
        return "\n      ".join([head, *_effects(group, lang), *_under(group, lang)])
    if group.is_many:
        sentence, address = group_text(lead.code, len(group.findings), lang), shortened(group.spans)
    else:
        sentence, address = message(lead, lang), lead.address
    for finding in group.separate:
        code = f"{finding.code} " if finding.code != lead.code else ""
        place = spot(finding.sheet if finding.sheet != lead.sheet else "", finding.address)
        sentence += f"\n      {t('report.together')}{code}{place} {message(finding, lang)}"
    return "\n      ".join([_finding_lines(lead, sentence, address, t), *_effects(group, lang)])


def _effects(group: FindingGroup, lang: Lang) -> list[str]:
    """Return the largest effect of its findings on a published figure, of those that are known."""
    known = [finding.effect for finding in group.findings if finding.effect and finding.effect.amount]
    return [effect_text(min(known, key=lambda effect: effect.rank), lang)] if known else []


def effect_text(effect: Effect, lang: Lang) -> str:
    """Return the largest effect on a published figure as number and as share."""
    t = catalog(lang)
    if effect.figures is None:
        return t("report.effect-unknown")
    if not effect.amount:
        return t("report.effect-none")
    if effect.share is None:
        return t("report.effect-of-nothing", label=effect.label, amount=effect.amount)
    share = (
        f"{100 * effect.share:.2f}" if effect.share >= _SMALLEST_SHARE else f"< {100 * _SMALLEST_SHARE:.2f}"
    )
    return t("report.effect", label=effect.label, amount=effect.amount, share=share)


def _under(group: FindingGroup, lang: Lang) -> Iterator[str]:
    """Yield the findings that the guilty cell explains, then what holds for all of them."""
    for finding in group.findings:
        is_elsewhere = finding is group.lead or finding.sheet != group.lead.sheet
        place = spot(finding.sheet if is_elsewhere else "", finding.address)
        yield " ".join(filter(None, (finding.code, place, message(finding, lang))))
    yield from _remarks(group.lead, group.other_causes, catalog(lang))


def _finding_lines(finding: Finding, sentence: str, address: str, t: Catalog) -> str:
    """Return a finding in one line, followed by a line for each cause, the answer of the agency, and the waiver."""
    place = spot(finding.sheet, address)
    return "\n      ".join(
        [_line(finding, finding.code, place, sentence, t), *_remarks(finding, finding.causes, t)]
    )


def _line(finding: Finding, code: str, place: str, sentence: str, t: Catalog) -> str:
    severity = t(f"severity.{finding.severity.value}")
    return f"  {severity} {code}  {f'{place} ' if place else ''}{sentence}"


def _remarks(finding: Finding, causes: Sequence[Cause], t: Catalog) -> Iterator[str]:
    """Yield the causes, the answer of the agency, and the waiver."""
    yield from (f"{t('report.perhaps')}{t(f'cause.{cause.code}', **cause.facts)}" for cause in causes)
    if finding.explanation:
        yield t("report.explained", text=finding.explanation)
    if finding.waiver:
        yield t("report.waived", **asdict(finding.waiver))


_MOST_SPANS = 4


def shortened(spans: Sequence[str]) -> str:
    """Return the first four ranges as text, with "…" if there are more."""
    return "、".join(spans[:_MOST_SPANS]) + ("…" if len(spans) > _MOST_SPANS else "")


def rollup_blocks(rollup: Rollup, path: str, lang: Lang) -> list[Block]:
    """Return the table of headline figures, and lines about the file at *path* and what was left out of it."""
    t = catalog(lang)
    lines = [t("report.merged", included=len(rollup.members), path=path)]
    if rollup.left_out:
        lines.append(t("report.merged-left-out", left=len(rollup.left_out)))
        lines += [
            f"  {a.agency or a.source.name}：{t(f'report.status-{a.status}')} {a.note}".rstrip()
            for a in rollup.left_out
        ]
    if rollup.coverage == "unchecked":
        lines.append(t("report.completeness-unchecked"))
    return [headline(rollup, lang), "\n".join(lines)]


def findings_text(findings: Sequence[Finding], lang: Lang) -> str:
    """Return the findings, each with the file that it is about."""
    t = catalog(lang)
    return "\n".join(_finding_lines(f, f"{message(f, lang)} ({f.file})", f.address, t) for f in findings)


_MOST_UNDECIDED, _MOST_LABELS = 20, 3  # lines about figures without a second reader, and labels per line


def second_reader_text(reading: SecondReading, form: Form, lang: Lang) -> str:
    """Return whether two readers agree, on which figures they differ, and which figures have no second reader."""
    t, verdict = catalog(lang), reading.verdict
    counts = verdict._asdict() | {"differences": len(reading.findings)}
    is_whole = (verdict.agreed, verdict.read) == (verdict.figures, verdict.files)
    is_sample = verdict.of > verdict.files
    key = "differ" if reading.findings else "sampled" if is_sample else "agree" if is_whole else "partly"
    lines = [t(f"report.readers-{key}", **counts)]
    lines += [findings_text(reading.findings, lang)] if reading.findings else []
    undecided: dict[tuple[str, str], list[str]] = {}
    for one in verdict.undecided:
        labels = undecided.setdefault((one.file, one.reason), [])
        labels += [form.cells[one.figure].label] if one.figure else []
    for (file, reason), labels in list(undecided.items())[:_MOST_UNDECIDED]:
        facts = {
            "file": file,
            "labels": "、".join(labels[:_MOST_LABELS]) + ("…" if len(labels) > _MOST_LABELS else ""),
        }
        lines.append(t("report.no-second-reader", reason=t(f"report.undecided-{reason}"), **facts))
    if (more := len(undecided) - _MOST_UNDECIDED) > 0:
        lines.append(t("report.no-second-reader-more", count=more))
    if reading.is_workbook_only:
        lines.append(t("report.workbook-only", missing=reading.sources_missing))
    if reading.recalculation != "not-installed":
        lines.append(t(f"report.recalculation-{reading.recalculation}"))
    return "\n".join(lines)


_MOST_ROWS = 200  # agencies


def headline(rollup: Rollup, lang: Lang) -> TextTable:
    """Return the headline figures: one row per agency if there are at most 200, and the sums in the last row."""
    t, form = catalog(lang), rollup.form
    head = [t("report.head-agency"), *(h.label for h in form.headline)]
    members = rollup.members if len(rollup.members) <= _MOST_ROWS else ()
    rows = [[str(m.agency), *_headline_figures(form, form.complete(m.values))] for m in members]
    last = [t("report.head-total"), *_headline_figures(form, rollup.values)]
    return TextTable([head, *rows, last], frozenset(range(1, len(head))))


def _headline_figures(form: Form, values: Mapping[str, Decimal]) -> list[str]:
    return [
        NO_VALUE if form.cells[h.cell].ratio and h.cell not in values else number(values.get(h.cell, ZERO))
        for h in form.headline
    ]


def dictionary_rows(form: Form, lang: Lang) -> list[list[str]]:
    """Return one row per cell of the form: name, sheet, address, kind in words, unit and label."""
    t, rows = catalog(lang), dictionary_objects(form)
    return [list((row | {"kind": t(f"report.kind-{row['kind']}")}).values()) for row in rows]


def dictionary_objects(form: Form) -> list[dict[str, str]]:
    """Return one JSON object per cell of the form; the kind is ``total`` or ``input``, or that of the values of a field or a column."""
    place = layout(form)
    keys = ("name", "sheet", "address", "kind", "unit", "label")
    rows = [
        (name, *place.address(name), "total" if cell.is_total else "input", cell.unit, cell.label)
        for name, cell in form.cells.items()
    ]
    fields = ((name, one) for name, one in form.fields.items() if name not in form.cells)
    rows += [(name, *place.address(name), one.kind, "", one.label) for name, one in fields]
    rows += [
        (name, place.address(name.partition(".")[0])[0], "", column.kind, column.unit, column.label)
        for name, column in form.columns.items()
    ]
    return [dict(zip(keys, row, strict=True)) for row in rows]


def received_line(one: Received, lang: Lang, message: Callable[[Finding, Lang], str], words: str = "") -> str:
    """Return what became of a file, in one line; *words* are the key of other words for it, *message* tells a finding."""
    t, filing = catalog(lang), one.filing
    file = filing.source.path
    facts = {
        "file": t("receive.sent", file=file, date=filing.sent[:10]) if filing.sent else file,
        "agency": one.entry.name if one.entry else "",
        "stranger": str(filing.agency or ""),
        "path": one.path or "",
        "why": message(filing.findings[0], lang) if filing.findings else "",
    }
    is_kept = one.reception is Reception.SAME and one.path is not None
    kept = t("receive.kept", **facts) if is_kept else ""
    return (
        t(words or f"receive.{one.reception.value}", **facts)
        + kept
        + "".join(
            t("receive.moved-unread" if moved.changes is None else "receive.moved", **moved._asdict())
            for moved in one.moved
        )
    )
