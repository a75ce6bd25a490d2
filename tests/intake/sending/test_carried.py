"""Files that git ignores but work needs: `.worktreeinclude` and `--carry`."""

import os
from pathlib import Path

import pytest

from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.sending import packing
from tests.fixtures.repositories import LocalRepository, git
from tests.intake.sending.packed import carried, packed


def test_of_what_the_patterns_name_the_files_that_git_ignores_are_taken(todo: LocalRepository) -> None:
    todo.write({
        ".worktreeinclude": "# what work needs\n.env\ncache/*\n!cache/skip\na.py\nnew.txt\n", ".env": "A=1\n", "cache/deep/er": "d\n",
        "cache/skip": "s\n", "new.txt": "not ignored\n", "other.local": "not named\n",
    })  # fmt: skip
    (todo.path / "cache" / "tool").write_text("t\n")
    (todo.path / "cache" / "tool").chmod(0o755)
    (todo.path / "cache" / "link").symlink_to("/etc/passwd")
    os.mkfifo(todo.path / "cache" / "pipe")
    git(todo.path, "init", "--quiet", "cache/inner")
    made = packed(todo.path)
    assert set(carried(made)) == {".env", "cache/deep/er", "cache/tool"}
    assert any("cache/inner" in remark for remark in made.remarks)
    assert any(".env, cache/deep/er, cache/tool" in remark for remark in made.remarks)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("foo\\", "backslash"),
        ("[abc", "bracket"),
        ("!", "no file"),
        ("/", "no file"),
        ("../x", "out of the repository"),
    ],
)
def test_a_bad_pattern_is_a_warning(todo: LocalRepository, pattern: str, why: str) -> None:
    todo.write({".worktreeinclude": f"{pattern}\n.env\n", ".env": "A=1\n"})
    made = packed(todo.path)
    assert any(remark.startswith(".worktreeinclude:1: ") and why in remark for remark in made.remarks)
    assert set(carried(made)) == {".env"}


@pytest.mark.parametrize("pattern", ["*.local", "[a-c]x", "[!a]", "[]a]", "foo\\ ", "\\#x", "a/**/b", "  ", "x\\[y"])
def test_a_good_pattern_is_none(todo: LocalRepository, pattern: str) -> None:
    todo.write({".worktreeinclude": f"{pattern}\n"})
    assert not [remark for remark in packed(todo.path).remarks if remark.startswith(".worktreeinclude")]


def test_a_list_that_is_a_link_is_not_followed(todo: LocalRepository, tmp_path: Path) -> None:
    (tmp_path / "patterns").write_text(".env\n")
    (todo.path / ".worktreeinclude").symlink_to(tmp_path / "patterns")
    todo.write({".env": "A=1\n"})
    made = packed(todo.path, to_cluster=False)
    assert made.sent is None
    assert any("not a plain file" in remark for remark in made.remarks)


def test_carry_takes_files_and_folders_that_no_commit_has(todo: LocalRepository) -> None:
    todo.write({"notes.txt": "n\n", "data/1": "1\n", "data/2": "2\n"})
    made = packed(todo.path, carry=(todo.path / "notes.txt", todo.path / "data"), to_cluster=False)
    assert carried(made) == {"notes.txt": b"n\n", "data/1": b"1\n", "data/2": b"2\n"}
    assert made.sent is not None
    assert made.sent.commits is None


@pytest.mark.parametrize(
    ("path", "words", "code"),
    [
        ("nothing", "no such file", ExitCode.NOT_FOUND),
        ("a.py", "git tracks it", ExitCode.USAGE),
        ("../outside", "outside the repository", ExitCode.USAGE),
        (".git/config", "git's own", ExitCode.USAGE),
        (".", "inside the repository", ExitCode.USAGE),
    ],
)
def test_what_cannot_be_carried_is_refused(todo: LocalRepository, path: str, words: str, code: ExitCode) -> None:
    (todo.path.parent / "outside").write_text("o\n")
    with pytest.raises(AideatorError, match=words) as caught:
        packed(todo.path, carry=(todo.path / path,))
    assert caught.value.code == code


def test_a_relative_path_that_leads_nowhere_comes_with_where_it_starts(
    todo: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    todo.write({"notes.txt": "n\n"})
    monkeypatch.chdir(todo.path.parent)
    with pytest.raises(AideatorError, match="no such file") as caught:
        packed(todo.path, carry=(Path("notes.txt"),))
    assert caught.value.hint == f"relative paths start at {todo.path.parent}"


def test_what_the_commit_has_is_not_carried(todo: LocalRepository) -> None:
    todo.git("checkout", "--quiet", "-b", "with")
    todo.git("rm", "--quiet", "--cached", ".gitignore")
    todo.commit({"conf": "committed\n"})
    todo.git("checkout", "--quiet", "main")
    todo.write({"conf": "here\n"})
    made = packed(todo.path, ref="with", carry=(todo.path / "conf",), to_cluster=False)
    assert made.sent is None
    assert any("not carried" in remark and "conf" in remark for remark in made.remarks)


def test_a_url_has_nothing_to_carry(todo: LocalRepository, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(todo.path), str(bare))
    with pytest.raises(AideatorError, match="--carry needs a working tree"):
        packed(f"file://{bare}", carry=(todo.path / "a.py",))


def test_too_much_is_refused(todo: LocalRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "CLUSTER_BYTES", 10_000)
    todo.write({"data": os.urandom(20_000)})
    with pytest.raises(AideatorError, match="20 KiB when packed"):
        packed(todo.path, carry=(todo.path / "data",))


SECRET: dict[str, str] = {
    ".env": "A=1\n", "id_rsa": "x\n", "server.pem": "x\n", "deploy/credentials.json": "{}\n", ".npmrc": "x\n",
    "a.txt": "OPENAI_API_KEY=sk-0123456789abcdefghijklmn\n", "b.txt": "-----BEGIN RSA PRIVATE KEY-----\n",
    "c.ini": "password = correct-horse-battery\n", "d.json": '{"client_secret": "0123456789abcdef"}\n',
}  # fmt: skip
PLAIN = {
    ".env.example": "API_TOKEN=\n", "key.py": "key = None\n", "tokens.txt": "three tokens\n", "environment.yml": "name: x\n",
    "e.txt": "password = short\n", "cache/x": "monkey=0123456789abcdef0\n",
}  # fmt: skip


def test_files_that_look_like_secrets_are_named(todo: LocalRepository) -> None:
    files = {f"all/{name}": content for name, content in {**SECRET, **PLAIN}.items()}
    todo.write(files)
    made = packed(todo.path, carry=(todo.path / "all",))
    assert set(carried(made)) == set(files)
    assert {suspect.path for suspect in made.suspects} == {f"all/{name}" for name in SECRET}


def test_the_same_files_give_the_same_bytes(todo: LocalRepository) -> None:
    todo.write({"notes.txt": "n\n"})
    one, two = (packed(todo.path, carry=(todo.path / "notes.txt",)) for _ in range(2))
    assert one.files["carried"].read_bytes() == two.files["carried"].read_bytes()
