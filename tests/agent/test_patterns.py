import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType

import pytest

import aideator_agent
from aideator_agent.checks.summaries import RUNNERS, Runner
from aideator_agent.patterns import lazy


def modules() -> list[ModuleType]:
    """Those of the agent that load by themselves, and do nothing yet."""
    names = [each.name for each in pkgutil.walk_packages(aideator_agent.__path__, "aideator_agent.")]
    return [importlib.import_module(name) for name in names if not name.endswith(("__main__", "shell_server"))]


def held(value: object) -> Iterator[object]:
    """It, and what it consists of."""
    inner: Iterable[object] = ()
    if isinstance(value, Mapping):
        inner = (*value, *value.values())
    elif isinstance(value, tuple | list | frozenset):
        inner = value
    elif isinstance(value, Runner):
        inner = vars(value).values()
    yield value
    for each in inner:
        yield from held(each)


def test_a_pattern_that_is_compiled_late_finds_what_it_would_find_at_once() -> None:
    late, at_once = lazy(r"(?P<word>b+)|c", re.IGNORECASE), re.compile(r"(?P<word>b+)|c", re.IGNORECASE)
    text = "a BB c"

    assert late.pattern == at_once.pattern
    for _ in range(2):
        assert late.findall(text) == at_once.findall(text)
    found = late.search(text)
    assert found is not None
    assert found["word"] == "BB"
    assert late.sub("-", text) == at_once.sub("-", text)
    assert late.split(text) == at_once.split(text)
    assert late.fullmatch(text) is None
    assert lazy(rb"\d").findall(b"a1") == [b"1"]


def test_a_wrong_pattern_is_found_when_it_is_used() -> None:
    wrong = lazy("(")
    with pytest.raises(re.error):
        wrong.search("")


def test_every_pattern_of_the_agent_is_right() -> None:
    late = type(lazy(""))
    patterns = [
        each
        for module in modules()
        for value in vars(module).values()
        for each in held(value)
        if isinstance(each, late)
    ]

    assert {RUNNERS[0].before[0], RUNNERS[-1].lines[-1]} <= set(patterns)
    for each in patterns:
        each.search(b"" if isinstance(each.pattern, bytes) else "")
