"""A repository may be hostile: nothing outside it is read, nothing blocks, and time and memory have bounds."""

import os
import time
from pathlib import Path

import pytest

from aideator_agent.search import engine as engines
from aideator_agent.search import index as indexes
from aideator_agent.search import tree as trees
from aideator_agent.search.index import Index
from tests.agent.search.conftest import Searching
from tests.fixtures.repositories import LocalRepository

SECRET = "zanzibar_secret"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "key.py").write_text(f"{SECRET} = 1\n")
    return folder


def test_no_link_leads_out(repository: LocalRepository, searching: Searching, outside: Path) -> None:
    repository.commit({"src/key.py": "nothing = 1\n"})
    engine = searching(repository)
    engine.refresh()
    (repository.path / "link.py").symlink_to(outside / "key.py")
    (repository.path / "folder").symlink_to(outside)
    (repository.path / "src").rename(repository.path / "old")
    (repository.path / "src").symlink_to(outside)  # in the place of a folder that git knows
    for query in (SECRET, f'"{SECRET}"', "key"):
        assert SECRET not in engine.answer(query).replace(f"of {SECRET}", "")
    assert engine.answer(SECRET).startswith("Nothing")


def test_what_is_no_file_does_not_block(repository: LocalRepository, searching: Searching) -> None:
    os.mkfifo(repository.path / "pipe.py")
    engine = searching(repository)
    engine.refresh()
    (repository.path / "a.py").unlink()
    os.mkfifo(repository.path / "a.py")  # what was a file before
    assert "read me.txt" in engine.answer("hello")


def test_what_holds_git_up_for_ever_does_so_only_for_a_while(
    repository: LocalRepository, searching: Searching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "LISTING_SECONDS", 0.3)
    os.mkfifo(repository.path / ".gitignore")
    assert "read me.txt" in searching(repository).answer("hello")


def test_odd_files_and_names_are_searched_or_left_out_but_stop_nothing(
    repository: LocalRepository, searching: Searching
) -> None:
    deep = "/".join(["d"] * 200)
    repository.commit(
        {
            "binary.py": b"\0\1\2 zebra\n",
            "line.js": b"zebra(" * 400_000,
            "huge.txt": b"giraffe\n" + b"x" * 20_000_000 + b"\nlion\n",
            "new\nline.py": "def zebra_one(): ...\n",
            "esc\x1b[31m.py": "def zebra_two(): ...\n",
            os.fsdecode(b"latin-\xe9.py"): "def zebra_three(): ...\n",
            f"{deep}/deep.py": "def zebra_four(): ...\n",
            "tokens.csv": "\n".join(f"zebra{number}" for number in range(200_000)),
        }
    )
    begun = time.process_time()
    answer = searching(repository).answer("zebra")
    assert time.process_time() - begun < 10
    assert all(name in answer for name in ("zebra_one", "zebra_two", "zebra_three", "zebra_four"))
    assert "\x1b" not in answer
    assert "'new\\nline.py':1" in answer
    assert max(map(len, answer.splitlines())) < 1500
    assert "huge.txt:1" in searching(repository).answer("giraffe")
    assert "Nothing" in searching(repository).answer("lion")


def test_what_takes_too_long_is_said_and_goes_on_with_the_next_question(
    repository: LocalRepository, searching: Searching, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({f"src/m{number}.py": f"def zebra{number}(): ...\n" for number in range(50)})
    monkeypatch.setattr(engines, "BUILDING_SECONDS", -1.0)
    engine = searching(repository)
    assert "[52 files are not indexed yet. Ask again for more of them.]" in engine.answer("zebra")
    monkeypatch.undo()
    assert "not indexed" not in engine.answer("zebra")


def test_names_have_a_bound_and_beyond_it_only_known_ones_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "MOST_NAMES", 10)
    index = Index()
    for number in range(10):
        index.put(f"{number}.py", f"name{number} common".encode())
    index.put("late.py", b"late common")
    assert index.full
    assert len(index.postings(b"common")) == 11
    assert not index.postings(b"late")


def test_a_folder_without_git_is_searched_too(tmp_path: Path, searching: Searching) -> None:
    (tmp_path / "inner" / ".hidden").mkdir(parents=True)
    (tmp_path / "inner" / "a.py").write_text("def zebra(): ...\n")
    (tmp_path / "inner" / ".hidden" / "b.py").write_text("def zebra(): ...\n")
    answer = searching(tmp_path).answer("zebra")
    assert answer.startswith("inner/a.py:1")
    assert "hidden" not in answer
