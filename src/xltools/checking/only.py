"""Whether an agency fills in what is asked of others, and whether its workbook was issued for what it is now.

Source: ``only`` in the form. The roster says what an agency is; without one, its workbook does. Roll-ups are skipped,
because their members are checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from xltools.data.filing import Filing, RefusedFile, Return, flags_text
from xltools.data.finding import Finding, Severity
from xltools.data.policy import Policy
from xltools.data.roster import Entry
from xltools.data.roster_lines import flags_of
from xltools.form.layout import layout
from xltools.form.model import RULE_MAKERS


def only_findings(filing: Filing, entry: Entry | None, policy: Policy) -> Iterator[Finding]:
    """Yield what the filing of the agency *entry* of the roster has of others, and whether its flags have changed."""
    if isinstance(filing, RefusedFile) or filing.is_rollup:
        return
    yield from _no_rule_maker(filing, entry, policy)
    if not filing.form.flags:
        return
    flags = flags_of(entry, filing.form, policy.rule_makers) if entry else filing.flags
    if filing.stamp.flags is None:  # a sheet that is missing was not missed before
        for sheet in _missing(filing, flags):
            yield replace(filing.finding("missing-sheet", expected=sheet), sheet=sheet)
    elif filing.flags != flags:
        yield filing.finding("flags-changed", "", flags_text(filing.flags), flags_text(flags))
    yield from _not_theirs(filing, filing.form.lacking(flags) - {RULE_MAKERS})


def _missing(filing: Return, flags: frozenset[str]) -> list[str]:
    """Return the sheets that a file without a stamp does not have, of an agency with these *flags*."""
    there = {sheet.name for sheet in layout(filing.form, filing.lacking).in_order}
    asked = layout(filing.form, filing.form.lacking(flags)).in_order
    return [sheet.name for sheet in asked if sheet.name not in there]


def _not_theirs(filing: Return, lacking: frozenset[str]) -> Iterator[Finding]:
    """Yield a question for everything that is filled in and not asked of an agency *lacking* these flags; it counts."""
    form, values = filing.form, filing.record.values
    for name, flags in form.needed_flags.items():
        missing = flags & lacking
        is_filled = values.get(name) or name in filing.prose or name in filing.record.lists
        if not missing or not is_filled or name in form.list_figures or name in form.counted:
            continue
        label = form.cells[name].label if name in form.cells else ""
        label = label or (form.texts[name].label if name in form.texts else form.title_of_list(name))
        found: Decimal | str = (
            values[name] if name in values else form.shown(name, filing.prose.get(name)) or ""
        )
        if name in form.lists:
            found = Decimal(len(filing.record.lists[name]))
        facts: dict[str, object] = {"label": label, "whose": "、".join(sorted(missing))}
        yield filing.finding("not-theirs", name, found, facts=facts)


def _no_rule_maker(filing: Return, entry: Entry | None, policy: Policy) -> Iterator[Finding]:
    """Yield a finding for figures that only rule-makers have.

    The coordinator names the rule-makers; the form knows some by the end of their name, and of others, such as a city that
    may be one with or without districts, that they can be one: for them it is a note.
    """
    code = entry.code if entry else filing.agency.code
    name, known = filing.agency.name.strip(), filing.form.rule_makers
    if name.endswith(known.always) or code in policy.rule_makers or (entry and entry.is_rule_maker):
        return
    values = filing.record.values
    cells = [cell for cell in filing.form.inputs if values.get(cell.name) and RULE_MAKERS in cell.only]
    if cells:
        first, *others = (cell.name for cell in cells)
        facts: dict[str, object] = {"label": "、".join(cell.label for cell in cells)}
        finding = filing.finding("no-rule-maker", first, values[first], facts=facts, others=others)
        yield replace(finding, level=Severity.NOTE if name.endswith(known.perhaps) else None)
