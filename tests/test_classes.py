"""Our classes are what attrs and the standard library make of the same bodies; what they differ in is when."""

from __future__ import annotations

import copy
import pickle
import typing
from functools import cached_property

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xltools import classes


class Body:
    """The fields that all of these have."""

    number: int
    text: str = "x"
    parts: list[int]
    calls: typing.ClassVar[int] = 0

    def twice(self):
        """A method."""
        return self.number * 2


def body(field):
    """A copy of the body for each maker, since one of them changes it."""
    names = {key: value for key, value in vars(Body).items() if key not in {"__dict__", "__weakref__"}}
    return type("Body", (), names | {"parts": field(factory=list)})


def made_by(makers):
    """The body as each maker of a library makes a class of it."""
    return {
        "frozen": makers.frozen(body(makers.field)),
        "define": makers.define(body(makers.field)),
        "without slots": makers.define(frozen=True, slots=False)(body(makers.field)),
        "without eq": makers.frozen(eq=False)(body(makers.field)),
        "ordered": makers.frozen(order=True)(body(makers.field)),
    }


OURS, THEIRS = made_by(classes), made_by(attrs)
VALUES = st.tuples(st.integers(0, 2), st.sampled_from("xy"), st.lists(st.integers(0, 1), max_size=2))


def outcome(action):
    try:
        return action()
    except (AttributeError, TypeError) as error:
        return type(error).__mro__[-3]


@pytest.mark.parametrize("how", OURS)
@given(VALUES, VALUES)
def test_they_do_what_those_of_attrs_do(how, one, other):
    def told(kind, evolve):
        first, second = kind(*one), kind(*other)
        changed = evolve(first, text="z")
        yield from (repr(first), first == second, first == kind(*one), first != second, first == one)
        yield from (outcome(lambda: first < second), outcome(lambda: first >= second))
        yield from (repr(kind(1)), kind(1).parts is not kind(1).parts, repr(kind(number=2, text="a")))
        yield from (repr(changed), repr(first), first.twice(), kind.calls, kind.__match_args__)
        yield outcome(lambda: setattr(first, "number", 5))
        yield outcome(lambda: setattr(first, "another", 5))
        yield outcome(lambda: delattr(second, "number"))
        yield from (outcome(lambda: hash(kind(1, "x", ())) == hash(kind(1, "x", ()))), repr(copy.copy(first)))
        yield from (
            outcome(kind),
            outcome(lambda: kind(1, another=2)),
            outcome(lambda: hash(first)) is TypeError,
        )

    assert list(told(OURS[how], classes.evolve)) == list(told(THEIRS[how], attrs.evolve))


def test_what_is_not_compared_is_left_out():
    @classes.frozen(order=True)
    class Agency:
        code: str
        name: str = classes.field(compared=False, default="")

    assert Agency("1", "a") == Agency("1", "b")
    assert hash(Agency("1", "a")) == hash(Agency("1", "b"))
    assert Agency("1", "z") < Agency("2", "a")
    assert not Agency("1", "a") < Agency("1", "b")


@classes.frozen
class Held:
    number: int
    _own: str = "o"


@classes.define(frozen=True, slots=False)
class Worked:
    number: int

    @cached_property
    def twice(self):
        return self.number * 2


class Pair(classes.NamedTuple):
    left: int
    right: str = "r"

    def both(self):
        return f"{self.left}{self.right}"

    @property
    def swapped(self):
        return Pair(int(self.right), str(self.left))


class Plain(typing.NamedTuple):
    left: int
    right: str = "r"


@pytest.mark.parametrize("value", [Held(1), Worked(3), Pair(1)], ids=lambda value: type(value).__name__)
def test_they_travel(value):
    for way in (pickle.dumps, pickle._dumps):
        assert pickle.loads(way(value)) == value
    assert copy.deepcopy(value) == value


def test_a_field_of_its_own_is_given_without_its_stroke_and_what_was_worked_out_is_not_taken_along():
    assert Held(1, own="p")._own == "p"
    assert classes.evolve(Held(1, "p"), number=2) == Held(2, "p")
    one = Worked(2)
    assert one.twice == 4
    assert "twice" not in vars(classes.evolve(one))


def test_a_tuple_is_the_standard_librarys():
    for ours, theirs in ((Pair(1), Plain(1)), (Pair(2, "s"), Plain(2, right="s"))):
        assert ours == theirs == tuple(theirs)
        assert hash(ours) == hash(theirs)
        assert repr(ours) == repr(theirs).replace("Plain", "Pair")
        assert ours._asdict() == theirs._asdict()
        assert ours._replace(left=5) == theirs._replace(left=5)
    assert Pair._fields == Plain._fields
    assert Pair._field_defaults == Plain._field_defaults
    assert Pair.__annotations__ == {"left": "int", "right": "str"}
    assert (Pair.__module__, Pair.__qualname__) == (__name__, "Pair")
    assert Pair(1, "2").both() == "12"
    assert Pair(1, "2").swapped == (2, "1")
    with pytest.raises(TypeError):
        Pair()


def test_fields_are_told_with_whether_they_must_be_given():
    assert classes.fields(OURS["frozen"]) == {"number": True, "text": False, "parts": False}
    assert classes.fields(Pair) == {"left": True, "right": False}
    assert classes.is_defined(OURS["define"])
    assert not classes.is_defined(Pair)
