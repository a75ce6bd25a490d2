"""A made-up stream of items, with a clock of its own: one second an event."""

import json
from dataclasses import dataclass, field
from typing import Any

from aideator_agent.spec import Limits, Repository, RunSpec, VariationSpec
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Closed, Event, Observation, parse

RUN = "k3v9x2q"
MODELS = ("claude-sonnet-4-5", "claude-sonnet-4-5", "gpt-5", "gemini-2.5-pro", "qwen3-coder")


def spec(count: int = 3, prompt: str = "Make the parser accept comments") -> RunSpec:
    variations = tuple(VariationSpec(number, MODELS[(number - 1) % 5]) for number in range(1, count + 1))
    repository = Repository("https://git.example/todo.git", base="4f1c2aa" + "0" * 33)
    return RunSpec(RUN, "uuid", stamp(0), repository, prompt, variations, Limits(steps=100))


def stamp(seconds: float) -> str:
    whole = int(seconds)
    return f"2026-11-21T12:{whole // 60:02}:{whole % 60:02}.{round((seconds - whole) * 1e6):06}Z"


@dataclass
class Agent:
    """Writes one attempt's events."""

    number: int
    attempt: str = ""
    at: float = 10.0
    seq: int = 0
    step: int = 0
    seconds: float = 1.0  # between two events
    calls: list[str] = field(default_factory=list)

    @property
    def known(self) -> Attempt:
        return Attempt(self.attempt or f"uid-{self.number}", RUN, self.number, stamp(0), f"agent-{RUN}-{self.number}")

    def event(self, type_: str, **fields: Any) -> Event:
        self.at += self.seconds
        record = {"v": 1, "seq": self.seq, "time": stamp(self.at), "type": type_, **fields}
        self.seq += 1
        return parse(self.known, json.dumps(record).encode(), None)

    def stray(self, raw: bytes) -> Event:
        return parse(self.known, raw, None)

    def seen(self, kind: str, text: str, *, attempt: bool = True) -> Observation:
        return Observation(RUN, stamp(self.at), kind, text, self.number, self.known.id if attempt else None)

    def start(self) -> list[Event]:
        return [
            self.event("start", run=RUN, variation=self.number, model="m"),
            self.event("phase", name="clone", state="begin"),
            self.event("phase", name="clone", state="end", seconds=0.4, base="4f1c2aa"),
            self.event("phase", name="work", state="begin"),
        ]

    def turn(self, words: str = "", thoughts: str = "", cost: float | None = 0.01) -> list[Event]:
        self.step += 1
        said = [self.event("think", text=thoughts)] if thoughts else []
        said += [self.event("say", text=words)] if words else []
        usage = {"input": 3000, "output": 200, "cached": 0, "reasoning": 0, "cost": cost}
        return [*said, self.event("usage", step=self.step, **usage)]

    def tool(
        self, tool: str, arguments: dict[str, Any], output: str = "", code: int | None = 0, seconds: float = 0.1
    ) -> list[Event]:
        events = self.called(tool, arguments, output)
        return [*events, self.event("done", step=self.step, id=self.calls[-1], exit_code=code, seconds=seconds)]

    def called(self, tool: str, arguments: dict[str, Any], output: str = "") -> list[Event]:
        self.calls.append(f"call-{len(self.calls)}")
        call = self.event("call", step=self.step, id=self.calls[-1], tool=tool, arguments=arguments)
        printed = [self.event("output", step=self.step, id=self.calls[-1], text=output)] if output else []
        return [call, *printed]

    def end(self, outcome: str = "succeeded", summary: str = "Comments are skipped.", **fields: Any) -> list[Event]:
        totals = {"steps": self.step, "cost": round(0.01 * self.step, 2), "seconds": self.at - 10}
        return [self.event("end", outcome=outcome, summary=summary, totals=totals, **fields)]

    def closed(self, reason: str | None = None, text: str | None = None, *, last: bool = True) -> Closed:
        return Closed(self.known, reason, text, last)
