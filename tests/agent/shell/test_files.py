"""The agent's read and write tools in a checkout that hostile commands have prepared."""

import os
import stat
import subprocess
import traceback
from contextlib import suppress
from pathlib import Path

import pytest

from aideator_agent.files import FileRefused, read, remove_nested_git, write

LIMIT = 100_000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("the key")
    root = tmp_path / "repo"
    (root / "src").mkdir(parents=True)
    (root / "src" / "a.py").write_text("x = 1\n")
    return root


@pytest.mark.parametrize("path", ["src/a.py", "./src//a.py", "src/../src/a.py", "{root}/src/a.py", "src/./a.py"])
def test_a_file_is_read_by_any_name_that_stays_inside(root: Path, path: str) -> None:
    assert read(root, path.format(root=root), LIMIT) == b"x = 1\n"


def test_a_root_that_is_reached_by_links_is_known_by_both_names(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)

    assert read(tmp_path / "link" / "repo", str(root / "src/a.py"), LIMIT) == b"x = 1\n"
    assert read(root, f"{root}/src/a.py", LIMIT) == b"x = 1\n"


@pytest.mark.parametrize("text", ["src/a.py", "./src/../src/a.py", "{root}/src/a.py", "chain"])
def test_a_link_that_stays_inside_is_followed(root: Path, text: str) -> None:
    (root / "chain").symlink_to("folder/a.py")
    (root / "folder").symlink_to("src")
    (root / "src" / "link").symlink_to("../link")
    (root / "link").symlink_to(text.format(root=root))

    assert read(root, "link", LIMIT) == b"x = 1\n"
    assert read(root, "src/link", LIMIT) == b"x = 1\n"


@pytest.mark.parametrize(
    "text",
    [
        "/proc/self/environ",
        "../secret",
        "src/../../secret",
        "/etc/passwd",
        "{root}/../secret",
        "{root}x",
        "/",
        "..",
        "self",
    ],
)
def test_a_link_that_leads_out_is_refused(root: Path, text: str) -> None:
    (root / "self").symlink_to("self")
    (root / "link").symlink_to(text.format(root=root))
    (root / "dir").symlink_to("/proc/self")

    with pytest.raises(FileRefused, match=r"leads out|too many links"):
        read(root, "link", LIMIT)
    with pytest.raises(FileRefused, match=r"leads out"):
        read(root, "dir/environ", LIMIT)


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "src/../../secret", "/", "{root}/../secret", "{root}x/a"])
def test_a_path_that_leads_out_is_refused(root: Path, path: str) -> None:
    with pytest.raises(FileRefused, match="leads out of the repository"):
        read(root, path.format(root=root), LIMIT)
    with pytest.raises(FileRefused, match="leads out of the repository"):
        write(root, path.format(root=root), b"mine")


