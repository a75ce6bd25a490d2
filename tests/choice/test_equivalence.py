"""Patches that do the same are told as such, whatever their comments, spacing and context; others never are."""

import subprocess
import time
from pathlib import Path

import pytest

from aideator_cli.choice.equivalence import Group, groups
from aideator_cli.workspace.patches import parse
from tests.fixtures.repositories import Files, LocalRepository, git_environment

PYTHON = "".join(f"def f{n}(a):\n    b = a + {n}\n    return b\n\n\n" for n in range(9))
BASE: Files = {
    "src/a.py": PYTHON,
    "src/a.c": 'int main(void) {\n    puts("hi");\n    return 0;\n}\n',
    "notes.txt": "one two\n\nthree\n",
    "ci.yaml": "jobs:\n  test:\n    run: make\n",
    "image.bin": bytes(range(256)),
}


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    repository = LocalRepository(tmp_path / "repo")
    repository.commit(BASE)
    return repository


def patch(repository: LocalRepository, files: Files, *options: str) -> bytes:
    """Cut against the base, of a tree with these files."""
    repository.write(files)
    repository.git("add", "-A")
    command = [
        "git",
        "-C",
        str(repository.path),
        "diff",
        "--cached",
        "--binary",
        "--no-renames",
        "--full-index",
        *options,
    ]
    made = subprocess.run(command, env=git_environment(), capture_output=True, check=True).stdout
    repository.git("reset", "--quiet", "--hard")
    return made


def told(*made: bytes) -> tuple[Group, ...]:
    return groups({number: parse(patch) for number, patch in enumerate(made, 1)})


def a(before: str, after: str) -> Files:
    return {"src/a.py": PYTHON.replace(before, after)}


CHANGED = a("b = a + 4\n", "b = a * 4\n")


def test_identical_patches_are_told_from_equivalent_ones(repository: LocalRepository) -> None:
    plain = patch(repository, CHANGED)
    commented = patch(repository, a("b = a + 4\n", "# not a sum\n    b  =  a * 4  # but this\n\n"))
    other = patch(repository, a("b = a + 4\n", "b = a - 4\n"))
    assert told(plain, other, plain) == (Group((1, 3), identical=True),)
    assert told(plain, other, commented, plain) == (Group((1, 3, 4), identical=False),)


def test_order_of_files_and_context_make_no_difference(repository: LocalRepository) -> None:
    files = CHANGED | {"notes.txt": "one two\n\nfour\n"}
    plain = patch(repository, files)
    wide = patch(repository, files, "-U20")
    short = patch(repository, files, "-U0", "--abbrev=7", "--no-full-index")
    parts = [part.raw for part in parse(plain)]
    assert told(plain, b"".join(reversed(parts)), wide) == (Group((1, 2, 3), identical=True),)
    assert [group.numbers for group in told(plain, short)] == [(1, 2)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (a("b = a + 4\n", "if a:\n        b = 1\n        b = 2\n"), a("b = a + 4\n", "if a:\n        b = 1\n    b = 2\n")),
        (a("b = a + 4\n", "b = 'x y'\n"), a("b = a + 4\n", "b = 'x  y'\n")),
        (a("b = a + 4\n", "b = '# x'\n"), a("b = a + 4\n", "b = '# y'\n")),
        (a("b = a + 4\n", 'b = """\n# x\n"""\n'), a("b = a + 4\n", 'b = """\n# y\n"""\n')),
        (a("b = a + 4\n", "b = a + 4\n    b += 1\n"), a("b = a + 5\n", "b = a + 5\n    b += 1\n")),
        (CHANGED, CHANGED | {"new.py": ""}),
        (CHANGED, CHANGED | {"notes.txt": None}),
        (CHANGED, CHANGED | {"image.bin": b"\0other"}),
        ({"image.bin": b"\0one"}, {"image.bin": b"\0other"}),
        ({"ci.yaml": "jobs:\n  test:\n    run: make\n    x: 1\n"}, {"ci.yaml": "jobs:\n  test:\n    run: make\n  x: 1\n"}),
        ({"src/a.c": '#include "x"\nint main(void) {}\n'}, {"src/a.c": '#include "y"\nint main(void) {}\n'}),
        ({"notes.txt": "one two\n\n# three\n"}, {"notes.txt": "one two\n\n# four\n"}),
        ({"notes.txt": "# three\n"}, {}),
        ({"page.html": "<p>one</p>\n"}, {"page.html": "<p>two</p>\n"}),
        ({"go.mod": "go 1.22\n"}, {"go.mod": "go 1.23\n"}),
    ],
)  # fmt: skip
def test_what_differs_is_never_told_as_the_same(repository: LocalRepository, one: Files, other: Files) -> None:
    assert told(patch(repository, one), patch(repository, other)) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CHANGED, CHANGED | {"src/a.c": '/* greets */\nint main(void) {\n    puts("hi");\n    return 0;\n}\n'}),
        (CHANGED, CHANGED | {"notes.txt": "one  two\n\n\nthree\n"}),
        ({"src/a.c": "int main(void) {\n    return 1;\n}\n"}, {"src/a.c": "int main(void) {\n\treturn 1; // why\n}\n"}),
        ({"src/a.c": "int main(void) {}\n"}, {"src/a.c": "/* one\n * two\n */\nint main( void ) { }"}),
        (a("\n\n\ndef f4", "\n\n\nX = 1\n\n\ndef f4"), a("\n\n\ndef f4", "\nX = 1\n\n\n\n\ndef f4")),
        (a("b = a + 4\n    return b\n", "b = a * 4\n    return b * 2\n"), a("b = a + 4\n    return b\n", "b = a*4\n\n    return b*2\n")),
        (a("b = a + 4\n    return b", "b = 1\n    return b"), a("b = a + 4\n    return b", "b = 1\n    return  b")),
        ({"n.py": "x = 1\n"}, {"n.py": "# new\nx = 1\n"}),
    ],
)  # fmt: skip
def test_spacing_and_comments_alone_make_no_difference(repository: LocalRepository, one: Files, other: Files) -> None:
    assert told(patch(repository, one), patch(repository, other)) == (Group((1, 2), identical=False),)


def test_a_mode_counts(repository: LocalRepository) -> None:
    plain = patch(repository, CHANGED)
    assert told(plain, plain + b"diff --git a/ci.yaml b/ci.yaml\nold mode 100644\nnew mode 100755\n") == ()


@pytest.mark.parametrize(
    "text", ["/*" * 50_000, '"' * 100_000, "{" * 100_000, "\\" * 50_000, "\n".join(["/*" * 400] * 200)]
)
def test_long_lines_take_no_long_time(repository: LocalRepository, text: str) -> None:
    made = [patch(repository, {"src/a.c": text + end}) for end in ("", " ", "x")]
    begun = time.process_time()
    assert [group.numbers[:2] for group in told(*made)] == [(1, 2)]  # a comment that never ends has room for the third
    assert time.process_time() - begun < 5


def test_patches_without_files_are_in_no_group() -> None:
    assert told(b"", b"", b"nonsense") == ()
