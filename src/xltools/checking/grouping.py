"""Findings that are told in one message: one cause, one message, its cells listed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, product

from attrs import frozen

from xltools.data.finding import Cause, Finding, Place, Severity
from xltools.form.address import a1, column_index
from xltools.text import catalog

_ORDER = {severity: place for place, severity in enumerate(Severity)}
_SHORTEST = 3  # fewer of one kind are told one by one
_ADDRESS = re.compile(r"([A-Z]+)([0-9]+)")


@frozen
class Group:
    """Findings with one message. One alone is a group as well. ``cause`` is the one that they share."""

    findings: tuple[Finding, ...]
    cause: Cause | None = None

    @property
    def lead(self) -> Finding:
        """The one that stands for all."""
        return self.findings[0]

    @property
    def is_of_one_kind(self) -> bool:
        """Whether it is many of one code on one sheet, told by a sentence of their own."""
        return len(self.findings) > 1 and self.cause is None

    @property
    def places(self) -> tuple[Place, ...]:
        """Every cell that any of them speaks of, once."""
        return tuple(dict.fromkeys(place for finding in self.findings for place in finding.places))

    @property
    def spans(self) -> str:
        """The cells it is filed under, as a person writes them: D6:D9、F4."""
        return "、".join(spans(finding.address for finding in self.findings if finding.address))


def grouped(findings: Sequence[Finding]) -> tuple[Group, ...]:
    """The findings of one file in groups, worst first.

    Together are what one cause explains, and what is of one code on one sheet once it is many. What was waived or
    answered stays apart from what is open.
    """
    kinds = frozenset(catalog("en").keys("group"))
    by_key: dict[tuple[object, ...], list[Finding]] = {}
    for index, finding in enumerate(sorted(findings, key=lambda f: _ORDER[f.severity])):
        by_key.setdefault(_key(finding, kinds, index), []).append(finding)
    return tuple(group for members in by_key.values() for group in _groups(members))


def _key(finding: Finding, kinds: frozenset[str], index: int) -> tuple[object, ...]:
    if finding.waiver is not None or finding.explanation:
        return ("alone", index)
    if shared := _shared(finding):
        return ("cause", finding.severity, shared.code, str(sorted(shared.facts.items())))
    if finding.code in kinds:
        return ("kind", finding.code, finding.sheet, finding.severity)
    return ("alone", index)


def _shared(finding: Finding) -> Cause | None:
    return next((cause for cause in finding.causes if cause.is_shared), None)


def _groups(members: list[Finding]) -> Iterator[Group]:
    cause = _shared(members[0])
    if len(members) > 1 and cause:
        yield Group(tuple(members), cause)
    elif len(members) >= _SHORTEST:
        yield Group(tuple(members))
    else:
        yield from (Group((finding,)) for finding in members)


def spans(addresses: Iterable[str]) -> Iterator[str]:
    """Addresses, those that fill a rectangle as a range."""
    left = {place for address in addresses if (place := _place(address))}
    while left:
        first = min(left)
        last = max(_corners(first, left), key=lambda corner: _size(first, corner))
        left -= set(_inside(first, last))
        yield a1(*first) if last == first else f"{a1(*first)}:{a1(*last)}"


def _corners(first: tuple[int, int], there: set[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The lower right corners of the full rectangles that begin at *first*, the widest for each height."""
    row, column = first
    width = next(n for n in count(1) if (row, column + n) not in there)
    while (row, column) in there:
        width = next(n for n in count() if n == width or (row, column + n) not in there)
        yield row, column + width - 1
        row += 1


def _inside(first: tuple[int, int], last: tuple[int, int]) -> Iterator[tuple[int, int]]:
    return product(range(first[0], last[0] + 1), range(first[1], last[1] + 1))


def _size(first: tuple[int, int], last: tuple[int, int]) -> int:
    return (last[0] - first[0] + 1) * (last[1] - first[1] + 1)


def _place(address: str) -> tuple[int, int] | None:
    match = _ADDRESS.fullmatch(address)
    return (int(match[2]) - 1, column_index(match[1])) if match else None
