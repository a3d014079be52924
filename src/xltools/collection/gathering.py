"""Gathering the agencies' texts into one document with the title of the collection."""

from __future__ import annotations

from collections.abc import Sequence

from xltools.data.filing import Filing
from xltools.data.roster import Roster
from xltools.document.gathering import GatheredProse, gathered
from xltools.form.model import Form
from xltools.text import clerk


def gather_texts(
    filings: Sequence[Filing], form: Form, roster: Roster | None, year: int | None, district: str
) -> GatheredProse:
    """Return the document with the texts of *filings*; see :func:`~xltools.document.gathering.gathered`.

    Without *year* and *district*, the title has all years of the files, and their district if all have the same one.
    """
    stamps = [filing.stamp for filing in filings if filing.stamp]
    years = {year} if year else {stamp.year for stamp in stamps}
    districts = {district} if district else {stamp.agency.district for stamp in stamps}
    name = districts.pop() if len(districts) == 1 else ""
    title = clerk()("gathered.title", name=name, year="、".join(map(str, sorted(years))), form=form.title)
    return gathered(filings, form, roster, title)