@pytest.mark.parametrize("path", ["", ".", "src", "src/", "src/..", "{root}"])
def test_a_folder_is_no_file(root: Path, path: str) -> None:
    with pytest.raises(FileRefused, match="is a folder, not a file"):
        read(root, path.format(root=root), LIMIT)
    with pytest.raises(FileRefused, match="is a folder, not a file"):
        write(root, path.format(root=root), b"mine")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("none.py", "none.py: No such file or directory."),
        ("none/a.py", "none/a.py: No such file or directory."),
        ("src/a.py/b", "src/a.py/b: Not a directory."),
        ("a\0b", "'a\\x00b' is not a path."),
        ("\ud800", "'\\ud800' is not a path."),
        ("a" * 300, f"{'a' * 300}: File name too long."),
        ("a/" * 3000, "The path is too long."),
    ],
)
def test_what_is_not_there_is_told(root: Path, path: str, said: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(root, path, LIMIT)

    assert str(refused.value) == said


def test_a_fifo_a_socket_and_a_device_neither_hang_nor_harm(root: Path) -> None:
    os.mkfifo(root / "fifo")
    (root / "link").symlink_to("fifo")
    for path in ["fifo", "link"]:
        with pytest.raises(FileRefused, match="is not a regular file"):
            read(root, path, LIMIT)
    with pytest.raises(FileRefused, match="is not a regular file"):
        write(root, "fifo", b"")


def test_a_file_above_the_limit_is_refused_whole(root: Path) -> None:
    (root / "big").write_bytes(b"x" * 1001)

    with pytest.raises(FileRefused, match=r"big has 1,001 bytes; more than 1,000 are not read\."):
        read(root, "big", 1000)
    assert len(read(root, "big", 1001)) == 1001


def test_a_root_that_was_replaced_by_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").symlink_to("/proc/self")

    with pytest.raises(FileRefused):
        read(tmp_path / "other", "environ", LIMIT)


def test_a_new_file_gets_its_folders(root: Path) -> None:
    write(root, "docs/new/page.md", b"# Hi\r\n\0")

    assert (root / "docs/new/page.md").read_bytes() == b"# Hi\r\n\0"
    assert stat.S_IMODE((root / "docs/new/page.md").stat().st_mode) == 0o666 & ~umask()
    assert sorted(p.name for p in (root / "docs/new").iterdir()) == ["page.md"]


@pytest.mark.parametrize("mode", [0o755, 0o600, 0o444])
def test_a_file_that_is_there_keeps_its_mode(root: Path, mode: int) -> None:
    (root / "src/a.py").chmod(mode)

    write(root, "src/a.py", b"x = 2\n")

    assert (root / "src/a.py").read_bytes() == b"x = 2\n"
    assert stat.S_IMODE((root / "src/a.py").stat().st_mode) == mode


def test_a_link_is_never_written_through(root: Path, tmp_path: Path) -> None:
    (root / "inside").symlink_to("src/a.py")
    (root / "outside").symlink_to(tmp_path / "secret")
    (root / "away").symlink_to(tmp_path)

    with pytest.raises(FileRefused, match=r"inside is a link to src/a\.py; write to the file itself"):
        write(root, "inside", b"mine")
    with pytest.raises(FileRefused, match="is a link to"):
        write(root, "outside", b"mine")
    with pytest.raises(FileRefused, match="leads out"):
        write(root, "away/secret", b"mine")
    assert (tmp_path / "secret").read_text() == "the key"
    assert (root / "src/a.py").read_text() == "x = 1\n"


def test_a_hard_link_to_another_file_is_not_written_through(root: Path, tmp_path: Path) -> None:
    os.link(tmp_path / "secret", root / "hard")

    write(root, "hard", b"mine")

    assert (tmp_path / "secret").read_text() == "the key"


@pytest.mark.parametrize("path", [".git/config", "src/.git/hooks/x", ".git", "src/.GIT/config", "git/config"])
def test_git_s_own_files_are_not_written_by_hand(root: Path, path: str) -> None:
    (root / ".git").mkdir()
    (root / "git").symlink_to(".git")

    with pytest.raises(FileRefused, match="belongs to git"):
        write(root, path, b"[core]\nfsmonitor = evil\n")


def test_paths_that_change_under_the_hands_lead_nowhere_else(root: Path, tmp_path: Path) -> None:
    """A process puts a link to the outside, and a FIFO, in the place of what the agent reads and writes, over and over."""
    (tmp_path / "a.py").write_text("the key")
    swap = "while :; do ln -sfn .. x; rm x; mkdir x; echo inside > x/a.py; rm x/a.py; mkfifo x/a.py; rm -r x; done"
    with subprocess.Popen(["sh", "-c", swap], cwd=root, stderr=subprocess.DEVNULL) as swapper:
        try:
            for _ in range(3000):
                for act in (lambda: read(root, "x/a.py", LIMIT), lambda: write(root, "x/a.py", b"mine")):
                    with suppress(FileRefused):
                        assert b"key" not in (act() or b"")
        finally:
            swapper.kill()

    assert (tmp_path / "a.py").read_text() == "the key"


def test_every_git_goes_whatever_it_is_and_all_else_stays(root: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "config").touch()
    for place in [".git", "a/b/.git", "a/.git/x/.git"]:
        (root / place / "objects").mkdir(parents=True)
        (root / place / "config").write_text("[core]")
    (root / "src/.git").write_text("gitdir: ../.git/modules/src")
    (root / "c").mkdir()
    (root / "c/.git").symlink_to(tmp_path / "kept")
    (root / "d").symlink_to(tmp_path)
    os.mkfifo(root / "a" / "fifo")
    (root / ".gitignore").touch()

    removed = remove_nested_git(root)

    assert sorted(removed) == [".git", "a/.git", "a/b/.git", "c/.git", "src/.git"]
    assert list(root.rglob(".git")) == []
    assert (tmp_path / "kept" / "config").exists()
    assert {p.name for p in root.iterdir()} == {"a", "c", "d", "src", ".gitignore"}


def test_modes_do_not_protect_a_nested_git(public: Path) -> None:
    root = public / "repo"
    (root / "a/.git/x").mkdir(parents=True)
    (root / "a/.git/x/y").touch()
    for place in ["a/.git/x/y", "a/.git/x", "a/.git", "a", "."]:
        (root / place).chmod(0o000)
    if os.geteuid() == 0:  # root needs no rights; the agent is not root
        subprocess.run(["chown", "-R", "65534", public], check=True)

    pid = os.fork()
    if pid == 0:
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            os._exit(0 if remove_nested_git(root) == ["a/.git"] else 1)
        finally:
            traceback.print_exc()
            os._exit(2)
    assert os.waitpid(pid, 0)[1] == 0
    assert list((root / "a").iterdir()) == []


def test_a_tree_deeper_than_any_path_is_walked(root: Path) -> None:
    """Git can't go there; the walk must only not fail, nor leave what can be reached."""
    for top in [root / ".git", root / "src"]:
        top.mkdir(exist_ok=True)
        folder = os.open(top, os.O_RDONLY)
        for name in ["d"] * 2100 + [".git"]:
            os.mkdir(name, dir_fd=folder)
            folder, above = os.open(name, os.O_RDONLY, dir_fd=folder), folder
            os.close(above)
        os.close(folder)

    removed = remove_nested_git(root)

    assert sorted(removed) == [".git", f"src/{'d/' * 2100}.git"]
    (root / "src").rename(root / ".git")
    remove_nested_git(root)
    assert list(root.iterdir()) == []


def umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now
