"""Reads TOML files, such as forms and the settings of a collection, into dataclasses.

A dataclass describes a table: its fields are the keys, and their annotations are the types of the values. A key that is
not a Python name is in the metadata of its field: ``field(metadata={"key": "is"})``; ``{"hook": function}`` sets a
function that reads the value; ``{"since": 2}`` is the version of the description with which the key came. The value of
a class with a method ``parse`` is a text. Values are never converted: the edition ``2021`` is not the text ``"2021"``,
and ``true`` is not 1.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

from cattrs import AttributeValidationNote, Converter, IterableValidationNote
from cattrs.errors import ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, override

from xltools.errors import InvalidValueError, Problem, Word, XltoolsError

_T = TypeVar("_T")
_Path = tuple[str | int, ...]  # the keys and indexes that lead to a value


def read_text(path: Path, error: type[XltoolsError]) -> str:
    """Return the text of a file in UTF-8; raises *error* if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise error(
            Problem("unreadable-file", str(path), {"reason": fault.strerror or str(fault)})
        ) from fault
    except UnicodeDecodeError as fault:
        raise error(Problem("form-not-utf8", str(path))) from fault


def structure(text: str, model: type[_T], origin: str, error: type[XltoolsError]) -> _T:
    """Return the TOML document *text* as an instance of the dataclass *model*.

    Raises *error* with every fault and its place; *origin* is the name of the file in messages.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise error(Problem("form-not-toml", origin, _toml_facts(text, str(fault)))) from fault
    try:
        return _converter.structure(document, model)
    except ExceptionGroup as faults:
        raise error(*_problems(faults, (), document, origin)) from None


# What tomllib says, or what people write outside of texts, with the words for what was meant; the first that fits.
_SAID = (
    (r"backslash|Unescaped|hex value|Unicode|scalar value", "toml-backslash"),
    (r"overwrite|twice|Duplicate", "toml-twice"),
)
_WRITTEN = (
    (r"[“”‘’]", "toml-quotes"),
    ("＝", "toml-equals"),
    (r"=\s*[0-9]+\s*[年./][\s0-9年月日./]*$|=\s*[0-9]+-[0-9]+-[0-9]+\s*$", "toml-date"),
    ("[，、【】［］]", "toml-comma"),
    (r"=\s*[^\s\"'\[{0-9+-]", "toml-bare"),
    (r"[\"']|\[[^\]]*$|=\s*$", "toml-end"),
)


def _toml_facts(text: str, reason: str) -> dict[str, object]:
    """Return where a text is not valid TOML, and what was probably meant, from what tomllib says about it."""
    lines = text.splitlines() or [""]
    found = re.search(r"\(at line ([0-9]+)", reason)
    number = min(int(found[1]) if found else len(lines), len(lines))
    line = lines[number - 1].strip()
    outside = re.sub(r'"[^"]*"|\'[^\']*\'', "", line).partition("#")[0]
    what = next((word for pattern, word in _SAID if re.search(pattern, reason)), "")
    what = what or next((word for pattern, word in _WRITTEN if re.search(pattern, outside)), "toml-other")
    return {"line": number, "what": Word(what), "text": line}


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the member of *known* that is most similar to *word*, or a dash if none is."""
    return next(iter(difflib.get_close_matches(word, list(known), 1)), "—")


def keys_of(model: Any) -> dict[str, str]:
    """Return the key in the file of each field of a dataclass."""
    return {field.name: field.metadata.get("key", field.name) for field in fields(model) if field.init}


def newer(table: Any, version: int) -> Iterator[str]:
    """Yield the keys of a dataclass that came after a *version* of the description and are not left at their default."""
    for one in fields(table):
        default = one.default if one.default_factory is MISSING else one.default_factory()
        if one.metadata.get("since", 1) > version and getattr(table, one.name) != default:
            yield one.metadata.get("key", one.name)


def _wrong_type(value: Any, wanted: str) -> InvalidValueError:
    return InvalidValueError("wrong-type", value=_shown(value), type=Word(f"type-{wanted}"))


def _shown(value: Any) -> str:
    """Return a value as it stands in a file."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, dt.date) else repr(value)


def _plain(value: Any, kind: type) -> Any:
    """Return *value*; raises :class:`InvalidValueError` unless it has exactly this type."""
    if type(value) is kind:
        return value
    if (kind, type(value)) == (float, int):
        return float(value)
    raise _wrong_type(value, kind.__name__)


def read_as(kind: type, parse: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a hook for a field whose value has exactly this type and is read with *parse*."""
    return lambda value, _: parse(_plain(value, kind))


