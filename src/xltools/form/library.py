"""The forms that come with xltools, and any other by its path."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from xltools.errors import FormError, Problem
from xltools.form.load import load, shipped
from xltools.form.model import Form

DEFAULT = "xxgk-2021"
_PACKAGE = Path(__file__).resolve().parent.parent


def names() -> list[str]:
    """The built-in forms, by name."""
    return list(_names())


def files() -> list[Path]:
    """The files of the built-in forms."""
    return list(_folder().glob("*.toml"))


@cache
def _names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in files()))


def find(form: str) -> Form:
    """The built-in form of that name, or the form in the file at that path; raises :class:`FormError`."""
    if form in names():
        return _builtin(form)
    path = Path(form)
    if path.suffix == ".toml" or path.exists():
        return load(path)
    from xltools.form.lint import nearest  # noqa: PLC0415  to find one that is there needs no lint

    raise FormError(
        Problem("unknown-form", form, {"known": ", ".join(names()), "nearest": nearest(form, names())})
    )


@cache
def _builtin(name: str) -> Form:
    return shipped(_folder() / f"{name}.toml")


def _folder() -> Path:
    """Inside the package where it is installed, beside ``src`` in a checkout."""
    installed = _PACKAGE / "templates"
    return installed if installed.is_dir() else _PACKAGE.parent.parent / "templates"
