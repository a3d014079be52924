"""The figures of lists: the formula that each has, and its value from the cells of the list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from xltools.witness.value import NOTHING, Unknown, Value, value_of

_OVER = re.compile(r"(count|sum)\(\s*([a-z0-9_]+)(?:\.([a-z0-9_]+))?\s*((?:,[^(),]*)*)\)")
_TEXT = r'"((?:[^"]|"")*)"'
_TOTAL = re.compile(r"\s*(?:本页|本表)?\s*[合小总共累]\s*计.*|\s*(?:sub|grand)?\s*total.*", re.IGNORECASE)


class Over(NamedTuple):
    """A term of a formula that counts or adds the lines of a list, as it is written."""

    text: str


class ListFigure(NamedTuple):
    """How many lines a list has, or the sum of a column, of those lines with certain texts.

    ``known`` are the texts of each of the columns with a condition; a line with another text leaves the figure undecided.
    """

    name: str
    formula: str
    columns: tuple[str, ...]
    known: Mapping[str, frozenset[str]]


def name_in_row(term: str, row: str) -> str:
    """Return the name of the figure of a list that a *term* of a sum means in the row with that key."""
    word, key, column, where = _parts(term)
    of = f"{key}.{column}" if column else key
    pairs = ((name, row if code == "row" else code) for name, code in where)
    return f"{word}({of}{''.join(f', {name} = {code}' for name, code in pairs)})"


def _parts(term: str) -> tuple[str, str, str, list[tuple[str, str]]]:
    found = _OVER.fullmatch(term.strip())
    assert found is not None  # noqa: S101  the form is valid
    pairs = [part.partition("=") for part in found[4].split(",")[1:]]
    where = [(name.strip(), code.strip()) for name, _, code in pairs]
    return found[1], found[2], found[3] or "", where


def list_figure(name: str, columns: Sequence[str], options: Mapping[str, Mapping[str, str]]) -> ListFigure:
    """Return the figure with that *name* of a list with these *columns*; *options* are the texts of codes by column."""
    _, key, column, where = _parts(name)
    named = [f"{key}.{one}" for one in columns]
    criteria = "".join(f',{key}.{one},"={_escaped(options[one][code])}"' for one, code in where)
    if column:
        formula = f"SUMIFS({key}.{column}{criteria})" if criteria else f"SUM({key}.{column})"
    elif criteria:
        formula = f"COUNTIFS({criteria[1:]})"
    else:
        formula = f"SUMPRODUCT(--({'+'.join(f'LEN(TRIM({one}))' for one in named)}>0))"
    known = {f"{key}.{one}": frozenset(options[one].values()) for one, _ in where}
    return ListFigure(name, formula, tuple(named), known)


def _escaped(text: str) -> str:
    return re.sub(r"([~*?])", r"~\1", text).replace('"', '""')


def value_over(formula: str, cells: Mapping[str, Sequence[Any]]) -> Value:
    """Return the value of a formula of :func:`list_figure`; *cells* are the contents of each defined range."""
    function, _, inside = formula.removesuffix(")").partition("(")
    if function == "SUMPRODUCT":
        names = re.findall(r"TRIM\(([a-z0-9_.]+)\)", inside)
        rows = zip(*(cells.get(name, ()) for name in names), strict=False)
        return Fraction(sum(any(str(content or "").strip() for content in row) for row in rows))
    added = inside.partition(",")[0] if function in {"SUM", "SUMIFS"} else ""
    pairs = re.findall(rf"([a-z0-9_.]+),{_TEXT}", inside.removeprefix(f"{added},"))
    if not {added, *(name for name, _ in pairs)} - {""} <= cells.keys():
        return Unknown("not-found")
    tests = [(cells[name], _meant(criterion)) for name, criterion in pairs]
    total, length = NOTHING, len(cells[added or pairs[0][0]])
    for row in range(length):
        if all(isinstance(c := contents[row], str) and c.casefold() == text for contents, text in tests):
            value = value_of(cells[added][row]) if added else Fraction(1)
            if isinstance(value, Unknown):
                return value
            total += value or NOTHING
    return total


def _meant(criterion: str) -> str:
    return re.sub(r"~([~*?])", r"\1", criterion.replace('""', '"').removeprefix("=")).casefold()


def figure_value(figure: ListFigure, cells: Mapping[str, Sequence[Any]]) -> Value:
    """Return the value of a figure; ``None`` without any line, unknown where a line may mean something else."""
    if not cells.keys() >= set(figure.columns):
        return Unknown("not-found")
    rows = list(zip(*(cells[name] for name in figure.columns), strict=False))
    texts = [
        [str(content) for content in row if isinstance(content, str) and content.strip()] for row in rows
    ]
    if any(row and _TOTAL.fullmatch(row[0]) for row in texts):
        return Unknown("text")
    for name, known in figure.known.items():
        contents = (content for content in cells[name] if content is not None and str(content).strip())
        if not known.issuperset(contents):
            return Unknown("text")
    is_blank = all(content is None or not str(content).strip() for row in rows for content in row)
    return None if is_blank else value_over(figure.formula, cells)
