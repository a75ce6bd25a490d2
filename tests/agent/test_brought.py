"""What is sent for submodules and Git LFS: an agent needs no server for it."""

import hashlib
import io
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from aideator_agent.spec import Check, RunSpec, Sent
from tests.agent.running import Agent, Record, bash, spec_of, submit
from tests.agent.test_sent import bundle, put
from tests.fixtures.repositories import LocalRepository

NOWHERE = "/nowhere/at/all"


@pytest.fixture
def library(repository: LocalRepository) -> LocalRepository:
    """The submodule `lib` of the repository, two commits long. No server has it."""
    library = LocalRepository(repository.path / "lib")
    library.commit({"lib.py": "lib = 1\n"})
    library.commit({"lib.py": "lib = 2\n"})
    repository.commit({".gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = ../lib.git\n', "a.py": "a\n"})
    return library


def packed(files: Mapping[str, bytes]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return raw.getvalue()


def run(agent: Agent, repository: LocalRepository, files: Mapping[str, bytes], *commands: str) -> Record:
    sent = Sent(put(agent, "commits", bundle(repository)), objects=put(agent, "objects", packed(files)))
    base = repository.git("rev-parse", "HEAD")
    spec: RunSpec = spec_of(NOWHERE, [*map(bash, commands), submit()], base=base, sent=sent)
    spec = replace(spec, checks=(Check("look", "cat lib/lib.py a.bin 2>&1"),))
    return agent.run(spec, AIDEATOR_SENT=str(agent.folder / "sent"))


@pytest.mark.parametrize(("kind", "length"), [("commit", 2), ("shallow", 1)])
def test_a_submodule_comes_from_what_was_sent(
    agent: Agent, repository: LocalRepository, library: LocalRepository, kind: str, length: int
) -> None:
    commit = library.git("rev-parse", "HEAD")
    if kind == "shallow":
        (library.path / ".git" / "shallow").write_text(f"{commit}\n")
    look = "cat lib/lib.py; git -C lib log --format=tformat:x; git submodule status; echo b > a.py"
    record = run(agent, repository, {f"{kind}-{commit}": bundle(library)}, look)
    assert record.outcome == ("succeeded", None, ""), record.end
    assert record.text("output").startswith("lib = 2\n" + length * "x\n" + f" {commit} lib")
    assert record.patch.startswith(b"diff --git a/a.py b/a.py\n")
    assert b"lib" not in record.patch
    assert all(check["tail"].startswith("lib = 2\n") for check in record.of("check"))
    assert not (agent.private / "brought" / f"{kind}-{commit}").exists()


def test_without_its_commit_the_submodule_is_named(
    agent: Agent, repository: LocalRepository, library: LocalRepository
) -> None:
    record = run(agent, repository, {f"commit-{'0' * 40}": bundle(library)})
    assert record.outcome[:2] == ("failed", "repository")
    assert "submodule lib (/nowhere/at/lib.git)" in record.end["reason"]


def test_files_in_git_lfs_have_the_content_that_was_sent(agent: Agent, repository: LocalRepository) -> None:
    content = b"large\n" * 1000
    oid = hashlib.sha256(content).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"
    repository.write({"a.bin": pointer})
    repository.git("add", "a.bin")
    repository.commit({".gitattributes": "*.bin filter=lfs -text\n"})
    record = run(agent, repository, {f"large-{oid}": content}, "wc -l < a.bin; git status --porcelain; echo > new")
    assert record.text("output").split() == ["1000"]
    assert not record.notices("info")
    assert b"a.bin" not in record.patch
    assert all("large\n" in check["tail"] for check in record.of("check"))


@pytest.mark.parametrize("name", ["../commit-x", "large-x", "commit-" + "0" * 39, "other"])
def test_what_is_unknown_in_it_ends_the_attempt(agent: Agent, repository: LocalRepository, name: str) -> None:
    repository.commit({"a.py": "x\n"})
    record = run(agent, repository, {name: b"x"})
    assert record.outcome[:2] == ("failed", "infrastructure")
    assert "what was sent for submodules and Git LFS can't be used" in record.end["reason"]
    assert not list(Path(agent.folder).rglob("commit-x"))
