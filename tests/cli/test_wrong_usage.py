"""What is wrong with a request is said at once: what, to what, what now; nothing starts, nothing is left."""

import subprocess
from pathlib import Path

import pytest

from aideator_cli.errors import ExitCode
from tests.cli.conftest import Shell
from tests.fixtures.repositories import LocalRepository

SCRIPT = "- say: Nothing to do.\n"


@pytest.fixture
def script(tmp_path: Path) -> str:
    path = tmp_path / "script.yaml"
    path.write_text(SCRIPT)
    return f"scripted/{path}"


@pytest.fixture
def repo(repository: LocalRepository) -> str:
    repository.commit({"a.txt": b"a\n"})
    return str(repository.path)


@pytest.mark.parametrize(
    ("words", "message", "code"),
    [
        (["", "--model", "gpt-5"], "the prompt is empty", ExitCode.USAGE),
        (["  \n", "--model", "gpt-5"], "the prompt is empty", ExitCode.USAGE),
        (["@no-such-file", "--model", "gpt-5"], "the prompt's file no-such-file can't be read", ExitCode.NOT_FOUND),
        (["fix", "-n", "0", "--model", "gpt-5"], "-n takes 1 to 20, not 0", ExitCode.USAGE),
        (["fix", "-n", "21", "--model", "gpt-5"], "-n takes 1 to 20, not 21", ExitCode.USAGE),
        (["fix", "-n", "2", "--model", "gpt-5:3"], "-n", ExitCode.USAGE),
        (["fix", "--model", "nosuch/gpt"], "unknown model provider 'nosuch'", ExitCode.USAGE),
        (["fix"], "no model", ExitCode.USAGE),
        (["fix", "--model", "gpt-5"], "needs OPENAI_API_KEY", ExitCode.NOT_FOUND),
        (["fix", "--model", "gpt-5", "--temperature", "3"], "--temperature takes 0 to 2", ExitCode.USAGE),
        (["fix", "--model", "gpt-5", "--max-tokens", "0"], "--max-tokens takes 1 to 1000000000, not 0", ExitCode.USAGE),
        (["fix", "--model", "gpt-5", "--max-output", "1"], "--max-output takes 16 to 10000000, not 1", ExitCode.USAGE),
        (["fix", "--model", "gpt-5", "--context-window", "9"], "--context-window takes 256 to 1", ExitCode.USAGE),
        (["fix", "--model", "gpt-5", "--command-timeout", "0s"], "--command-timeout takes 1s to 168h", ExitCode.USAGE),
        (["fix", "--model", "gpt-5", "--budget", "0"], "--budget takes 0.0001 to 100000, not 0", ExitCode.USAGE),
        (
            ["fix", "--model", "x", "--api-base", "http://127.0.0.1:9", "--max-cost", "1"],
            "--max-cost can't be enforced for openai/x: its price is unknown",
            ExitCode.USAGE,
        ),
        (
            ["fix", "--agent", "opencode/x", "--api-base", "http://127.0.0.1:9/v1", "--max-cost", "1"],
            "--max-cost can't be enforced for openai/x: its price is unknown",
            ExitCode.USAGE,
        ),
        (["fix", "--model", "gpt-5", "--timeout", "1000h"], "--timeout takes 1s to 168h, not 3600000s", ExitCode.USAGE),
        (["fix", "--model", "gpt-5", "--timeout", "soon"], "--timeout takes a time such as", ExitCode.USAGE),
        (["fix", "--model", "scripted/no-such.yaml"], "no-such.yaml does not exist", ExitCode.USAGE),
        (
            ["fix", "--model", "gpt-5", "--backend", "nomad"],
            "--backend takes auto, kubernetes or local",
            ExitCode.USAGE,
        ),
        (
            ["fix", "--model", "gpt-5", "--backend", "local", "--context", "x"],
            "apply only to a cluster",
            ExitCode.USAGE,
        ),
        (["fix", "--model", "gpt-5", "--dry-run"], "--dry-run prints Kubernetes manifests", ExitCode.USAGE),
        (["fix", "--model", "gpt-5", "--dry-run"], "hint: --estimate says what would start here", ExitCode.USAGE),
    ],
)
def test_a_wrong_request_is_refused_at_the_door(
    aideator: Shell, repo: str, home: Path, words: list[str], message: str, code: ExitCode
) -> None:
    said = aideator("run", repo, *words)
    assert message in said.err
    assert said.err.startswith("error: ")
    assert (said.code, said.out) == (code, "")
    assert not (home / "runs").exists()


