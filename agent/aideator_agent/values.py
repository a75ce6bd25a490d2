"""Frozen value classes that are cheap to define.

`dataclass` writes six methods for each class and compiles them. A command defines about a hundred classes before it does anything, and that
was a third of its start. `frozen` gives each class methods that are compiled already.
"""

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, NoReturn, TypeVar, dataclass_transform

_Class = TypeVar("_Class", bound=type)
_Method = Callable[..., Any]


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: _Class) -> _Class:
    """Makes of a class what `dataclass(frozen=True)` makes of it. `fields`, `replace`, `asdict` and `match` take it as such.

    It has no keyword-only fields, no `InitVar` and no `field(init=False)`.
    """
    written = cls.__doc__
    cls.__doc__ = written or cls.__name__  # without one, `dataclass` composes one from the signature, which takes long
    dataclass(init=False, repr=False, eq=False)(cls)
    cls.__doc__ = written
    equal, hashed = _comparison(cls)
    methods = {
        "__init__": _initializer(cls),
        "__eq__": equal,
        "__hash__": hashed,
        "__repr__": _shown,
        "__setattr__": _refuse_to_assign,
        "__delattr__": _refuse_to_delete,
    }
    for name, method in methods.items():
        if name not in cls.__dict__:
            setattr(cls, name, method)
    return cls


def _initializer(cls: type) -> _Method:
    all_fields = fields(cls)
    names = tuple(each.name for each in all_fields)
    defaults = {each.name: each.default for each in all_fields}
    factories = [(each.name, each.default_factory) for each in all_fields if each.default_factory is not MISSING]
    required = tuple(each.name for each in all_fields if each.default is each.default_factory is MISSING)
    finish = getattr(cls, "__post_init__", None)

    def initialize(self: Any, /, *given: Any, **named: Any) -> None:
        values = self.__dict__
        values.update(defaults)  # all names, so that the attributes are in the order of the fields
        values.update(zip(names, given, strict=False))
        values.update(named)
        missing = [name for name in required[len(given) :] if name not in named]
        twice = given and not named.keys().isdisjoint(names[: len(given)])
        if missing or twice or len(given) > len(names) or len(values) > len(names):
            got = ", ".join([f"{len(given)} without a name", *named])
            raise TypeError(f"{cls.__qualname__}({', '.join(names)}) got {got}; it requires: {', '.join(required)}")
        for name, make in factories:
            if values[name] is MISSING:
                values[name] = make()
        if finish is not None:
            finish(self)

    return initialize


def _comparison(cls: type) -> tuple[_Method, _Method]:
    names = [each.name for each in fields(cls) if each.compare]
    compared: Callable[[Any], Any] = attrgetter(*names) if names else lambda _: ()

    def equal(self: Any, other: object) -> bool:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: Any) -> int:
        return hash(compared(self))

    return equal, hashed


def _shown(self: Any) -> str:
    values = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({values})"


def _refuse_to_assign(_: Any, name: str, __: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_: Any, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")
