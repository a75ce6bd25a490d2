"""Templates are compiled once, as Python's modules are."""

import sys
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest

from aideator_cli.system import templates


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Whatever Jinja2 compiles meanwhile. Python keeps code in a folder of the test's."""
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "code"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(templates, "_source", {"a.j2": "One {{ word }}.\n"}.__getitem__)
    names: list[str] = []
    own = jinja2.Environment.compile

    def compile_(self: jinja2.Environment, source: object, name: str | None = None, *rest: object) -> object:
        names.append(str(name))
        return own(self, source, name, *rest)  # type: ignore[call-overload]

    monkeypatch.setattr(jinja2.Environment, "compile", compile_)
    yield names
    templates._environment.cache_clear()


def rendered() -> str:
    """What a new process renders."""
    templates._environment.cache_clear()
    return templates.render("a.j2", {"word": "two"})


def kept(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "code").rglob("a.j2*") if path.is_file()]


def test_a_template_is_compiled_once(compiled: list[str], tmp_path: Path) -> None:
    assert [rendered(), rendered()] == ["One two.\n"] * 2
    assert compiled == ["a.j2"]
    assert len(kept(tmp_path)) == 1


def test_a_template_that_has_changed_is_compiled_again(compiled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    rendered()
    monkeypatch.setattr(templates, "_source", {"a.j2": "Now {{ word }}.\n"}.__getitem__)
    assert [rendered(), rendered()] == ["Now two.\n"] * 2
    assert compiled == ["a.j2", "a.j2"]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xe9\x00"])
def test_what_was_kept_and_is_broken_is_made_anew(compiled: list[str], tmp_path: Path, content: bytes) -> None:
    rendered()
    (file,) = kept(tmp_path)
    file.write_bytes(content)
    assert rendered() == "One two.\n"
    assert compiled == ["a.j2", "a.j2"]


def test_where_nothing_can_be_kept_all_goes_on(compiled: list[str], tmp_path: Path) -> None:
    (tmp_path / "code").write_text("in the way")
    assert [rendered(), rendered()] == ["One two.\n"] * 2
    assert len(compiled) == 2


def test_who_wants_no_code_kept_gets_none(compiled: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    rendered()
    assert (kept(tmp_path), compiled) == ([], ["a.j2"])
