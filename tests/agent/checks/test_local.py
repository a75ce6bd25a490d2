"""Checks of an attempt on this machine, from the patch to what they say."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from aideator_agent.checks.verifier import ROOM
from aideator_agent.spec import Check, Limits
from tests.agent.checks.checking import BREAK, MEND, UNITTEST, edit, ran, write
from tests.agent.running import Agent, bash, spec_of, submit
from tests.fixtures.repositories import LocalRepository, git

CHECK = (Check("unit", UNITTEST),)


def test_a_right_patch_passes_where_the_base_failed(agent: Agent, repository: LocalRepository) -> None:
    record = agent.run(spec_of(str(repository.path), [MEND, submit()], checks=CHECK))
    assert record.outcome == ("succeeded", None, "")
    assert ran(record, "base") == [("unit", 1)]
    assert ran(record, "patch") == [("unit", 0)]
    assert ran(record, "restored") == []
    assert record.of("phase")[-1]["name"] == "verify"
    check = record.of("check")[-1]
    assert (check["command"], check["repeat"]) == (UNITTEST, 1)
    assert "OK" in check["tail"]
    assert check["seconds"] > 0
    assert not (agent.folder / "room").exists()


def test_tests_that_are_found_no_more_are_no_pass(agent: Agent, repository: LocalRepository) -> None:
    """Before Python 3.12 unittest exits with 0 then; the package's own file is no test, and so is not restored."""
    test = (repository.path / "test_calc.py").read_text()
    repository.commit({"calc/__init__.py": (repository.path / "calc.py").read_text(), "calc/test_calc.py": test})
    git(repository.path, "rm", "-q", "test_calc.py", "calc.py")
    repository.commit({})
    hides = "\n\ndef load_tests(*_):\n    import unittest\n    return unittest.TestSuite()\n"
    turns = [bash(f"cat >> calc/__init__.py << 'END'{hides}END"), submit()]
    record = agent.run(spec_of(str(repository.path), turns, checks=CHECK))
    assert (ran(record, "base"), ran(record, "patch"), ran(record, "restored")) == ([("unit", 1)], [("unit", 5)], [])
    assert record.of("check")[-1].get("reason", "no_tests") == "no_tests"


def test_a_test_whose_package_is_gone_is_found_again_on_the_restored_tree(
    agent: Agent, repository: LocalRepository
) -> None:
    """Without its folder's own file unittest passes it by, and all the other tests pass."""
    mended = (repository.path / "calc.py").read_text().replace("a - b", "a + b")
    failing = "import unittest\n\n\nclass More(unittest.TestCase):\n    def test_more(self):\n        self.fail()\n"
    repository.commit({"calc.py": mended, "more/__init__.py": "", "more/test_more.py": failing, "old/__init__.py": ""})
    turns = [bash("rm -r more/__init__.py old; echo > new"), submit()]
    record = agent.run(spec_of(str(repository.path), turns, checks=CHECK))
    assert (ran(record, "base"), ran(record, "patch"), ran(record, "restored")) == (
        [("unit", 1)],
        [("unit", 0)],
        [("unit", 1)],
    )
    assert record.of("patch")[-1]["config"] == ["more/__init__.py"]


def test_a_toolchain_in_the_users_home_is_found_and_the_home_is_a_new_one(
    agent: Agent, repository: LocalRepository
) -> None:
    """`cargo` of rustup does not start without it."""
    home = agent.folder / "home"
    (home / ".rustup").mkdir(parents=True)
    turns, checks = [bash("echo > new"), submit()], (Check("env", "echo $RUSTUP_HOME $NVM_DIR $HOME; ls -A ~"),)
    spec = spec_of(str(repository.path), turns, checks=checks, baseline=False)
    rustup, new = agent.run(spec, HOME=str(home), NVM_DIR="").of("check")[0]["tail"].split()
    assert (rustup, new == str(home)) == (f"{home}/.rustup", False)


