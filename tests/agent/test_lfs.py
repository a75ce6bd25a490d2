"""Files in Git LFS: their content is there where it can be had, and a patch holds only what was changed."""

import hashlib
import os
from pathlib import Path

import pytest

from aideator_agent.spec import Check
from tests.agent.running import Agent, Record, bash, spec_of, submit
from tests.fixtures.repositories import LocalRepository

CONTENT = b"large\0" * 5000


def pointer(content: bytes) -> str:
    oid = hashlib.sha256(content).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"


def put(store: Path, content: bytes) -> None:
    oid = hashlib.sha256(content).hexdigest()
    place = store / oid[:2] / oid[2:4] / oid
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)


@pytest.fixture
def large(repository: LocalRepository) -> LocalRepository:
    """A repository with two files in LFS, of which the user has one."""
    files = {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "docs/a.bin": pointer(CONTENT)}
    repository.commit({**files, "plain.txt": pointer(b"no LFS: nobody asked for it")})
    put(repository.path / ".git" / "lfs" / "objects", CONTENT)
    return repository


def work(agent: Agent, repository: LocalRepository, *commands: str, **environment: str) -> Record:
    checks = (Check("look", "cksum docs/*; git status --porcelain"),)
    spec = spec_of(str(repository.path), [*map(bash, commands), submit()], checks=checks)
    return agent.run(spec, **environment)


LOOK = "cksum docs/a.bin plain.txt | cut -d' ' -f2,3; git status --porcelain"


def test_what_the_users_clone_has_is_there_and_is_no_change(agent: Agent, large: LocalRepository) -> None:
    record = work(agent, large, LOOK, "echo y > a.py")
    size = len(pointer(b"no LFS: nobody asked for it"))
    assert record.text("output") == f"{len(CONTENT)} docs/a.bin\n{size} plain.txt\n"
    assert record.of("patch")[-1]["files"] == 1
    assert record.of("changes")[-1]["files"] == 1
    assert not record.notices("warning")
    base, patched = (event["tail"] for event in record.of("check"))
    assert f" {len(CONTENT)} docs/a.bin\n" in base
    assert patched == f"{base}M  a.py\n"
    assert (large.path / ".git" / "lfs" / "objects").is_dir()


@pytest.mark.parametrize(
    ("command", "files"),
    [("printf x >> docs/a.bin", 1), ("rm docs/a.bin", 1), ("git mv docs/a.bin docs/b.bin", 2), ("chmod +x docs/a.bin", 1)],
)  # fmt: skip
def test_what_was_changed_is_in_the_patch(agent: Agent, large: LocalRepository, command: str, files: int) -> None:
    record = work(agent, large, command)
    assert record.of("patch")[-1]["files"] == files
    patched = record.of("check")[-1]["tail"]
    assert ("docs/a.bin\n" in patched.partition("D ")[0]) == ("x" in command)


def test_a_changed_file_is_in_the_patch_as_it_is_and_that_is_told(agent: Agent, large: LocalRepository) -> None:
    record = work(agent, large, "printf small > docs/a.bin")
    assert "as they are, not as pointers to Git LFS: docs/a.bin" in record.notices("warning")
    assert b"+small" in record.patch
    assert " 5 docs/a.bin\n" in record.of("check")[-1]["tail"]


def test_what_cannot_be_had_is_counted_once(agent: Agent, large: LocalRepository, tmp_path: Path) -> None:
    large.commit({"docs/b.bin": pointer(b"1"), "docs/c.bin": pointer(b"2")})
    tools = tmp_path / "tools"
    tools.mkdir()
    for folder in os.environ["PATH"].split(":"):
        for tool in Path(folder).glob("*") if Path(folder).is_dir() else ():
            if tool.name != "git-lfs" and not (tools / tool.name).exists():
                (tools / tool.name).symlink_to(tool)
    record = work(agent, large, "head -1 docs/b.bin; wc -c < docs/a.bin; echo y > a.py", PATH=str(tools))
    assert record.text("output") == f"version https://git-lfs.github.com/spec/v1\n{len(CONTENT)}\n"
    told = "2 files in Git LFS are pointers and not the content: git-lfs is not installed."
    assert record.notices().count(told) == 1
    assert record.of("patch")[-1]["files"] == 1


@pytest.mark.parametrize(
    "trap", ["ln -s /etc docs", "mkdir docs; mkfifo docs/a.bin", "mkdir docs; ln -s /dev/zero docs/a.bin"]
)
def test_what_lies_in_its_place_does_not_hold_the_agent_up(agent: Agent, large: LocalRepository, trap: str) -> None:
    record = agent.run(spec_of(str(large.path), [bash(f"rm -r docs; {trap}; echo y > a.py"), submit()]))
    assert record.outcome[0] == "succeeded", record.end
    assert b"+y" in record.patch
