"""Values of options, as a Typer that would load Pydantic for them gets them from here."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from aideator_cli.cli.coercion import Plain, make_plain


def parameter(kind: Any, *, multiple: bool = False, **info: Any) -> Any:
    """As Typer 0.29 keeps one."""
    descriptor = SimpleNamespace(annotation=kind, parameter_info=SimpleNamespace(**info))
    return SimpleNamespace(type_descriptor=descriptor, _runtime_param=None, multiple=multiple, nargs=1)


def value(asked: Any, word: Any) -> Any:
    make_plain([asked])
    assert isinstance(asked._runtime_param, Plain)
    return asked._runtime_param.coerce(word, asked, None)


@pytest.mark.parametrize(
    ("kind", "word", "is_value"),
    [
        (str, "a", "a"),
        (int, "12", 12),
        (float, "0.5", 0.5),
        (Path, "a/b", Path("a/b")),
        (bool, True, True),
        (bool, None, None),
        (int, None, None),
    ],
)
def test_a_word_becomes_a_value(kind: Any, word: Any, is_value: Any) -> None:
    assert value(parameter(kind), word) == is_value


def test_a_list_is_made_of_its_words_and_is_empty_without_any() -> None:
    assert value(parameter(list[Path], multiple=True), ("a", "b")) == [Path("a"), Path("b")]
    assert value(parameter(list[str], multiple=True), None) == []


@pytest.mark.parametrize(
    ("kind", "word", "said"),
    [
        (int, "x", "'x' is not a valid int."),
        (float, "x", "'x' is not a valid float."),
        (int, "-1", "-1 is not in the range 0<=x<=9."),
    ],
)
def test_what_is_no_number_or_out_of_its_range_is_refused_in_the_words_of_older_typers(
    kind: Any, word: str, said: str
) -> None:
    with pytest.raises(typer.BadParameter, match="not") as caught:
        value(parameter(kind, min=0, max=9), word)
    assert caught.value.message == said


def test_what_it_does_not_know_is_left_to_typer() -> None:
    special = [
        parameter(Path, exists=True),
        parameter(str, parser=len),
        parameter(bytes),
        SimpleNamespace(name="of an older Typer"),
    ]
    make_plain(special)
    assert all(getattr(each, "_runtime_param", None) is None for each in special)