def test_a_git_of_2022_makes_the_trees(agent: Agent, repository: LocalRepository) -> None:
    """`git apply --allow-empty` came with 2.35; Ubuntu 22.04 has 2.34. A mode alone is a patch without a line."""
    older = agent.folder / "older"
    older.mkdir()
    real = shutil.which("git")
    (older / "git").write_text(
        f'#!/bin/sh\ncase " $* " in *" apply "*" --allow-empty "*) exit 129 ;; esac\nexec {real} "$@"\n'
    )
    (older / "git").chmod(0o755)
    turns = [bash("chmod +x calc.py; touch empty"), submit()]
    checks = (Check("mode", "test -x calc.py && test -e empty"),)
    spec = spec_of(str(repository.path), turns, checks=checks, baseline=False)
    record = agent.run(spec, PATH=f"{older}:{os.environ['PATH']}")
    assert ran(record, "patch") == [("mode", 0)], record.outcome


def test_a_patch_that_breaks_another_test_fails(agent: Agent, repository: LocalRepository) -> None:
    record = agent.run(spec_of(str(repository.path), [MEND, BREAK, submit()], checks=CHECK))
    assert ran(record, "patch") == [("unit", 1)]
    assert "test_double" in record.of("check")[-1]["tail"]


def test_a_patch_that_deletes_the_failing_test_fails_once_the_test_is_back(
    agent: Agent, repository: LocalRepository
) -> None:
    """It changes nothing else, so the base's code meets the base's tests again."""
    turns = [edit("test_calc.py", "        self.assertEqual(add(1, 2), 3)\n", "        pass\n"), submit()]
    record = agent.run(spec_of(str(repository.path), turns, checks=CHECK))
    assert record.of("patch")[-1]["tests"] == ["test_calc.py"]
    assert ran(record, "patch") == [("unit", 0)]
    assert ran(record, "restored") == [("unit", 1)]


def test_what_the_restored_tree_holds(agent: Agent, repository: LocalRepository) -> None:
    """Changed and deleted files are as on the base, added ones are gone, and all else is the patch's."""
    repository.commit({"tests/a.py": "old\n", "tests/gone.py": "old\n", "tox.ini": "old\n"})
    turns = [
        bash(
            "echo new > tests/a.py; rm tests/gone.py; echo new > tests/added.py; echo new > tox.ini; echo new > conftest.py"
        ),
        bash("mkdir -p pkg; echo x > pkg/site.pth; mkdir tests/deep; echo x > tests/deep/b.py; echo new > calc.py"),
        submit(),
    ]
    checks = (Check("tree", "git ls-files | grep -v gitignore; cat tests/a.py tox.ini calc.py"),)
    record = agent.run(spec_of(str(repository.path), turns, checks=checks, baseline=False))
    on = {event["on"]: event["tail"].split() for event in record.of("check")}
    assert on["restored"] == ["calc.py", "test_calc.py", "tests/a.py", "tests/gone.py", "tox.ini", "old", "old", "new"]
    assert set(on["patch"]) >= {"conftest.py", "pkg/site.pth", "tests/added.py", "tests/deep/b.py"}
    patch = record.of("patch")[-1]
    assert patch["config"] == ["pkg/site.pth", "tox.ini"]
    assert patch["tests"] == ["conftest.py", "tests/a.py", "tests/added.py", "tests/deep/b.py", "tests/gone.py"]


def test_a_new_module_of_rust_stays_without_which_nothing_is_built(agent: Agent, repository: LocalRepository) -> None:
    repository.commit({"src/lib.rs": "mod known_test;\n", "src/known_test.rs": "old\n"})
    turns = [bash("echo new > src/tests.rs; echo new > src/known_test.rs; echo new > tests.rs"), submit()]
    checks = (Check("tree", "cat src/k*.rs src/t*.rs; ls t*.rs || true"),)
    record = agent.run(spec_of(str(repository.path), turns, checks=checks, baseline=False))
    on = {event["on"]: event["tail"].split()[:2] for event in record.of("check")}
    assert on == {"patch": ["new", "new"], "restored": ["old", "new"]}
    assert record.of("patch")[-1]["tests"] == ["src/known_test.rs", "tests.rs"]


