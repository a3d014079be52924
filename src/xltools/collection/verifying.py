"""Verifying files that were read: the returns of a collection, or the district's own roll-up and report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from xltools.checking.collection import Collection, Examined, examine
from xltools.data.filing import Filing
from xltools.data.finding import Severity
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.prior import Past
from xltools.data.roster import Roster


def verify_inputs(
    filings: Sequence[Filing],
    roster: Roster | None,
    period: Period | None,
    district: str,
    *,
    code: str = "",
    policy: Policy | None = None,
    past: Past | None = None,
    may_be_own: bool = False,
    former: Sequence[Filing] = (),
    is_part: bool = False,
) -> Collection:
    """Verify *filings* as the returns of a collection.

    Without a *roster*, a published report and a roll-up are verified as what is published, as ``publish`` does; on a
    roster a report is the return of an agency, whose prose is not published with the district's.
    With *may_be_own*, files that are all named as the *district* is (its roll-up, its published report in one format or
    several) are verified one by one instead, as what is published: no agency is missing beside them, and none of them is
    there twice. With *is_part*, *filings* are some files of a collection, and nothing is said about the other agencies.
    *code* is the district's own and *former* are older versions; see :func:`~xltools.checking.collection.examine`.
    """
    if may_be_own and all(filing.agency and filing.agency.name == district for filing in filings):
        published = (policy or Policy()).for_publication()
        alone = (
            examine([one], None, period, district, code=code, policy=published, past=past) for one in filings
        )
        several = list(alone)
        return Collection(
            tuple(one for found in several for one in found.examined),
            not_compared=tuple(dict.fromkeys(f for found in several for f in found.not_compared)),
        )
    found = examine(filings, roster, period, district, code=code, policy=policy, past=past, former=former)
    if roster is None:
        levels = (policy or Policy()).for_publication().levels
        return replace(found, examined=tuple(_as_published(one, levels) for one in found.examined))
    if is_part:
        return Collection(found.examined, of_roster=found.of_roster, not_compared=found.not_compared)
    return found


def _as_published(one: Examined, levels: Mapping[str, Severity]) -> Examined:
    """Return a published report or a roll-up with the *levels* for what is published, and any other file as it is."""
    agency = one.filing.agency
    if agency is None or not (agency.is_named_only or one.filing.is_rollup):
        return one
    findings = (replace(f, level=levels[f.code]) if f.code in levels else f for f in one.findings)
    return one._replace(findings=tuple(findings))


def latest_period(filings: Sequence[Filing]) -> Period | None:
    """Return the latest period of any filing that has a stamp."""
    return max((filing.stamp.period for filing in filings if filing.stamp), default=None)
