"""A TOML file into a :class:`~xltools.form.model.Form`, refusing with every fault at once.

The structure (which keys, which types) is cattrs' business; the meaning is :mod:`xltools.form.lint`'s.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
from cattrs import (
    BaseValidationError,
    ClassValidationError,
    Converter,
    ForbiddenExtraKeysError,
    IterableValidationError,
)
from cattrs.gen import make_dict_structure_fn, override

from xltools.errors import FormError, Problem
from xltools.form.linear import Equation, Linear, LinearSyntaxError
from xltools.form.lint import lint, nearest
from xltools.form.model import (
    Block,
    Chart,
    Cover,
    Form,
    Headline,
    Line,
    Measure,
    Nil,
    Part,
    Rule,
    Section,
    Superseded,
)
from xltools.form.prose import Claim, Meaning, Prose, Settled, Whole

# Each before those that are made of it.
_MODELS = (
    *(Part, Nil, Cover, Headline, Measure, Chart, Superseded, Rule, Line, Block, Section),
    *(Meaning, Claim, Whole, Settled, Prose, Form),
)
_RENAMED: dict[type, dict[str, str]] = {
    Form: {"sections": "section", "rules": "rule", "charts": "chart"},
    Measure: {"is_": "is"},
    Section: {"blocks": "block"},
    Block: {"rules": "rule", "carries": "carry"},
    Line: {"is_": "is"},
    Prose: {"meanings": "meaning", "claims": "claim", "wholes": "whole"},
    Meaning: {"is_": "is"},
    Settled: {"all_": "all"},
}


def load(path: Path) -> Form:
    """The form defined in the file *path*; raises :class:`FormError` with all that is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FormError(
            Problem("unreadable-file", str(path), {"reason": error.strerror or str(error)})
        ) from error
    except UnicodeDecodeError as error:
        raise FormError(Problem("form-not-utf8", str(path))) from error
    return parse(text, str(path))


def parse(text: str, origin: str) -> Form:
    """The form defined by *text*; *origin* is how problems name the file."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormError(Problem("form-not-toml", origin, {"reason": str(error)})) from error
    try:
        form = _CONVERTER.structure(document, Form)
    except BaseValidationError as error:
        raise FormError(*_problems(error, document, (origin,))) from error
    problems = [attrs.evolve(p, place=f"{origin} › {p.place}") for p in lint(form)]
    if problems:
        raise FormError(*problems)
    return form


def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    for kind in (str, bool, int):
        converter.register_structure_hook(kind, _exactly)
    converter.register_structure_hook(float, lambda value, _: float(_exactly(value, (int, float))))
    converter.register_structure_hook(Linear, lambda value, _: Linear.parse(_exactly(value, str)))
    converter.register_structure_hook(Equation, lambda value, _: Equation.parse(_exactly(value, str)))
    for model in _MODELS:
        renames = {name: override(rename=key) for name, key in _RENAMED.get(model, {}).items()}
        hook = make_dict_structure_fn(model, converter, _cattrs_forbid_extra_keys=True, **renames)  # type: ignore[arg-type]
        converter.register_structure_hook(model, _table(hook))
    return converter


def _table(hook: Any) -> Any:
    """Refuse, in its own words, a value where a TOML table belongs."""

    def structure(value: Any, kind: Any) -> Any:
        if not isinstance(value, dict):
            raise TypeError("table")
        return hook(value, kind)

    return structure


def _exactly(value: Any, kind: Any) -> Any:
    """A value of that TOML type and no other: an edition written 2021 is not the text "2021"."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(getattr(kind, "__name__", "float"))
    return value


def _problems(error: BaseException, raw: Any, place: tuple[str, ...]) -> Iterator[Problem]:
    """One problem for each leaf of a tree of errors, with the place in the file."""
    if isinstance(error, (ClassValidationError, IterableValidationError)):
        located, loose = error.group_exceptions()
        for inner, note in located:
            step = note.index if isinstance(error, IterableValidationError) else _key(error.cl, note.name)  # type: ignore[union-attr]
            yield from _problems(inner, _below(raw, step), (*place, _step(raw, step)))
        for inner in loose:
            yield from _problems(inner, raw, place)
        return
    yield from _leaf(error, raw, " › ".join(place))


def _leaf(error: BaseException, raw: Any, place: str) -> Iterator[Problem]:
    if isinstance(error, ForbiddenExtraKeysError):
        known = [_key(error.cl, a.name) for a in attrs.fields(error.cl)]
        for key in sorted(error.extra_fields):
            yield Problem(
                "unknown-key", place, {"key": key, "known": ", ".join(known), "nearest": nearest(key, known)}
            )
    elif isinstance(error, LinearSyntaxError):
        yield Problem("not-a-sum", place, {"text": error.text, "rest": error.rest})
    elif isinstance(error, KeyError):
        yield Problem("missing-key", place, {"key": error.args[0]})
    elif isinstance(error, TypeError):
        yield Problem("wrong-type", place, {"value": repr(raw), "type": error.args[0]})
    else:
        yield Problem("wrong-value", place, {"value": repr(raw), "reason": str(error)})


def _key(model: type, name: str) -> str:
    return _RENAMED.get(model, {}).get(name, name)


def _below(raw: Any, step: Any) -> Any:
    try:
        return raw[step]
    except (KeyError, IndexError, TypeError):
        return None


def _step(raw: Any, step: Any) -> str:
    """How a person finds it: by key or label where there is one, counted from 1 otherwise."""
    below = _below(raw, step)
    if isinstance(step, int):
        name = (below.get("key") or below.get("label")) if isinstance(below, dict) else None
        return f"“{name}”" if name else f"#{step + 1}"
    return str(step)


_CONVERTER = _converter()
