"""Whatever somebody types, configures or exports: an answer or one line, and never a stack of calls."""

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aideator_cli.cli.commands import COMMANDS
from aideator_cli.cli.option_table import option_table
from aideator_cli.errors import ExitCode
from aideator_cli.main import main

QUICK = settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
# These start something, ask a person, or go on without end
ACTIVE = {"demo", "doctor", "image", "secret", "models", "config", "serve", "mcp", "login", "webhook"}
ENDLESS = {"--watch", "-w", "--follow", "-f", "--check"}

values = st.one_of(
    st.integers().map(str),
    st.floats().map(str),
    st.booleans().map(lambda value: str(value).lower()),
    st.text(max_size=12).map(lambda text: '"' + text.replace("\\", "").replace('"', "") + '"'),
    st.sampled_from(
        [
            "[]",
            "{}",
            "[[]]",
            "{a = 1}",
            '["a", 1]',
            '["a=b"]',
            '{a = "b"}',
            "1979-05-27",
            '"""x\ny"""',
            "nan",
            "[",
            "=",
            '"\\u0000"',
        ]
    ),
)
names = st.one_of(st.sampled_from([*option_table(), "profiles"]), st.text("abc_-.\"'[]= ", max_size=8))
lines = st.one_of(
    st.tuples(names, values).map(" = ".join),
    st.sampled_from(["[profiles.cheap]", "[profiles]", "[env]", "[[verify]]", "[profiles.cheap.env]", "# x", "]", ""]),
)
files = st.one_of(
    st.lists(lines, max_size=8).map("\n".join).map(lambda text: text.encode(errors="replace")), st.binary(max_size=60)
)


@contextlib.contextmanager
def at_home(**variables: str) -> Iterator[Path]:
    """An empty home, without a cluster and without anybody's settings."""
    with TemporaryDirectory() as folder:
        own = {name: value for name, value in os.environ.items() if not name.startswith("AIDEATOR_")}
        own |= {"AIDEATOR_HOME": f"{folder}/home", "KUBECONFIG": f"{folder}/none", "HOME": folder, **variables}
        with mock.patch.dict(os.environ, own, clear=True), mock.patch("sys.argv", ["aideator"]):
            (Path(folder) / "home").mkdir()
            yield Path(folder) / "home"


def said(*words: str, tampered: bool = False) -> tuple[int, str]:
    """`tampered`: whether what AIdeator itself has written has been changed by others, so that it may fail, in a line."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words)
    assert tampered or code != ExitCode.BROKEN, err.getvalue()
    assert code in list(ExitCode)
    assert "Traceback" not in err.getvalue()
    if code:
        assert err.getvalue().startswith(("error: ", "warning: ")), err.getvalue()
        assert err.getvalue().count("error: ") == 1
    return code, err.getvalue()


@QUICK
@given(files)
def test_any_configuration_is_read_or_refused(content: bytes) -> None:
    with at_home() as home:
        (home / "config.toml").write_bytes(content)
        code, err = said("config", "show", "--origin")
        assert code in (0, ExitCode.USAGE)
        assert not code or "config.toml" in err


@QUICK
@given(files, st.sampled_from(sorted(option_table())), st.text(max_size=10), st.sampled_from([None, "cheap"]))
def test_any_setting_is_set_or_refused_and_the_file_stays_whole(
    content: bytes, name: str, value: str, profile: str | None
) -> None:
    with at_home() as home:
        file = home / "config.toml"
        file.write_bytes(content)
        words = ["--profile", profile] if profile else []
        code, _ = said("config", "set", *words, "--", name, value)
        assert not code or file.read_bytes() == content
        if not code:
            assert said("config", "get", *words, name)[0] == 0
            assert said("config", "unset", *words, name)[0] == 0


@QUICK
@given(
    st.sampled_from(sorted(option_table())), st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=12)
)
def test_any_variable_is_taken_or_refused(name: str, value: str) -> None:
    with at_home(**{option_table()[name].variable: value}):
        code, err = said("config", "show")
        assert code in (0, ExitCode.USAGE)
        assert not code or option_table()[name].variable in err


words = st.one_of(
    st.sampled_from(sorted(each.flag for each in option_table().values() if each.flag)),
    st.sampled_from(
        [
            "--json",
            "--no-verify",
            "--no-model",
            "--help",
            "--nope",
            "-n",
            "-C",
            "--",
            "@last",
            "a/b",
            "k3v9x2q/1",
        ]
    ),
    st.text(max_size=8),
).filter(lambda word: word not in ENDLESS)


@settings(QUICK, max_examples=80)
@given(st.sampled_from(sorted(set(COMMANDS) - ACTIVE)), st.lists(words, max_size=5))
def test_any_command_line_is_understood_or_refused(command: str, given_words: list[str]) -> None:
    with at_home() as home:
        os.chdir(home)
        said(command, *given_words)


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # and back again


def test_a_mistake_in_the_program_is_one_line_and_its_trace_is_there_for_who_asks(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise ZeroDivisionError("half of\nnothing \x1b[2J")

    with at_home():
        monkeypatch.setattr("aideator_cli.cli.first_contact.greet", fail)
        assert main([]) == ExitCode.BROKEN
        line, hint = capfd.readouterr().err.splitlines()
        assert line == "error: AIdeator itself failed: ZeroDivisionError: half of nothing ␛[2J"
        assert "--debug" in hint
        assert main(["--debug"]) == ExitCode.BROKEN
        assert "Traceback" in capfd.readouterr().err
        assert main(["show", "--debug", "nope"]) == ExitCode.NOT_FOUND
        assert "Traceback" in capfd.readouterr().err
