"""Foreign text can't reach the terminal as anything but text."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from aideator_cli.text.clean import clean, cut, one_line


@given(st.text(st.characters()))
def test_nothing_that_controls_a_terminal_is_left(text: str) -> None:
    cleaned = clean(text)
    assert not [c for c in cleaned if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cs")]
    assert not set(cleaned) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u200b\ufeff"
    )


def test_an_escape_is_shown_as_a_sign() -> None:
    assert clean("\x1b]0;title\x07") == "␛]0;title␇"


def test_words_of_every_script_stay_as_they_are() -> None:
    text = "naïve Größe 日本語 עברית العربية 👩\u200d💻 e\u0301\tx\n"
    assert clean(text) == text


def test_one_line_is_one_line() -> None:
    assert one_line("a\nb\r\n\tc\u2028d") == "a b c�d"


def test_a_long_text_is_cut_where_its_room_ends() -> None:
    assert [cut("abcd", most) for most in (5, 4, 3, 1, 0)] == ["abcd", "abcd", "ab…", "…", ""]
