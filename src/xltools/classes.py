"""Classes that hold data, made as late and as cheaply as they can be: a command that does little pays for each of them.

:func:`define` and :func:`frozen` make of a class's annotated fields what attrs makes of them, so far as this package
asks for it. attrs compiles each class when it is made; here a class gets its ``__init__`` when it is first instantiated,
which most classes of a short command never are. :class:`NamedTuple` is the standard library's without a look at the
annotations, each of which that one compiles to see that it is a type.
"""

from __future__ import annotations

import collections
import operator
from collections.abc import Callable, Iterator
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, dataclass_transform, overload

__all__ = ["NamedTuple", "asdict", "define", "evolve", "field", "fields", "frozen", "is_defined"]

_Class = TypeVar("_Class")
_NOTHING: Any = object()  # in place of a default that is not there, or of an argument that was not given


class _Field:
    """What a class says of one of its fields."""

    def __init__(self, default: Any, factory: Callable[[], Any] | None, *, compared: bool) -> None:
        self.name = ""
        self.default, self.factory, self.compared = default, factory, compared

    @property
    def is_needed(self) -> bool:
        """Whether whoever makes an instance must give it."""
        return self.default is _NOTHING and self.factory is None


def field(*, default: Any = _NOTHING, factory: Callable[[], Any] | None = None, compared: bool = True) -> Any:
    """A field with a default, or with one that is made for each instance; *compared*: equality and order ask for it."""
    return _Field(default, factory, compared=compared)


@overload
def define(
    cls: None = None, /, *, frozen: bool = False, slots: bool = True, eq: bool = True, order: bool = False
) -> Callable[[type[_Class]], type[_Class]]: ...
@overload
def define(cls: type[_Class], /) -> type[_Class]: ...
@dataclass_transform(field_specifiers=(field,))
def define(
    cls: type[_Class] | None = None,
    /,
    *,
    frozen: bool = False,
    slots: bool = True,
    eq: bool = True,
    order: bool = False,
) -> Any:
    """A class with these fields. With *slots* an instance has no room but for them; a cached property needs some.

    A class with slots is made anew, so its methods cannot say ``super()``.
    """

    def made(cls: Any) -> Any:
        return _made(cls, is_frozen=frozen, slots=slots, eq=eq, order=order)

    return made if cls is None else made(cls)


@overload
def frozen(
    cls: None = None, /, *, slots: bool = True, eq: bool = True, order: bool = False
) -> Callable[[type[_Class]], type[_Class]]: ...
@overload
def frozen(cls: type[_Class], /) -> type[_Class]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(
    cls: type[_Class] | None = None, /, *, slots: bool = True, eq: bool = True, order: bool = False
) -> Any:
    """A class with these fields, which do not change; with *eq* an instance has the hash of its fields."""

    def made(cls: Any) -> Any:
        return _made(cls, is_frozen=True, slots=slots, eq=eq, order=order)

    return made if cls is None else made(cls)


def is_defined(kind: type) -> bool:
    """Whether it is one of the classes made here, and no tuple."""
    return "__fields__" in kind.__dict__


def fields(kind: Any) -> dict[str, bool]:
    """The fields of a class made here, in order, and whether each must be given."""
    if is_defined(kind):
        return {one.name: one.is_needed for one in kind.__fields__}
    return {name: name not in kind._field_defaults for name in kind._fields}


def asdict(instance: Any) -> dict[str, Any]:
    """The values of the fields by name."""
    return {one.name: getattr(instance, one.name) for one in type(instance).__fields__}


def evolve(instance: _Class, **changes: Any) -> _Class:
    """The same with other values in some fields, and without what was worked out of it."""
    values = asdict(instance) | changes
    return type(instance)(**{name.removeprefix("_"): value for name, value in values.items()})


_OF_EVERY_CLASS = ("__dict__", "__weakref__")


