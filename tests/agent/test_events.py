"""The record that an agent leaves: lines that everything can carry, within a bound, without a key in them."""

import itertools
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aideator_agent import pieces
from aideator_agent.emitter import CLOSING_BYTES, Emitter
from aideator_agent.keys import Redactor
from aideator_agent.protocol import LINE_BYTES, OUTPUT_BYTES
from aideator_agent.spec import Limits
from aideator_agent.stream import Stream
from aideator_agent.verdict import Ended
from tests.agent.running import Agent, bash, call, spec_of, submit
from tests.fixtures.repositories import LocalRepository

KEY = "ghp_0123456789abcdef"
ODD = ["plain", "ü" * 9000, "😀" * 9000, "\0\x1b" * 9000, '"\\' * 9000, "a😀" * 9000, "\ud83d lone", "", "\n" * 20000]


class Log:
    """An emitter that writes into a file, and its records."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.path = path
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.emitter = Emitter(self.fd, Redactor([KEY]), **options)

    def records(self) -> list[dict[str, Any]]:
        lines = self.path.read_bytes().splitlines(keepends=True)
        assert all(len(line) <= LINE_BYTES and line.isascii() for line in lines)
        records = [json.loads(line) for line in lines]
        assert [r["seq"] for r in records] == list(range(len(records)))
        return records

    def text(self, type_: str) -> str:
        return "".join(r["text"] for r in self.records() if r["type"] == type_)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = Log(tmp_path / "log")
    yield log
    log.emitter.end()
    os.close(log.fd)


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_any_text_comes_through_whole_in_lines_that_fit(log: Log, text: str) -> None:
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    stream = Stream(log.emitter, "say", "words")
    for start in range(0, len(text), 700):
        stream.feed(text[start : start + 700])
    assert stream.close() == 0
    log.emitter.notice("info", text)
    log.emitter.emit("call", step=1, id="c", tool="bash", arguments={"command": text})
    assert log.text("say") == whole
    assert log.text("notice") == whole
    calls = [r for r in log.records() if r["type"] == "call"]
    arguments = calls[0]["arguments"] if "arguments" in calls[0] else json.loads("".join(c["text"] for c in calls))
    assert arguments == {"command": whole}
    assert [c.get("part", 1) for c in calls] == list(range(1, len(calls) + 1))


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_a_text_is_split_without_loss_and_nearly_without_waste(text: str) -> None:
    split = pieces.split(text, 4000)
    sizes = [len(pieces.encoded(piece)) - 2 for piece in split]
    assert "".join(split) == text
    assert max(sizes) <= 4000
    assert all(size > 3600 for size in sizes[:-1])


def test_a_long_summary_is_cut_where_it_must_be_and_marked(log: Log) -> None:
    log.emitter.end(outcome="failed", fault=None, reason="r" * 9000, summary="s" * 9000, totals={}, base=None)
    end = log.records()[-1]
    assert end["summary"].endswith("[cut]")
    assert end["reason"].endswith("[cut]")
    assert len(end["summary"]) > 1000


def test_numbers_that_json_does_not_know_become_words(log: Log) -> None:
    log.emitter.emit("call", step=1, id="c", tool="t", arguments={"a": float("nan"), "b": [float("inf")]})
    assert log.records()[0]["arguments"] == {"a": "nan", "b": ["inf"]}


def test_a_key_is_redacted_everywhere_also_in_pieces(log: Log) -> None:
    emitter = log.emitter
    emitter.emit("call", step=1, id="c", tool="bash", arguments={"command": f"echo {KEY}", "x": [{KEY: KEY}]})
    emitter.notice("info", f"with {KEY} in it")
    emitter.emit("sent", step=1, sha256="0", text=json.dumps({"content": "x" * 9000 + KEY + "y" * 9000}))
    stream = Stream(emitter, "output", "output", step=1, id="c")
    for letter in f"a{KEY}b{KEY[:9]} c":
        stream.feed(letter)
        emitter.notice("debug", "between")
    stream.close()
    assert KEY not in log.path.read_text()
    assert log.text("output") == f"a[redacted]b{KEY[:9]} c"
    assert log.text("sent").count("[redacted]") == 1


def test_small_pieces_are_joined_but_the_first_comes_at_once_and_none_comes_late(log: Log) -> None:
    stream = Stream(log.emitter, "say", "words")
    stream.feed("first ")
    assert log.text("say") == "first "
    began = time.monotonic()
    while time.monotonic() - began < 0.55:
        stream.feed(".")
        time.sleep(0.001)
    said = [r for r in log.records() if r["type"] == "say"]
    assert 4 <= len(said) <= 8
    stream.feed("late")
    deadline = time.monotonic() + 5
    while not log.text("say").endswith("late"):
        assert time.monotonic() < deadline
    stream.close()


def test_silence_is_broken_by_a_beat(tmp_path: Path) -> None:
    log = Log(tmp_path / "beats", beat_seconds=0.05)
    deadline = time.monotonic() + 10
    while len([r for r in log.records() if r["type"] == "beat"]) < 3:
        assert time.monotonic() < deadline
    log.emitter.end()
    assert log.records()[-1]["type"] == "end"


def test_records_of_several_threads_do_not_mix(log: Log) -> None:
    def speak(number: int) -> None:
        for i in range(200):
            log.emitter.emit("done", step=number, id=str(i), text="x" * (i * 30 % 5000))

    threads = [threading.Thread(target=speak, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(log.records()) == 1000


def test_after_the_end_there_is_nothing(log: Log) -> None:
    log.emitter.end()
    log.emitter.notice("info", "too late")
    assert [r["type"] for r in log.records()] == ["end"]


def test_past_its_share_an_output_is_cut_to_head_and_tail(tmp_path: Path) -> None:
    log = Log(tmp_path / "log", bound=CLOSING_BYTES + 200_000)
    missing = []
    for step in range(30):
        stream = Stream(log.emitter, "output", "the output", step=step, id="c")
        stream.feed(f"head {step} " + "x" * 20_000)
        stream.feed("y" * 20_000 + f" tail {step}")
        missing.append(stream.close())
    outputs = {
        step: [r["text"] for r in log.records() if r["type"] == "output" and r["step"] == step] for step in range(30)
    }
    assert missing[0] == 0
    assert len("".join(outputs[0])) == 40_000 + len("head 0  tail 0")
    cut = next(step for step in range(1, 30) if missing[step] > 30_000)
    assert outputs[cut][0].startswith(f"head {cut} ")
    assert outputs[cut][-1].endswith(f" tail {cut}")
    assert len("".join(outputs[cut])) + missing[cut] == 40_000 + len(f"head {cut}  tail {cut}")
    assert "left out of the log here" in log.text("notice")


def test_a_full_log_ends_the_work_and_keeps_room_for_what_must_come(tmp_path: Path) -> None:
    log = Log(tmp_path / "log", bound=CLOSING_BYTES + 20_000)
    with pytest.raises(Ended) as ended:
        _count_for_ever(log.emitter)
    assert (ended.value.verdict.outcome, ended.value.verdict.reason) == ("limit", "output")
    log.emitter.patch("utf-8", "x" * 100_000, sha256="")
    log.emitter.end()
    assert len(log.text("patch")) == 100_000


def _count_for_ever(emitter: Emitter) -> None:
    for step in itertools.count():
        emitter.emit("usage", step=step, input=1)


def test_floods_stay_within_the_bound_with_the_whole_patch(agent: Agent, repository: LocalRepository) -> None:
    flood = "yes $(printf '\\001%.0s' $(seq 200)) | head -c 3000000; echo; echo the end {}"
    big = {"calls": [call("write_file", path="big.txt", content="0123456789\n" * 400_000)]}
    words = {"say": "many words " * 20_000}
    turns = [
        *(bash(flood.format(n)) for n in range(12)),
        *(t for n in range(4) for t in (words, bash(f"echo {n}"))),
        big,
        submit(),
    ]
    record = agent.run(spec_of(str(repository.path), turns, limits=Limits(steps=1000)))
    assert record.outcome == ("succeeded", None, "")
    assert len(record.patch) > 4_400_000
    assert sum(map(len, record.lines)) <= OUTPUT_BYTES
    first, last = record.of("done")[0], record.of("done")[11]
    assert 3_000_000 - 256 * 1024 < first["truncated"] < 3_000_000
    assert last["truncated"] > 2_990_000
    assert [e["text"] for e in record.of("output") if e["step"] == 12][-1].endswith("the end 11\n")


def test_output_that_is_no_utf_8_is_shown_with_marks(agent: Agent, repository: LocalRepository) -> None:
    command = r"printf 'a\377b'; printf '\303'; sleep 0.2; printf '\274'; printf '\360\237'"
    record = agent.run(spec_of(str(repository.path), [bash(command), submit()]))
    assert record.text("output") == "a\ufffdbü\ufffd"


def test_a_long_output_reaches_the_model_as_head_and_tail(agent: Agent, repository: LocalRepository) -> None:
    record = agent.run(spec_of(str(repository.path), [bash("seq 10000; exit 4"), submit()]))
    sent = json.loads("".join(e["text"] for e in record.of("sent") if e["step"] == 2))["content"]
    assert record.text("output") == "".join(f"{n}\n" for n in range(1, 10001))
    assert sent.startswith("1\n2\n3\n")
    assert sent.endswith("9999\n10000\n[exit code 4]")
    assert "38,894 characters are left out here" in sent
    assert len(sent) < 10_200


def test_the_hash_of_a_request_is_told_with_what_it_adds(agent: Agent, repository: LocalRepository) -> None:
    sent = agent.run(spec_of(str(repository.path), [bash("echo 1"), bash("echo 2"), submit()])).of("sent")
    assert [e["step"] for e in sent] == [1, 2, 3]
    assert len({e["sha256"] for e in sent}) == 3
    assert "Make it right." in sent[0]["text"]
    assert "Make it right." not in sent[1]["text"]


def test_a_key_never_shows_whoever_prints_it(afresh: Agent, repository: LocalRepository) -> None:
    reveal = (
        f"cat /proc/$PPID/environ /proc/self/environ | tr '\\0' '\\n'; printf {KEY[:8]}; sleep 0.3; printf {KEY[8:]}"
    )
    turns = [{"say": f"The key is {KEY}.", **bash(reveal)}, submit(f"It was {KEY}.")]
    record = afresh.run(spec_of(str(repository.path), turns), GIT_TOKEN=KEY)
    assert KEY.encode() not in b"".join(record.lines)
    assert record.text("output").endswith("[redacted]")
    assert record.end["summary"] == "It was [redacted]."
    assert record.text("say") == "The key is [redacted]."
    assert "GIT_TOKEN" not in record.text("output")
