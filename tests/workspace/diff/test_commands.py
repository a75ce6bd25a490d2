"""diff, apply and undo at the command line."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.user import Done, User
from tests.fixtures.repositories import git
from tests.fixtures.stored_runs import Told, add_run, change
from tests.fixtures.terminal import seen
from tests.workspace.diff.stored import store_run
from tests.workspace.scenes import Scene, result, tree


@dataclass(frozen=True)
class Terminal:
    """What a person sees who calls a command at a terminal."""

    environment: Mapping[str, str]
    folder: Path

    def see(self, *words: str, **more: str) -> str:
        code, data = seen(words, {**self.environment, "TERM": "xterm", **more}, self.folder)
        assert code == 0, data
        return data.decode().replace("\r\n", "\n")


@dataclass(frozen=True)
class Stored:
    scene: Scene
    user: User
    terminal: Terminal
    patches: list[bytes]

    def call(self, *words: str) -> Done:
        return self.user.call(*words)


def first(folder: Path) -> None:
    (folder / "a.py").write_bytes(b"x = 2\n-- \x1b[2Jcleared\n\xff latin\n")


def second(folder: Path) -> None:
    (folder / "a.py").write_text("x = 2\n")
    (folder / "new file").write_text("new\n")


@pytest.fixture
def stored(scene: Scene, tmp_path: Path) -> Stored:
    works = [scene.agent(first, "first").result, scene.agent(second, "second").result]
    home = tmp_path / "aideator"
    store_run(home, [works[0], result(works[1].patch or b"", works[1].base, 2)])
    kept = {
        n: v for n, v in os.environ.items() if n not in ("NO_COLOR", "FORCE_COLOR", "PAGER", "GIT_PAGER", "COLORTERM")
    }
    environment = kept | {"AIDEATOR_HOME": str(home), "KUBECONFIG": str(tmp_path / "none"), "COLUMNS": "100"}
    user = User(environment | {"NO_COLOR": "1"}, [], scene.top)
    return Stored(scene, user, Terminal(environment, scene.top), [work.patch or b"" for work in works])


def test_a_pipe_gets_the_very_bytes_and_git_takes_them(stored: Stored) -> None:
    done = stored.call("diff", "k3v9x2q/1")
    assert (done.code, done.out, done.err) == (0, stored.patches[0], "")
    git(stored.scene.top, "apply", "--check", "-", given=done.out)


def test_a_terminal_gets_colours_and_no_one_else_s_escapes(stored: Stored) -> None:
    seen = stored.terminal.see("diff", "k3v9x2q/1", GIT_PAGER="cat")
    assert "\x1b[1mdiff --git a/a.py b/a.py\x1b[0m\n" in seen
    assert (
        "\x1b[36m@@ -1 +1,3 @@\x1b[0m\n\x1b[31m-x = 1\x1b[0m\n\x1b[32m+x = 2\x1b[0m\n\x1b[32m+-- ␛[2Jcleared\x1b[0m\n"
        in seen
    )
    assert "\x1b[32m+� latin\x1b[0m" in seen
    assert "\x1b" not in stored.terminal.see("diff", "k3v9x2q/1", GIT_PAGER="cat", NO_COLOR="1")


@pytest.mark.parametrize("where", ["GIT_PAGER", "PAGER", "core.pager", "pager.diff"])
def test_the_user_s_pager_is_git_s(stored: Stored, where: str) -> None:
    pager = "sed -e 's/^/paged: /'"
    if "." in where:
        stored.scene.repository.git("config", where, pager)
    seen = stored.terminal.see("diff", "k3v9x2q/2", NO_COLOR="1", **({} if "." in where else {where: pager}))
    assert seen.splitlines()[0] == "paged: diff --git a/a.py b/a.py"


def test_a_pager_that_is_left_early_is_no_error(stored: Stored) -> None:
    assert stored.terminal.see("diff", "k3v9x2q/1", GIT_PAGER="head -c 4") == "\x1b[1m"


def test_two_are_compared_in_a_clone_and_from_the_patches_alone(stored: Stored, tmp_path: Path) -> None:
    here = stored.call("diff", "k3v9x2q/1", "k3v9x2q/2")
    assert (here.code, here.err) == (0, "")
    assert b"+++ b/new file\t\n@@ -0,0 +1 @@\n+new\n" in here.out
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    alone = User(stored.user.environment, [], elsewhere).call("diff", "k3v9x2q/1", "k3v9x2q/2")
    assert alone.code == 0
    assert "compared only the two patches, because no clone here has" in alone.err
    named = User(stored.user.environment, [], elsewhere).call(
        "diff", "k3v9x2q/1", "k3v9x2q/2", "-C", str(stored.scene.top)
    )
    assert (named.out, named.err) == (here.out, "")


def test_stat_and_names(stored: Stored) -> None:
    assert stored.call("diff", "k3v9x2q/2", "--stat").out.decode().splitlines() == [
        " a.py     | 2 +-", " new file | 1 +", " 2 files, +2 −1",
    ]  # fmt: skip
    assert stored.call("diff", "k3v9x2q/2", "--name-only").out == b"a.py\nnew file\n"
    assert stored.call("diff", "k3v9x2q/2", "--stat", "--name-only").code == 2


def test_json_of_one_and_of_two(stored: Stored) -> None:
    one = stored.call("diff", "k3v9x2q/2", "--json").of("patch")[0]
    assert (one["variation"], one["encoding"], one["patch"].encode()) == (2, "utf-8", stored.patches[1])
    two = stored.call("diff", "k3v9x2q/1", "k3v9x2q/2", "--json").of("difference")[0]
    assert (two["from"], two["to"]["variation"], two["alone"], two["left_out"]) == (
        {"run": "k3v9x2q", "variation": 1},
        2,
        False,
        [],
    )


def test_a_tool_sees_both_trees(stored: Stored, tmp_path: Path) -> None:
    for name, value in {"diff.tool": "list", "difftool.list.cmd": f'ls "$LOCAL" "$REMOTE" > {tmp_path}/seen'}.items():
        stored.scene.repository.git("config", name, value)
    assert stored.call("diff", "k3v9x2q/1", "k3v9x2q/2", "--tool").code == 0
    assert (tmp_path / "seen").read_text().split("\n\n")[1].splitlines()[1:] == ["a.py", "new file"]
    assert stored.call("diff", "k3v9x2q/2", "--tool").code == 0


def test_apply_undo_and_apply_again(stored: Stored) -> None:
    before = tree(stored.scene.top)
    done = stored.call("apply", "k3v9x2q/2")
    assert (done.code, done.out) == (0, b"")
    assert f"\napplied k3v9x2q/2 to {stored.scene.top}: 1 file, +2 −1." in done.err
    assert "already" in stored.call("apply", "k3v9x2q/2").err
    undone = stored.call("undo")
    assert (undone.code, undone.err) == (
        0,
        f"undid k3v9x2q/2: the files in {stored.scene.top} are as they were before\n",
    )
    assert tree(stored.scene.top) == before
    nothing = stored.call("undo")
    assert (nothing.code, nothing.err.splitlines()[1]) == (3, " hint: name another working tree with -C DIR")


def test_what_is_applied_is_what_was_chosen_where_nothing_is_selected(stored: Stored) -> None:
    assert stored.call("apply", "k3v9x2q/2", "--check").code == 0
    assert b"selected" not in stored.call("show", "k3v9x2q").out
    assert stored.call("apply", "k3v9x2q/2").code == 0
    assert b"selected k3v9x2q/2: applied" in stored.call("show", "k3v9x2q").out
    assert stored.call("apply", "k3v9x2q/1", "--branch", "other").code == 0
    assert b"selected k3v9x2q/2: applied" in stored.call("show", "k3v9x2q").out


def test_what_is_applied_is_told_until_it_is_undone(stored: Stored) -> None:
    applied = f"applied k3v9x2q/2 to {stored.scene.top}\n".encode()
    for words in (("show", "k3v9x2q"), ("compare", "k3v9x2q")):
        assert applied not in stored.call(*words).out
        assert stored.call("apply", "k3v9x2q/2").code == 0
        assert applied in stored.call(*words).out
        assert "aideator apply" not in stored.call("watch", "k3v9x2q").err, "it is no next step any more"
        assert stored.call("undo").code == 0
        assert applied not in stored.call(*words).out
        assert "aideator apply" in stored.call("watch", "k3v9x2q").err


def test_a_run_is_shown_from_a_folder_that_is_gone(stored: Stored, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    program = Path(sys.executable).with_name("aideator")
    script = f"mkdir {gone}; cd {gone}; rmdir {gone}; exec {program} show k3v9x2q"
    done = subprocess.run(["sh", "-c", script], env=dict(stored.terminal.environment), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"k3v9x2q/2" in done.stdout


def test_apply_tells_programs_what_it_did(stored: Stored) -> None:
    applied = stored.call("apply", "k3v9x2q/2", "--branch", "fix", "--json").of("applied")[0]
    assert applied == {
        "kind": "applied", "run": "k3v9x2q", "variation": 2, "folder": str(stored.scene.top), "branch": "fix",
        "commit": stored.scene.repository.git("rev-parse", "fix"), "check": False, "already": False, "conflicts": [], "left_out": [],
    }  # fmt: skip
    assert json.loads(stored.call("apply", "k3v9x2q/2", "--check", "--json").out)["check"] is True


def test_a_conflict_is_told_file_by_file_and_exits_8(stored: Stored) -> None:
    stored.scene.repository.commit({"a.py": "x = 3\n"})
    plain = stored.call("apply", "k3v9x2q/2")
    assert (plain.code, "HEAD is" in plain.err) == (8, True)
    done = stored.call("apply", "k3v9x2q/2", "--3way")
    assert done.code == 8
    assert done.err.splitlines()[:2] == ["warning: k3v9x2q/2 was not checked by pytest", "conflict in a.py"]
    assert "with conflicts in 1 file: resolve them and git add the files, or" in done.err


def test_a_run_alone_stands_for_the_one_that_is_selected(stored: Stored) -> None:
    which = stored.call("diff", "k3v9x2q")
    assert (which.code, which.err.splitlines()) == (
        2, ["error: k3v9x2q has 2 variations; name one", " hint: k3v9x2q/1 to k3v9x2q/2"],
    )  # fmt: skip
    assert stored.call("select", "k3v9x2q", "2").code == 0
    assert stored.call("diff", "k3v9x2q").out == stored.patches[1]
    assert stored.call("diff", "k3v9x2q/1").out == stored.patches[0]
    assert stored.call("diff", "k3v9x2q/1", "k3v9x2q").out == stored.call("diff", "k3v9x2q/1", "k3v9x2q/2").out


def test_a_run_alone_stands_for_the_only_one_with_a_patch(stored: Stored, tmp_path: Path) -> None:
    home = tmp_path / "another home"
    add_run(home, Told(b"", outcome="no_changes"), Told(change("a.py", "x = 1", "x = 2")), Told(outcome="failed"))
    user = User({**stored.user.environment, "AIDEATOR_HOME": str(home)}, [], stored.scene.top)
    assert user.call("diff", "k3v9x2q").out == change("a.py", "x = 1", "x = 2")
