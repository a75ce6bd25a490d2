"""`--agent-home`: on this machine an agent may use the user's own HOME and login, and nothing is handed over then."""

import os
from pathlib import Path

import pytest

from tests.agents.demo_task import KEY, PROMPT, repository
from tests.end_to_end.user import Done, User

COMMAND = 'cp "$HOME/login" taken.txt && echo "${OPENAI_API_KEY:-no key}, ${OPENAI_BASE_URL:-no address}" && : {prompt}'
LOCAL = ("--backend", "local", "--allow-local-shell")


@pytest.fixture
def user(tmp_path: Path) -> User:
    home = tmp_path / "me"
    home.mkdir()
    (home / "login").write_text("signed in\n")
    own = {"HOME": str(home), "AIDEATOR_HOME": str(tmp_path / "data"), "KUBECONFIG": str(tmp_path / "none")}
    return User({"PATH": os.environ["PATH"], **own}, ["--json"], tmp_path)


def run(user: User, *words: str) -> Done:
    folder = repository(user.folder / "todo").path
    return user.run(str(folder), PROMPT, "--agent-command", COMMAND, "--model", "gpt-5", "-n", "1", *words)


def test_an_agent_works_with_the_user_s_login_without_key_and_proxy(user: User) -> None:
    done = run(user, *LOCAL, "--agent-home")
    assert done.code == 0, done.out
    (result,) = done.of("result")
    assert (result["files"], result["summary"], result["cost"]) == (1, "no key, no address", None)


def test_without_it_the_agent_s_home_is_empty(user: User) -> None:
    keyed = User({**user.environment, "OPENAI_API_KEY": KEY}, user.options, user.folder)
    done = run(keyed, *LOCAL)
    assert done.code == 1, done.out
    assert "cp ended with exit code 1 and changed nothing" in done.of("result")[0]["reason"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*LOCAL, "--max-cost", "1"), "--max-cost can't be held with --agent-home"),
        (("--backend", "kubernetes", "--context", "none"), "--agent-home applies only to this machine"),
    ],
)
def test_what_can_not_be_held_is_an_error_before_anything_starts(user: User, words: tuple[str, ...], said: str) -> None:
    config = user.folder / "none"
    config.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: none\ncontexts: [{name: none, context: {cluster: none, user: none}}]\n"
        "clusters: [{name: none, cluster: {server: 'https://127.0.0.1:9'}}]\nusers: [{name: none, user: {}}]\n"
    )
    done = run(user, *words, "--agent-home")
    assert done.code == 2, done.err
    assert said in done.err
