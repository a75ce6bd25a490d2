"""The patch is what the work left, byte for byte: on a clean clone it makes the very same files."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from tests.agent.running import Agent, Record, bash, call, spec_of, submit
from tests.fixtures.repositories import LocalRepository, git

WITHOUT_ROOTS_POWERS = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search,-fowner")
needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root can make files that its agent may not read"
)
Tree = dict[str, tuple[int, bytes]]  # path -> mode as git has it, content or link


def tree(folder: Path) -> Tree:
    found: Tree = {}
    for place, folders, names in os.walk(os.fsencode(folder)):
        folders[:] = [f for f in folders if f != b".git"]
        for name in [*names, *(f for f in folders if Path(os.fsdecode(place), os.fsdecode(f)).is_symlink())]:
            path = Path(os.fsdecode(place), os.fsdecode(name))
            mode = path.lstat().st_mode
            link = stat.S_ISLNK(mode)
            content = os.fsencode(path.readlink()) if link else path.read_bytes()
            found[str(path.relative_to(folder))] = (0o120000 if link else 0o100644 | mode & 0o111, content)
    return found


def applied(repository: LocalRepository, patch: bytes, folder: Path) -> Tree:
    """What the patch makes of a clean clone."""
    git(folder.parent, "clone", "--quiet", str(repository.path), str(folder))
    git(folder, "apply", "--whitespace=nowarn", "--allow-empty", "-", given=patch)
    return tree(folder)


def worked(agent: Agent, repository: LocalRepository, *commands: str) -> Record:
    record = agent.run(spec_of(str(repository.path), [*map(bash, commands), submit()]))
    assert all(e["exit_code"] == 0 for e in record.of("done")), record.text("output")
    return record


@pytest.mark.parametrize(
    "command",
    [
        r"printf 'one\r\ntwo\r\n' > crlf.txt",
        r"printf 'one\r\nTWO\r\n' > old-crlf.txt",
        r"head -c 3000 /dev/urandom > new.bin",
        r"printf 'PNG\0\1\2' > old.bin",
        r"rm a.py old.bin",
        r"git mv a.py 'b c.py'",
        r"mv a.py ./ümläut.py",
        r"chmod +x a.py",
        r"chmod -x run.sh",
        r"printf x > 'with space' && printf x > '-dash' && printf x > 'quo\"te' && printf x > 'back\\slash'",
        "printf x > $'new\\nline' && printf x > $'tab\\there'",
        r"ln -s a.py link && ln -sfn elsewhere old-link",
        r"rm old-link && printf 'a file now' > old-link",
        r"touch empty && mkdir -p deep/er && touch deep/er/empty",
        r": > a.py",
        r"printf 'no newline' > a.py",
        r"printf '\377\376 latin \344' > latin.txt",
        "printf x > $'latin\\xe4name'",
        r"rm -rf docs && printf x > docs",
        r"rm a.py && mkdir a.py && printf x > a.py/inside",
        r"chmod 0 a.py",
        r"printf 'y = 2\n' > a.py && chmod 0 a.py",
        r"mkdir -p closed/in && printf x > closed/in/file && chmod 0 closed/in closed",
        r"chmod 0 docs",
        r"rm -rf .git",
        r"git -c user.name=a -c user.email=a@b commit -qam x --allow-empty && printf 'y = 3\n' > a.py",
        r"printf 'z\n' >> a.py && git -c user.name=a -c user.email=a@b commit -qam x",
        r"git checkout -q --orphan other && git rm -qrf . && printf x > only",
        r"git update-index --assume-unchanged a.py && printf 'y = 4\n' > a.py",
        r"printf '* -diff\n' > .gitattributes && printf 'y = 5\n' > a.py",
        r"mkfifo pipe && printf 'y = 6\n' > a.py && rm pipe",
        r"rm -rf ./* .gitignore",
    ],
)
def test_the_patch_makes_the_same_files(agent: Agent, repository: LocalRepository, command: str) -> None:
    (repository.path / "old-link").symlink_to("a.py")
    base: dict[str, bytes | str | None] = {
        "old.bin": b"\0\1\2\3" * 50,
        "old-crlf.txt": b"one\r\ntwo\r\n",
        "run.sh": "#!/bin/sh\n",
        ".gitignore": "*.o\n",
    }
    repository.commit(base, executable=("run.sh",))
    mirror = agent.folder / "mirror"
    keep = f"mkdir {mirror} && (cd {agent.workspace}/repo && tar cf - --exclude=./.git . | tar xf - -C {mirror})"
    record = worked(agent, repository, command, keep)

    assert applied(repository, record.patch, agent.folder / "clone") == tree(mirror)
    assert record.outcome[0] in ("succeeded", "no_changes")
    assert not record.notices("warning")


def test_a_text_patch_is_utf_8_and_another_base64(agent: Agent, repository: LocalRepository) -> None:
    assert worked(agent, repository, "echo ü > ü.txt").of("patch")[0]["encoding"] == "utf-8"
    assert worked(agent, repository, r"printf 'a\344\n' > l.txt").of("patch")[0]["encoding"] == "base64"


def test_a_rename_is_a_deletion_and_a_new_file(agent: Agent, repository: LocalRepository) -> None:
    record = worked(agent, repository, "git mv a.py b.py")
    assert record.of("patch")[-1]["files"] == 2
    assert b"rename from" not in record.patch


def test_the_last_part_counts_lines_and_names_test_files(agent: Agent, repository: LocalRepository) -> None:
    repository.commit({"tests/test_a.py": "old\n", "latest.py": "old\n"})
    record = worked(agent, repository, "echo new > tests/test_a.py; echo more >> latest.py; touch src.test.ts")
    last = record.of("patch")[-1]
    assert (last["files"], last["additions"], last["deletions"]) == (3, 2, 1)
    assert last["tests"] == ["src.test.ts", "tests/test_a.py"]


def test_a_long_patch_comes_in_parts(agent: Agent, repository: LocalRepository) -> None:
    record = worked(
        agent, repository, "seq 100000 > numbers.txt; printf 'ümlaut 😀 \\033\\n%.0s' $(seq 5000) > odd.txt"
    )
    assert len(record.of("patch")) > 50
    assert applied(repository, record.patch, agent.folder / "clone")["numbers.txt"][1].endswith(b"\n100000\n")


def test_many_test_files_find_room(agent: Agent, repository: LocalRepository) -> None:
    record = worked(
        agent, repository, "mkdir tests; for i in $(seq 400); do echo > tests/test_quite_a_long_name_$i.py; done"
    )
    last = record.of("patch")[-1]
    assert last["files"] == 400
    assert len(last["tests"]) + last["tests_left_out"] == 400


def test_a_patch_that_is_too_large_is_refused_with_the_names_of_its_files(
    agent: Agent, repository: LocalRepository
) -> None:
    record = worked(agent, repository, "for i in $(seq 40); do head -c 200000 /dev/urandom > $i.bin; done")
    assert record.code == 1
    assert record.outcome[:2] == ("failed", "agent")
    assert "patch too large" in record.end["reason"]
    assert "10.bin" in record.end["reason"]
    assert not record.of("patch")


def test_one_large_file_does_not_lose_the_patch(agent: Agent, repository: LocalRepository) -> None:
    odd = "truncate -s 3G core; mkfifo pipe; echo x > shut; chmod 0 shut"
    record = worked(agent, repository, f"head -c 6000000 /dev/urandom > big.bin; {odd}; echo small > small.txt")
    assert record.outcome[0] == "succeeded"
    assert {"small.txt"} <= set(applied(repository, record.patch, agent.folder / "clone")) - {"shut"}
    told = " ".join(notice["text"] for notice in record.of("notice"))
    assert "larger than 10 MiB): core (3072 MiB)" in told
    assert "Left out of the patch, which may have 5 MiB: big.bin" in told


def test_a_large_file_that_grew_stays_as_it_was(agent: Agent, repository: LocalRepository) -> None:
    repository.commit({"data.txt": "small\n"})
    record = worked(agent, repository, "truncate -s 11M data.txt; echo more > more.txt")
    assert [line for line in record.patch.splitlines() if line.startswith(b"diff")] == [
        b"diff --git a/more.txt b/more.txt"
    ]


def test_a_patch_of_almost_5_mib_fits(agent: Agent, repository: LocalRepository) -> None:
    record = worked(agent, repository, "yes 0123456789012345678901234567890123456789 | head -c 4900000 > big.txt")
    assert record.outcome[0] == "succeeded"
    assert len(record.patch) > 4_900_000


def test_a_text_that_json_makes_too_long_goes_as_base64(agent: Agent, repository: LocalRepository) -> None:
    record = worked(agent, repository, r"yes $(printf '\001\001\001\001\001\001\001\001') | head -c 2000000 > odd.txt")
    assert record.of("patch")[0]["encoding"] == "base64"
    assert (
        applied(repository, record.patch, agent.folder / "clone")["odd.txt"][1]
        == b"\1\1\1\1\1\1\1\1\n" * 222222 + b"\1\1"
    )


def test_caches_and_installed_packages_are_left_out_and_told(agent: Agent, repository: LocalRepository) -> None:
    record = worked(
        agent,
        repository,
        "mkdir -p __pycache__ js/node_modules/x; touch __pycache__/a.pyc js/node_modules/x/y; touch js/z",
    )
    assert b"pycache" not in record.patch
    assert "__pycache__/, js/node_modules/" in record.notices("warning")


def test_caches_that_the_repository_itself_ignores_are_not_worth_a_word(
    agent: Agent, repository: LocalRepository
) -> None:
    repository.commit({".gitignore": "__pycache__/\n"})
    assert not worked(agent, repository, "mkdir __pycache__; touch __pycache__/a.pyc b").notices("warning")


def test_what_git_cannot_take_is_told(agent: Agent, repository: LocalRepository) -> None:
    record = worked(
        agent, repository, "mkdir .GIT-not .gi; printf 'y\n' > a.py; mkdir -p x/.GIt~1; touch x/GIT~1 GIT~1"
    )
    assert b"+y" in record.patch
    assert "GIT~1" in record.notices("warning")


def test_a_patch_that_holds_a_key_is_withheld(agent: Agent, repository: LocalRepository) -> None:
    token = "ghp_0123456789abcdef"
    turns = [{"calls": [call("write_file", path="k.txt", content=f"token {token}\n")]}, submit()]
    record = agent.run(spec_of(str(repository.path), turns), GIT_TOKEN=token)
    assert record.outcome[:2] == ("failed", "agent")
    assert "withheld" in record.end["reason"]
    assert not record.of("patch")
    assert token.encode() not in b"".join(record.lines)


def test_a_key_in_a_binary_file_is_found_as_well(agent: Agent, repository: LocalRepository) -> None:
    token = "ghp_0123456789abcdef"
    turns = [bash(r"printf 'a\0ghp_0123456789'  > k.bin; printf abcdef >> k.bin"), submit()]
    record = agent.run(spec_of(str(repository.path), turns), GIT_TOKEN=token)
    assert "withheld" in record.end["reason"]


def test_a_folder_that_was_replaced_by_a_link_is_no_patch(agent: Agent, repository: LocalRepository) -> None:
    (agent.folder / "secret").mkdir()
    (agent.folder / "secret" / "s.txt").write_text("secret words")
    record = worked(agent, repository, f"cd .. && mv repo old && ln -s {agent.folder}/secret repo")
    assert record.outcome[:2] == ("failed", "agent")
    assert b"secret words" not in b"".join(record.lines)


def test_line_ends_that_git_converts_make_no_change_of_their_own(agent: Agent, repository: LocalRepository) -> None:
    repository.commit({".gitattributes": "* text=auto eol=crlf\n", "w.txt": "one\ntwo\nthree\n"})
    record = worked(agent, repository, "grep -c $'\\r' w.txt; sed -i s/two/TWO/ w.txt")
    assert (record.of("patch")[-1]["additions"], record.of("patch")[-1]["deletions"]) == (1, 1)
    assert applied(repository, record.patch, agent.folder / "clone")["w.txt"][1] == b"one\r\nTWO\r\nthree\r\n"


@needs_root
def test_what_may_not_be_read_is_told_and_the_rest_is_in_the_patch(agent: Agent, repository: LocalRepository) -> None:
    command = "echo y > a.py; echo x > theirs; echo x > own; mkdir closed; echo x > closed/x; chmod 0 own docs; echo ready; sleep 60"
    with agent.start(spec_of(str(repository.path), [bash(command)]), program=WITHOUT_ROOTS_POWERS) as running:
        running.until(lambda e: e["type"] == "output" and "ready" in e["text"])
        (agent.workspace / "repo" / "theirs").chmod(0)
        os.chown(agent.workspace / "repo" / "theirs", 12345, 12345)
        (agent.workspace / "repo" / "closed").chmod(0)
        os.chown(agent.workspace / "repo" / "closed", 12345, 12345)
        running.terminate()
        record = running.finish()
    assert "theirs" in record.notices("warning")
    assert "Left out of the patch (the agent may not read them): closed/" in record.notices("warning")
    assert record.of("patch")[-1]["files"] == 2
    assert b"+y" in record.patch
    assert b"+++ b/own" in record.patch
