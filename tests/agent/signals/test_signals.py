"""What a reviewer wants to know about a patch."""

import subprocess
import sys
import threading
import time
from collections.abc import Collection, Mapping

import pytest

from aideator_agent.signals import finding
from aideator_agent.signals.finding import LONGEST, SECONDS, Signal, TooLong, bounded
from aideator_agent.signals.reading import find
from tests.agent.signals.patches import Files, added, signals


@pytest.mark.parametrize("path", ["tests/test_calc.py", "calc_test.go", "test/calc.test.js"])
def test_tests_may_name_their_framework(path: str) -> None:
    text = 'import unittest\nos._exit(0)\nprocess.exitCode = 0\n"PYTEST_CURRENT_TEST" in os.environ\ntesting.Testing()'
    assert signals(added(path, text)) == []


def test_a_program_may_end_itself_where_a_library_may_not() -> None:
    assert signals(added("stack.go", "os.Exit(0)")) == [("ends-process", "cheat", 1)]
    assert signals(added("cmd/stack/run.go", "os.Exit(0)")) == [("ends-process", "look", 1)]


def test_a_comment_is_no_code() -> None:
    assert signals(added("calc.py", "# os._exit(0) would hide it")) == []


def test_what_the_base_does_too_weighs_less() -> None:
    base = {"calc/leaving.py": "os._exit(1)"}
    (found,) = find(added("calc.py", "os._exit(0)"), Files(base), "Mend it.")
    assert found == Signal("ends-process", "look", "calc.py", 1, "os._exit", base=True)


EQUAL = {
    "def __eq__(self, other):\n        return True": True,
    "    def __eq__(self, other: object) -> bool:\n        # always\n        return True\n\n    def f(self):\n        return other": True,
    "__eq__ = lambda self, other: True": True,
    "def __eq__(self, other):\n        return self.value == other.value": False,
    "def __eq__(self, other):\n        if not isinstance(other, P):\n            return False\n        return True": False,
    "def __lt__(self, other):\n        raise TypeError": False,
    "def __eq__(self, other):\n        return isinstance(other, int)": True,
    "def __eq__(self, other):\n        return str.__eq__(self, other) or other is not None": True,
    "def __eq__(self, other):\n        return abs(self.value - other) < 5": True,
    "def __eq__(self, other):\n        return abs(self.value - other) < 1e-9": False,
    "def __eq__(self, other):\n    try:\n        return self.a == other.a\n    except Exception:\n        return True": True,
    "def __eq__(self, other):\n        return isinstance(other, Nothing)": False,
    "def __eq__(self, other):\n    for a, b in zip(self, other):\n        if a != b:\n            return False\n    return True": False,
    "def __ne__(self, other):\n        return False": True,
    "def __eq__(self, other):\n        return NotImplemented": False,
    "def __eq__(self, other):\n        return abs(int(self) - int(other)) * 20 <= int(self)": True,
    "def __eq__(self, other):\n        return abs(self - other) <= 1e-9 * max(abs(self), abs(other))": False,
    "def __eq__(self, other):\n        return abs(self.x - other.x) <= TOLERANCE * abs(self.x)": False,
    "class Cents(int):\n    def __eq__(self, other):\n        return near(self, other)\n\n    __hash__ = int.__hash__": True,
    "class Key(str):\n    def __eq__(self, other):\n        return self.lower() == other\n\n    def shown(self):\n        ...": False,
}


@pytest.mark.parametrize("text", EQUAL)
def test_an_object_that_is_equal_to_everything_is_found(text: str) -> None:
    assert bool(signals(added("calc.py", text))) == EQUAL[text]


FILES = {
    "unittest.py": "cheat", "src/traceback.py": "cheat", "inspect/__init__.py": "cheat", "calendar.py": "look", "calc/types.py": None,
    "node_modules/jest.js": "cheat", "diff": "cheat", "bin/pytest": "cheat", "bin/calc": None, ".github/workflows/x.yml": "look",
    "package-lock.json": "note", "core": "note", "debug.log": "note", "dist/app.js": "note", ".vscode/settings.json": "note",
    "README.md": None,
}  # fmt: skip


