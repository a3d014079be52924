"""A TOML file into a :class:`~xltools.form.model.Form`, refusing with every fault at once.

The classes of the model are the description of the file: their fields are its keys, and the types of the fields say what
may stand there. What a form means is :mod:`xltools.form.lint`'s business.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from types import UnionType
from typing import Any, ClassVar, Literal, NamedTuple, Union, cast, get_args, get_origin, get_type_hints

from xltools.errors import FormError, Problem
from xltools.form.linear import Equation, Linear, LinearSyntaxError
from xltools.form.model import Block, Form, Line, Measure, Section
from xltools.form.prose import Meaning, Prose, Settled
from xltools.form.publication import Publication
from xltools.form.wording import Condition, Wording, WordingError
from xltools.ready import parsed

_RENAMED: dict[type, dict[str, str]] = {
    Form: {"sections": "section", "rules": "rule", "charts": "chart"},
    Measure: {"is_": "is"},
    Section: {"blocks": "block"},
    Block: {"rules": "rule", "carries": "carry"},
    Line: {"is_": "is"},
    Prose: {"meanings": "meaning", "claims": "claim", "wholes": "whole"},
    Meaning: {"is_": "is"},
    Settled: {"all_": "all"},
    Publication: {"lists": "list", "drafts": "draft"},
}


def load(path: Path) -> Form:
    """The form defined in the file *path*; raises :class:`FormError` with all that is wrong with it."""
    return parse(_written(path), str(path))


def shipped(path: Path) -> Form:
    """A form that comes with the package, whose file was parsed and linted before: beside it stands what it holds.

    Of another text than it was made of that says nothing, and the form is loaded as any other.
    """
    text = _written(path)
    document = parsed(path, text)
    if document is None:
        return parse(text, str(path))
    told = document.pop("publication", {})
    form = object.__new__(_Shipped)
    form.__dict__.update(vars(_structured(text, document, str(path))), told=told)
    del form.__dict__["publication"]  # the class knows it
    return form


class _Shipped(Form):
    """A form whose table ``[publication]`` gets its structure when it is asked for: only a report needs it."""

    told: ClassVar[dict[str, Any]] = {}

    @cached_property
    def publication(self) -> Publication:
        """The table, which was found to be sound with the rest."""
        found: Publication = _Reading(self.name, self.told, []).table(Publication, self.told, ())
        return found


def _written(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FormError(
            Problem("unreadable-file", str(path), {"reason": error.strerror or str(error)})
        ) from error
    except UnicodeDecodeError as error:
        raise FormError(Problem("form-not-utf8", str(path))) from error


def parse(text: str, origin: str) -> Form:
    """The form defined by *text*; *origin* is how problems name the file."""
    import tomllib  # noqa: PLC0415  what comes with the package was parsed beforehand

    from xltools.form.lint import lint  # noqa: PLC0415  and linted

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormError(Problem("form-not-toml", origin, {"reason": str(error)})) from error
    form = _structured(text, document, origin)
    if problems := [p._replace(place=f"{origin} › {p.place}") for p in lint(form)]:
        raise FormError(*problems)
    return form


def _structured(text: str, document: dict[str, Any], origin: str) -> Form:
    """The form that stands in *document*, which *text* was parsed into."""
    reading = _Reading(origin, document, [])
    form: Form = reading.table(Form, document, ())
    if reading.problems:
        raise FormError(*reading.problems)
    form.__dict__["text"] = text  # it is no key of the file, and so no field
    return form


def _travels(form: Form) -> tuple[Callable[[str, str], Form], tuple[str, str]]:
    """How a form gets into another process: as the text that it was read from."""
    return _arrived, (form.text, form.name)


@lru_cache(maxsize=8)  # it comes with each task, and to read it costs more than most tasks
def _arrived(text: str, origin: str) -> Form:
    from xltools.form import library  # noqa: PLC0415  which loads forms by this

    if origin in library.names() and (own := library.find(origin)).text == text:
        return own
    return parse(text, origin)


copyreg.pickle(Form, _travels)
copyreg.pickle(cast("type[Form]", _Shipped), _travels)

_Path = tuple[str | int, ...]  # the keys and indexes that lead to a value


class _Kind(NamedTuple):
    """What a value may be: the method that reads it, and what there is to know of what is inside it."""

    read: Callable[[_Reading, Any, Any, _Path], Any]
    inside: Any


class _Field(NamedTuple):
    """A key of a table: the name it has in Python, what its value may be, and whether it must be there."""

    name: str
    kind: _Kind
    is_needed: bool


class _Reading(NamedTuple):
    """The document on its way into the model.

    Where a value is faulty that is written down and reading goes on; what is given back for it means nothing.
    """

    origin: str
    document: dict[str, Any]
    problems: list[Problem]

    def table(self, model: Any, value: Any, path: _Path) -> Any:
        if not isinstance(value, dict):
            return self.wrong_type("table", value, path)
        before, keys = len(self.problems), _fields(model)
        found = {
            field.name: field.kind.read(self, field.kind.inside, value[key], (*path, key))
            for key, field in keys.items()
            if key in value
        }
        for key, field in keys.items():
            if field.is_needed and key not in value:
                self.fault("missing-key", (*path, key), key=key)
        if len(found) < len(value):
            self._unknown(value, list(keys), path)
        return None if len(self.problems) > before else model(**found)

    def _unknown(self, table: dict[str, Any], known: list[str], path: _Path) -> None:
        from xltools.form.lint import nearest  # noqa: PLC0415  no sound form needs it

        for key in sorted(table.keys() - set(known)):
            self.fault("unknown-key", path, key=key, known=", ".join(known), nearest=nearest(key, known))

    def array(self, kind: _Kind, value: Any, path: _Path) -> Any:
        if not isinstance(value, list):
            return self.wrong_type("array", value, path)
        read, inside = kind
        return tuple([read(self, inside, item, (*path, index)) for index, item in enumerate(value)])

    def mapping(self, kind: _Kind, value: Any, path: _Path) -> Any:
        if not isinstance(value, dict):
            return self.wrong_type("table", value, path)
        return {key: kind.read(self, kind.inside, item, (*path, key)) for key, item in value.items()}

    def choice(self, among: tuple[Any, ...], value: Any, path: _Path) -> Any:
        if any(type(value) is type(one) and value == one for one in among):
            return value
        return self.fault("wrong-value", path, value=repr(value), reason=" | ".join(map(repr, among)))

    def parsed(self, kind: Any, value: Any, path: _Path) -> Any:
        """A text with a grammar of its own."""
        if not isinstance(value, str):
            return self.wrong_type("str", value, path)
        try:
            return kind.parse(value)
        except LinearSyntaxError as error:
            return self.fault("not-a-sum", path, text=error.text, rest=error.rest)
        except WordingError as error:
            return self.fault(error.code, path, **error.facts)

    def plain(self, kind: type, value: Any, path: _Path) -> Any:
        """A value of that TOML type and no other: an edition written 2021 is not the text "2021"."""
        if type(value) is kind:
            return value
        if (kind, type(value)) == (float, int):
            return float(value)
        return self.wrong_type(kind.__name__, value, path)

    def wrong_type(self, wanted: str, value: Any, path: _Path) -> None:
        self.fault("wrong-type", path, value=repr(value), type=wanted)

    def fault(self, code: str, path: _Path, **facts: object) -> None:
        self.problems.append(Problem(code, " › ".join((self.origin, *self._steps(path))), facts))

    def _steps(self, path: _Path) -> list[str]:
        """The path as a person finds it: by key or label where there is one, counted from 1 otherwise."""
        steps: list[str] = []
        here: Any = self.document
        for step in path:
            here = here[step] if isinstance(step, int) else here.get(step)
            name = (here.get("key") or here.get("label")) if isinstance(here, dict) else None
            steps.append(step if isinstance(step, str) else f"“{name}”" if name else f"#{step + 1}")
        return steps


def _kind(annotation: Any) -> _Kind:
    """What a value may be where the model has that annotation."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin in {Union, UnionType}:  # something or None, which no TOML value is
        return _kind(inside[0])
    if origin is Literal:
        return _Kind(_Reading.choice, inside)
    if origin is tuple:
        return _Kind(_Reading.array, _kind(inside[0]))
    if origin in {dict, Mapping}:
        return _Kind(_Reading.mapping, _kind(inside[1]))
    if annotation in {Linear, Equation, Wording, Condition}:
        return _Kind(_Reading.parsed, annotation)
    return _Kind(_Reading.plain if annotation in {str, bool, int, float} else _Reading.table, annotation)


@cache
def _fields(model: Any) -> dict[str, _Field]:
    """The keys of a table that becomes a *model*, in the order in which its fields stand."""
    renamed, annotations = _RENAMED.get(model, {}), get_type_hints(model)
    return {
        renamed.get(name, name): _Field(name, _kind(annotations[name]), is_needed)
        for name, is_needed in _needed(model).items()
    }


def _needed(model: Any) -> dict[str, bool]:
    """The fields of a class in order, and whether each must be given."""
    if is_dataclass(model):
        return {f.name: f.default is MISSING and f.default_factory is MISSING for f in fields(model)}
    return {name: name not in model._field_defaults for name in model._fields}