def test_what_the_user_allows_to_change_is_not_restored(agent: Agent, repository: LocalRepository) -> None:
    repository.commit({"pyproject.toml": "old\n", "tests/a.py": "old\n"})
    turns = [bash("echo new > pyproject.toml; echo new > tests/a.py"), submit()]
    checks = (Check("tree", "cat pyproject.toml tests/a.py"),)
    asked = {"checks": checks, "baseline": False, "allow_change": ("*.toml",)}
    record = agent.run(spec_of(str(repository.path), turns, **asked))
    assert [event["tail"].split() for event in record.of("check")] == [["new", "new"], ["new", "old"]]
    patch = record.of("patch")[-1]
    assert (patch["allowed"], patch["config"], patch["tests"]) == (["pyproject.toml"], [], ["tests/a.py"])


def test_a_patch_that_changes_only_what_it_may_needs_no_restored_tree(
    agent: Agent, repository: LocalRepository
) -> None:
    turns = [bash("echo >> test_calc.py"), submit()]
    asked = {"checks": (Check("tree", "true"),), "baseline": False, "allow_change": ("test_calc.py",)}
    assert [event["on"] for event in agent.run(spec_of(str(repository.path), turns, **asked)).of("check")] == ["patch"]


def test_a_tree_holds_what_the_patch_makes_whatever_kind_of_change_it_is(
    agent: Agent, repository: LocalRepository
) -> None:
    """Binary files, modes, links, names in any bytes, line ends by .gitattributes, a file in a folder's place."""
    binary = bytes(range(256))
    repository.commit(
        {
            "bin": binary,
            "dir/file": "x\n",
            "crlf.txt": "a\r\nb\r\n",
            ".gitattributes": "*.bat text eol=crlf\n",
            "x.bat": "a\nb\n",
        }
    )
    commands = (
        "printf '\\000\\001' > new.bin; printf 'z' >> bin; chmod 755 calc.py; rm -r dir; echo y > dir; ln -s /etc/passwd link",
        "printf 'é' > \"$(printf 'n\\351\\tm')\"; printf 'c\\r\\n' >> crlf.txt; printf 'c\\r\\n' >> x.bat; : > empty; touch tests.py",
    )
    checks = (
        Check("equal", "git diff --exit-code --stat && test -z \"$(git status --porcelain | grep '^.[^ ]')\""),
        Check(
            "kept",
            "test -x calc.py && test -L link && test ! -d dir && test $(wc -c < bin) = 257 && grep -c $'\\r' x.bat crlf.txt",
        ),
    )
    record = agent.run(spec_of(str(repository.path), [*map(bash, commands), submit()], checks=checks, baseline=False))
    assert record.of("patch")[-1]["files"] == 11, record.of("check")
    assert ran(record, "patch") == [("equal", 0), ("kept", 0)], record.of("check")
    assert record.of("check")[1]["tail"] == "x.bat:3\ncrlf.txt:3\n"


def test_each_tree_is_new_with_a_home_and_a_temporary_folder_of_its_own(
    agent: Agent, repository: LocalRepository
) -> None:
    checks = (
        Check("tree", 'test ! -e ignored && test -z "$(ls -A ~; ls -A $TMPDIR)" && touch ignored ~/mine $TMPDIR/mine'),
        Check("clean", "git diff --exit-code && git status --porcelain"),
    )
    turns = [
        MEND,
        write("test_more.py", ""),
        bash("touch ignored; git config core.fsmonitor 'touch /tmp/never; false'"),
        submit(),
    ]
    record = agent.run(spec_of(str(repository.path), turns, checks=checks))
    assert [code for on in ("base", "patch", "restored") for _, code in ran(record, on)] == [0] * 6
    tails = {e["on"]: e["tail"] for e in record.of("check") if e["name"] == "clean"}
    assert tails == {"base": "", "patch": "M  calc.py\nA  test_more.py\n", "restored": "M  calc.py\n"}


