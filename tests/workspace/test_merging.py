"""Patches of several variations become one: files and hunks side by side, what conflicts named, nothing guessed."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.workspace.diffing import Side
from aideator_cli.workspace.merging import Merged, merge
from aideator_cli.workspace.parts import Part, only, parse_part
from tests.fixtures.repositories import Files, LocalRepository, git

LINES = [f"line {n}\n" for n in range(1, 41)]
BASE: Files = {"long.txt": "".join(LINES), "a.txt": "a\n", "b.txt": "b\n", "bin": b"\0one", "run.sh": "#!/bin/sh\n"}


def text(**lines: str) -> str:
    """The long file with other lines: `l7="new"`."""
    return "".join(f"{lines[f'l{n}']}\n" if f"l{n}" in lines else line for n, line in enumerate(LINES, 1))


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    made = LocalRepository(tmp_path / "source")
    made.commit(BASE)
    return made


def side(repository: LocalRepository, number: int, files: Files, mode: str = "") -> Side:
    repository.write(files)
    if mode:
        (repository.path / mode).chmod(0o755)
    repository.git("add", "--all")
    patch = git(repository.path, "diff", "--cached", "--binary", "--full-index", "--no-renames") + "\n"
    repository.git("reset", "--quiet", "--hard")
    return Side(f"k3v9x2q/{number}", patch.encode(errors="surrogateescape") if patch.strip() else b"", "base")


def result(repository: LocalRepository, merged: Merged) -> dict[str, str]:
    """What the merged patch makes of the base."""
    assert not merged.conflicts
    git(repository.path, "apply", "--index", "--binary", "-", given=merged.patch)
    found = {
        name: (repository.path / name).read_bytes().decode("latin-1")
        for name in repository.git("ls-files").splitlines()
    }
    repository.git("reset", "--quiet", "--hard")
    return found


def of(sides: list[Side], **taken: str) -> Merged:
    return merge(sides, {path.replace("_", "."): f"k3v9x2q/{number}" for path, number in taken.items()})


def test_files_and_lines_of_all_come_together(repository: LocalRepository) -> None:
    one = side(repository, 1, {"long.txt": text(l3="three"), "a.txt": "A\n", "new/one.txt": "1\n"})
    two = side(repository, 2, {"long.txt": text(l20="twenty"), "b.txt": None, "bin": b"\0two"})
    three = side(repository, 3, {"long.txt": text(l38="last"), "a.txt": "A\n"}, mode="run.sh")
    merged = of([one, two, three])
    found = result(repository, merged)
    assert found["long.txt"] == text(l3="three", l20="twenty", l38="last")
    assert (found["a.txt"], found["new/one.txt"], found["bin"]) == ("A\n", "1\n", "\0two")
    assert "b.txt" not in found
    assert merged.files["long.txt"] == ("k3v9x2q/1", "k3v9x2q/2", "k3v9x2q/3")
    assert merged.files["a.txt"] == ("k3v9x2q/1", "k3v9x2q/3")
    assert b"new mode 100755" in merged.patch


def test_lines_that_two_change_differently_are_a_conflict_until_one_is_taken(repository: LocalRepository) -> None:
    one = side(repository, 1, {"long.txt": text(l3="three", l20="one's")})
    two = side(repository, 2, {"long.txt": text(l20="two's", l21="two's too", l38="last")})
    (conflict,) = of([one, two]).conflicts
    assert (conflict.path, conflict.sides) == ("long.txt", ("k3v9x2q/1", "k3v9x2q/2"))
    assert conflict.why == "hunk 2 of k3v9x2q/1 and hunk 1 of k3v9x2q/2, lines 20 to 21"
    assert result(repository, of([one, two], long_txt="1"))["long.txt"] == text(l3="three", l20="one's", l38="last")
    assert result(repository, of([one, two], long_txt="2"))["long.txt"] == text(
        l3="three", l20="two's", l21="two's too", l38="last"
    )


@pytest.mark.parametrize(
    ("one", "two", "why", "taken"),
    [
        ({"a.txt": None}, {"a.txt": "A\n"}, "deleted by k3v9x2q/1, changed by k3v9x2q/2", "A\n"),
        ({"bin": b"\0x"}, {"bin": b"\0y"}, "changed by k3v9x2q/1, changed by k3v9x2q/2", "\0y"),
        ({"new.txt": "x\n"}, {"new.txt": "y\n"}, "hunk 1 of k3v9x2q/1 and hunk 1 of k3v9x2q/2, line 1", "y\n"),
    ],
)
def test_what_cannot_be_merged_by_lines_is_taken_whole(
    repository: LocalRepository, one: Mapping[str, str], two: Mapping[str, str], why: str, taken: str
) -> None:
    sides = [side(repository, 1, one), side(repository, 2, two)]
    (path,) = one
    (conflict,) = merge(sides, {}).conflicts
    assert (conflict.path, conflict.why) == (path, why)
    assert result(repository, merge(sides, {path: "k3v9x2q/2"}))[path] == taken


def test_a_file_in_the_place_of_a_folder_is_a_conflict(repository: LocalRepository) -> None:
    sides = [side(repository, 1, {"new": "x\n"}), side(repository, 2, {"new/inner.txt": "y\n"})]
    (conflict,) = merge(sides, {}).conflicts
    assert (conflict.path, conflict.why) == ("new", "a file here, and a folder with new/inner.txt")


def test_only_some_files_and_hunks_of_a_variation(repository: LocalRepository) -> None:
    one = side(
        repository,
        1,
        {"long.txt": text(l3="three\nmore", l20="twenty", l38="last"), "a.txt": "A\n", "d/x": "x\n", "d/y": "y\n"},
    )
    two = side(repository, 2, {"b.txt": "B\n"})
    parts = [
        parse_part("--only", word, {"1": one.name, "2": two.name}, [one, two]) for word in ("1:long.txt#1,3", "1:d/")
    ]
    assert parts == [Part("k3v9x2q/1", "long.txt", (1, 3)), Part("k3v9x2q/1", "d")]
    found = result(repository, of([only(one, parts), only(two, parts)]))
    assert found["long.txt"] == text(l3="three\nmore", l38="last")
    assert (found["a.txt"], found["b.txt"], found["d/x"], found["d/y"]) == ("a\n", "B\n", "x\n", "y\n")


def test_a_name_that_ends_like_a_hunk_is_a_name(repository: LocalRepository) -> None:
    one = side(repository, 1, {"odd#1": "x\n", "a.txt": "A\n"})
    assert parse_part("--only", "1:odd#1", {"1": one.name}, [one]) == Part("k3v9x2q/1", "odd#1")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("a.txt", "--only takes N:PATH, not 'a.txt'"),
        ("3:a.txt", "3 is none of the variations to merge"),
        ("1:nope.txt", "k3v9x2q/1 does not change nope.txt"),
        ("1:a.txt#2", "k3v9x2q/1 has no hunk 2 in a.txt"),
        ("1:new.txt#1", "can't give hunks of new.txt"),
    ],
)
def test_a_part_that_is_not_there_is_said(repository: LocalRepository, word: str, said: str) -> None:
    one = side(repository, 1, {"a.txt": "A\n", "new.txt": "x\n"})
    with pytest.raises(AideatorError, match=said.replace("(", r"\(")) as raised:
        only(one, [parse_part("--only", word, {"1": one.name}, [one])])
    assert raised.value.code == ExitCode.USAGE


@pytest.mark.parametrize(
    "name", ["with space.txt", 'quo"te.txt', "new\nline.txt", "ümläut.txt", "-dash.txt", "a b/c d.txt"]
)
@pytest.mark.parametrize("end", ["\n", "", "\r\n"])
def test_odd_names_and_ends_of_lines_come_through(repository: LocalRepository, name: str, end: str) -> None:
    eol = "\r\n" if end == "\r\n" else "\n"
    lines = [f"line {n}" for n in range(1, 31)]
    repository.commit({name: eol.join(lines) + end})
    one = side(repository, 1, {name: eol.join(["first", *lines[1:]]) + end})
    two = side(repository, 2, {name: eol.join([*lines[:-1], "last"]) + end})
    merged = of([one, two])
    assert not merged.conflicts
    git(repository.path, "apply", "--index", "--binary", "-", given=merged.patch)
    wanted = eol.join(["first", *lines[1:-1], "last"]) + end
    assert (repository.path / name).read_bytes() == wanted.encode()
