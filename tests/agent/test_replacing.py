"""str_replace: what a model meant, but never a guess between two."""

import pytest

from aideator_agent.replacing import NoReplacement, replaced

TEXT = "def f():\n    if x:\n        return 1\n    return 2\n\n\ndef g():\n\treturn 3\n"


@pytest.mark.parametrize(
    ("text", "old", "new", "result"),
    [
        ("a b c", "b", "X", "a X c"),
        ("a\nb\nc\n", "a\nb\n", "", "c\n"),
        ("aa.bb", "a.b", "\\1", "a\\1b"),
        ("one\r\ntwo\r\n", "one\ntwo\n", "1\n2\n", "1\r\n2\r\n"),
        ("one\r\ntwo\r\n", "two", "2", "one\r\n2\r\n"),
        (
            "    x = 1   \n    y = 2\n",
            "x = 1\ny = 2",
            "x = 3\nif y:\n    y = 4",
            "    x = 3\n    if y:\n        y = 4\n",
        ),
        ("\tx = 1\n", "  x = 1", "  x = 2", "\tx = 2\n"),
        ("x  =  1", "x = 1", "x = 2", "x = 2"),
        ("a\n  b\n", "\nb\n\n", "c", "a\n  c\n"),
        ("a\n  b\nc\n", "b\n", "", "a\n  c\n"),
        ("x =  1\r\ny\r\n", "x = 1", "x = 2\nz", "x = 2\r\nz\r\ny\r\n"),
        ("a\udcff b\n", "b", "c", "a\udcff c\n"),
    ],
)
def test_the_text_is_found_whitespace_apart_and_fits_in(text: str, old: str, new: str, result: str) -> None:
    assert replaced(text, old, new) == result


@pytest.mark.parametrize(
    ("text", "old", "new", "words"),
    [
        ("a a", "a", "b", "found 2 times"),
        ("aaa", "aa", "b", "found 2 times"),
        ("x =  1\nx  = 1\n", "x = 1", "y", r"found 2 times \(whitespace apart\)"),
        ("a", "", "b", "empty"),
        ("a", "a", "a", "the same"),
        ("a", "   \n", "b", "whitespace"),
        ("a", "something else entirely", "b", "not found"),
        (TEXT, "        return 11", "x", "Did you mean this, at line 3"),
    ],
)
def test_what_is_not_clear_is_refused_with_the_reason(text: str, old: str, new: str, words: str) -> None:
    with pytest.raises(NoReplacement, match=words):
        replaced(text, old, new)
