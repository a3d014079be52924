"""Faults that parts of a form have in common: unknown and repeated names, invalid keys and texts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from xltools.errors import Problem
from xltools.form.days import END, START, is_day, is_fixed, is_written
from xltools.form.kinds import key_of
from xltools.form.labels import LONGEST_LABEL
from xltools.form.linear import ZERO
from xltools.form.model import Form
from xltools.form.relation import Relation
from xltools.toml_tables import nearest

_KEY = r"[a-z][a-z0-9_]*"
# Words that sums may use in the second version of the language.
RESERVED_KEYS = {"per", "sum", "count", "row", "last", "ago", "period", "yes", "no"}
_MOST_DECIMALS = 6  # the checks of workbooks round to as many
LONGEST_SENTENCE = 500  # characters of a hint, a note or a rule, which must fit in one row of a sheet
_LONGEST_SHOWN = 40


def text_faults(place: str, *texts: tuple[str, str], limit: int = LONGEST_LABEL) -> Iterator[Problem]:
    """Yield texts that are blank, too long, or that no workbook returns as they were written."""
    for what, text in texts:
        if not text.strip() or len(text) > limit or not all(c.isprintable() or c.isspace() for c in text):
            yield Problem("bad-label", place, {"text": clipped(text), "what": what, "limit": limit})


def given(**texts: str | None) -> list[tuple[str, str]]:
    """Return the optional *texts* that are given."""
    return [(what, text) for what, text in texts.items() if text]


def clipped(text: str) -> str:
    """Return *text* short and printable enough for a message."""
    shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    return "".join(c if c.isprintable() else "\ufffd" for c in shown)


def judged(names: Iterable[str], form: Form, sure: frozenset[str]) -> Iterator[str]:
    """Return the names of cells that lie in a section of *sure*, or in none."""
    others = {section.key for section in form.sections} - sure
    return (name for name in names if name.partition(".")[0] not in others)


def unknown_faults(names: Iterable[str], known: Iterable[str], place: str) -> Iterator[Problem]:
    """Yield a problem for each name that is not *known*, with the nearest one."""
    known = list(known)
    for name in names:
        if name not in known:
            yield Problem("unknown-name", place, {"name": name, "nearest": nearest(name, known)})


def ratio_in_sum_faults(names: Iterable[str], form: Form, place: str) -> Iterator[Problem]:
    """Yield the names of ratios and means, which are no part of a sum."""
    for name in names:
        if name in form.cells and form.cells[name].ratio:
            yield Problem("ratio-in-sum", place, {"name": name})


def key_faults(place: str, keys: Iterable[str]) -> Iterator[Problem]:
    """Yield the keys that are not of lower-case letters, digits and underscores."""
    for key in keys:
        if not re.fullmatch(_KEY, key):
            yield Problem("bad-key", place, {"key": key})


def in_terms_of_codes(faults: Iterable[Problem], codes: Iterable[str]) -> Iterator[Problem]:
    """Yield faults of keys; of one that nobody wrote, because it was made of one of the *codes*, in terms of that."""
    made = {key_of(code): code for code in codes}
    for one in faults:
        key = str(one.facts.get("key", ""))
        yield (
            Problem("code-as-key", one.place, {"code": made[key]})
            if one.code == "bad-key" and key in made
            else one
        )


def unique_key_faults(place: str, keys: list[str]) -> Iterator[Problem]:
    """Yield invalid keys, and those used more than once."""
    yield from key_faults(place, keys)
    yield from repeated_faults(keys, place, "repeated-key")


def repeated_faults(names: Iterable[str], place: str, code: str) -> Iterator[Problem]:
    """Yield the names that occur more than once."""
    for name, times in Counter(names).items():
        if times > 1:
            yield Problem(code, place, {"name": name})


def range_faults(decimals: int | None, place: str) -> Iterator[Problem]:
    """Yield a number of decimals that no figure has."""
    if decimals is not None and not 0 <= decimals <= _MOST_DECIMALS:
        yield Problem("bad-decimals", f"{place} › decimals", {"decimals": decimals, "most": _MOST_DECIMALS})


def day_faults(
    relation: Relation, kinds: Mapping[str, str], place: str, within: Decimal = ZERO
) -> Iterator[Problem]:
    """Yield faults of a relation of days: it compares one that is filled in with one other.

    *kinds* are those of the fields or columns by the names that they have there.
    """
    known = [name for name, kind in kinds.items() if kind == "date"]
    problems = []
    for name in relation.names:
        if is_written(name) and not is_day(name):
            problems.append(Problem("no-such-day", place, {"text": name}))
        elif name in kinds and name not in known:
            problems.append(Problem("day-and-other", place, {"name": name, "kind": kinds[name]}))
        elif not is_fixed(name):
            problems += unknown_faults((name,), [*known, START, END], place)
    sides = (relation.left, relation.right)
    is_single = all(side.single for side in sides)
    if not problems and (not is_single or within or is_fixed(relation.left.names[0])):
        problems.append(Problem("days-compared", place, {"text": str(relation)}))
    yield from problems
    yield from repeated_faults(relation.names, place, "repeated-in-rule")