def test_no_check_is_left_out_because_another_fails_or_hangs(agent: Agent, repository: LocalRepository) -> None:
    checks = (
        Check("hangs", "echo so far; sleep 600"),
        Check("fails", "echo broken >&2; exit 7"),
        Check("passes", "true"),
    )
    spec = spec_of(
        str(repository.path), [MEND, submit()], checks=checks, limits=Limits(check_seconds=0.5), baseline=False
    )
    record = agent.run(spec)
    assert ran(record, "patch") == [("hangs", None), ("fails", 7), ("passes", 0)]
    hangs, fails, _ = record.of("check")
    assert (hangs["reason"], hangs["tail"]) == ("timeout", "so far\n")
    assert fails["tail"] == "broken\n"
    assert record.outcome == ("succeeded", None, "")


def test_a_flaky_check_is_seen_through_when_it_is_repeated(agent: Agent, repository: LocalRepository) -> None:
    """It fails every second time: the home outlasts a repetition."""
    flaky = "echo x >> ~/runs; test $(wc -l < ~/runs) != 2"
    spec = spec_of(str(repository.path), [MEND, submit()], checks=(Check("flaky", flaky),), verify_repeat=3)
    record = agent.run(spec)
    assert [(e["repeat"], e["exit_code"]) for e in record.of("check") if e["on"] == "patch"] == [(1, 0), (2, 1), (3, 0)]
    assert ran(record, "base") == [("flaky", 0)]


def test_the_setup_runs_once_on_each_tree_before_the_checks(agent: Agent, repository: LocalRepository) -> None:
    spec = spec_of(
        str(repository.path), [MEND, submit()], checks=(Check("a", "test $(cat built) = 1 && echo 2 > built2"), Check("b", "cat built2")),
        setup=("test ! -e built", "echo 1 > built"),
    )  # fmt: skip
    record = agent.run(spec)
    assert ran(record, "base") == ran(record, "patch") == [("a", 0), ("b", 0)]


def test_a_setup_that_fails_on_the_base_is_told_and_on_the_patch_no_check_passes(
    agent: Agent, repository: LocalRepository
) -> None:
    spec = spec_of(str(repository.path), [MEND, submit()], checks=CHECK, setup=("true", "echo no compiler; exit 3"))
    record = agent.run(spec)
    assert ran(record, "patch") == [("setup", 3)]
    assert record.of("check")[-1]["tail"] == "no compiler\n"
    assert "no results for the unchanged base: the setup failed on it" in record.notices("warning")


def test_work_that_ran_into_a_limit_is_checked_too(agent: Agent, repository: LocalRepository) -> None:
    spec = spec_of(str(repository.path), [MEND, bash("sleep 600")], checks=CHECK, limits=Limits(seconds=2.0))
    record = agent.run(spec)
    assert record.outcome == ("limit", None, "time")
    assert ran(record, "patch") == [("unit", 0)]


def test_an_attempt_without_a_patch_checks_nothing_and_waits_for_no_baseline(
    agent: Agent, repository: LocalRepository
) -> None:
    record = agent.run(spec_of(str(repository.path), [submit()], checks=(Check("long", "sleep 600"),)))
    assert record.outcome[0] == "no_changes"
    assert record.of("check") == []
    assert "ended before the checks had run" in record.notices("info")
    assert record.end["totals"]["seconds"] < 30
    assert not (agent.folder / "room").exists()