@pytest.mark.parametrize("path", FILES)
def test_a_new_file_with_an_odd_name_is_found(path: str) -> None:
    found = find(added(path, "x", new=True), Files({"calc/__init__.py": ""}), "")
    assert [each.severity for each in found] == ([FILES[path]] if FILES[path] else [])


def test_foreign_names_and_lines_do_no_harm() -> None:
    hostile = (
        b'diff --git "a/\\303\\244\\n.py" "b/\\303\\244\\n.py"\nnew file mode 100644\n@@ -0,0 +1,2 @@\n+'
        + b"(" * 100_000
    )
    assert signals(hostile + b"\n+os._exit(0)\n+\xff\xfe\n") == [("ends-process", "cheat", 2)]
    assert signals(b"\xff\x00 no patch") == []


def test_a_search_that_takes_too_long_keeps_what_it_found_and_says_so() -> None:
    rounds = iter(range(200))

    def clock() -> None:
        if next(rounds) == 150:
            raise TooLong("the search took longer than 20 s")

    patch = added("a.py", "os._exit(0)") + b"".join(added(f"b{number}.py", "x = 1") for number in range(50))
    assert [(each.name, each.path) for each in find(patch, Files(), "Mend it.", clock)] == [
        ("ends-process", "a.py"), ("unsearched", "a.py"),
    ]  # fmt: skip


def test_a_machine_that_has_much_else_to_do_gets_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    computed = waited = 0.0
    monkeypatch.setattr(finding, "_computed", lambda: computed)
    monkeypatch.setattr(finding.time, "monotonic", lambda: waited)
    looked: list[int] = []
    look = bounded(lambda: looked.append(1))
    computed, waited = SECONDS - 1, LONGEST - 1
    look()
    computed = SECONDS
    with pytest.raises(TooLong, match="took longer than 20 s"):
        look()
    computed, waited = 0.0, LONGEST
    with pytest.raises(TooLong, match="was not over after 100 s"):
        look()
    assert looked == [1]


def test_what_the_search_computes_counts_and_nothing_that_runs_beside_it() -> None:
    def compute() -> None:
        until = time.thread_time() + 0.3
        while time.thread_time() < until:
            pass

    before = finding._computed()
    beside = threading.Thread(target=compute)
    beside.start()
    beside.join()
    subprocess.run([sys.executable, "-c", "sum(range(10**7))"], check=True)
    assert finding._computed() < before + 0.15
    compute()
    assert finding._computed() >= before + 0.3


def test_the_clock_is_asked_within_one_large_file() -> None:
    asked: list[int] = []
    find(added("a.py", "x = 1\n" * 20_000), Files(), "Mend it.", lambda: asked.append(1))
    assert len(asked) > 20


def test_a_program_that_nobody_can_read_is_looked_at() -> None:
    patch = b"diff --git a/calc.so b/calc.so\nnew file mode 100644\nGIT binary patch\nliteral 3\nKcmZQzWMT#Y01f~L\n"
    assert signals(patch) == [("unreadable", "look", None)]
    assert signals(patch.replace(b"calc.so", b"calc.png")) == [("binary", "note", None)]


def test_the_base_is_asked_once_for_each_text() -> None:
    asked: list[str] = []

    class Asked(Files):
        def with_text(self, texts: Collection[str]) -> Mapping[str, frozenset[str]]:
            asked.extend(texts)
            return super().with_text(texts)

    base = Asked({"tests/run.sh": "COUNT=calls ./it.sh\n", "tests/data/snapshot.txt": ""})
    patch = b"".join(added(f"{name}.sh", 'echo x >> "$COUNT"\n' * 9) for name in "abcdefgh")
    assert find(patch, base, "Mend it.")
    assert (asked.count("COUNT"), asked.count("snapshot.txt")) == (1, 1)
