"""The built-in forms, other forms by path, and pickling of forms."""

from __future__ import annotations

import copyreg
from functools import cache, lru_cache
from pathlib import Path

from xltools.errors import FormError, Problem
from xltools.form.load import load, parse
from xltools.form.model import Form
from xltools.toml_tables import nearest

DEFAULT = "xxgk-2021"
_PACKAGE = Path(__file__).resolve().parent.parent


def names() -> list[str]:
    """Return the names of the built-in forms."""
    return sorted(path.stem for path in files())


def files() -> list[Path]:
    """Return the files of the built-in forms."""
    return list(_folder().glob("*.toml"))


def find(form: str) -> Form:
    """Return the built-in form of that name, or the form in the file at that path; raises :class:`FormError`."""
    if form in names():
        return _builtin(form)
    path = Path(form)
    if path.suffix == ".toml" or path.exists():
        return load(path)
    raise FormError(
        Problem("unknown-form", form, {"known": ", ".join(names()), "nearest": nearest(form, names())})
    )


@cache
def _builtin(name: str) -> Form:
    return load(_folder() / f"{name}.toml")


def _folder() -> Path:
    """Return the folder of the built-in forms: in an installed package, or beside ``src`` in a checkout."""
    installed = _PACKAGE / "templates"
    return installed if installed.is_dir() else _PACKAGE.parent.parent / "templates"


@lru_cache(maxsize=8)  # every result of another process has the form
def _restored(name: str, text: str) -> Form:
    if name in names() and (builtin := find(name)).text == text:
        return builtin
    return parse(text, name)


# A form is pickled as its name and text.
copyreg.pickle(Form, lambda form: (_restored, (form.name, form.text)))
