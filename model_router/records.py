"""`record`: a dataclass with slots that is quick to build.

`dataclasses.dataclass` writes and compiles up to six functions for each class, which takes about a
millisecond: for the forty classes that a decision needs, a fifth of the command line's start. Of
these only `__init__` has to be written for its class. The others are closures over the fields.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, NoReturn, TypeVar, dataclass_transform, overload

T = TypeVar("T")
Values = Callable[[Any], tuple[Any, ...]]


@overload
def record(cls: type[T], /) -> type[T]: ...
@overload
def record(*, frozen: bool = True, eq: bool = True) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(
    cls: type[T] | None = None, /, *, frozen: bool = True, eq: bool = True
) -> type[T] | Callable[[type[T]], type[T]]:
    """The class as `dataclass(slots=True, frozen=True)` makes it: `replace`, `fields`, `asdict`,
    copies, pickles and patterns work, and what the class defines itself stays.

    `frozen=False` lets fields be set, which takes the hash away; `eq=False` leaves comparing by
    identity. Of `field` it knows `default`, `default_factory` and `repr`.
    """
    if cls is None:
        return lambda given: _record(given, frozen, eq)
    return _record(cls, frozen, eq)


def _record(cls: type[T], frozen: bool, eq: bool) -> type[T]:
    own = set(vars(cls))
    made = dataclass(slots=True, init=False, repr=False, eq=False)(cls)
    found = fields(made)  # type: ignore[arg-type]
    values = _values([one.name for one in found])
    methods: dict[str, Any] = {"__init__": _init(made, found, frozen), "__repr__": _repr(found)}
    methods |= {"__reduce__": _reduce(values)} | (_by_value(values) if eq else {})
    if frozen:
        methods |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
    elif eq:
        methods["__hash__"] = None
    for name, method in methods.items():
        if name not in own:
            setattr(made, name, method)
    return made


def _init(cls: type, found: tuple[Field[Any], ...], frozen: bool) -> Callable[..., None]:
    """`__init__`: its arguments are the fields in their order."""
    assign = "_set(self, {0!r}, {1})" if frozen else "self.{0} = {1}"
    scope: dict[str, Any] = {"__name__": cls.__module__, "_set": object.__setattr__}
    scope["_unset"] = MISSING
    arguments, lines = ["self"], ["pass"]
    for one in found:
        name, argument, value = one.name, one.name, one.name
        if one.default is not MISSING:
            scope[f"_{name}"], argument = one.default, f"{name}=_{name}"
        elif one.default_factory is not MISSING:
            scope[f"_{name}"], argument = one.default_factory, f"{name}=_unset"
            value = f"_{name}() if {name} is _unset else {name}"
        arguments.append(argument)
        lines.append(assign.format(name, value))
    exec(f"def __init__({', '.join(arguments)}):\n " + "\n ".join(lines), scope)
    made: Callable[..., None] = scope["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _repr(found: tuple[Field[Any], ...]) -> Callable[[Any], str]:
    names = [one.name for one in found if one.repr]

    def __repr__(self: Any) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__qualname__}({shown})"

    return __repr__


def _reduce(values: Values) -> Callable[[Any], tuple[Any, ...]]:
    """`__reduce__`: copies are made by the class, as frozen slots cannot be set from outside."""

    def __reduce__(self: Any) -> tuple[Any, ...]:
        return type(self), values(self)

    return __reduce__


def _by_value(values: Values) -> dict[str, Any]:
    def __eq__(self: Any, other: object) -> bool:
        return (
            values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented
        )

    def __hash__(self: Any) -> int:
        return hash(values(self))

    return {"__eq__": __eq__, "__hash__": __hash__}


def _values(names: list[str]) -> Values:
    """A function to all values of a record, in the order of the fields."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda one: tuple(getattr(one, name) for name in names)


def _refuse_to_set(self: object, name: str, value: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")