def test_an_attempt_without_a_patch_checks_the_base_where_others_need_it(
    agent: Agent, repository: LocalRepository
) -> None:
    alone = spec_of(str(repository.path), [submit()], checks=(Check("unit", "sleep 2; false"),))
    first = alone.variations[0]
    record = agent.run(replace(alone, variations=(first, replace(first, number=2))))
    assert record.outcome[0] == "no_changes"
    assert ran(record, "base") == [("unit", 1)]


def test_a_second_variation_leaves_the_base_to_the_first(agent: Agent, repository: LocalRepository) -> None:
    spec = spec_of(str(repository.path), [MEND, submit()], checks=CHECK)
    variation = spec.variations[0]
    both = spec_of(
        str(repository.path),
        [MEND, submit()],
        checks=CHECK,
        variations=(variation, type(variation)(2, variation.model)),
    )
    record = agent.run(both, AIDEATOR_VARIATION="2")
    assert ran(record, "base") == []
    assert ran(record, "patch") == [("unit", 0)]


@pytest.mark.parametrize("at", ["base", "patch"])
def test_told_to_stop_while_checks_run_it_stops_at_once_and_keeps_the_patch(
    agent: Agent, repository: LocalRepository, at: str
) -> None:
    marker = agent.folder / "runs"
    check = Check("long", f"touch {marker}; sleep 600")
    turns = [MEND, *([bash(f"until test -e {marker}; do sleep 0.05; done; sleep 600")] if at == "base" else [submit()])]
    spec = spec_of(str(repository.path), turns, checks=(check,), baseline=at == "base")
    with agent.start(spec) as running:
        running.until(lambda e: e["type"] == "phase" and e["name"] == ("work" if at == "base" else "verify"))
        while not marker.exists():
            assert running.process.poll() is None
        running.terminate()
        record = running.finish()
    assert record.outcome[0] == "cancelled"
    assert record.code == 143
    assert b"a + b" in record.patch
    assert record.of("check") == []


def test_a_tree_whose_git_was_poisoned_harms_nothing(agent: Agent, repository: LocalRepository) -> None:
    """A check writes traps into its tree's `.git`; nothing of ours runs git there afterwards."""
    sprung = agent.folder / "sprung"
    trap = f"git config core.fsmonitor 'touch {sprung}; false'; printf '#!/bin/sh\\ntouch {sprung}\\n' > .git/hooks/post-checkout;"
    checks = (
        Check(
            "poison", f"mkdir -p .git/hooks; {trap} chmod +x .git/hooks/*; git config filter.x.smudge 'touch {sprung}'"
        ),
    )
    turns = [MEND, write("test_more.py", ""), submit()]
    record = agent.run(spec_of(str(repository.path), turns, checks=checks, verify_repeat=2))
    assert [code for on in ("base", "patch", "restored") for _, code in ran(record, on)] == [0] * 5
    assert not sprung.exists()


def test_checks_of_many_words_stay_within_the_log(agent: Agent, repository: LocalRepository) -> None:
    checks = tuple(Check(f"c{n}", "yes 'words \x1b[31m ☃' | head -c 300000; : " + "x" * 5000) for n in range(20))
    record = agent.run(spec_of(str(repository.path), [MEND, submit()], checks=checks, verify_repeat=10, baseline=False))
    assert len(record.of("check")) == 200
    assert sum(len(json.dumps(e)) for e in record.of("check")) < ROOM / 3


def test_what_a_check_leaves_running_is_ended(agent: Agent, repository: LocalRepository, tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    checks = (
        Check(
            "daemon",
            f"(setsid sh -c 'while :; do date +%N > {beat}; sleep 0.01; done' >/dev/null 2>&1 &); until test -e {beat}; do :; done",
        ),
    )
    agent.run(spec_of(str(repository.path), [MEND, submit()], checks=checks))
    beat.unlink()
    agent.run(spec_of(str(repository.path), [submit()]))
    assert not beat.exists()
