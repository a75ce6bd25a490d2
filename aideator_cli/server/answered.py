"""How a request was answered, for those who note it."""

from collections.abc import Sequence

from starlette.types import Message, Send


class Answered:
    """Sends an answer on, and keeps its status. `headers`: what the answer gets, too."""

    def __init__(self, send: Send, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        self.status = 500  # if nothing is answered
        self._send = send
        self._headers = headers

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self._headers:
                message = {**message, "headers": [*message.get("headers", ()), *self._headers]}
        await self._send(message)
