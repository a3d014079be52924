"""The figures of lists: the formula that each has, and its value from the cells of the list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from xltools.witness.value import NOTHING, Unknown, Value, value_of

_OVER = re.compile(r"(count|sum)\(\s*([a-z0-9_]+)(?:\.([a-z0-9_]+))?\s*((?:,[^(),]*)*)\)")
_TEXT = r'"((?:[^"]|"")*)"'
_NAME = r"[a-z0-9_.]+"
# The tests of a sum for the lengths of codes, which may stand before a label, and for a text.
_LENGTHS = re.compile(
    rf"--\(\((?P<tests>(?:\+?\(LEN\((?:LEFT\()?(?P<name>{_NAME})(?:,FIND\(\" \",{_NAME}&\" \"\)-1\))?\)=[0-9]+\))+)\)>0\)"
)
_EXACT = re.compile(rf"--EXACT\(({_NAME}),{_TEXT}\)")
_PIECE = re.compile(r"\[[^\]]*\](?:\{([0-9]+)\})?|(?:\\[^\w]|[^|\\.*+?(){}\[\]^$])(?:\{([0-9]+)\})?")
UNDER = "under row"
_TOTAL = re.compile(
    r"\s*.{0,6}?(?:[合小总共累]\s*计|总\s*[和数]|汇\s*总|共\s*\d).*|\s*(?:sub|grand)?\s*total.*",
    re.IGNORECASE,
)


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
    patterns: Mapping[str, str] = {}  # of the texts of columns with shapes


class CodedColumn(NamedTuple):
    """A column of a list: whether it is typed, the texts of its codes by key, and its shapes, each a key and a pattern."""

    is_typed: bool
    options: Mapping[str, str]
    shapes: Mapping[str, str]
    is_choice: bool

    def lengths(self, shape: str) -> list[int]:
        """Return how long the codes of a shape are, if no other shape has the same lengths; otherwise nothing."""
        found = {key: _lengths(pattern) for key, pattern in self.shapes.items()}
        others = [length for key, lengths in found.items() if key != shape for length in lengths]
        is_told = all(found.values()) and not {*others} & {*found[shape]}
        return sorted({*found[shape]}) if is_told else []


def _lengths(pattern: str) -> list[int]:
    """Return the length of each alternative of a pattern; nothing if one has no fixed length."""
    found = []
    for one in pattern.split("|"):
        pieces = list(_PIECE.finditer(one))
        if not one or "".join(piece[0] for piece in pieces) != one:
            return []
        found.append(sum(int(piece[1] or piece[2] or 1) for piece in pieces))
    return found


def name_in_row(term: str, row: str) -> str:
    """Return the name of the figure of a list that a *term* of a sum means in the row with that key."""
    word, key, column, where = _parts(term)
    of = f"{key}.{column}" if column else key
    pairs = ((name, row if code == "row" else code) for name, code in where)
    return f"{word}({of}{''.join(f', {name} = {code}' for name, code in pairs)})"


def _parts(term: str) -> tuple[str, str, str, list[tuple[str, str]]]:
    found = _OVER.fullmatch(term.strip())
    assert found is not None  # noqa: S101  the form is valid
    parts = [re.split(r"\s*=\s*|\s+(?=under\b)", part.strip()) for part in found[4].split(",")[1:]]
    where = [(name, " ".join(code.split())) for name, code in parts]
    return found[1], found[2], found[3] or "", where


def list_figure(name: str, columns: Mapping[str, CodedColumn]) -> ListFigure:
    """Return the figure with that *name* of a list with these *columns*; without a formula where none is known here."""
    _, key, column, where = _parts(name)
    named = [f"{key}.{one}" for one, about in columns.items() if about.is_typed]
    if any(code in columns[one].shapes for one, code in where):
        formula = _by_shapes(key, column, where, columns)
    else:
        criteria = "".join(f',{key}.{one},"={_escaped(columns[one].options[code])}"' for one, code in where)
        if column:
            formula = f"SUMIFS({key}.{column}{criteria})" if criteria else f"SUM({key}.{column})"
        elif criteria:
            formula = f"COUNTIFS({criteria[1:]})"
        else:
            formula = f"SUMPRODUCT({_filled(named)})"
    known = {
        f"{key}.{one}": frozenset(columns[one].options.values()) for one, _ in where if columns[one].is_choice
    }
    patterns = {
        f"{key}.{one}": "|".join(f"(?:{shape})" for shape in columns[one].shapes.values())
        for one, _ in where
        if not columns[one].is_choice
    }
    return ListFigure(name, formula, tuple(named), known, patterns)


def _filled(named: Sequence[str]) -> str:
    return f"--({'+'.join(f'LEN(TRIM({one}))' for one in named)}>0)"


def _by_shapes(
    key: str, column: str, where: Sequence[tuple[str, str]], columns: Mapping[str, CodedColumn]
) -> str:
    """Return the formula of a figure with the shapes of codes among its criteria; "" if lengths do not tell them apart."""
    tests = []
    for one, code in where:
        about, place = columns[one], f"{key}.{one}"
        if code not in about.shapes:
            text = about.options[code].replace('"', '""')
            tests.append(f'--EXACT({place},"{text}")')
        elif lengths := about.lengths(code):
            own = "+".join(f"(LEN({_code(about, place)})={length})" for length in lengths)
            tests.append(f"--(({own})>0)")
        else:
            return ""
    return f"SUMPRODUCT({','.join((*tests, *([f'{key}.{column}'] if column else [])))})"


def _code(about: CodedColumn, place: str) -> str:
    return f'LEFT({place},FIND(" ",{place}&" ")-1)' if about.is_choice else place


def own_formula(term: str, columns: Mapping[str, CodedColumn], at: Mapping[str, str]) -> str:
    """Return the formula of a figure that a line has for itself, whose cells are *at* these addresses; "" if it is not known."""
    _, key, column, where = _parts(term)
    tests = []
    for one, code in where:
        about, cells, own = columns[one], f"{key}.{one}", at[one]
        if code == "row":
            is_text = not about.is_choice
            tests.append(f"--EXACT(UPPER({cells}),UPPER({own}))" if is_text else f"--EXACT({cells},{own})")
        elif code == UNDER:
            codes, mine = _code(about, cells), _code(about, own)
            levels = [length for shape in about.shapes.values() for length in _lengths(shape)]
            below = "+".join(f"(LEN({mine})={first})*{second}" for first, second in pairwise(levels))
            tests.append(f"--(LEN({codes})={below}-(LEN({mine})=0))")
            tests.append(f"--EXACT(LEFT({codes},LEN({mine})),{mine})")
        else:
            inside = _by_shapes(key, "", [(one, code)], columns)
            tests.append(inside.removeprefix("SUMPRODUCT(").removesuffix(")") if inside else "")
    if not all(tests):
        return ""
    if not column and all(code == "row" for _, code in where):
        tests.append(_filled([f"{key}.{one}" for one, about in columns.items() if about.is_typed]))
    return f"SUMPRODUCT({','.join((*tests, *([f'{key}.{column}'] if column else [])))})"


def _escaped(text: str) -> str:
    return re.sub(r"([~*?])", r"~\1", text).replace('"', '""')


def value_over(formula: str, cells: Mapping[str, Sequence[Any]]) -> Value:
    """Return the value of a formula of :func:`list_figure`; *cells* are the contents of each defined range."""
    function, _, inside = formula.removesuffix(")").partition("(")
    if not formula:
        return Unknown("formula")
    if function == "SUMPRODUCT" and "TRIM(" not in inside:
        return _by_tests(inside, cells)
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


def _by_tests(inside: str, cells: Mapping[str, Sequence[Any]]) -> Value:
    """Return the sum over the lines whose codes have certain lengths, and which have certain texts."""
    lengths = {
        one["name"]: {int(n) for n in re.findall(r"\)=([0-9]+)\)", one["tests"] + ")")}
        for one in _LENGTHS.finditer(inside)
    }
    texts = {name: text.replace('""', '"') for name, text in _EXACT.findall(inside)}
    added = re.search(rf",({_NAME})$", inside)
    if not {*lengths, *texts, *([added[1]] if added else [])} <= cells.keys():
        return Unknown("not-found")
    total = NOTHING
    for row in range(len(cells[next(iter(lengths))])):
        codes = ((str(cells[name][row] or "").split(" ")[0], wanted) for name, wanted in lengths.items())
        if all(len(code) in wanted for code, wanted in codes) and all(
            cells[name][row] == text for name, text in texts.items()
        ):
            value = value_of(cells[added[1]][row]) if added else Fraction(1)
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
    for name, pattern in figure.patterns.items():
        contents = (content for content in cells[name] if content is not None and content != "")
        if not all(isinstance(one, str) and re.fullmatch(pattern, one) for one in contents):
            return Unknown("text")
    is_blank = all(content is None or not str(content).strip() for row in rows for content in row)
    return None if is_blank else value_over(figure.formula, cells)
