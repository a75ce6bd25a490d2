"""What one variation has that another lacks: from a clone, or from the two patches alone."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aideator_cli.errors import AideatorError
from aideator_cli.workspace.diffing import Difference, Side, clone_with, difference
from aideator_cli.workspace.target import working_tree
from tests.fixtures.repositories import git
from tests.workspace.scenes import Scene, Tree, Work, tree
from tests.workspace.test_round_trips import EXAMPLES, ROUND, pairs, scenes, write


def side(work: Work, name: str = "k3v9x2q/1") -> Side:
    return Side(name, work.result.patch or b"", work.result.base)


def both(scene: Scene, first: Work, second: Work, *, alone: bool = False) -> Difference:
    return difference(side(first), side(second, "k3v9x2q/2"), None if alone else working_tree(scene.top))


def edit(**files: str) -> object:
    def change(folder: Path) -> None:
        for name, old_and_new in files.items():
            path = folder / name.replace("__", "/").replace("_", ".")
            old, _, new = old_and_new.partition("→")
            path.write_text(path.read_text().replace(old, new) if old else new)

    return change


def agents(scene: Scene, first: object, second: object) -> tuple[Work, Work]:
    return scene.agent(first, "first"), scene.agent(second, "second")  # type: ignore[arg-type]


EXPECTED = """\
diff --git a/src/tokens.py b/src/tokens.py
--- a/src/tokens.py
+++ b/src/tokens.py
@@ -1,8 +1,8 @@
 one
-TWO
+two
 three
 four
 five
 six
-seven
+SEVEN
 eight
"""


@pytest.mark.parametrize("alone", [False, True])
def test_only_what_differs_is_shown(scene: Scene, alone: bool) -> None:
    first, second = agents(
        scene, edit(src__tokens_py="two→TWO", a_py="x→y"), edit(src__tokens_py="seven→SEVEN", a_py="x→y")
    )
    made = both(scene, first, second, alone=alone)
    assert "".join(line for line in made.patch.decode().splitlines(keepends=True) if "index " not in line) == EXPECTED
    assert (made.alone, made.left_out) == (alone, ())


@pytest.mark.parametrize("alone", [False, True])
def test_equal_patches_have_no_difference(scene: Scene, alone: bool) -> None:
    first, second = agents(scene, edit(a_py="x→y"), edit(a_py="x→y"))
    assert both(scene, first, second, alone=alone).patch == b""


def test_of_changed_binary_files_the_patches_alone_do_not_tell(scene: Scene) -> None:
    first, second = agents(
        scene, lambda f: (f / "old.bin").write_bytes(b"\0a"), lambda f: (f / "old.bin").write_bytes(b"\0b")
    )
    made = both(scene, first, second, alone=True)
    assert (made.patch, made.left_out) == (b"", ("old.bin",))
    assert b"GIT binary patch" in both(scene, first, second).patch


def test_different_bases_are_seen_in_a_clone_and_not_compared_without(scene: Scene) -> None:
    first = scene.agent(edit(a_py="x = 1→x = 2"), "first")
    scene.repository.commit({"a.py": "z = 1\n"})
    second = scene.agent(edit(a_py="z→y"), "second")
    assert b"-x = 2\n+y = 1\n" in both(scene, first, second).patch
    with pytest.raises(AideatorError, match="started from different commits") as caught:
        both(scene, first, second, alone=True)
    assert caught.value.code == 3


def test_the_repository_is_left_as_it_was(scene: Scene) -> None:
    first, second = agents(scene, edit(a_py="x→y"), edit(a_py="x→z"))
    before = sorted(map(str, scene.top.rglob("*")))
    both(scene, first, second)
    assert sorted(map(str, scene.top.rglob("*"))) == before


def test_a_clone_is_found_where_one_has_the_commits(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    base = scene.repository.git("rev-parse", "HEAD")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert clone_with([base], None, None) is None
    found = clone_with([base], None, scene.top)
    assert found
    assert found.top == scene.top
    with pytest.raises(AideatorError, match="does not have commit"):
        clone_with(["0" * 40], scene.top, None)


@settings(ROUND, max_examples=EXAMPLES // 2 or 1)
@given(pairs(), pairs(), st.booleans())
@example(({"a": ("file", b"x\n")}, {}), ({}, {"a": ("link", b"b")}), True)
def test_on_top_of_the_first_it_makes_the_second(one: tuple[Tree, Tree], two: tuple[Tree, Tree], alone: bool) -> None:
    with scenes(one[0]) as scene:
        first, second = agents(scene, lambda f: write(f, one[1]), lambda f: write(f, two[1]))
        made = both(scene, first, second, alone=alone)
        if made.left_out:
            return
        copy = scene.folder / "copy"
        git(scene.folder, "init", "--quiet", str(copy))
        write(copy, tree(first.folder))
        git(copy, "add", "-A")
        if made.patch:
            from aideator_cli.workspace.trees import quoted

            git(copy, "apply", "--index", "--binary", "--whitespace=nowarn", "-", given=quoted(made.patch))
        assert tree(copy) == tree(second.folder)
