"""Records: whatever a dataclass does, they do."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable, Mapping
from dataclasses import (
    FrozenInstanceError,
    asdict,
    astuple,
    dataclass,
    field,
    fields,
    is_dataclass,
    replace,
)
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router import errors, types, weights
from model_router.policy import limits
from model_router.receipt import decision
from model_router.records import record
from model_router.signals import rows


def classes(made: Callable[[type], type]) -> type:
    """A class with every kind of field, made by a decorator."""

    class Parcel:
        """What is sent."""

        name: str
        weight: int = 5
        secret: str = field(default="", repr=False)
        labels: Mapping[str, Any] = field(default_factory=dict)

        @property
        def heavy(self) -> bool:
            return self.weight > 10

    return made(Parcel)


Parcel: Any = classes(record)
Twin: Any = classes(dataclass(slots=True, frozen=True))
Draft: Any = classes(record(frozen=False))
DraftTwin: Any = classes(dataclass(slots=True))
PAIRS = pytest.mark.parametrize(("ours", "theirs"), [(Parcel, Twin), (Draft, DraftTwin)])


@record
class Point:
    """A record that pickle can find by its name."""

    x: int
    y: tuple[int, ...] = ()


@record
class Lone:
    """A record of one field."""

    x: int


@record
class Nothing:
    """A record without fields."""


@record
class Named:
    """A record that has methods of its own."""

    x: int

    def __hash__(self) -> int:
        return 7

    def __repr__(self) -> str:
        return "named"


@record(eq=False)
class Token:
    """A record that is equal to itself alone."""

    x: int


ARGUMENTS = [
    ("a",),
    ("a", 3),
    ("a", 3, "s", {"x": 1}),
    (),
    ("a", 1, "s", {}, 5),
]
NAMED: list[dict[str, Any]] = [{}, {"weight": 2}, {"labels": {"a": [1]}}, {"name": "b"}, {"no": 1}]


def outcome(call: Callable[[], Any], name: str) -> str:
    """What a call gives, or its error, without the name of the class."""
    try:
        found = repr(call())
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
    return found.replace(name, "")


class TestLikeDataclasses:
    @PAIRS
    @pytest.mark.parametrize("arguments", ARGUMENTS)
    @pytest.mark.parametrize("named", NAMED)
    def test_making_one(
        self, ours: Any, theirs: Any, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> None:
        """The same arguments are taken, with the same values, text and errors."""
        made = [outcome(lambda kind=kind: kind(*arguments, **named), "") for kind in (ours, theirs)]
        assert made[0] == made[1]

    @PAIRS
    def test_the_signature(self, ours: Any, theirs: Any) -> None:
        """The arguments are called as the fields are, in their order; those with defaults tell."""
        found, wanted = (inspect.signature(kind).parameters for kind in (ours, theirs))
        assert [*found] == [*wanted]
        assert found["weight"].default == 5
        assert found["name"].default is inspect.Parameter.empty

    @PAIRS
    def test_what_dataclasses_says_of_it(self, ours: Any, theirs: Any) -> None:
        """`fields`, `asdict`, `astuple` and patterns see the same."""
        assert is_dataclass(ours)
        assert [(f.name, f.type) for f in fields(ours)] == [
            (f.name, f.type) for f in fields(theirs)
        ]
        assert ours.__match_args__ == theirs.__match_args__
        one, other = ours("a", labels={"b": 2}), theirs("a", labels={"b": 2})
        assert asdict(one) == asdict(other)
        assert astuple(one) == astuple(other)
        assert ours.__doc__ == "What is sent."
        assert ours("a", 11).heavy

    @PAIRS
    def test_replace(self, ours: Any, theirs: Any) -> None:
        """`replace` changes what is named and nothing else; an unknown name is an error."""
        assert replace(ours("a", 2, "s"), weight=9) == ours("a", 9, "s")
        with pytest.raises(TypeError):
            replace(ours("a"), wight=9)

    @given(st.tuples(st.text(), st.integers()), st.tuples(st.text(), st.integers()))
    def test_equality_and_hash(self, one: tuple[str, int], other: tuple[str, int]) -> None:
        """Records are equal where their values are, and only to their own kind."""
        assert (Parcel(*one) == Parcel(*other)) is (Twin(*one) == Twin(*other))
        assert (Draft(*one) == Draft(*other)) is (one == other)
        assert Parcel(*one) != Twin(*one)
        assert Parcel(*one) != one
        assert hash(Point(1, (2, 3))) == hash(Point(1, (2, 3)))
        assert len({Lone(1), Lone(1), Lone(2), Nothing(), Nothing()}) == 3

    def test_values_that_have_no_hash(self) -> None:
        """A record has a hash where all its values have one; one that changes has none."""
        with pytest.raises(TypeError, match="unhashable type: 'dict'"):
            hash(Parcel("a"))
        with pytest.raises(TypeError, match="unhashable type: 'Parcel'"):
            hash(Draft("a"))

    def test_a_default_is_made_for_each(self) -> None:
        """Two records never share what a factory makes."""
        assert Draft("a").labels is not Draft("a").labels

    def test_secrets_are_not_shown(self) -> None:
        """`field(repr=False)` keeps a value out of the text."""
        assert "hidden" not in repr(Parcel("a", secret="hidden"))
        assert repr(Point(1)) == "Point(x=1, y=())"
        assert repr(Nothing()) == "Nothing()"


class TestFreezing:
    @pytest.mark.parametrize("name", ["weight", "unknown"])
    def test_a_record_stays_as_it_is(self, name: str) -> None:
        """Nothing can be set or taken away, with the error that dataclasses raise."""
        one = Parcel("a")
        with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{name}'"):
            setattr(one, name, 3)
        with pytest.raises(FrozenInstanceError, match=f"cannot delete field '{name}'"):
            delattr(one, name)
        assert one == Parcel("a")

    def test_a_draft_can_be_changed(self) -> None:
        """`frozen=False` lets fields be set, and no others."""
        draft = Draft("a")
        draft.weight = 7
        assert draft == Draft("a", 7)
        with pytest.raises(AttributeError):
            draft.wight = 7

    def test_there_is_no_room_for_more(self) -> None:
        """Records have slots and no dictionary."""
        assert not hasattr(Parcel("a"), "__dict__")
        assert not hasattr(Draft("a"), "__dict__")


class TestCopies:
    @pytest.mark.parametrize("one", [Point(1, (2,)), Lone(3), Nothing()])
    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    def test_pickles(self, one: Any, protocol: int) -> None:
        """What comes back is equal and of the same kind."""
        assert pickle.loads(pickle.dumps(one, protocol)) == one

    def test_copies(self) -> None:
        """A shallow copy shares its values, a deep one does not."""
        one = Parcel("a", labels={"b": [1]})
        assert copy.copy(one) == one
        assert copy.copy(one).labels is one.labels
        assert copy.deepcopy(one) == one
        assert copy.deepcopy(one).labels is not one.labels
        token = Token(1)
        assert copy.deepcopy(token).x == 1


class TestOwnMethods:
    def test_what_a_class_defines_stays(self) -> None:
        """A method of the class is not written over."""
        assert repr(Named(1)) == "named"
        assert hash(Named(1)) == 7
        assert Named(1) == Named(1)

    def test_identity(self) -> None:
        """With `eq=False` a record is equal to itself alone, and has a hash whatever it holds."""
        token = Token(1)
        assert token == token
        assert token != Token(1)
        assert len({token, Token(1)}) == 2
        with pytest.raises(FrozenInstanceError):
            token.x = 2  # type: ignore[misc]


@pytest.mark.parametrize("module", [types, errors, weights, limits, decision, rows])
def test_every_record_says_what_it_is(module: Any) -> None:
    """Without a docstring the standard library would read the class's arguments at every start."""
    made = [kind for kind in vars(module).values() if isinstance(kind, type) and is_dataclass(kind)]
    assert made
    assert all(kind.__doc__ and not kind.__doc__.startswith(f"{kind.__name__}(") for kind in made)
