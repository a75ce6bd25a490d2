"""The attempt's account: which request may go to the provider, and what was used. All of it runs in the proxy's thread.

A limit lets requests go side by side as long as all of them together can't pass it. Near the limit they go one by one, so that at most one
request passes it.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from aideator_agent.emitter import Emitter
from aideator_agent.models.base import Guess, Usage
from aideator_agent.proxy.counting import Count
from aideator_agent.spec import Limits, Price
from aideator_agent.totals import Totals
from aideator_agent.values import frozen
from aideator_agent.verdict import Ended, failed, limit

OUTPUT: Final = 32_000  # tokens that a request may write if it does not say how many
DEAREST: Final = 2.0  # times the price of input: what an hour in Anthropic's cache costs
WORDS: Final = {"steps": "requests", "tokens": "tokens", "cost": "cost"}


class LimitReached(Exception):
    """The request is refused because the attempt is over."""


@frozen
class Estimate:
    """The most that a request can use, in tokens. A token is at least one byte of the request."""

    input: int
    output: int | None  # None: the request does not say


@dataclass(frozen=True, eq=False)
class Flight:
    """A request that is at the provider, and the most that it can use."""

    step: int
    tokens: int
    cost: float  # USD


class Ledger:
    def __init__(
        self, limits: Limits, price: Price | None, totals: Totals, emitter: Emitter, stop: Callable[[], bool]
    ) -> None:
        self.due: Exception | None = None  # why the attempt has to end
        self.trouble = ""  # why the last request got no answer
        self.price = price
        self._limits = limits
        self._totals = totals
        self._emitter = emitter
        self._stop = stop
        self._flying: list[Flight] = []
        self._largest = 0  # tokens of input so far
        self._uncounted = False  # whether there was a request of which nobody told what it used
        self._changed = asyncio.Condition()

    @property
    def bounded(self) -> bool:
        return self._limits.cost is not None

    async def enter(self, estimate: Estimate, waits: Callable[[], bool]) -> Flight:
        """Waits until the request may go, while somebody `waits` for its answer. Raises `LimitReached`."""
        async with self._changed:
            while True:
                self.refuse()
                if not waits():
                    raise LimitReached("nobody waits for the answer")
                tokens, cost = self._most(estimate)
                if not self._flying or self._fits(tokens, cost):
                    break
                await self._changed.wait()
            self._totals.steps += 1
            flight = Flight(self._totals.steps, tokens, cost)
            self._flying.append(flight)
            return flight

    async def leave(self, flight: Flight, count: Count | None, *, known_price: bool, paid: bool) -> None:
        """Enters what a request has used. `count` is None if nobody told; `paid`: whether the provider can have taken money for it."""
        async with self._changed:
            self._flying.remove(flight)
            if paid:
                self._add(flight, count, known_price=known_price)
            else:
                self._totals.steps -= 1  # the model did nothing
            self._changed.notify_all()

    def refuse(self) -> None:
        """Raises `LimitReached` if no further request may go."""
        if self.due is None and (word := self._reached()) is not None:
            self.end(limit(word))
        if self.due is not None:
            raise LimitReached(self._why(self.due))
        if self._stop():
            raise LimitReached("AIdeator ends this attempt")

    def end(self, reason: Exception) -> None:
        """Ends the attempt, unless it has ended already."""
        self.due = self.due or reason

    def tell(self, level: str, text: str) -> None:
        self.emit("notice", level=level, text=text)

    def emit(self, type_: str, /, **fields: object) -> None:
        with self.logging():
            self._emitter.emit(type_, **fields)

    @contextmanager
    def logging(self) -> Iterator[None]:
        """Emits events inside of it. What the log can't take ends the attempt."""
        try:
            yield
        except (Ended, OSError) as error:
            self.end(error)

    def _add(self, flight: Flight, count: Count | None, *, known_price: bool) -> None:
        if count is None:
            usage = Usage(guess=Guess(flight.tokens, flight.cost))
            self._tell_uncounted()
        else:
            usage = count.usage(self.price if known_price else None)
            self._largest = max(self._largest, count.input)
        self._totals.add(usage)
        self.emit("usage", step=flight.step, **usage.as_json())

    def _tell_uncounted(self) -> None:
        if not self._uncounted:
            self._uncounted = True
            self.tell(
                "warning",
                "The model's provider did not tell what a request used. Toward limits it counts as much as it can have used.",
            )

    def _reached(self) -> str | None:
        return self._limits.reached(self._totals.steps, self._totals.tokens_spent, self._totals.spent or 0.0)

    def _most(self, estimate: Estimate) -> tuple[int, float]:
        read = max(estimate.input, self._largest)
        written = OUTPUT if estimate.output is None else estimate.output
        cost = 0.0 if self.price is None else read * self.price.input * DEAREST + written * self.price.output
        return read + written, cost

    def _fits(self, tokens: int, cost: float) -> bool:
        limits = self._limits
        all_tokens = self._totals.tokens_spent + tokens + sum(flight.tokens for flight in self._flying)
        all_cost = (self._totals.spent or 0.0) + cost + sum(flight.cost for flight in self._flying)
        return (limits.tokens is None or all_tokens <= limits.tokens) and (
            limits.cost is None or all_cost <= limits.cost
        )

    def _why(self, reason: Exception) -> str:
        word = WORDS.get(reason.verdict.reason) if isinstance(reason, Ended) else None
        return f"the limit on this attempt's {word} is reached" if word else "AIdeator ends this attempt"


def check_price(limits: Limits, price: Price | None, model: str) -> None:
    """Raises `Ended` (failed/model) if there is a limit on the cost that nobody can hold."""
    if limits.cost is not None and price is None:
        raise failed("model", f"the price of {model} is unknown, so the limit on its cost can't be enforced")
