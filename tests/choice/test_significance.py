"""What counts in a source line."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aideator_cli.choice.significance import language

PIECES = (
    "a",
    "bc",
    "7",
    " ",
    "  ",
    "=",
    "+",
    "(",
    ")",
    "#",
    "# ",
    " #!",
    "//",
    " // ",
    "///",
    "/",
    "'",
    '"',
    "-",
    "--",
    "[[",
    "!",
    "<",
    "|",
    ":",
    "$",
    "\\",
    "{",
    ",",
)
LINES = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)
PATHS = (
    "x.py",
    "x.js",
    "x.go",
    "x.sh",
    "x.c",
    "x.rb",
    "x.yaml",
    "x.css",
    "x.sql",
    "x.lua",
    "x.rs",
    "x.tf",
    "x.erl",
    "x.php",
    "x.json",
    "x.md",
    "x.unknown",
    "Makefile",
)


@pytest.mark.parametrize(
    ("path", "one", "other"),
    [
        ("x.css", ".a .b", ".a.b"),
        ("x.css", "a :hover", "a:hover"),
        ("x.sh", "x = 1", "x=1"),
        ("x.yaml", "a: -b", "a: - b"),
        ("x.rb", "f [1]", "f[1]"),
        ("x.c", "a + +b", "a ++b"),
        ("x.go", "a & &b", "a && b"),
    ],
)
def test_blanks_that_mean_something_count(path: str, one: str, other: str) -> None:
    assert not language(path).same(one, other)
    assert language(path).line(one) != language(path).line(other)


@pytest.mark.parametrize(
    ("path", "one", "other"),
    [
        ("x.py", "f( ( a,b ) )", "f((a, b))"),
        ("x.c", "x = -1", "x=-1"),
        ("x.js", "a = b  +  c", "a=b+c"),
        ("x.sh", "echo  a", "echo a"),
    ],
)
def test_blanks_that_mean_nothing_do_not_count(path: str, one: str, other: str) -> None:
    assert language(path).same(one, other)
    assert language(path).line(one) == language(path).line(other)


@pytest.mark.parametrize("path", PATHS)
@settings(max_examples=150, deadline=None)
@example(one="", other="--", comment="")
@example(one="a", other="a -- b", comment="")
@example(one="", other="//!a", comment="")
@example(one="-a . b", other="-a.b", comment="")
@given(one=LINES, other=LINES, comment=st.sampled_from(("", "# why", " # why", " // why", "  #x", " #!x")))
def test_the_short_way_to_compare_two_lines_finds_what_the_lexer_finds(
    path: str, one: str, other: str, comment: str
) -> None:
    how = language(path)
    for left, right in ((one, other), (one, one + comment), (other + comment, one + comment)):
        assert how.same(left, right) == (how.line(left) == how.line(right)), (left, right)
