"""The attempt's model behind the proxy: each request to it is looked at, held to the limits, told and counted."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aideator_agent.proxy.answers import Answered
from aideator_agent.proxy.forwarding import Provider
from aideator_agent.proxy.gate import Asked
from aideator_agent.proxy.ledger import Ledger
from aideator_agent.proxy.sent import Sent
from aideator_agent.verdict import failed


@dataclass
class Upstream:
    provider: Provider
    ledger: Ledger
    sent: Sent
    closing: bool = False  # then what is still at the provider goes on there, and nobody hears what it used

    def looked(self, asked: Asked) -> Asked:
        """Returns the request without what is to be withheld. Raises `LimitReached` if the log takes nothing any more."""
        with self.ledger.logging():
            asked = self.sent.through(asked)
        self.ledger.refuse()
        return asked

    @asynccontextmanager
    async def counted(
        self, asked: Asked, answered: Answered, waits: Callable[[], bool], *, known_price: bool = True
    ) -> AsyncIterator[None]:
        """Inside of it the request is with the provider, which fills `answered`. Raises `LimitReached` if it may not go.

        It waits for its turn as long as somebody `waits` for the answer.
        """
        flight = await self.ledger.enter(self.provider.shaped(asked).estimate, waits)
        try:
            with self.ledger.logging():
                self.sent.tell(flight.step, asked)
            yield
        finally:
            self.ledger.trouble = answered.trouble
            paid = answered.paid or self.closing
            await self.ledger.leave(flight, answered.count, known_price=known_price, paid=paid)
        if answered.refuses_key:
            said = answered.said or f"status {answered.status}"
            self.ledger.end(failed("model", f"the provider refused the key: {said}"))
