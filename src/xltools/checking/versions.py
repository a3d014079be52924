"""Versions of a return: which of several files of one agency, form, edition and period counts.

The decision is a function of what the files contain. Names, dates and the order of the files do not matter, except that a
file whose name begins with the code of another agency never replaces a version.

* Files that are equal in all that is read count once.
* A document with the figures and the texts of a workbook is a print of it, and counts as a copy.
* A marked file in which nothing was changed or explained is not an answer: it counts as a copy of the file it was made from.
* A version is newer than another one only if its slip says that it was made from it.
* The newest version counts if it is newer than every other one and may replace each of them; see :func:`_may_replace`.
  Otherwise none of them counts until the coordinator has chosen one.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from xltools.data import list_lines
from xltools.data.filing import Filing, Lineage, Origin, RefusedFile, Return, dated
from xltools.data.finding import Finding
from xltools.data.given import CHANGED
from xltools.data.number import kept
from xltools.data.row_checksum import line_texts
from xltools.form.kinds import NOT_A_CHOICE, NOT_A_DATE
from xltools.text import Word, number
from xltools.white_space import compact

# Findings which mean that a file may be another agency's or another period's, or that its author is not proved.
_OF_IDENTITY = {
    "by-labels", "name-differs", "no-stamp", "not-on-roster", "other-agency", "other-district", "reader-failed",
    "seal-broken", "seal-missing", "stamp-edited", "stamp-from-cover", "wrong-year",
}  # fmt: skip
_MOST = 8  # files, and cells, that one message lists


class Candidate(NamedTuple):
    """A filing and the findings on it alone."""

    filing: Filing
    findings: tuple[Finding, ...]


class Replacement(NamedTuple):
    """A file that does not count because ``by`` counts: a copy of it, or an older version.

    ``changes`` are the names of the cells whose figures or texts differ.
    """

    filing: Filing
    by: Filing
    is_copy: bool
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Versions:
    """The decision about some filings.

    ``counting`` are the indexes of the filings that remain, in order; ``replaced`` are the others, by index. ``notes`` are the
    findings about versions on each that remains, and ``groups`` those of one agency of which it is not known which counts;
    both have indexes into ``counting``.
    """

    counting: tuple[int, ...]
    replaced: Mapping[int, Replacement]
    notes: Mapping[int, tuple[Finding, ...]]
    groups: tuple[tuple[int, ...], ...]

    def findings(self, place: int) -> tuple[Finding, ...]:
        """Return the findings on the remaining filing at index *place*."""
        return self.notes.get(place, ())


def reading_digest(filing: Return, explanations: Mapping[tuple[str, str], str] | None = None) -> str:
    """Return a SHA-256 sum, in hexadecimal, of what was read of a return: its identity, figures, texts and *explanations*.

    Saving the file with another program does not change it: results of formulas are not part of it.
    """
    stamp, agency = filing.stamp, filing.agency
    lines = [
        f"stamp={(stamp.form, stamp.edition, str(stamp.period), agency.district, agency.code, stamp.kind)}"
    ]
    lines += [f"{name}={kept(value)}" for name, value in sorted(filing.record.values.items())]
    faulty = (
        f for f in filing.findings if f.cell in filing.unread or f.code in (NOT_A_DATE, NOT_A_CHOICE, CHANGED)
    )
    unread = {(f.cell, str(f.found)) for f in faulty}
    lines += [f"{name}?{found}" for name, found in sorted(unread)]
    typed = {Origin.TYPED, Origin.PRINTED}
    results = sorted({**filing.shown, **filing.shown_in_lists}.items())
    lines += [f"{name}:{shown.text}" for name, shown in results if shown.origin in typed]
    lines += [f"{name}={text!r}" for name, text in sorted(filing.prose.items())]
    for key, listed in sorted(filing.record.lists.items()):  # in any order
        lines += sorted(f"{key}:{line_texts(line._replace(number=0))}" for line in listed)
    lines += [f"{key}={text!r}" for key, text in sorted((explanations or {}).items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def resolve(candidates: Sequence[Candidate], later: Container[int] = ()) -> Versions:
    """Return which of the filings count. Roll-ups and files without a stamp always remain.

    *later* are the indexes of files that came in later than the others: each is newer than these, unless the dates that
    they carry, of saving and of the mail, say the reverse. Among themselves they have no order but that of their slips.
    """
    places: dict[object, list[int]] = defaultdict(list)
    for place, candidate in enumerate(candidates):
        places[version_key(candidate.filing) or place].append(place)
    codes = {one.filing.agency.code for one in candidates if one.filing.agency}
    replaced: dict[int, Replacement] = {}
    notes: dict[int, list[Finding]] = defaultdict(list)
    groups: list[tuple[int, ...]] = []
    for group in places.values():
        if len(group) == 1:
            continue
        classes = _classes([(place, candidates[place]) for place in group], later)
        newest = _newest(classes, codes, later)
        if newest is None:
            finding = _undecided_finding([one.filing for one in classes])
            for one in classes:
                notes[one.place].append(finding.of(one.filing.source.path, finding.agency))
            groups.append(tuple(sorted(one.place for one in classes)))
        for one in classes:
            for place, replacement in _replacements(one, newest):
                replaced[place] = replacement
                notes[one.place if newest is None else newest.place].append(_note(replacement))
    counting = tuple(place for place in range(len(candidates)) if place not in replaced)
    index = {place: number for number, place in enumerate(counting)}
    return Versions(
        counting,
        replaced,
        {index[place]: tuple(found) for place, found in notes.items()},
        tuple(tuple(index[place] for place in group) for group in groups),
    )


def _replacements(one: _Class, newest: _Class | None) -> Iterator[tuple[int, Replacement]]:
    """Yield index and replacement of each file of a version that does not count; *newest* is the version that counts."""
    if newest is None or one is newest:
        for place, copy in one.members[1:]:
            yield place, Replacement(copy.filing, one.filing, is_copy=True)
    else:
        changes = tuple(changed_cells([one.filing, newest.filing]))
        for place, older in one.members:
            yield place, Replacement(older.filing, newest.filing, is_copy=False, changes=changes)


def version_key(filing: Filing) -> object:
    """Return what the versions of one return have in common; ``None`` for a roll-up and for a file without a stamp."""
    stamp = filing.stamp
    if stamp is None or filing.is_rollup:
        return None
    return (stamp.agency, stamp.form, stamp.edition, stamp.period)


@dataclass(eq=False)
class _Class:
    """Filings that are equal in all that is read. The first stands for all; the others are copies.

    ``sums`` are the SHA-256 sums of the files, and of those that unanswered marked files were made from.
    """

    members: list[tuple[int, Candidate]]
    keys: set[object]
    sums: set[str]

    @property
    def place(self) -> int:
        """The index of the filing that stands for all."""
        return self.members[0][0]

    @property
    def filing(self) -> Filing:
        """The filing that stands for all."""
        return self.members[0][1].filing

    @property
    def slips(self) -> list[Lineage | None]:
        """What the slip of each file says."""
        return [one.filing.lineage for _, one in self.members]

    def was_made_from(self, other: _Class, all_of_agency: Iterable[_Class]) -> bool:
        """Return whether a slip says that this version was made from *other*."""
        slips = [slip for slip in self.slips if slip is not None]
        if any(not other.sums.isdisjoint(slip.sources) for slip in slips):
            return True
        unmarked = [one for one in all_of_agency if one is not self and one.slips == [None] * len(one.slips)]
        return any(
            [one for one in unmarked if _holds(one.filing, slip)] == [other]
            for slip in slips
            if slip.listed and not slip.sources
        )

    def is_newer_than(self, other: _Class, all_of_agency: Iterable[_Class], later: Container[int]) -> bool:
        """Return whether the slips say so or, where they say nothing of the two, the order in which they came in."""
        if self.was_made_from(other, all_of_agency):
            return True
        return not other.was_made_from(self, all_of_agency) and self._came_after(other, later)

    def _came_after(self, other: _Class, later: Container[int]) -> bool:
        """Return whether this version came in later than *other*, and carries no earlier date."""
        if any(place in later for place, _ in other.members):
            return False
        if self.place not in later:
            return False
        date, other_date = (
            max(filter(None, (dated(one.filing) for _, one in version.members)), default=None)
            for version in (self, other)
        )
        return date is None or other_date is None or date >= other_date


def _classes(group: Iterable[tuple[int, Candidate]], later: Container[int]) -> list[_Class]:
    """Return the different versions. The order of *group* has no effect; of copies, one that came *later* is the copy."""
    found: list[_Class] = []
    for place, one in sorted(
        group,
        key=lambda item: (
            _is_document(item[1].filing),
            item[1].filing.lineage is not None,
            item[0] in later,
            item[1].filing.source,
        ),
    ):
        key, sums = _content_key(one), {one.filing.source.sha256}
        if _is_unanswered(one.filing):
            sums |= set(one.filing.lineage.sources[:1]) if one.filing.lineage else set()
        homes = (c for c in found if key in c.keys or not sums.isdisjoint(c.sums))
        home = next(homes, None) or next((c for c in found if _is_print(one.filing, c.filing)), None)
        if home is None:
            found.append(_Class([(place, one)], {key}, sums))
        else:
            home.members.append((place, one))
            home.keys.add(key)
            home.sums |= sums
    return found


def _content_key(one: Candidate) -> object:
    """Return all that is read of a file."""
    filing = one.filing
    if isinstance(filing, RefusedFile):
        return filing.source.sha256 or filing.source.path
    findings = sorted(
        (f.code, f.sheet, f.address, f.cell, str(f.found), str(f.expected)) for f in one.findings
    )
    return (filing.stamp, reading_digest(filing, filing.explanations), tuple(findings))


def _is_document(filing: Filing) -> bool:
    return isinstance(filing, Return) and filing.is_document


def _is_print(filing: Filing, workbook: Filing) -> bool:
    """Return whether a document has the figures of *workbook* and, apart from white space, no other texts."""
    if not isinstance(filing, Return) or not isinstance(workbook, Return):
        return False
    unprinted = filing.form.on_cover
    if not filing.is_document or workbook.is_document or not filing.unread <= unprinted:
        return False
    are_alike = (
        compact(text) == compact(workbook.prose.get(name, "")) for name, text in filing.prose.items()
    )
    left, right = filing.record.values.items(), workbook.record.values.items()
    differ = {name for name, _ in left ^ right}
    return differ <= unprinted and all(are_alike)


def _is_unanswered(filing: Filing) -> bool:
    """Return whether a marked file holds what it held when it was marked."""
    if isinstance(filing, RefusedFile) or filing.lineage is None or not filing.lineage.reading:
        return False
    return filing.lineage.reading == reading_digest(filing, filing.explanations)


def _holds(filing: Filing, slip: Lineage) -> bool:
    """Return whether a filing holds everything that the list of an earlier program says was held."""
    if isinstance(filing, RefusedFile):
        return False
    held: dict[str, set[str]] = defaultdict(set)
    for name, value in filing.record.values.items():
        held[name].add(number(value))
    for name, shown in filing.shown.items():
        held[name] |= {shown.text} if shown.value is None else {shown.text, number(shown.value)}
    for finding in filing.findings:
        held[finding.cell].add(finding.found if isinstance(finding.found, str) else number(finding.found))
    return all(text in held[name] for name, text in slip.listed)


# -- which version is the newest


def _newest(classes: Sequence[_Class], codes: set[str], later: Container[int]) -> _Class | None:
    """Return the version that is newer than all others and may replace them, or ``None``."""
    for one in classes:
        older, todo = [one], [one]
        while todo:
            last = todo.pop()
            found = [
                other for other in classes if other not in older and last.is_newer_than(other, classes, later)
            ]
            older += found
            todo += found
        if len(older) == len(classes) and all(_may_replace(one, other, codes) for other in older[1:]):
            return one
    return None


def _may_replace(newer: _Class, older: _Class, codes: set[str]) -> bool:
    """Return whether *newer* was read completely, is certainly the agency's, and has a figure wherever *older* has one.

    *codes* are those of all agencies with files: the name of the newer file must not begin with another one.
    """
    filing = newer.filing
    if isinstance(filing, RefusedFile) or not all(is_sure(one) for _, one in newer.members):
        return False
    names = [one.filing.source.name for _, one in newer.members]
    if {name.partition("_")[0] for name in names if "_" in name} & (codes - {filing.agency.code}):
        return False
    return _figures(older.filing) <= filing.record.values.keys() | filing.record.lists.keys()


def is_sure(one: Candidate) -> bool:
    """Return whether a filing was read wholly, and there is no doubt about its agency and its period."""
    is_read = isinstance(one.filing, Return) and not one.filing.unread
    return is_read and not any(finding.code in _OF_IDENTITY for finding in one.findings)


def is_of_no_use(one: Candidate) -> bool:
    """Return whether a filing has no figures for the period: it could not be read, or is of another period."""
    return isinstance(one.filing, RefusedFile) or any(f.code == "wrong-year" for f in one.findings)


def _figures(filing: Filing) -> set[str]:
    """Return the names of the inputs with a figure, also one that could not be read as a number.

    A mean is left out: a newer version may lack it because there is nothing to average any more.
    """
    if isinstance(filing, RefusedFile):
        return set()
    texts = {name for name, text in filing.unread_texts.items() if any(map(str.isdecimal, text))}
    means = {cell.name for cell in filing.form.means.values()}
    return (texts | filing.record.values.keys()) - means | filing.record.lists.keys()


# -- what differs


def changed_cells(filings: Sequence[Filing]) -> Iterator[str]:
    """Yield the names of the inputs and texts that are not the same in all filings, in the order of the form.

    What stands in a cell and is no number is compared as it is.
    """
    returns = [filing for filing in filings if isinstance(filing, Return)]
    for form in {id(one.form): one.form for one in returns[:1]}.values():
        # The text of a field and the lines of a list are compared below.
        derived = form.counted.keys() | form.list_figures.keys()
        inputs = list(map(_inputs, returns))
        for name in form.input_names:
            if name not in derived and len({held.get(name) for held in inputs}) > 1:
                yield name
        for name in form.texts:
            if len({one.prose.get(name) for one in returns}) > 1:
                yield name
        first, *others = (one.record.lists for one in returns)
        changes = (name for other in others for name, *_ in list_lines.changed_cells(form, first, other))
        yield from dict.fromkeys(changes)


def _inputs(filing: Return) -> dict[str, Decimal | str]:
    """Return the figures of a return, and what was found in cells in which none could be read."""
    return {**filing.record.values, **filing.unread_texts}


def _note(replacement: Replacement) -> Finding:
    """Return the note, on the file that counts, about a file that does not count."""
    by, older = replacement.by, replacement.filing.source
    code = "same-return" if replacement.is_copy else "newer-version"
    facts: dict[str, object] = {"file": older.path, "count": len(replacement.changes)}
    return Finding(code, by.source.path, str(by.agency), facts=facts)


def _undecided_finding(filings: Sequence[Filing]) -> Finding:
    filings = sorted(filings, key=lambda filing: filing.source)
    names = sorted({str(filing.agency) for filing in filings})
    files = [_described(filing) for filing in filings]
    cells = [_values(name, filings) for name in changed_cells(filings)]
    facts: dict[str, object] = {
        "agency": names[0],
        "count": len(files),
        "files": _listed(files),
        "cells": _listed(cells) if cells else Word("none"),
    }
    return Finding("two-versions", agency=names[0], facts=facts)


def _described(filing: Filing) -> str:
    source = filing.source
    date = dated(filing)
    about = [
        date.date().isoformat() if date else "",
        f"{max(1, round(source.size / 1024))} KB" if source.size else "",
    ]
    listed = "，".join(filter(None, about))
    return f"{source.path}（{listed}）" if listed else source.path


def _values(name: str, filings: Sequence[Filing]) -> str:
    """Return a cell's label with its figures in the order of the files, "-" for a blank."""
    returns = [filing for filing in filings if isinstance(filing, Return)]
    form = returns[0].form
    if name in form.texts:
        titles = (section.title for section in form.sections if section.key == name.partition(".")[0])
        return form.texts[name].label or next(titles, name)
    if name not in form.cells:
        return list_lines.cell_label(form, name)
    found = [_inputs(one).get(name, "-") for one in returns]
    values = " / ".join(value if isinstance(value, str) else number(value) for value in found)
    return f"{form.cells[name].label} {values}"


def _listed(texts: Sequence[str]) -> str:
    return "、".join(texts[:_MOST]) + ("…" if len(texts) > _MOST else "")
