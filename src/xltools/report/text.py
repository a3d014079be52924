"""What a coordinator reads on the screen: findings file by file, then the count; the figures of a roll-up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING

from xltools.checking.collection import Collection, Examined
from xltools.data.finding import Finding, Severity
from xltools.form.layout import layout
from xltools.form.linear import ZERO
from xltools.form.model import Form
from xltools.text import Catalog, Lang, catalog, group_text, message, number

if TYPE_CHECKING:
    from xltools.checking.grouping import Group
    from xltools.collection.second_reader import SecondReading
    from xltools.data.rollup import Rollup
    from xltools.report.table import Block, Table


def collection_text(collection: Collection, lang: Lang) -> str:
    """Every finding under its file, the missing agencies, and a line that counts them."""
    files = (file_text(one, lang) for one in collection.examined)
    return "\n\n".join([*filter(None, files), *closing_text(collection, lang)])


def closing_text(collection: Collection, lang: Lang) -> list[str]:
    """What comes after the files: what no file is to blame for, and the counts."""
    blocks = []
    if collection.of_no_file:
        t = catalog(lang)
        lines = (_line(f, message(f, lang), f.address, t) for f in collection.of_no_file)
        blocks.append("\n".join([t("report.collection"), *lines]))
    return [*blocks, summary(collection, lang)]


def summary(collection: Collection, lang: Lang) -> str:
    """Return the numbers of files and of findings, as one line."""
    tally, files, t = collection.tally, len(collection.examined), catalog(lang)
    counts = {f"{severity.value}s": tally.counts[severity] for severity in Severity}
    if not tally.bad and not counts["errors"]:
        key = "report.summary-clean"
    else:
        key = "report.summary-one" if files == 1 else "report.summary"
    parts = [t(key, files=files, clean=files - tally.bad, bad=tally.bad, **counts)]
    if counts["questions"]:
        parts.append(t("report.summary-questions", **counts))
    if tally.waived:
        parts.append(t("report.summary-waived", count=tally.waived))
    return " ".join(parts) if lang == "en" else "".join(parts)


def file_text(one: Examined, lang: Lang) -> str:
    """The findings of one file under its name; nothing where there are none."""
    if not one.findings:
        return ""
    t = catalog(lang)
    agency = str(one.filing.agency) if one.filing.agency else t("report.no-agency")
    return "\n".join([f"{agency}  {one.filing.source.path}", *_lines(one.findings, lang)])


def _lines(findings: Sequence[Finding], lang: Lang) -> Iterator[str]:
    """The findings, worst first; what belongs together as one message."""
    from xltools.checking.grouping import grouped  # noqa: PLC0415  a sound file has none

    for group in grouped(findings):
        yield _message(group, lang)


def _message(group: Group, lang: Lang) -> str:
    """What leads the group, what else is to be told of it, and what may lie behind it, which is told once."""
    t, lead = catalog(lang), group.lead
    if group.is_many:
        sentence, address = group_text(lead.code, len(group.findings), lang), shortened(group.spans)
    else:
        sentence, address = message(lead, lang), lead.address
    others = (f"\n      {t('report.together')}{_sentence(f, lead, lang)}" for f in group.apart)
    return _line(lead, sentence + "".join(others), address, t)


def _sentence(finding: Finding, lead: Finding, lang: Lang) -> str:
    """A finding behind another: its code and its sheet only where they are not the same."""
    sheet = finding.sheet if finding.sheet != lead.sheet else ""
    place = "!".join(filter(None, (sheet, finding.address)))
    code = f"{finding.code} " if finding.code != lead.code else ""
    return f"{code}{place} {message(finding, lang)}"


def _line(finding: Finding, sentence: str, address: str, t: Catalog, *, with_causes: bool = True) -> str:
    place = "!".join(filter(None, (finding.sheet, address)))
    place = f"{place} " if place else ""
    tail = "".join(_remarks(finding, t, with_causes=with_causes))
    return f"  {t(f'severity.{finding.severity.value}')} {finding.code}  {place}{sentence}{tail}"


def _remarks(finding: Finding, t: Catalog, *, with_causes: bool) -> Iterator[str]:
    """What may lie behind it, what the agency answered, and who accepted it: a line each."""
    for cause in finding.causes if with_causes else ():
        yield f"\n      {t('report.perhaps')}{t(f'cause.{cause.code}', **cause.facts)}"
    if finding.explanation:
        yield f"\n      {t('report.explained', text=finding.explanation)}"
    if finding.waiver:
        yield f"\n      {t('report.waived', **asdict(finding.waiver))}"


_MOST_SPANS = 4


def shortened(spans: Sequence[str]) -> str:
    """The first few ranges of many."""
    return "、".join(spans[:_MOST_SPANS]) + ("…" if len(spans) > _MOST_SPANS else "")


def rollup_blocks(rollup: Rollup, path: str, lang: Lang) -> list[Block]:
    """Return the table of headline figures, and what was written to *path* and left out."""
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
    """A line for each finding, with the file that it is about."""
    t = catalog(lang)
    return "\n".join(_line(f, f"{message(f, lang)} ({f.file})", f.address, t) for f in findings)


_MOST_UNDECIDED, _MOST_LABELS = 20, 3  # lines about what has no second reader, and labels in each


def second_reader_text(reading: SecondReading, form: Form, lang: Lang) -> str:
    """Whether two readers agree, every figure on which they do not, and what has no second reader."""
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
    if reading.recalculation != "not-installed":
        lines.append(t(f"report.recalculation-{reading.recalculation}"))
    return "\n".join(lines)


_MOST_ROWS = 200  # agencies that are told one by one on a screen


def headline(rollup: Rollup, lang: Lang) -> Table:
    """Return the headline figures of the form: one row per agency, up to 200 of them, and the district in the last."""
    from xltools.report.table import Table  # noqa: PLC0415  only a roll-up has one

    t, form = catalog(lang), rollup.form
    head = [t("report.head-agency"), *(h.label for h in form.headline)]
    told = rollup.members if len(rollup.members) <= _MOST_ROWS else ()
    rows = [[str(m.agency), *_figures(form, form.complete(m.values))] for m in told]
    last = [t("report.head-total"), *_figures(form, rollup.values)]
    return Table([head, *rows, last], frozenset(range(1, len(head))))


def _figures(form: Form, values: Mapping[str, Decimal]) -> list[str]:
    return [number(values.get(h.cell, ZERO)) for h in form.headline]


def dictionary_rows(form: Form, lang: Lang) -> list[list[str]]:
    """The data dictionary: every number with its name, its place, its kind, its unit and its label."""
    t, place = catalog(lang), layout(form)
    return [
        [name, *place.address(name), t(f"report.kind-{_kind(form, name)}"), cell.unit, cell.label]
        for name, cell in form.cells.items()
    ]


def dictionary_objects(form: Form) -> list[dict[str, str]]:
    """The same for programs, in words that do not change with the language."""
    place = layout(form)
    keys = ("name", "sheet", "address", "kind", "unit", "label")
    rows = (
        (name, *place.address(name), _kind(form, name), cell.unit, cell.label)
        for name, cell in form.cells.items()
    )
    return [dict(zip(keys, row, strict=True)) for row in rows]


def _kind(form: Form, name: str) -> str:
    return "total" if form.cells[name].is_total else "input"
