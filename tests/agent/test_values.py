"""`frozen` makes of a class what the standard library's frozen dataclass makes of it."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any

import pytest

from aideator_agent.values import frozen

BOTH = pytest.mark.parametrize("kind", ["Standard", "Ours"])


def _made(decorator: Callable[[type], type], name: str) -> Any:
    class Told:
        size: int
        name: str = "a"
        secret: str = field(default="", repr=False, compare=False)
        tags: list[str] = field(default_factory=list, compare=False)

    Told.__name__ = Told.__qualname__ = name
    return decorator(Told)


Standard = _made(dataclass(frozen=True), "Standard")
Ours = _made(frozen, "Ours")


@pytest.fixture
def told(kind: str) -> Any:
    return globals()[kind]


@BOTH
def test_values_are_given_in_order_or_by_name_and_the_rest_has_its_default(told: Any) -> None:
    for value in (told(1, "b"), told(name="b", size=1), told(1, name="b")):
        assert (value.size, value.name, value.secret, value.tags) == (1, "b", "", [])
        assert list(vars(value)) == ["size", "name", "secret", "tags"]
    assert told(1).tags is not told(1).tags


@BOTH
@pytest.mark.parametrize(
    ("given", "named"),
    [((), {}), ((), {"name": "b"}), ((1,), {"size": 1}), ((1,), {"colour": "red"}), ((1, "b", "", [], 5), {})],
)
def test_what_does_not_fit_the_fields_is_refused(told: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=told.__name__):
        told(*given, **named)


@BOTH
def test_nothing_is_assigned_or_deleted(told: Any) -> None:
    value = told(1)
    with pytest.raises(FrozenInstanceError):
        value.size = 2
    with pytest.raises(FrozenInstanceError):
        value.colour = "red"
    with pytest.raises(FrozenInstanceError):
        del value.size
    assert value.size == 1


@BOTH
def test_equality_and_hash_are_those_of_the_fields_that_are_compared(told: Any) -> None:
    assert told(1, secret="x", tags=["t"]) == told(1)
    assert hash(told(1, secret="x")) == hash(told(1))
    assert told(1) != told(2)
    assert told(1) != (1, "a")
    assert told(1).__eq__(Elsewhere(1)) is NotImplemented


@BOTH
def test_text_shows_the_fields_but_the_hidden(told: Any) -> None:
    assert repr(told(1, secret="x")) == f"{told.__name__}(size=1, name='a', tags=[])"


@BOTH
def test_the_functions_of_dataclasses_take_it(told: Any) -> None:
    value = told(1, tags=["t"])
    assert is_dataclass(told)
    assert [each.name for each in fields(told)] == ["size", "name", "secret", "tags"]
    assert replace(value, name="b") == told(1, "b")
    assert asdict(value) == {"size": 1, "name": "a", "secret": "", "tags": ["t"]}


@BOTH
def test_it_is_matched_copied_and_pickled(told: Any) -> None:
    value = told(1, "b", "x", ["t"])
    match value:
        case told(1, name):
            assert name == "b"
        case _:
            pytest.fail("the pattern does not match")
    for other in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert vars(other) == vars(value)


@frozen
class Elsewhere:
    size: int

    def __repr__(self) -> str:
        return "mine"


@frozen
class Longer(Elsewhere):
    """A text of its own."""

    place: str = "here"

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("a negative size")


def test_a_class_keeps_its_own_methods_and_text_and_passes_its_fields_on() -> None:
    assert repr(Elsewhere(1)) == "mine"
    assert Elsewhere.__doc__ is None
    assert Longer.__doc__ == "A text of its own."
    assert Longer(1, "there").place == "there"
    assert Longer(1) != Elsewhere(1)
    with pytest.raises(ValueError, match="a negative size"):
        Longer(-1)
