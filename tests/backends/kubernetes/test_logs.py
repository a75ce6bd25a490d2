"""A log is what the agent wrote; what stands between it and us is not."""

from typing import Any

import pytest

from aideator_cli.backends.base import Line, LogBroken, LogGone, LogNotReady, Remark
from aideator_cli.backends.kubernetes.logs import read_log
from aideator_cli.domain.attempts import Attempt
from aideator_cli.errors import AideatorError, ExitCode
from tests.backends.kubernetes.api_server import Answer, Fake, Handler, answering

ATTEMPT = Attempt("u-1", "k3v9x2q", 1, "2026-11-21T12:35:14Z", "agent-k3v9x2q-1-abcde")
STAMP = "2026-11-21T12:35:14.000000001Z"


def pieces(fake: Fake, *, follow: bool = True, since: str | None = None) -> list[Line | Remark]:
    read = read_log(fake.objects(), ATTEMPT, "agent", follow=follow, since=since)
    return [line for piece in read for line in piece]


def chunks(*parts: bytes, end: bytes = b"") -> Answer:
    def answer(handler: Handler) -> None:
        handler.begin()
        for part in parts:
            handler.chunk(part)
        handler.chunk(end) if end else handler.chunk(b"")

    return answer


def status(code: int, message: str) -> Answer:
    body: dict[str, Any] = {"kind": "Status", "message": message, "reason": "BadRequest", "code": code}
    return lambda handler: handler.json(code, body)


def test_lines_cut_anywhere_are_whole_again() -> None:
    text = f"{STAMP} one\n{STAMP} \n{STAMP} über\t\x1b[1m \r\n".encode()
    for size in (1, 2, 7, len(text)):
        parts = [text[i : i + size] for i in range(0, len(text), size)]
        with answering(chunks(*parts)) as fake:
            lines = pieces(fake)
        assert [line.raw for line in lines if isinstance(line, Line)] == [b"one", b"", "über\t\x1b[1m \r".encode()]
        assert {line.mark for line in lines if isinstance(line, Line)} == {STAMP}


def test_a_line_is_the_same_line_whatever_stands_beside_it() -> None:
    texts = [f"{STAMP} one", "2026-11-21T12:35:14.5+01:00 two", "kubelet's own words", f"{STAMP} ", f"{STAMP}", ""]
    alone = []
    for text in texts:
        with answering(chunks(f"{text}\n".encode())) as fake:
            alone += pieces(fake)
    with answering(chunks("".join(f"{text}\n" for text in texts).encode())) as fake:
        assert pieces(fake) == alone
    assert alone[:2] == [Line(b"one", STAMP), Line(b"two", "2026-11-21T11:35:14.500000000Z")]
    assert [type(line) for line in alone[2:]] == [Remark, Line, Remark, Remark]


def test_kubelets_own_words_are_remarks() -> None:
    words = b"unable to retrieve container logs for containerd://35e9a2bd"
    with answering(chunks(f"{STAMP} one\n".encode(), words)) as fake:
        assert pieces(fake) == [Line(b"one", STAMP), Remark(words.decode())]


def test_a_line_that_breaks_off_is_no_line() -> None:
    with answering(chunks(f'{STAMP} {{"seq":'.encode())) as fake:
        (only,) = pieces(fake)
    assert isinstance(only, Remark)
    assert '{"seq":' in only.text


def test_marks_sort_as_text_whatever_the_nodes_clock_writes() -> None:
    stamps = [
        "2026-11-21T13:35:14.5+01:00",
        "2026-11-21T12:35:14.75Z",
        "2026-11-21T12:35:15Z",
        "2026-11-21T07:35:16.1-05:00",
    ]
    with answering(chunks("".join(f"{stamp} x\n" for stamp in stamps).encode())) as fake:
        marks = [line.mark for line in pieces(fake) if isinstance(line, Line)]
    assert marks == sorted(str(mark) for mark in marks)
    assert marks[0] == "2026-11-21T12:35:14.500000000Z"


def test_reading_on_begins_a_little_before_the_newest_line() -> None:
    with answering(chunks()) as fake:
        pieces(fake, since="2026-11-21T12:35:14.999999999Z")
    assert "sinceTime=2026-11-21T12%3A35%3A12Z" in fake.requests[0]
    assert "follow=true" in fake.requests[0]


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (status(400, 'container "agent" in pod "x" is waiting to start: ContainerCreating'), LogNotReady),
        (lambda handler: handler.json(204, {}), LogNotReady),
        (status(404, 'pods "x" not found'), LogGone),
        (status(400, "container agent is not valid for pod x"), LogGone),
        (status(404, "the server could not find the requested resource ( pods/log x)"), LogBroken),
        (status(500, "kubelet is away"), LogBroken),
        (Handler.cut, LogBroken),
    ],
)
def test_a_log_that_can_not_be_read_says_in_which_way(answer: Answer, raised: type[Exception]) -> None:
    with answering(answer) as fake, pytest.raises(raised):
        pieces(fake)


def test_a_log_that_may_not_be_read_names_the_missing_rule() -> None:
    words = 'pods "x" is forbidden: User "jane" cannot get resource "pods/log" in API group "" in the namespace "team"'
    with answering(status(403, words)) as fake, pytest.raises(AideatorError) as told:
        pieces(fake)
    assert told.value.code == ExitCode.REFUSED
    assert 'resources: ["pods/log"], verbs: ["get"]' in (told.value.hint or "")


def test_a_stream_that_breaks_in_the_middle_gives_what_came_before() -> None:
    def breaks(handler: Handler) -> None:
        handler.begin()
        handler.chunk(f"{STAMP} one\n".encode())
        handler.cut()

    with answering(breaks) as fake:
        read = read_log(fake.objects(), ATTEMPT, "agent", follow=True, since=None)
        assert next(read) == [Line(b"one", STAMP)]
        with pytest.raises(LogBroken):
            next(read)