@pytest.mark.parametrize("words", [["-n", "30", "--model", "gpt-5"], ["--model", "gpt-5:30"]])
def test_where_so_many_agents_are_too_many_the_way_to_more_is_named(
    aideator: Shell, repo: str, words: list[str]
) -> None:
    said = aideator("run", repo, "fix", *words)
    assert (said.code, said.err.splitlines()[1]) == (2, " hint: run --matrix FILE starts up to 200")


def test_a_repository_that_does_not_exist(aideator: Shell, script: str, tmp_path: Path) -> None:
    said = aideator("run", str(tmp_path / "nowhere"), "fix", "--model", script)
    assert said.code == ExitCode.NOT_FOUND
    assert f"there is no repository at {tmp_path / 'nowhere'}" in said.err


def test_a_url_whose_repository_does_not_exist(aideator: Shell, script: str, tmp_path: Path) -> None:
    said = aideator("run", f"file://{tmp_path}/nowhere.git", "fix", "--model", script)
    assert said.code == ExitCode.NOT_FOUND
    assert "does not exist, or you may not read it" in said.err


def test_a_folder_that_is_no_repository(aideator: Shell, script: str, tmp_path: Path) -> None:
    said = aideator("run", str(tmp_path), "fix", "--model", script)
    assert said.code == ExitCode.NOT_FOUND
    assert "is not a git repository" in said.err


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_a_ref_that_does_not_exist(aideator: Shell, repo: str, script: str, prefix: str) -> None:
    said = aideator("run", prefix + repo, "fix", "--model", script, "--ref", "no-such-branch")
    assert said.code == ExitCode.NOT_FOUND
    assert "no branch, tag or commit no-such-branch" in said.err


@pytest.mark.parametrize("ref", ["--upload-pack=touch /tmp/x", "a b", "a..b^{tree}"])
def test_a_ref_that_is_no_name_of_one(aideator: Shell, repo: str, script: str, ref: str) -> None:
    said = aideator("run", repo, "fix", "--model", script, f"--ref={ref}")
    assert said.code in (ExitCode.USAGE, ExitCode.NOT_FOUND)


def test_a_url_with_a_password_is_refused_and_not_repeated(aideator: Shell, script: str) -> None:
    said = aideator("run", "https://me:hunter2@git.example/todo.git", "fix", "--model", script)
    assert said.code == ExitCode.USAGE
    assert "contains credentials" in said.err
    assert "hunter2" not in said.err


def test_a_transport_that_runs_commands_is_refused(aideator: Shell, script: str) -> None:
    said = aideator("run", "ext::sh -c whoami://x", "fix", "--model", script)
    assert said.code == ExitCode.USAGE


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--verify", ""), "--verify: the command is empty"),
        (("--verify", "a=x", "--verify", "a=y"), "two checks are named a"),
        (("--setup", "make"), "--setup needs a check, and there is none"),
        (("--verify", "x", "--verify-repeat", "11"), "--verify-repeat takes 1 to 10"),
        (("--verify", "x", "--verify-report", "/tmp/x.xml"), "inside the repository"),
    ],
)
def test_checks_that_can_not_be_meant(
    aideator: Shell, repo: str, script: str, options: tuple[str, ...], words: str
) -> None:
    said = aideator("run", repo, "fix", "--model", script, *options)
    assert said.code == ExitCode.USAGE
    assert words in said.err


