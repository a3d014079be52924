"""The line of the roster of a filing."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from xltools.data.filing import Filing
from xltools.data.record import Agency
from xltools.data.roster import Entry, Roster
from xltools.form.kinds import YES
from xltools.form.model import RULE_MAKERS, Form


def entry_of(filing: Filing, roster: Roster | None) -> Entry | None:
    """Return the line of the roster of a filing, found by its code or, for a roll-up, by its name; ``None`` without one.

    See :meth:`~xltools.data.roster.Roster.get` for a code that lost its leading zeros.
    """
    if roster is None or filing.agency is None:
        return None
    entry = roster.get(filing.agency.code)
    if entry is None and filing.is_rollup:
        entry = roster.find(filing.agency.name)
    return entry


def flags_of(entry: Entry, form: Form, makers: Collection[str] = ()) -> frozenset[str]:
    """Return the flags of *form* that an agency has; *makers* are codes and names of some that make rules."""
    meant = {flag: entry.flag(flag) for flag in form.flags if flag != RULE_MAKERS}
    own = {flag for flag, one in meant.items() if one and one.value == YES}
    known = form.rule_makers
    if RULE_MAKERS in form.flags and (
        entry.is_rule_maker
        or not {entry.code, entry.name}.isdisjoint(makers)
        or entry.name.endswith((*known.always, *known.perhaps))
    ):
        own.add(RULE_MAKERS)
    return frozenset(own)


def named_for(filing: Filing, roster: Roster) -> Entry | None:
    """Return the line of the roster whose code is the beginning of the file name, as in issued names.

    A number such as 2 counts the files rather than names the agency 002, unless it is a code itself.
    """
    code = filing.source.name.partition("_")[0]
    is_code = code in roster.order or code.startswith("0") or not code.isdecimal()
    return roster.get(code) if is_code else None


def sender(filing: Filing, roster: Roster) -> Entry | None:
    """Return the line of the roster of a filing, by its stamp or, without a stamp, by its file name."""
    return entry_of(filing, roster) if filing.stamp else named_for(filing, roster)


def code_meant(wanted: str, roster: Roster | None, others: Iterable[Agency] = ()) -> str | None:
    """Return the code of the one agency that a person means by a code, a name or a part of a name, or ``None``.

    It is an agency of the *roster*, or one of the *others* with exactly that code or name.
    """
    if roster and (entry := roster.find(wanted)):
        return entry.code
    codes = {agency.code for agency in others if wanted in {agency.code, agency.name}}
    codes = codes or {entry.code for entry in (roster.meant(wanted) if roster else ())}
    return codes.pop() if len(codes) == 1 else None
