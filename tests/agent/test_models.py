"""Turns put together from deltas, and when a model is asked again; without a provider."""

import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from aideator_agent.interrupts import Interrupts
from aideator_agent.models.assembly import Assembly
from aideator_agent.models.base import CutTurn, KeyRefused, ModelError, Piece, RateLimited, Say, parse_arguments
from aideator_agent.models.provider_errors import translated
from aideator_agent.models.retry import asking, pause
from aideator_agent.verdict import Ended


def delta(index: int, arguments: str = "", *, id_: str | None = None, name: str | None = None) -> dict[str, object]:
    return {"tool_calls": [{"index": index, "id": id_, "function": {"name": name, "arguments": arguments}}]}


def test_two_calls_with_one_index_stay_two() -> None:
    assembly = Assembly()
    for piece in (delta(0, '{"a"', id_="x", name="bash"), delta(0, ": 1}"), delta(0, '{"b": 2}', id_="y", name="bash")):
        assembly.take(piece)
    assert [(c.id, c.arguments) for c in assembly.calls()] == [("x", {"a": 1}), ("y", {"b": 2})]


def test_calls_whose_pieces_alternate_are_told_apart_by_index() -> None:
    assembly = Assembly()
    pieces = [
        delta(0, '{"a"', id_="x", name="f"),
        delta(1, '{"b"', id_="y", name="g"),
        delta(0, ": 1}"),
        delta(1, ": 2}"),
    ]
    for piece in pieces:
        assembly.take(piece)
    assert [(c.tool, c.arguments) for c in assembly.calls()] == [("f", {"a": 1}), ("g", {"b": 2})]


def test_an_id_that_is_repeated_or_missing_does_no_harm() -> None:
    assembly = Assembly()
    for piece in (delta(0, "{", id_="x", name="f"), delta(0, "}", id_="x", name="f"), delta(1, "", name="g")):
        assembly.take(piece)
    assert [(c.id, c.tool, c.arguments) for c in assembly.calls()] == [("x", "f", {}), ("call_2", "g", {})]


def test_half_a_call_is_a_cut_turn() -> None:
    assembly = Assembly()
    assembly.take(delta(0, '{"command": "ls', id_="x", name="bash"))
    with pytest.raises(CutTurn, match="bash"):
        assembly.calls()


def test_signed_thoughts_are_kept_whole_and_once_for_the_next_request() -> None:
    assembly = Assembly()
    for block in (
        {"type": "thinking", "thinking": "Let ", "signature": None},
        {"type": "thinking", "thinking": "me see.", "signature": ""},
        {"type": "thinking", "thinking": "", "signature": "signed"},
        {"type": "redacted_thinking", "data": "xyz"},
        {"type": "thinking", "thinking": "And.", "signature": None},
        {"type": "thinking", "thinking": "And.", "signature": "2"},
    ):
        assembly.take({"thinking_blocks": [block], "reasoning_content": block.get("thinking")})
    assert assembly.message(())["thinking_blocks"] == [
        {"type": "thinking", "thinking": "Let me see.", "signature": "signed"},
        {"type": "redacted_thinking", "data": "xyz"},
        {"type": "thinking", "thinking": "And.", "signature": "2"},
    ]


