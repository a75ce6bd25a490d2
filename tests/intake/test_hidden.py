"""`--hidden` and `--hidden-verify`: what they take, and what they refuse before anything starts."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.spec import Hidden
from aideator_cli.errors import AideatorError
from aideator_cli.intake.order import Order, take
from aideator_cli.intake.request import Checking, Request
from aideator_cli.system.settings import Settings
from tests.fixtures.repositories import LocalRepository

COMMAND = "python3 -m unittest acceptance"


@pytest.fixture
def taken(tmp_path: Path, repository: LocalRepository) -> Callable[..., Order]:
    repository.commit({"a.py": "x\n", "pyproject.toml": "[project]\n", "tests/test_a.py": "x\n"})
    (tmp_path / "turns.yaml").write_text("- say: hello\n")

    def taken(hidden: Path | None = None, backend: str = "local", checking: Any = None, **more: Any) -> Order:
        asked = {"verify": ["pytest"], "hidden_verify": [COMMAND], **(checking or {})}
        request = Request(
            str(repository.path), "Fix it.", models=(f"scripted/{tmp_path / 'turns.yaml'}",),
            checking=Checking(hidden=hidden, **asked), **more,
        )  # fmt: skip
        return take(request, backend, Settings({"AIDEATOR_HOME": str(tmp_path / "home")}))

    return taken


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "secret-folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "test_hidden.py").write_text("hidden words\n")
    return folder


@pytest.mark.parametrize("backend", ["local", "kubernetes"])
def test_the_spec_has_their_number_alone(taken: Callable[..., Order], folder: Path, backend: str) -> None:
    order = taken(folder, backend)
    assert order.spec.hidden == Hidden(checks=1, files=1)
    assert order.spec.is_checked
    text = order.spec.to_json()
    assert not any(word in text for word in ("acceptance", "secret-folder", "test_hidden", "hidden words"))


def test_here_they_never_lie_on_the_disk(taken: Callable[..., Order], folder: Path) -> None:
    packed = taken(folder).packed
    assert packed.hidden
    assert "hidden" not in packed.files
    assert list(taken(folder, "kubernetes").packed.files)[-1] == "hidden"


def test_no_name_is_given_twice(taken: Callable[..., Order]) -> None:
    with pytest.raises(AideatorError, match="two checks are named unit"):
        taken(checking={"verify": ["unit=x"], "hidden_verify": ["unit=y"]})


def link(folder: Path) -> None:
    (folder / "deep" / "link").symlink_to("/etc/passwd")


def git(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "config").touch()


def fifo(folder: Path) -> None:
    os.mkfifo(folder / "pipe")


def setting(folder: Path) -> None:
    (folder / "pyproject.toml").touch()


def report(folder: Path) -> None:
    (folder / "report.xml").touch()


def empty(folder: Path) -> None:
    (folder / "deep" / "test_hidden.py").unlink()


def large(folder: Path) -> None:
    with (folder / "huge").open("wb") as file:
        file.truncate(257 * 1024**2)


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [
        (link, "--hidden has a symbolic link, deep/link"),
        (git, "--hidden has .git, which is git's own"),
        (fifo, "--hidden has pipe, which is no plain file"),
        (setting, "--hidden has pyproject.toml, which would replace the repository's own: it decides what checks mean"),
        (report, "--hidden has report.xml, which is the file of --verify-report"),
        (empty, "has no files"),
        (large, "--hidden has huge, which is larger than 256.0 MiB"),
    ],
)
def test_what_cannot_be_laid_over_a_tree_is_told(
    taken: Callable[..., Order], folder: Path, spoiled: Callable[[Path], None], words: str
) -> None:
    spoiled(folder)
    with pytest.raises(AideatorError) as told:
        taken(folder, checking={"report": "report.xml"})
    assert words in told.value.message


def test_a_hidden_test_may_replace_one_of_the_repository(taken: Callable[..., Order], folder: Path) -> None:
    (folder / "tests").mkdir()
    (folder / "tests" / "test_a.py").touch()
    assert taken(folder).spec.hidden == Hidden(1, 2)


@pytest.mark.parametrize("place", ["", "deep", "../x/repository/deep"])
def test_a_folder_of_the_repository_is_not_hidden(
    taken: Callable[..., Order], repository: LocalRepository, place: str
) -> None:
    (repository.path / "deep").mkdir()
    (repository.path / "deep" / "file").touch()
    (repository.path.parent / "x").mkdir()
    (repository.path.parent / "x" / "repository").symlink_to(repository.path)
    with pytest.raises(AideatorError, match="is inside the repository, where agents may find it"):
        taken(repository.path / place)


@pytest.mark.parametrize("name", ["none", "file"])
def test_what_is_no_folder_is_told(taken: Callable[..., Order], tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AideatorError, match=r"there is no such folder|is not a folder"):
        taken(tmp_path / name)


def test_files_need_a_command(taken: Callable[..., Order], folder: Path) -> None:
    with pytest.raises(AideatorError, match="--hidden needs a check, and there is none"):
        taken(folder, checking={"verify": (), "hidden_verify": ()})


@pytest.mark.parametrize(("option", "more"), [("--first", {"first": 1}), ("--retries", {"retries": 1})])
def test_here_no_agent_begins_or_ends_for_what_checks_say(
    taken: Callable[..., Order], option: str, more: dict[str, Any]
) -> None:
    with pytest.raises(AideatorError, match=f"{option} can't be combined with hidden checks on this machine"):
        taken(**more)
    assert taken(backend="kubernetes", **more).spec.hidden
    assert taken().spec.retries == 0
