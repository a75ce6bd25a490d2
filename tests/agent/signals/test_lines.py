"""A patch with many lines that nearly match is read as quickly as another one: nothing is read again from each of them."""

import pytest

from tests.agent.signals.patches import added, signals

LINES = 4_000
BASE = {"tests/test_it.py": "wrap('Hello, 2 worlds')\n", **{f"testdata/{number}.txt": "" for number in range(100)}}
NEARLY: dict[str, tuple[str, str]] = {  # what the lines follow, and the lines
    "a.py": ("", "x = t[len(text)]"),
    "b.py": ("T = {\n    527: 'a',\n    713: 'b',\n}", "ord(x)"),
    "c.py": ("", "date.now(x"),
    "A.java": ("", "public boolean equals(Object o) {"),
    "a.rs": ("", "fn eq(&self, other: &str) -> bool {"),
    "a.go": ("", "//go:embed x y z"),
    "a.sh": ("case ${1##*/} in", " "),
}


@pytest.mark.parametrize("path", NEARLY)
def test_lines_that_nearly_match_are_each_read_once(path: str) -> None:
    first, line = NEARLY[path]
    assert signals(added(path, "\n".join([first, *[line] * LINES, "x"])), BASE) is not None


def test_a_patch_with_thousands_of_names_and_values_is_read_once() -> None:
    for line in ("a{} += 1", "a{} = {}", "x = a{}; a{} += 1; return 'b{}'"):
        text = "\n".join(line.format(*[number] * 3) for number in range(LINES))
        assert signals(added("a.py", text), BASE) is not None, line


def test_a_line_full_of_what_nearly_matches_is_read_once() -> None:
    for line in ("777: x ", '>"', "< ", "/[", '$("x" "'):
        assert signals(added("a.js", "\n".join([line * 300] * 4)), BASE) is not None, line
