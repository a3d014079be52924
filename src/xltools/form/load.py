"""Loads a form from TOML; an invalid file is refused with all its faults.

:mod:`xltools.toml_tables` finds faults of syntax and type, :mod:`xltools.form.lint` faults of meaning.
"""

from __future__ import annotations

from pathlib import Path

from xltools.errors import FormError
from xltools.form.lint import lint
from xltools.form.model import Form
from xltools.toml_tables import read_text, structure


def load(path: Path) -> Form:
    """Return the form defined in the file *path*; raises :class:`FormError` with everything that is wrong with it."""
    return parse(read_text(path, FormError), str(path))


def parse(text: str, origin: str) -> Form:
    """Return the form defined by *text*; *origin* is the name of the file in messages. Raises :class:`FormError`."""
    form = structure(text, Form, origin, FormError)
    object.__setattr__(form, "text", text)
    if problems := [p._replace(place=f"{origin} › {p.place}") for p in lint(form)]:
        raise FormError(*problems)
    return form
