"""What is sent beside the spec: commits that no repository has, and files that git ignores."""

import gzip
import hashlib
import io
import json
import os
import tarfile
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from aideator_agent import arriving
from aideator_agent.emitter import Emitter
from aideator_agent.keys import Redactor
from aideator_agent.spec import Check, Piece, RunSpec, Sent
from tests.agent.running import Agent, bash, spec_of, submit
from tests.fixtures.repositories import LocalRepository

SECRET = "correct-horse-battery"
BASE = "refs/aideator/base"


def put(agent: Agent, name: str, data: bytes, *, parts: int = 1) -> Piece:
    """Stores it as a run does: in one file, or in several parts."""
    folder = agent.folder / "sent"
    folder.mkdir(exist_ok=True)
    size = -(-len(data) // parts)
    for number in range(parts):
        file = folder / (name if parts == 1 else f"{name}.{number:03}")
        file.write_bytes(data[number * size : (number + 1) * size])
    return Piece(len(data), hashlib.sha256(data).hexdigest())


def bundle(repository: LocalRepository, *words: str) -> bytes:
    repository.git("update-ref", BASE, "HEAD")
    target = repository.path.parent / "bundle"
    repository.git("bundle", "create", "--quiet", str(target), BASE, *words)
    repository.git("update-ref", "-d", BASE)
    return target.read_bytes()


def archive(files: Mapping[str, str], **kinds: bytes) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.type = len(text.encode()), 0o755, kinds.get("type", tarfile.REGTYPE)
            member.linkname = "/etc/passwd"
            tar.addfile(member, io.BytesIO(text.encode()))
    return raw.getvalue()


def beginning(spec: RunSpec, sent: Sent) -> RunSpec:
    return replace(spec, sent=sent)


@pytest.mark.parametrize("parts", [1, 3])
def test_an_agent_starts_from_the_commits_that_were_sent(agent: Agent, repository: LocalRepository, parts: int) -> None:
    repository.git("tag", "v1")
    base = repository.commit({"a.py": "y\n"})
    piece = put(agent, "commits", bundle(repository, "--tags"), parts=parts)
    spec = spec_of(
        "/nowhere/at/all", [bash("git describe --tags; git log --oneline | wc -l; echo z > a.py"), submit()], base=base
    )
    spec = replace(spec, checks=(Check("look", "git log --oneline | wc -l; cat a.py"),), sent=Sent(piece))
    record = agent.run(spec, AIDEATOR_SENT=str(agent.folder / "sent"))
    assert record.end["base"] == base
    assert record.text("output").startswith("v1-1-g")
    assert record.text("output").endswith("\n2\n")
    assert [check["tail"] for check in record.of("check")] == ["2\ny\n", "2\nz\n"]
    assert b"-y\n+z\n" in record.patch


def test_commits_can_build_on_the_url(agent: Agent, repository: LocalRepository, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    repository.git("clone", "--quiet", "--bare", str(repository.path), str(clone))
    base = repository.commit({"new.py": "n\n"})
    piece = put(agent, "commits", bundle(repository, "^HEAD~1"))
    spec = spec_of(str(clone), [bash("cat new.py"), submit()], base=base, sent=Sent(piece, builds_on_url=True))
    record = agent.run(spec, AIDEATOR_SENT=str(agent.folder / "sent"))
    assert (record.end["base"], record.text("output")) == (base, "n\n")


def test_a_base_without_history_is_enough(agent: Agent, repository: LocalRepository) -> None:
    base = repository.commit({"a.py": "y\n"})
    (repository.path / ".git" / "shallow").write_text(f"{base}\n")
    piece = put(agent, "commits", bundle(repository))
    spec = spec_of("/nowhere", [bash("git log --oneline | wc -l; echo z > a.py"), submit()], base=base)
    record = agent.run(replace(spec, sent=Sent(piece, shallow=True)), AIDEATOR_SENT=str(agent.folder / "sent"))
    assert record.text("output") == "1\n"
    assert b"-y\n+z\n" in record.patch


@pytest.mark.parametrize("harm", ["cut", "changed", "longer", "gone"])
def test_what_did_not_arrive_whole_is_not_used(agent: Agent, repository: LocalRepository, harm: str) -> None:
    data = bundle(repository)
    piece = put(agent, "commits", data)
    file = agent.folder / "sent" / "commits"
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes({"cut": data[:-1], "changed": data[:-1] + b"?", "longer": data + b"?"}[harm])
    spec = spec_of("/nowhere", [submit()], base=repository.git("rev-parse", "HEAD"), sent=Sent(piece))
    record = agent.run(spec, AIDEATOR_SENT=str(agent.folder / "sent"))
    assert record.outcome[:2] == ("failed", "infrastructure")
    assert "did not arrive whole" in record.end["reason"]


def test_commits_that_no_longer_fit_the_url_are_told(agent: Agent, repository: LocalRepository, tmp_path: Path) -> None:
    other = LocalRepository(tmp_path / "other")
    other.commit({"b.py": "b\n"})
    base = repository.commit({"a.py": "y\n"})
    piece = put(agent, "commits", bundle(repository, "^HEAD~1"))
    spec = spec_of(str(other.path), [submit()], base=base, sent=Sent(piece, builds_on_url=True))
    record = agent.run(spec, AIDEATOR_SENT=str(agent.folder / "sent"))
    assert record.outcome[:2] == ("failed", "repository")
    assert "do not fit repository" in record.end["reason"]


def test_a_bundle_that_is_none_is_told(agent: Agent, repository: LocalRepository) -> None:
    piece = put(agent, "commits", b"no bundle")
    spec = spec_of("/nowhere", [submit()], base=repository.git("rev-parse", "HEAD"), sent=Sent(piece))
    record = agent.run(spec, AIDEATOR_SENT=str(agent.folder / "sent"))
    assert record.outcome[:2] == ("failed", "infrastructure")
    assert "could not be unpacked" in record.end["reason"]


CARRIED = {
    ".env": f"DB_PASSWORD={SECRET}\nPUBLIC_KEY_NAME=x = 1 in a.py\n",
    "cache/deep/tool": "#!/bin/sh\necho tool\n",
    "no te[s].txt": "n\n",
}


@pytest.mark.parametrize(
    "trick",
    [
        "true",
        "echo x >> .env; echo x >> 'no te[s].txt'; rm cache/deep/tool",
        "printf '!.env\\n!cache/\\n!*.txt\\n' > .gitignore; git add -f .env cache; git commit -qm x; git rm -q --cached .env",
        "rm .git/info/exclude; git add -A; git commit -qm x",
        "rm .env; mkdir .env; : > .env/x; rm .env/x; rmdir .env",
        "rm .env; ln -s /etc/hostname .env; rm -r cache; ln -s /etc cache",
    ],
)
def test_carried_files_lie_in_every_tree_and_never_get_into_a_patch(
    agent: Agent, repository: LocalRepository, trick: str
) -> None:
    piece = put(agent, "carried", archive(CARRIED))
    turns = [bash("git status --porcelain; cat cache/deep/tool 'no te[s].txt'; test -x cache/deep/tool"), bash(trick)]
    checks = (Check("there", "cat .env cache/deep/tool 'no te[s].txt'"),)
    spec = spec_of(
        str(repository.path), [*turns, bash("echo z > a.py"), submit()], checks=checks, sent=Sent(carried=piece)
    )
    record = agent.run(spec, AIDEATOR_SENT=str(agent.folder / "sent"))
    assert record.outcome[0] == "succeeded", record.end
    assert record.text("output").startswith("#!/bin/sh\necho tool\nn\n")
    assert b"+z\n" in record.patch
    for name in CARRIED:
        assert f"b/{name}".encode() not in record.patch
    base, patched = record.of("check")[:2]
    assert base["exit_code"] == 0
    assert "DB_PASSWORD=[redacted]" in base["tail"]
    if "ln -s /etc cache" not in trick:
        assert patched["exit_code"] == 0
    assert SECRET.encode() not in b"".join(record.lines)


def test_a_patch_with_a_carried_secret_is_withheld(agent: Agent, repository: LocalRepository) -> None:
    piece = put(agent, "carried", archive(CARRIED))
    turns = [bash("cp .env copy.txt; git add -f copy.txt"), submit()]
    spec = spec_of(str(repository.path), turns, sent=Sent(carried=piece))
    record = agent.run(spec, AIDEATOR_SENT=str(agent.folder / "sent"))
    assert record.outcome[:2] == ("failed", "agent")
    assert "withheld" in record.end["reason"]
    assert SECRET.encode() not in b"".join(record.lines)


def test_what_the_commit_shows_already_is_no_secret(agent: Agent, repository: LocalRepository) -> None:
    repository.commit({"compose.yml": f"password: {SECRET}\n"})
    piece = put(agent, "carried", archive(CARRIED))
    turns = [bash("echo more >> compose.yml"), submit()]
    record = agent.run(
        spec_of(str(repository.path), turns, sent=Sent(carried=piece)), AIDEATOR_SENT=str(agent.folder / "sent")
    )
    assert record.outcome[0] == "succeeded"
    assert SECRET.encode() in record.patch


@pytest.mark.parametrize(
    "data",
    [
        archive({"../outside": "x"}),
        archive({"/etc/outside": "x"}),
        archive({"a/../../outside": "x"}),
        archive({".git/hooks/post-checkout": "x"}),
        archive({"sub/.GIT/config": "x"}),
        archive({"link": ""}, type=tarfile.SYMTYPE),
        archive({"link": ""}, type=tarfile.LNKTYPE),
        archive({"device": ""}, type=tarfile.CHRTYPE),
        archive({"pipe": ""}, type=tarfile.FIFOTYPE),
        archive({"folder": ""}, type=tarfile.DIRTYPE),
        archive({"a.py": "tracked"}),
        lambda: archive({f"many/{number}": "" for number in range(10_001)}),
        gzip.compress(b"no archive" * 100),
        b"no archive",
    ],
    ids=[
        "up", "absolute", "through", "git", "git in a folder", "link", "hard link", "device", "pipe", "folder", "tracked", "many",
        "bad", "none",
    ],
)  # fmt: skip
def test_an_archive_with_anything_but_new_files_inside_is_refused(
    agent: Agent, repository: LocalRepository, data: bytes | Callable[[], bytes]
) -> None:
    piece = put(agent, "carried", data() if callable(data) else data)
    spec = spec_of(str(repository.path), [submit()], sent=Sent(carried=piece))
    record = agent.run(spec, AIDEATOR_SENT=str(agent.folder / "sent"))
    assert record.outcome[:2] == ("failed", "infrastructure")
    assert "the carried files can't be used" in record.end["reason"]
    assert not list(agent.folder.rglob("outside"))


def lines_of(data: bytes) -> list[bytes]:
    return [arriving.line(at, data[at : at + arriving.PIECE]) for at in range(0, len(data), arriving.PIECE)]


def received(data: bytes, wire: Iterable[bytes], folder: Path) -> list[int]:
    """What the sender is told of what is there, while the bytes on the wire arrive in the file."""
    reader, writer = os.pipe()
    log, told = os.pipe()
    emitter = Emitter(told, Redactor(()))

    def send() -> None:
        with os.fdopen(writer, "wb", buffering=0) as pipe:
            for piece in wire:
                pipe.write(piece)

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    try:
        arriving.receive(reader, folder / "file", len(data), emitter, lambda: None, lambda _: None)
    finally:
        emitter.end()
        os.close(reader)
        os.close(told)
        sender.join()
    assert (folder / "file").read_bytes() == data
    with os.fdopen(log, "rb") as events:
        return [record["received"] for record in map(json.loads, events) if record["type"] == "notice"]


def test_what_comes_through_a_connection_that_breaks_is_whole(tmp_path: Path) -> None:
    data = os.urandom(5 * arriving.PIECE + 7)
    lines = lines_of(data)
    broken = lines[2][: len(lines[2]) // 2]
    wire = [
        lines[0],
        lines[1],
        broken,
        b"\n",
        lines[0],
        lines[1],
        b"noise\n",
        b"\0" * 300_000,
        b"\n",
        lines[3],
        *lines[2:],
    ]
    told = received(data, wire, tmp_path)
    assert (told[0], told[-1]) == (0, len(data))


def test_a_line_that_is_not_whole_does_not_count() -> None:
    line = arriving.line(4096, b"data").rstrip(b"\n")
    assert arriving.parsed(line) == (4096, b"data")
    for harmed in (line[:-1], line[1:], line.replace(b"1000", b"1001"), line.replace(b" ", b"  "), b"", b"0 \xff 0"):
        assert arriving.parsed(harmed) is None
    assert arriving.parsed(arriving.line(0, b"")) == (0, b"")


def test_an_agent_takes_its_commits_from_standard_input(agent: Agent, repository: LocalRepository) -> None:
    base = repository.commit({"a.py": "y\n"})
    data = bundle(repository)
    piece = Piece(len(data), hashlib.sha256(data).hexdigest())
    spec = spec_of("/nowhere", [bash("cat a.py"), submit()], base=base, sent=Sent(piece, by_connection=True))
    wire = agent.folder / "wire"
    wire.write_bytes(b"\n" + b"".join(lines_of(data)))
    record = agent.run(spec, program=("sh", "-c", f'exec "$@" < "{wire}"', "sh"))
    assert record.text("output") == "y\n"
    assert [n["received"] for n in record.of("notice") if "received" in n][-1] == len(data)
