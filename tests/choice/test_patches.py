"""Git's patches are read as git means them; and whatever else is given does no harm."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aideator_cli.workspace.patches import NO_NEWLINE, FilePatch, parse
from tests.fixtures.repositories import LocalRepository, git_environment

NAMES = ("plain.py", "two words.txt", "quo\"ted\\.txt", "tab\tname", "line\nbreak", "neuer Näme", " b/ b", "a b/x b/x", "-- a")  # fmt: skip
PATCH = ("--binary", "--full-index", "--src-prefix=a/", "--dst-prefix=b/")


def raw_diff(repository: LocalRepository, *options: str, form: tuple[str, ...] = PATCH) -> bytes:
    command = ["git", "-C", str(repository.path), "diff", "--cached", *form, *options]
    return subprocess.run(command, env=git_environment(), capture_output=True, check=True).stdout


def one(patch: bytes) -> FilePatch:
    (found,) = parse(patch)
    return found


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    repository = LocalRepository(tmp_path / "repo")
    repository.commit({name: f"{name}\n" * 9 for name in NAMES} | {"image.bin": bytes(range(256)), "latin": b"x\n"})
    return repository


def numstat(repository: LocalRepository) -> list[str]:
    return sorted(
        line for line in raw_diff(repository, form=("--numstat", "-z", "--no-renames")).decode().split("\0") if line
    )


@pytest.mark.parametrize("context", ["-U0", "-U3", "-U50"])
def test_every_awkward_name_and_its_counts_are_git_s(repository: LocalRepository, context: str) -> None:
    repository.write({name: f"{name}\n" * 4 + "-- a/removed\n+++ b/x\n" + f"{name}\n" * 7 for name in NAMES[:-2]})
    repository.write({NAMES[-2]: None, NAMES[-1]: "no newline"})
    repository.git("add", "-A")
    files = parse(raw_diff(repository, "--no-renames", context))
    assert sorted(f"{f.additions}\t{f.deletions}\t{f.path}" for f in files) == numstat(repository)
    assert {f.path: f.change for f in files if f.change != "modified"} == {NAMES[-2]: "deleted"}
    last = next(f for f in files if f.path == NAMES[-1])
    assert last.hunks[-1].lines[-2:] == (b"+no newline", NO_NEWLINE)


def test_new_deleted_empty_and_binary_files_modes_and_links(repository: LocalRepository) -> None:
    repository.write({"new/empty": "", "image.bin": b"\0\1", "latin": None})
    (repository.path / "plain.py").chmod(0o755)
    (repository.path / "link").symlink_to("plain.py")
    repository.git("add", "-A")
    found = {f.path: f for f in parse(raw_diff(repository, "--no-renames"))}
    assert (found["new/empty"].old, found["new/empty"].change, found["new/empty"].new_mode) == (None, "added", "100644")
    assert (found["latin"].new, found["latin"].change, found["latin"].old_mode) == (None, "deleted", "100644")
    assert (found["plain.py"].old_mode, found["plain.py"].new_mode, found["plain.py"].hunks) == ("100644", "100755", ())
    assert (found["image.bin"].binary, found["image.bin"].hunks) == (True, ())
    assert found["image.bin"].data.startswith(b"literal 2\n")
    assert found["link"].new_mode == "120000"
    assert len(found["link"].new_blob or "") == 40


def test_renames_and_copies_have_both_names(repository: LocalRepository) -> None:
    repository.git("mv", "two words.txt", "drei Wörter.txt")
    (repository.path / "copy\tof").write_text("plain.py\n" * 9 + "more\n")
    (repository.path / "plain.py").write_text("plain.py\n" * 8)
    repository.git("add", "-A")
    found = {f.change: f for f in parse(raw_diff(repository, "-C"))}
    assert (found["renamed"].old, found["renamed"].new) == ("two words.txt", "drei Wörter.txt")
    assert (found["copied"].old, found["copied"].new) == ("plain.py", "copy\tof")
    assert found["modified"].old == found["modified"].new == "plain.py"


def test_a_name_that_is_no_utf_8_comes_back_as_its_bytes(repository: LocalRepository) -> None:
    (repository.path / "latin").unlink()
    Path(repository.path / "lat\udcffin").write_bytes(b"x\n")
    repository.git("add", "-A")
    assert {f.path for f in parse(raw_diff(repository, "--no-renames"))} == {"latin", "lat\udcffin"}


def test_carriage_returns_belong_to_their_lines(repository: LocalRepository) -> None:
    repository.write({"crlf.txt": b"one\r\ntwo\rthree\r\n"})
    repository.git("add", "-A")
    assert one(raw_diff(repository)).hunks[0].lines == (b"+one\r", b"+two\rthree\r")


HEADER = b"diff --git a/x b/x\n--- a/x\n+++ b/x\n"


@pytest.mark.parametrize(
    ("patch", "paths"),
    [
        (b"", []),
        (b"From: someone\n\nhello\n", []),
        (b"diff --git ", [""]),
        (HEADER + b"@@ -1,999999999 +1,999999999 @@\n+cut off", ["x"]),
        (HEADER + b"@@ -" + b"9" * 5000 + b" +1 @@\n+x\n", ["x"]),
        (HEADER + b"@@ -0,0 +1 @@\n+diff --git a/y b/y\n", ["x"]),
        (b'diff --git "a/../../etc/passwd" "b/\\777\\9"\n', ["7779"]),
        (b"mail header\n" + HEADER + b"nonsense\n" + HEADER, ["x", "x"]),
    ],
)
def test_what_is_cut_off_or_hostile_is_read_as_far_as_it_goes(patch: bytes, paths: list[str]) -> None:
    found = parse(patch)
    assert [f.path for f in found] == paths
    assert sum(f.additions + f.deletions for f in found) < 3


@given(st.lists(st.sampled_from([
    b"diff --git a/x b/y", b'diff --git "a/\\303\\244', b"@@ -1 +1,2 @@", b"--- /dev/null", b"+++ b/y\t", b"index 0000..1111 100644",
    b"GIT binary patch", b"literal 5", b"", b"rename from x", b"new file mode 1", b"\\ No newline", b"+", b"-a", b" ", b"\xff\0\r",
])))  # fmt: skip
def test_no_order_of_lines_breaks_the_reader(lines: list[bytes]) -> None:
    for file in parse(b"\n".join(lines)):
        assert isinstance(file.path, str)
        assert file.additions + file.deletions + len(file.data) <= sum(map(len, lines)) + len(lines)
