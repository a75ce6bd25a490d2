"""A streamed answer arrives whole and at once, however the network cuts it into pieces."""

import threading
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aideator_cli.backends.kubernetes.client import ConnectionFailed
from tests.backends.kubernetes.api_server import Handler, answering


def chunked(parts: Sequence[bytes]) -> bytes:
    return b"".join(b"%x;note=1\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


class Sender:
    """Answers with these bytes, each segment by itself, and closes the connection."""

    def __init__(self, segments: Sequence[bytes]) -> None:
        self._segments = segments

    def __call__(self, handler: Handler) -> None:
        handler.begin()
        for segment in self._segments:
            handler.wfile.write(segment)
            handler.wfile.flush()
        handler.cut()


def cut(data: bytes, at: Sequence[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in at)})
    return [data[a:b] for a, b in pairwise(edges)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=300), max_size=20), st.lists(st.integers(0, 10_000), max_size=30))
def test_every_byte_arrives_wherever_the_network_cuts(parts: list[bytes], at: list[int]) -> None:
    with answering(Sender(cut(chunked(parts), at))) as fake:
        assert b"".join(fake.client().stream("/log", silence=20).chunks()) == b"".join(parts)


@pytest.mark.parametrize(
    "sent",
    [chunked([b"one\n"] * 3)[:-5], b"4\r\none\n\r\n4\r\none\n\r\n5\r\non", b"4\r\none\n\r\n8\r\none\none\n\r\nff"],
)
def test_what_came_before_a_stream_broke_off_is_given(sent: bytes) -> None:
    with answering(Sender([sent])) as fake:
        pieces = fake.client().stream("/log", silence=20).chunks()
        got = next(pieces)
        while len(got) < 8:
            got += next(pieces)
        with pytest.raises(ConnectionFailed):
            list(pieces)
    assert got.startswith(b"one\none\n")


@pytest.mark.parametrize("nonsense", [b"<html>\r\n", b"-4\r\nabcd\r\n", b"x" * 9000])
def test_what_is_no_chunk_breaks_the_stream(nonsense: bytes) -> None:
    with answering(Sender([nonsense])) as fake, pytest.raises(ConnectionFailed):
        list(fake.client().stream("/log", silence=20).chunks())


def test_a_line_is_given_as_soon_as_it_is_there() -> None:
    read = threading.Event()

    def waits(handler: Handler) -> None:
        for line in (b"one\n", b"two\n", b"three\n"):
            read.clear()
            handler.chunk(line)
            assert read.wait(10)
        handler.chunk(b"")

    def answer(handler: Handler) -> None:
        handler.begin()
        waits(handler)

    got = []
    with answering(answer) as fake:
        for piece in fake.client().stream("/log", silence=20).chunks():
            got.append(piece)
            read.set()
    assert got == [b"one\n", b"two\n", b"three\n"]


def test_an_answer_that_says_its_length_is_read_like_any_other() -> None:
    with answering(lambda handler: handler.json(200, {"a": "b" * 100_000})) as fake:
        assert len(b"".join(fake.client().stream("/log", silence=20).chunks())) > 100_000