@pytest.mark.parametrize("text", ["[1]", "nonsense", '{"a": ', "[" * 100_000, '{"a":' * 50 + "1" + "}" * 50])
def test_arguments_are_an_object_of_sensible_depth(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_arguments(text)


class Provider:
    def __init__(self, *faults: ModelError) -> None:
        self.faults = list(faults)
        self.asked = 0

    def turn(self) -> Iterator[Piece]:
        self.asked += 1
        if self.faults:
            raise self.faults.pop(0)
        yield Say("here")


def test_a_fault_that_passes_is_told_and_asked_again_as_soon_as_the_provider_likes() -> None:
    provider, told = Provider(RateLimited("slow down", 0.2), RateLimited("again", 0.0)), list[str]()
    began = time.monotonic()
    assert list(asking(provider.turn, Interrupts(60), told.append)) == [Say("here")]
    assert time.monotonic() - began >= 0.2
    assert [t.split(";")[0] for t in told] == ["slow down", "again"]


def test_it_is_asked_again_six_times_and_no_more() -> None:
    provider = Provider(*(RateLimited("no", 0.0) for _ in range(9)))
    with pytest.raises(RateLimited):
        list(asking(provider.turn, Interrupts(60), lambda _: None))
    assert provider.asked == 7


def test_a_fault_that_stays_is_not_asked_about_again() -> None:
    provider = Provider(KeyRefused("no"))
    with pytest.raises(KeyRefused):
        list(asking(provider.turn, Interrupts(60), lambda _: None))
    assert provider.asked == 1


def test_waiting_counts_against_the_time_limit() -> None:
    provider, began = Provider(RateLimited("in an hour", 3600.0)), time.monotonic()
    with pytest.raises(Ended) as ended:
        list(asking(provider.turn, Interrupts(0.3), lambda _: None))
    assert ended.value.verdict.reason == "time"
    assert time.monotonic() - began < 5


def test_pauses_grow_and_differ() -> None:
    assert 0.5 <= pause(1, None) <= 1.0
    assert 16 <= pause(6, None) <= 32
    assert pause(40, None) == 60.0
    assert len({pause(3, None) for _ in range(20)}) > 1
    assert pause(1, 5.0) >= 5.0


class _Answer:
    def __init__(self, **headers: str) -> None:
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class _RateLimitError(Exception):
    status_code = 429

    def __init__(self, response: _Answer) -> None:
        super().__init__("litellm.RateLimitError: RateLimitError: OpenAIException - slow down")
        self.response = response


def test_retry_after_is_a_number_or_a_date() -> None:
    def after(value: str) -> float | None:
        error = translated(_RateLimitError(_Answer(retry_after=value)))
        assert isinstance(error, RateLimited)
        assert str(error) == "the provider limits the rate: slow down"
        return error.retry_after

    assert after("12") == 12
    assert after("1.5") == 1.5
    assert after("soon") is None
    assert after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert (after("Wed, 21 Oct 2099 07:28:00 GMT") or 0) > 10**9


def test_who_does_not_answer_is_named_in_plain_words() -> None:
    request = httpx.Request("POST", "http://localhost:9/v1/chat/completions")

    def words(cause: OSError) -> str:
        return str(translated(_caused(_NoConnection(), httpx.ConnectError("no", request=request), cause)))

    assert words(ConnectionRefusedError(111, "Connection refused")) == "nothing listens at localhost:9"
    unknown = socket.gaierror(-2, "Name or service not known")
    assert words(unknown) == "the host localhost:9 is not found (Name or service not known)"
    assert words(OSError(101, "Network is unreachable")) == "localhost:9 can't be reached (Network is unreachable)"


def test_a_connection_that_broke_is_not_told_as_one_that_never_was() -> None:
    request = httpx.Request("POST", "http://localhost:9/v1/chat/completions")
    broken = _caused(
        _NoConnection(), httpx.ReadError("", request=request), ConnectionResetError(104, "Connection reset by peer")
    )
    assert "reached" not in str(translated(broken))


def test_errors_that_cause_each_other_are_told_once() -> None:
    one, other = _NoConnection(), OSError(5, "Input/output error")
    one.__cause__, other.__context__ = other, one
    assert "it is down" in str(translated(one))


def test_litellm_s_own_words_are_left_out() -> None:
    told: list[str] = []
    list(asking(Provider(translated(_NoConnection())).turn, Interrupts(60), told.append))
    assert told[0].startswith("the provider failed: it is down; trying again in ")


class _NoConnection(Exception):
    def __init__(self) -> None:
        super().__init__(
            "litellm.InternalServerError: AnthropicException - it is down. Handle with `litellm.InternalServerError`."
        )


def _caused(error: Exception, *causes: Exception) -> Exception:
    at: BaseException = error
    for cause in causes:
        at.__cause__ = cause
        at = cause
    return error
