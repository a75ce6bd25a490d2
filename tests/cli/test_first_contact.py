"""`aideator` alone says what to do next, from where the user stands; it is never an error, and asks no cluster."""

from contextlib import closing
from pathlib import Path

import pytest

from aideator_cli.cli.terminal import say, show_error, tell, warn
from aideator_cli.domain.runs import Selection
from aideator_cli.errors import AideatorError, command
from aideator_cli.store import Store
from tests.backends.kubernetes.api_server import write_kubeconfig
from tests.cli.conftest import Shell
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.stored_runs import Told, add_run, change
from tests.fixtures.tmux import Panes, terminal

__all__ = ["terminal"]


def told(shell: Shell) -> str:
    said = shell()
    assert said.code == 0
    assert said.err == ""
    lines = said.out.splitlines()
    assert len(lines) <= 12
    assert all(len(line) <= 110 for line in lines)
    return said.out


def test_without_anything_it_begins_with_the_demo_and_leaves_no_trace(
    aideator: Shell, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    out = told(aideator)
    assert "no runs yet. Agents would run on this machine; the environment has no model's key." in out
    assert out.index("aideator demo") < out.index("export ANTHROPIC_API_KEY=…") < out.index("aideator run REPO")
    assert "--allow-local-shell" in out
    assert "aideator doctor" in out
    assert not home.exists()


def test_with_a_cluster_a_key_is_stored_there(aideator: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path / "kubeconfig", "https://127.0.0.1:1", {})))
    out = told(aideator)
    assert "with the keys that are stored there." in out
    assert "aideator secret set ANTHROPIC_API_KEY" in out
    assert "--allow-local-shell" not in out


def test_with_a_key_and_a_clone_it_begins_with_a_run(
    aideator: Shell, repository: LocalRepository, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.chdir(repository.path)
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    out = told(aideator)
    assert 'aideator run . "What to change" --model gpt-5' in out
    assert out.index("aideator run") < out.index("aideator demo")
    home.mkdir()
    (home / "config.toml").write_text('model = "ours"\n')
    assert 'aideator run . "What to change" --allow-local-shell' in told(aideator)


def test_with_runs_it_goes_on_with_the_newest(aideator: Shell, home: Path) -> None:
    patch = change("a.py", "a", "b")
    add_run(home, Told(patch), Told(patch), prompt="Fix \x1b[2Jthis,\nand that")
    out = told(aideator)
    assert "k3v9x2q, “Fix ␛[2Jthis, and that”: 2 of 2 variations succeeded." in out
    assert out.index("aideator compare k3v9x2q") < out.index("aideator apply k3v9x2q/1")
    with closing(Store.open(home)) as store:
        store.set_state("k3v9x2q", "running")
    out = told(aideator)
    assert "its agents are at work" in out
    assert "aideator watch k3v9x2q" in out
    with closing(Store.open(home)) as store:
        store.set_state("k3v9x2q", "ended")
        store.select("k3v9x2q", Selection(2, "k3v9x2q-2-a", "2026-01-01T00:00:00Z", None))
    assert "2 is selected" in told(aideator)


def test_what_is_broken_is_told_and_stops_nothing(
    aideator: Shell, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    (home / "aideator.db").write_bytes(b"this is no database" * 1000)
    (home / "config.toml").write_text("modle = 1\n")
    (tmp_path / "kubeconfig").write_text("{")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    said = aideator()
    assert said.code == 0
    assert "aideator doctor" in said.out
    assert [part for part in ("aideator.db", "unknown setting 'modle'", "kubeconfig") if part not in said.err] == []
    assert said.err.count("warning: ") == 3


def test_a_group_alone_still_shows_its_commands(aideator: Shell) -> None:
    assert "Commands:" in aideator("secret").out


def test_on_a_small_terminal_lines_fold_at_words_and_commands_stay_whole(
    terminal: Panes, repository: LocalRepository, home: Path
) -> None:
    pane = terminal(84, 24)
    environment = {"AIDEATOR_HOME": str(home), "ANTHROPIC_API_KEY": "x", "KUBECONFIG": str(home / "none")}
    pane.start_aideator([], environment, repository.path)
    pane.until_shown("[exit 0]")
    lines = pane.screen()
    assert lines[0].endswith("best of their")
    assert lines[1] == "patches."
    at = lines.index("  start three agents")
    assert lines[at + 1].startswith('    aideator run . "What to change" --model')
    assert lines[at + 2].endswith("aideator demo")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", ["short"]),
        ("one two three four five six seven", ["one two three four five six", "  seven"]),
        ("applied it to the folder x.  aideator undo -C x", ["applied it to the folder x.", "  aideator undo -C x"]),
        ("it is one two three four five  aideator undo", ["it is one two three four", "  five  aideator undo"]),
        ("  aideator diff a-very-long-name-of-a-run", ["  aideator diff a-very-long-name-of-a-run"]),
        ("see a-path/that-is-longer/than-the-terminal", ["see", "  a-path/that-is-longer/than-the-terminal"]),
    ],
)
def test_what_a_person_is_told_folds_at_words_and_its_command_stays_whole(
    text: str, lines: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "28")
    say(text)
    assert capsys.readouterr().err == f"{text}\n"  # a pipe gets it as it is
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    say(text)
    assert capsys.readouterr().err.splitlines() == lines


def test_an_error_and_its_hint_fold_at_words_and_a_command_in_the_hint_stays_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = AideatorError(
        "there is no model by the name of nonsense",
        hint=("for a model that is not listed, write another, or ", command("models", "--any"), ", which lists all"),
    )
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    show_error(error)
    assert capsys.readouterr().err.splitlines() == [
        "error: there is no model by",
        "  the name of nonsense",
        " hint: for a model that is not",
        "  listed, write another, or",
        "  aideator models --any, which",
        "  lists all",
    ]
    warn("it does not count until you trust it: aideator trust /a/folder/that/is/long")
    assert capsys.readouterr().err.splitlines()[-1] == "  aideator trust /a/folder/that/is/long"


def test_what_follows_a_name_stays_below_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    tell("prompt: ", "make the parser accept comments")
    assert capsys.readouterr().err.splitlines() == ["prompt: make the parser accept", "        comments"]