def _number(value: Any, _: Any) -> int | float:
    if type(value) not in {int, float}:
        raise _wrong_type(value, "number")
    return value  # type: ignore[no-any-return]


def _decimal(value: Any, _: Any) -> Decimal:
    """Return a number with exactly the digits in the file."""
    return Decimal(str(_number(value, None)))


def _literal(value: Any, kind: Any) -> Any:
    choices = get_args(kind)
    if any(type(value) is type(one) and value == one for one in choices):
        return value
    raise InvalidValueError("wrong-value", value=_shown(value), reason=" | ".join(map(_shown, choices)))


def _parsed(value: Any, kind: Any) -> Any:
    return kind.parse(_plain(value, str))


def _array(value: Any, kind: Any) -> Any:
    if not isinstance(value, list):
        raise _wrong_type(value, "array")
    items: Any = list[get_args(kind)[0]]  # type: ignore[misc]
    return tuple(_converter.structure(value, items))


def _mapping(value: Any, kind: Any) -> Any:
    if not isinstance(value, dict):
        raise _wrong_type(value, "table")
    entries: Any = dict[get_args(kind)]  # type: ignore[misc]
    return _converter.structure(value, entries)


def _table(model: Any) -> Callable[[Any, Any], Any]:
    """Return the hook for a dataclass."""
    overrides: dict[str, Any] = {
        field.name: override(rename=field.metadata.get("key"), struct_hook=field.metadata.get("hook"))
        for field in fields(model)
    }
    read = make_dict_structure_fn(model, _converter, _cattrs_forbid_extra_keys=True, **overrides)

    def hook(value: Any, _: Any) -> Any:
        if not isinstance(value, dict):
            raise _wrong_type(value, "table")
        return read(value, model)

    return hook


def _has_origin(origin: object) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) is origin


_converter = Converter()
_converter.register_structure_hook_factory(is_dataclass, _table)
for _kind in (str, bool, int, float, dt.date):
    _converter.register_structure_hook(_kind, _plain)
_converter.register_structure_hook(int | float, _number)
_converter.register_structure_hook(Decimal, _decimal)
_converter.register_structure_hook_func(_has_origin(Literal), _literal)
_converter.register_structure_hook_func(_has_origin(tuple), _array)
_converter.register_structure_hook_func(_has_origin(Mapping), _mapping)
_converter.register_structure_hook_func(lambda kind: hasattr(kind, "parse"), _parsed)


def _problems(fault: Exception, path: _Path, document: Any, origin: str) -> Iterator[Problem]:
    """Yield the faults at *path* of the document and below it."""
    place = " › ".join((origin, *_steps(path, document)))
    if isinstance(fault, ExceptionGroup):
        for one in fault.exceptions:
            yield from _problems(one, (*path, *_step(one, fault)), document, origin)
    elif isinstance(fault, ForbiddenExtraKeysError):
        known = list(keys_of(fault.cl).values())
        for key in sorted(fault.extra_fields):
            facts = {"key": key, "known": ", ".join(known), "nearest": nearest(key, known)}
            yield Problem("unknown-key", place, facts)
    elif isinstance(fault, KeyError):
        yield Problem("missing-key", place, {"key": fault.args[0]})
    elif isinstance(fault, InvalidValueError):
        yield Problem(fault.code, place, fault.facts)
    else:
        raise fault  # a defect of this package


def _step(fault: Exception, group: Any) -> _Path:
    """Return the key or index of *fault* in the value of *group*; an empty path if it concerns the whole value."""
    for note in getattr(fault, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return (keys_of(group.cl)[note.name],)
        if isinstance(note, IterableValidationNote):
            return (note.index,)
    return ()


def _steps(path: _Path, document: Any) -> Iterator[str]:
    """Yield the steps of *path* for a message; items of arrays by their key or label, or else counted from 1."""
    here = document
    for step in path:
        here = here[step] if isinstance(step, int) else here.get(step)
        name = (here.get("key") or here.get("label")) if isinstance(here, dict) else None
        yield step if isinstance(step, str) else f"“{name}”" if name else f"#{step + 1}"
