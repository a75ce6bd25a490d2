"""Thoughts that a server leaves in the text are told from words, however the text is cut into pieces."""

from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aideator_agent.models.base import Say, Think
from aideator_agent.models.thoughts import Thoughts, without_thought

TEXT = "<think>\nIs a < b?\n</think>\n\nHello.\n<thinking>x</thinking>\nThe tag `<think>` opens\n```\n<think>\n```\na thought."


def split(*texts: str) -> list[tuple[type, str]]:
    thoughts = Thoughts()
    parts: list[Say | Think] = [part for text in texts for part in thoughts.feed(text)]
    parts += thoughts.rest()
    return [(kind, "".join(part.text for part in group)) for kind, group in groupby(parts, type)]


def test_thoughts_and_words_are_told_apart_and_tags_in_prose_are_words() -> None:
    assert split(TEXT) == [
        (Think, "Is a < b?\n"),
        (Say, "Hello.\n"),
        (Think, "x"),
        (Say, "The tag `<think>` opens\n```\n<think>\n```\na thought."),
    ]


@given(st.lists(st.integers(0, len(TEXT))))
def test_it_does_not_matter_how_the_text_is_cut(cuts: list[int]) -> None:
    ends = sorted({0, *cuts, len(TEXT)})
    whole, pieces = split(TEXT), split(*(TEXT[a:b] for a, b in pairwise(ends)))
    assert pieces == whole


@given(st.text(st.sampled_from("<think>/ing\n `~a"), max_size=100))
def test_nothing_is_lost_but_tags_and_line_breaks(text: str) -> None:
    kept = "".join(part for _, part in split(text))
    assert len(kept) <= len(text)
    if "think" not in text:
        assert kept == text


def test_a_thought_that_never_ends_is_a_thought() -> None:
    assert split("<think>", "on and", " on <") == [(Think, "on and on <")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Let me see.\n</think>\n\nHello.", "Hello."),  # the chat template has opened the thought
        ("The tag </think> ends a thought.", "The tag </think> ends a thought."),
        ("```\n</think>\n```\n", "```\n</think>\n```\n"),
    ],
)
def test_a_closing_tag_alone_on_its_line_ends_a_thought_that_the_server_has_opened(text: str, said: str) -> None:
    assert without_thought(text) == said