def test_a_path_that_a_cluster_does_not_take_names_the_alternatives(
    aideator: Shell, repo: str, script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "kubeconfig"
    config.write_text(
        "current-context: dev\ncontexts: [{name: dev, context: {cluster: c, user: u}}]\n"
        "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: u, user: {}}]\n"
    )
    monkeypatch.setenv("KUBECONFIG", str(config))
    for name in ("CLUSTER_BYTES", "CONNECTION_BYTES"):
        monkeypatch.setattr(f"aideator_cli.intake.sending.packing.{name}", 50)
    said = aideator("run", repo, "fix", "--model", script)
    assert said.code == ExitCode.USAGE
    assert "larger than 50 B, the most that a cluster takes" in said.err
    assert "--backend local" in said.err


def test_no_kubeconfig(aideator: Shell, script: str) -> None:
    said = aideator("run", "https://git.example/todo.git", "fix", "--model", script, "--backend", "kubernetes")
    assert said.code == ExitCode.UNAVAILABLE
    assert "--backend local" in said.err


def test_a_real_model_on_this_machine_needs_leave_to_run_commands(
    aideator: Shell, repo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    said = aideator("run", repo, "fix", "--model", "gpt-5", "--backend", "local")
    assert said.code == ExitCode.USAGE
    assert "--allow-local-shell" in said.err


@pytest.mark.parametrize(
    "words", [["show", "nosuch"], ["logs", "nosuch/1"], ["watch", "nosuch"], ["delete", "nosuch"], ["apply", "nosuch"]]
)
def test_a_run_that_does_not_exist(aideator: Shell, words: list[str]) -> None:
    said = aideator(*words)
    assert said.code == ExitCode.NOT_FOUND
    assert "there is no run nosuch" in said.err


def test_an_unknown_option_names_the_help(aideator: Shell) -> None:
    said = aideator("run", "--nosuch")
    assert said.code == ExitCode.USAGE
    assert "hint: aideator run --help" in said.err


def test_a_configuration_that_is_wrong_is_named(aideator: Shell, home: Path, repo: str) -> None:
    home.mkdir()
    (home / "config.yaml").write_text("modle: gpt-5\n")
    said = aideator("run", repo, "fix")
    assert said.code == ExitCode.USAGE
    assert "unknown setting 'modle'" in said.err


def test_a_missing_value_is_looked_up_in_the_help_of_its_command(aideator: Shell) -> None:
    assert aideator("models", "--why").err.splitlines()[1] == " hint: aideator models --help"
    assert aideator("teams", "new", "x", "--from").err.splitlines()[1] == " hint: aideator teams new --help"


def test_an_argument_that_must_be_there_stands_without_brackets(aideator: Shell) -> None:
    assert aideator("tag", "--help").out.startswith("Usage: aideator tag [OPTIONS] RUN [NAME]…\n")
    assert aideator("login", "--help").out.startswith("Usage: aideator login [OPTIONS] URL\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["cancel"], "RUN[/N] is missing"),
        (["run", "a", "b", "--temprature", "1"], "there is no option --temprature: did you mean --temperature?"),
        (["watch", "--nope"], "there is no option --nope\n"),
        (["run", "a", "b", "--model"], "--model needs a value"),
        (
            ["run", "a", "fix", "the", "parser"],
            "unexpected arguments: the parser; put words that belong together in",
        ),
        (["delete", "a", "b", "--yes"], "unexpected arguments: b\n"),
        (["ask", "a", "what", "is", "it"], "unexpected arguments: is it; put words that belong together in"),
        (["run", "a", "b", "-n", "abc"], "-n: 'abc' is not a whole number"),
        (["list", "--limit", "x"], "--limit: 'x' is not a whole number\n"),
        (["list", "--limit", "0"], "--limit takes 1 or more, not 0\n"),
        (["serve", "--port", "70000"], "--port takes 0 to 65535, not 70000\n"),
        (["shw"], "there is no command shw: did you mean show?"),
        (["nonsense"], "there is no command nonsense\n"),
    ],
)
def test_a_slip_of_the_hand_is_told_in_words_of_its_own(aideator: Shell, words: list[str], message: str) -> None:
    said = aideator(*words)
    assert said.err.startswith(f"error: {message}")
    assert said.err.splitlines()[1].endswith("--help")
    assert (said.code, said.out) == (ExitCode.USAGE, "")


def test_an_option_before_its_command_is_told_its_place(aideator: Shell) -> None:
    said = aideator("--context", "dev", "list")
    assert said.err.startswith(
        "error: there is no option --context\n hint: an option of a command stands after its name: aideator COMMAND --context; "
    )
    assert said.code == ExitCode.USAGE


@pytest.mark.parametrize(("place", "told"), [("file", "is not a folder"), ("file/below", "Not a directory")])
def test_why_a_place_cannot_be_used_is_told_without_an_errors_number(
    aideator: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, told: str
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AIDEATOR_HOME", str(tmp_path / place))
    err = aideator("list").err
    assert "Errno" not in err
    assert told in err


def test_a_repository_without_a_commit_says_to_make_one(aideator: Shell, script: str, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path / "new")], check=True)
    said = aideator("run", str(tmp_path / "new"), "Fix it.", "--model", script)
    assert said.code == ExitCode.NOT_FOUND
    assert "has no commit\n hint: make a first commit" in said.err


def test_the_help_says_a_range_in_words(aideator: Shell) -> None:
    assert "[0 or more]" in aideator("prune", "--help").out
    assert "[default: 50; 1 or more]" in aideator("list", "--help").out
    assert "; 0 to 65535]" in aideator("serve", "--help").out
