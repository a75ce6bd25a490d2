"""`router.toml`: what it may say, and what is said of a mistake."""

from pathlib import Path

import pytest

from aideator_cli.errors import AideatorError
from aideator_cli.intake.routing import policies


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "router.toml").write_text(text)
    return folder


def test_policies_of_the_user_and_of_the_repository_are_beside_the_shipped_ones(tmp_path: Path) -> None:
    user = write(
        tmp_path / "user", 'default = "ours"\nlocal = ["gpu:8000"]\n[policies.ours]\nprefer = "fast"\nspread = 2\n'
    )
    theirs = (
        '[policies.theirs]\nmodels = "gpt-*"\n[policies.ours]\nprefer = "best"\n[policies.cheap]\nprefer = "best"\n'
    )
    write(tmp_path / "repo/.aideator", theirs)
    found = policies.load(user, tmp_path / "repo")
    assert {*found.by_name} == {"cheap", "mid", "best", "fast", "private", "ours", "theirs"}
    assert (found.default, found.local) == ("ours", ("gpu:8000",))
    assert found.find("ours").prefer == "fast"  # a repository can't change what the user's words mean
    assert found.find("cheap").prefer == "cheap"
    assert found.find("theirs").models == ("gpt-*",)
    with pytest.raises(AideatorError, match="there is no policy 'none'"):
        found.find("none")


def test_without_files_there_are_the_shipped_ones(tmp_path: Path) -> None:
    found = policies.load(tmp_path, None)
    assert found.default == "best"
    assert found.hosts(on_cluster=False) == ("localhost", "127.0.0.1", "::1")
    assert found.hosts(on_cluster=True) == ()  # in a pod, localhost is the pod


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense", "router.toml, end of document"),
        ("colour = 1", "unknown name 'colour'"),
        ('local = ["http://gpu"]', "local: 'http://gpu' is no host"),
        ('local = "gpu"', "local takes a list of hosts"),
        ('default = "none"', "default is 'none', which is no policy"),
        ("[policies.3]\n", "can't name a policy"),
        ('[policies.x]\nprefer = "dear"', "policies.x: prefer is 'dear'; it takes one of cheap, mid, best, fast"),
        ("[policies.x]\nmodels = []", "it takes a text or a list of texts"),
        ("[policies.x]\nspread = 0", "it takes a whole number, 1 or more"),
        ("[policies.x]\nmax_price = true", "it takes a number, 0 or more"),
        ("[policies.x]\ncolour = 1", "policies.x: colour is unknown"),
        ("[[policies.x.when]]\nprefer = 'best'", "has no condition"),
        ("[policies.x]\nwhen = 1", "is no list of tables"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(AideatorError) as raised:
        policies.load(write(tmp_path, text), None)
    assert words in raised.value.message


@pytest.mark.parametrize("text", ['local = ["evil.example"]', 'default = "best"'])
def test_a_repository_can_say_neither_what_is_local_nor_what_is_usual(tmp_path: Path, text: str) -> None:
    write(tmp_path / "repo/.aideator", text)
    with pytest.raises(AideatorError, match="a repository can't set"):
        policies.load(tmp_path, tmp_path / "repo")


def test_a_link_in_a_repository_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "repo/.aideator").mkdir(parents=True)
    (tmp_path / "repo/.aideator/router.toml").symlink_to("/etc/passwd")
    with pytest.raises(AideatorError, match="is a link"):
        policies.load(tmp_path, tmp_path / "repo")


@pytest.mark.parametrize(
    ("model", "policy"), [("auto", ""), ("auto:cheap", "cheap"), ("openrouter/auto", None), ("autos", None)]
)
def test_auto_names_a_policy(model: str, policy: str | None) -> None:
    assert policies.named(model) == policy
