"""What Tab completes: `aideator __complete WORD…` prints what could stand in place of the last word."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aideator_cli import main
from aideator_cli.domain.teams import Team, TeamRun
from aideator_cli.errors import ExitCode
from aideator_cli.store import Store
from tests.cli.conftest import Shell
from tests.fixtures.stored_runs import Told, add_run

BREAKS = " \t\n\"'@><=;|&(:"  # as Bash has them
HOSTILE = "Fix it. $(touch pwned) `touch pwned` \x1b[2J\nNow: 'and' %F{red}\u202e " + "x" * 99

Tab = Callable[..., list[str]]


@pytest.fixture
def tab(aideator: Shell) -> Tab:
    def press(*words: str) -> list[str]:
        said = aideator("__complete", *words)
        assert (said.code, said.err) == (ExitCode.OK, "")
        return [line.partition("\t")[0] for line in said.out.splitlines()]

    return press


@pytest.fixture
def typed(aideator: Shell) -> Tab:
    """A line as Bash hands it over."""
    return lambda line: [
        each.partition("\t")[0] for each in aideator("__complete", "--line", line, BREAKS).out.splitlines()
    ]


@pytest.fixture
def runs(aideator: Shell, home: Path) -> None:  # noqa: ARG001 - the home is made after it
    told = (Told(model="claude-sonnet-4-5"), Told(model="gpt-5"))
    add_run(home, *told, run="k3v9x2q", prompt=HOSTILE)
    add_run(home, *told, run="k3w0000", prompt="Second task")
    add_run(home, told[0], run="a000000", prompt="Third task")


def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    entries = "".join(f"- {{name: {name!r}, context: {{}}}}\n" for name in names)
    (tmp_path / "kubeconfig").write_text(f"current-context: {names[0]!r}\ncontexts:\n{entries}")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))


def test_commands_and_the_commands_of_a_group(tab: Tab) -> None:
    assert tab("comp") == ["compare", "completion"]
    assert tab("roles", "") == ["list", "show", "new"]
    assert tab("completion", "") == ["bash", "zsh", "fish"]
    assert {"run", "watch", "version"} <= set(tab(""))


def test_options_without_those_that_were_given_unless_they_may_be_repeated(tab: Tab) -> None:
    assert tab("run", "--max-c") == ["--max-cost"]
    assert tab("show", "k3v9x2q", "--js") == ["--json"]
    assert tab("show", "k3v9x2q", "--json", "--js") == []
    assert tab("run", "--model", "gpt-5", "--mod") == ["--model"]
    assert "--limit" in tab("list", ""), "no argument is left, so the options come"
    assert tab("export", "k3v9x2q", "--", "--js") == []


def test_options_come_with_the_first_sentence_of_their_help(aideator: Shell) -> None:
    assert aideator("__complete", "watch", "--name").out == "--namespace\tKubernetes namespace\n"


@pytest.mark.usefixtures("runs")
def test_runs_newest_first_with_their_tasks(aideator: Shell, tab: Tab) -> None:
    assert tab("watch", "") == ["a000000", "k3w0000", "k3v9x2q"]
    assert tab("watch", "k3") == ["k3w0000", "k3v9x2q"]
    assert tab("wait", "a000000", "k3w") == ["k3w0000"]
    assert aideator("__complete", "watch", "k3w").out == "k3w0000\tSecond task\n"
    assert tab("watch", "@") == ["@last"]


@pytest.mark.usefixtures("runs")
def test_variations_of_the_one_run_that_is_left(aideator: Shell, tab: Tab) -> None:
    assert tab("diff", "k3") == ["k3w0000", "k3v9x2q"]
    assert tab("diff", "k3v") == ["k3v9x2q", "k3v9x2q/1", "k3v9x2q/2"]
    assert aideator("__complete", "diff", "k3v9x2q/").out == "k3v9x2q/1\tclaude-sonnet-4-5\nk3v9x2q/2\tgpt-5\n"
    assert tab("diff", "k3v9x2q/1", "k3v9x2q/") == ["k3v9x2q/1", "k3v9x2q/2"]
    assert tab("merge", "k3v9x2q/1", "k3v9x2q/2", "@last/") == ["@last/1"]
    assert tab("watch", "k3v9x2q/") == [], "`watch` takes no variation"
    assert tab("select", "k3v9x2q", "") == ["1", "2"]
    assert tab("diff", "nosuch/") == []


def test_models_one_by_one_in_a_list(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "claude-sonnet-4-5" in tab("run", ".", "Fix it.", "--model", "claude-son")
    assert "gpt-5:2,claude-sonnet-4-5" in tab("run", "--model", "gpt-5:2,claude-son")
    assert "--model=claude-sonnet-4-5" in tab("judge", "k3v9x2q", "--model=claude-son")
    assert "opencode/gpt-5" in tab("run", "--agent", "claude,opencode/gpt-5")[0]
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    offered = tab("run", "--model", "")
    assert "claude-sonnet-4-5" in offered
    assert "gpt-5" not in offered, "there is no key for it"


def test_ways_to_choose_a_model(tab: Tab, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "router.toml").write_text('[policies.ours]\nprefer = "cheap"\n')
    monkeypatch.chdir(tmp_path)
    policies = ["cheap", "mid", "best", "fast", "private", "ours"]
    assert tab("run", "--model", "auto") == ["auto", *(f"auto:{name}" for name in policies)]
    assert tab("run", "--model", "gpt-5,auto:ch") == ["gpt-5,auto:cheap"]
    assert tab("run", "--agent", "claude/auto:b") == ["claude/auto:best"]
    assert tab("run", "--escalate", "cheap,o")[0] == "cheap,ours"
    assert tab("judge", "k3v9x2q", "--model", "auto") == [], "a judge is named"
    (home / "router.toml").write_text("[")
    assert tab("run", "--model", "auto") == []


def test_teams_by_name_and_by_id(
    tab: Tab, runs: None, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: ARG001
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert tab("run", "--team", "re") == ["review", "refactor"]
    assert tab("teams", "show", "bug") == tab("teams", "new", "mine", "--from", "bug") == ["bugfix"]
    Store.open(home).add_team(TeamRun("k3t0000", "2026-01-01T00:00:00.000000Z", Team("t", "t.yaml", ()), "Do it."))
    assert tab("watch", "k3") == ["k3t0000", "k3w0000", "k3v9x2q"]
    assert tab("compare", "k3") == ["k3w0000", "k3v9x2q"], "it takes one run"


def test_contexts(tab: Tab, aideator: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kubeconfig(tmp_path, monkeypatch, "admin@dev", "arn:aws:eks:eu-west-1:123:cluster/b")
    assert aideator("__complete", "watch", "--context", "ad").out == "admin@dev\tcurrent\n"
    assert tab("run", "--context", "") == ["admin@dev", "arn:aws:eks:eu-west-1:123:cluster/b"]


def test_roles_agents_profiles_and_settings(tab: Tab, home: Path) -> None:
    (home / "roles").mkdir(parents=True)
    (home / "roles" / "reviewer.md").write_text("You review.")
    (home / "config.toml").write_text("[profiles.cheap]\nmax_cost = 0.2\n")
    assert tab("run", "--role", "qa:2,re") == ["qa:2,reviewer"]
    assert tab("roles", "new", "mine", "--from", "dev") == ["devops"]
    assert tab("run", "--agent", "open") == ["opencode"]
    assert tab("run", "--profile", "") == ["cheap"]
    assert tab("config", "get", "max_c") == ["max_cost"]
    assert tab("config", "set", "--profile", "cheap", "max_o") == ["max_output"]


def test_the_values_of_a_setting(tab: Tab) -> None:
    assert tab("config", "set", "backend", "") == ["auto", "kubernetes", "local"]
    assert tab("config", "set", "allow_local_shell", "t") == ["true"]
    assert tab("config", "set", "model", "claude-sonnet-4-5")[0] == "claude-sonnet-4-5"
    assert tab("config", "set", "max_cost", "") == []


def test_words_that_an_option_takes(tab: Tab) -> None:
    assert tab("watch", "--view", "") == ["panes", "live", "lines"]
    assert tab("wait", "--for=first") == ["--for=first-success"]
    assert tab("image", "load", "--into", "k") == ["k3d", "kind"]


def test_a_line_as_bash_hands_it_over(typed: Tab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bash completes only what stands behind the last `=` or `:`, and hands over quotes as they are."""
    kubeconfig(tmp_path, monkeypatch, "admin@dev", "arn:aws:eks:eu-west-1:123:cluster/b")
    assert typed("aideator watch --context=ad") == ["admin@dev"]
    assert typed("aideator watch --context arn:aws:eks:") == ["eu-west-1:123:cluster/b"]
    assert typed("aideator watch --context 'ad") == ["admin@dev"]
    assert typed('aideator run . "Fix it, then stop." --max-c') == ["--max-cost"]
    assert typed("aideator roles ") == ["list", "show", "new"]


