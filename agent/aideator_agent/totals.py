"""What an attempt has used, as its `end` record reports it."""

import time
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aideator_agent.models.base import Guess, Usage

Number = TypeVar("Number", int, float)


@dataclass
class Totals:
    steps: int = 0
    commands: int = 0
    input: int | None = 0  # tokens; None as soon as any turn's were not counted
    output: int | None = 0
    cached: int | None = 0
    reasoning: int | None = 0
    cost: float | None = 0.0  # USD; None as soon as the price of any part is unknown
    tokens_spent: int = 0  # for the limit on tokens: guessed where those of a turn were not counted
    spent: float | None = 0.0  # USD, for the limit on cost, likewise
    began: float = field(default_factory=time.monotonic)

    def add(self, usage: Usage) -> None:
        self.input = _sum(self.input, usage.input)
        self.output = _sum(self.output, usage.output)
        self.cached = _sum(self.cached, usage.cached)
        self.reasoning = _sum(self.reasoning, usage.reasoning)
        self.cost = _sum(self.cost, usage.cost)
        guess = usage.guess or Guess((usage.input or 0) + (usage.output or 0), usage.cost)
        self.tokens_spent += guess.tokens
        self.spent = _sum(self.spent, guess.cost)

    def as_json(self) -> dict[str, Any]:
        return {
            "steps": self.steps,
            "input": self.input,
            "output": self.output,
            "cached": self.cached,
            "reasoning": self.reasoning,
            "cost": self.cost,
            "seconds": round(time.monotonic() - self.began, 3),
            "commands": self.commands,
        }


def _sum(one: Number | None, other: Number | None) -> Number | None:
    return None if one is None or other is None else one + other