def _made(cls: Any, *, is_frozen: bool, slots: bool, eq: bool, order: bool) -> Any:
    own = tuple(_own(cls))
    names = tuple(one.name for one in own)
    left_out = {*names, *_OF_EVERY_CLASS}
    body = {name: value for name, value in cls.__dict__.items() if name not in left_out}
    body |= {"__fields__": own, "__match_args__": names, "__init__": _late}
    body.setdefault("__repr__", _repr)
    compared = attrgetter(*(one.name for one in own if one.compared))
    if eq:
        body |= {"__eq__": _by(operator.eq, compared), "__hash__": _hash(compared) if is_frozen else None}
    if order:
        body |= {f"__{by.__name__}__": _by(by, compared) for by in _ORDER}
    if is_frozen:
        body |= {"__setattr__": _refused, "__delattr__": _refused}
    if slots and not any(isinstance(value, cached_property) for value in body.values()):
        body |= {"__slots__": names, "__getstate__": _state, "__setstate__": _set_state}
    return type(cls)(cls.__name__, cls.__bases__, body)


def _own(cls: Any) -> Iterator[_Field]:
    for name, annotation in cls.__annotations__.items():
        if not annotation.partition("[")[0].endswith("ClassVar"):
            default = cls.__dict__.get(name, _NOTHING)
            one = default if isinstance(default, _Field) else _Field(default, None, compared=True)
            one.name = name
            yield one


def _late(self: Any, *arguments: Any, **named: Any) -> None:
    """The ``__init__`` of a class without instances, which puts the right one in its own place."""
    cls = type(self)
    cls.__init__ = _init(cls)
    cls.__init__(self, *arguments, **named)


def _init(cls: Any) -> Any:
    """As a person would write it, ``def __init__(self, a, b=…): …``; only that what is frozen has to be got around."""
    names = {"_nothing": _NOTHING, "_set": object.__setattr__}
    arguments, lines = ["self"], []
    for one in cls.__fields__:
        given = value = one.name.removeprefix("_")
        if one.factory is not None:
            names[f"_new_{given}"] = one.factory
            value = f"_new_{given}() if {given} is _nothing else {given}"
            given += "=_nothing"
        elif one.default is not _NOTHING:
            names[f"_else_{given}"] = one.default
            given += f"=_else_{given}"
        arguments.append(given)
        lines.append(_setting(cls, one.name, value))
    exec(f"def __init__({', '.join(arguments)}):\n {'; '.join(lines)}", names)  # noqa: S102  names in our own source
    return names["__init__"]


def _setting(cls: Any, name: str, value: str) -> str:
    return f"_set(self, {name!r}, {value})" if cls.__setattr__ is _refused else f"self.{name} = {value}"


def _repr(self: Any) -> str:
    return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in asdict(self).items())})"


_ORDER = (operator.lt, operator.le, operator.gt, operator.ge)


def _by(compare: Callable[[Any, Any], Any], values: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        return compare(values(self), values(other)) if type(self) is type(other) else NotImplemented

    return method


def _hash(values: Callable[[Any], Any]) -> Callable[[Any], int]:
    return lambda self: hash(values(self))


def _refused(self: Any, name: str, *_: Any) -> NoReturn:
    raise AttributeError(f"{type(self).__name__}.{name} does not change")


def _state(self: Any) -> tuple[Any, ...]:
    return tuple(asdict(self).values())


def _set_state(self: Any, state: tuple[Any, ...]) -> None:
    for one, value in zip(type(self).__fields__, state, strict=True):
        object.__setattr__(self, one.name, value)


if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class _Tuples(type):
        """Makes of a body with annotated fields what :class:`typing.NamedTuple` makes of it."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            names = body.get("__annotations__", {})
            defaults = [body.pop(one) for one in names if one in body]
            module = body.pop("__module__")
            made = collections.namedtuple(name, names, defaults=defaults, module=module)  # noqa: PYI024  see above
            for key, value in body.items():
                setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Tuples):
        """The base of a tuple with named fields, which is not among its bases once it is made."""
