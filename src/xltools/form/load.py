"""Loads a form from TOML; an invalid file is refused with all its faults.

:mod:`xltools.toml_tables` finds faults of syntax and type, :mod:`xltools.form.lint` faults of meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from xltools.errors import FormError
from xltools.form.lint import lint
from xltools.form.linear import Linear
from xltools.form.model import ALL, Form, Line, leaves, unit_of
from xltools.toml_tables import read_text, structure


def load(path: Path) -> Form:
    """Return the form defined in the file *path*; raises :class:`FormError` with everything that is wrong with it."""
    return parse(read_text(path, FormError), str(path))


def parse(text: str, origin: str) -> Form:
    """Return the form defined by *text*; *origin* is the name of the file in messages. Raises :class:`FormError`."""
    form = _with_all_spelled_out(structure(text, Form, origin, FormError))
    object.__setattr__(form, "text", text)
    if problems := [p._replace(place=f"{origin} › {p.place}") for p in lint(form)]:
        raise FormError(*problems)
    return form


def _with_all_spelled_out(form: Form) -> Form:
    """Return *form* with each ``is = "all"`` as the sum that it stands for; in the first schema it names a line."""
    if form.schema == 1:
        return form
    sections = []
    for section in form.sections:
        blocks = []
        for block in section.blocks:
            axes = {"rows": block.rows, "columns": block.columns}
            units = {id(line): unit_of(line, block, section) for axis in axes.values() for line in leaves(axis)}
            spelled = {key: _spelled(axis, axis, units) for key, axis in axes.items()}
            blocks.append(replace(block, **spelled))
        sections.append(replace(section, blocks=tuple(blocks)))
    return replace(form, sections=tuple(sections))


def _spelled(lines: tuple[Line, ...], axis: tuple[Line, ...], units: Mapping[int, str]) -> tuple[Line, ...]:
    """Return some lines of *axis*. All are its typed lines of one unit, whatever other totals add them, but for parts (其中)."""
    found = []
    for line in lines:
        if line.lines:
            line = replace(line, lines=_spelled(line.lines, axis, units))
        elif line.is_ == ALL:
            typed = (one for one in leaves(axis) if one.is_ is None and one.additive and not one.of)
            same = (one.key for one in typed if units[id(one)] == units[id(line)])
            line = replace(line, is_=Linear(tuple((1, key) for key in same)))
        found.append(line)
    return tuple(found)
