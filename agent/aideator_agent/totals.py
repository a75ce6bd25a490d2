"""What an attempt has used up, as `end` tells it."""

import time
from dataclasses import dataclass, field
from typing import Any

from aideator_agent.models.base import Usage


@dataclass
class Totals:
    steps: int = 0
    commands: int = 0
    input: int = 0
    output: int = 0
    cached: int = 0
    reasoning: int = 0
    cost: float | None = 0.0  # USD; None as soon as the price of any part is unknown
    began: float = field(default_factory=time.monotonic)

    def add(self, usage: Usage) -> None:
        self.input += usage.input
        self.output += usage.output
        self.cached += usage.cached
        self.reasoning += usage.reasoning
        self.cost = None if self.cost is None or usage.cost is None else self.cost + usage.cost

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
