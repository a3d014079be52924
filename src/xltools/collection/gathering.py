"""Gathering the agencies' texts into one document with the title of the collection."""

from __future__ import annotations

from collections.abc import Sequence

from xltools.data.filing import Filing
from xltools.data.period import Period
from xltools.data.roster import Roster
from xltools.document.gathering import GatheredProse, gathered
from xltools.form.model import Form
from xltools.text import clerk


def gather_texts(
    filings: Sequence[Filing], form: Form, roster: Roster | None, period: Period | None, district: str
) -> GatheredProse:
    """Return the document with the texts of *filings*; see :func:`~xltools.document.gathering.gathered`.

    Without *period* and *district*, the title has all years of the files, and their district if all have the same one.
    """
    stamps = [filing.stamp for filing in filings if filing.stamp]
    periods = {period.counted(form.begins)} if period else {stamp.period for stamp in stamps}
    districts = {district} if district else {stamp.agency.district for stamp in stamps}
    name = districts.pop() if len(districts) == 1 else ""
    words = "、".join(f"{one:words}" for one in sorted(periods))
    title = clerk()("gathered.title", name=name, periods=words, form=form.title)
    return gathered(filings, form, roster, title)