@pytest.mark.usefixtures("runs")
def test_a_task_is_shown_on_one_line_without_escapes(aideator: Shell) -> None:
    (line,) = aideator("__complete", "watch", "k3v").out.splitlines()
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert line.startswith("k3v9x2q\tFix it. $(touch pwned) `touch pwned`")
    assert len(line) == len("k3v9x2q\t") + 60


def test_names_that_a_shell_could_read_as_more_than_a_word_are_left_out(
    tab: Tab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = ("$(touch pwned)", "`touch pwned`", "x; touch pwned", "--allow-local-shell", "~root", "a b", "*", "a\nb")
    kubeconfig(tmp_path, monkeypatch, "dev", *hostile)
    assert tab("watch", "--context", "") == ["dev"]


def test_a_mistake_completes_nothing_and_says_nothing(
    tab: Tab, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tab("nosuch", "") == []
    assert tab("show", "--nosuch=", "") == []
    assert tab("show", "--nosuch=") == []
    assert tab("watch", "") == []
    assert tab("--line", "aideator watch") == [], "a call that no script makes"
    assert not home.exists(), "completing makes no store"
    home.mkdir()
    (home / "aideator.db").write_text("not a database at all, but long enough to be read as one")
    (home / "config.toml").write_text("max_cost = [")
    (tmp_path / "kubeconfig").write_text("{")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    assert tab("watch", "") == []
    assert tab("run", "--profile", "") == []
    assert tab("run", "--context", "") == []
    (home / "models.yaml").write_text("{")
    assert tab("run", "--model", "") == []


@pytest.mark.usefixtures("runs")
def test_completing_leaves_no_file_behind(tab: Tab, home: Path) -> None:
    assert tab("watch", "k3w") == ["k3w0000"]
    assert [path.name for path in home.iterdir()] == ["aideator.db"]


@pytest.mark.usefixtures("runs")
def test_kubectl_is_told_that_no_files_go_with_it(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*words: str) -> str:
        monkeypatch.setattr("sys.argv", ["kubectl_complete-aideator", *words])
        with pytest.raises(SystemExit, match=r"^0$"):
            main.complete_for_kubectl()
        return capfd.readouterr().out

    assert asked("watch", "k3w") == "k3w0000\tSecond task\n:36\n"
    assert asked("run", "") == ":0\n", "the shell's own files"


def test_a_shell_that_has_no_completion(aideator: Shell) -> None:
    said = aideator("completion", "tcsh")
    assert said.code == ExitCode.USAGE
    assert said.err.splitlines() == [
        "error: there is no completion for 'tcsh'",
        " hint: name one of these: bash, zsh, fish",
    ]
    assert aideator("completion").err.startswith("error: bash|zsh|fish is missing")


def test_a_script_calls_the_program_by_a_path_if_it_is_not_on_the_path(
    aideator: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "it's here" / "aideator"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr("sys.argv", [str(program)])
    monkeypatch.setenv("PATH", "/nowhere")
    assert f"""'{tmp_path}/it'"'"'s here/aideator' __complete""" in aideator("completion", "bash").out
    monkeypatch.setenv("PATH", str(program.parent))
    assert "(aideator __complete" in aideator("completion", "bash").out
