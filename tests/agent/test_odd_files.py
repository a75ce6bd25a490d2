"""One odd file never loses a patch: all else is in it, and the file is named once."""

import pytest

from aideator_agent.spec import MAX_FILE
from tests.agent.running import Agent, Record, bash, spec_of, submit
from tests.fixtures.repositories import LocalRepository, git

CORE = r"'\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\4\0\76\0'"  # what a core dump of Linux begins with
SOCKET = "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"door\")'"
ODD = f"""
truncate -s 2600M huge.bin; mkfifo pipe; rm b.py; mkfifo b.py; {SOCKET}
printf {CORE} > core.4711; mkdir core; echo kept > core/kept.py; printf 'not a dump' > core.txt
git init -q inner; echo x > inner/file; git -C inner add .; mkdir deep; mv .git deep/old
echo shut > shut; chmod 0 shut; printf x > $'latin\\xe4name'; rm -rf docs; ln -s /tmp docs; echo y > a.py
"""
KEPT = {"a.py", "core.txt", "core/kept.py", "docs", "docs/read me.txt", "inner/file", "shut", "latin\udce4name"}
NAMED = ("huge.bin (2600 MiB)", "b.py (a FIFO), door (a socket), pipe (a FIFO)", "core.4711", "deep/old/", ": inner")


def files(record: Record, folder: LocalRepository) -> set[str]:
    listed = git(folder.path, "apply", "--numstat", "-z", "-", given=record.patch)
    return {line.split("\t", 2)[2] for line in listed.split("\0") if line}


def test_all_else_is_in_the_patch_and_each_odd_file_is_named_once(agent: Agent, repository: LocalRepository) -> None:
    repository.commit({"b.py": "b\n"})
    record = agent.run(spec_of(str(repository.path), [bash(ODD), submit()]))
    assert record.outcome[0] == "succeeded"
    assert files(record, repository) == KEPT
    for words in NAMED:
        assert record.notices("warning").count(words) == 1, record.notices()


def test_a_pipe_that_git_would_read_does_not_hold_the_patch_up(agent: Agent, repository: LocalRepository) -> None:
    repository.commit({".gitattributes": "* text\n"})
    pipes = "rm .gitattributes; mkfifo .gitignore .gitattributes .gitmodules docs/.gitignore; echo y > a.py"
    record = agent.run(spec_of(str(repository.path), [bash(pipes), submit()]))
    assert record.outcome[0] == "succeeded", record.outcome
    assert files(record, repository) == {"a.py"}
    assert record.notices("warning").count(".gitignore (a FIFO)") == 2


def test_what_git_ignores_is_not_worth_a_word(agent: Agent, repository: LocalRepository) -> None:
    repository.commit({".gitignore": "run/\n"})
    record = agent.run(spec_of(str(repository.path), [bash("mkdir run; mkfifo run/pipe; echo y > a.py"), submit()]))
    assert not record.notices("warning")


def test_a_repository_within_the_base_is_no_stray_one(agent: Agent, repository: LocalRepository) -> None:
    repository.commit({f"samples/bare/{name}": "x\n" for name in ("HEAD", "objects/keep", "refs/keep")})
    record = agent.run(spec_of(str(repository.path), [bash("echo y > samples/bare/HEAD"), submit()]))
    assert files(record, repository) == {"samples/bare/HEAD"}


@pytest.mark.parametrize(("most", "kept"), [(4096, {"a.py"}), (MAX_FILE, {"a.py", "big.txt"})])
def test_the_user_says_how_large_a_file_may_be(
    agent: Agent, repository: LocalRepository, most: int, kept: set[str]
) -> None:
    turns = [bash("seq 2000 > big.txt; echo y > a.py"), submit()]
    record = agent.run(spec_of(str(repository.path), turns, max_file=most))
    assert files(record, repository) == kept
    assert ("big.txt" in record.notices("warning")) == (most == 4096)
