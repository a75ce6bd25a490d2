"""Models by way of LiteLLM: the only module that imports it, and late, since that takes seconds.

Of what LiteLLM does to a stream, this undoes: a cut stream gets a finish reason invented, calls are merged, counts of
tokens are guessed. Retries are not its business either.
"""

import os
import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any, Final

from aideator_agent.interrupts import LOOK, Interrupts
from aideator_agent.models.assembly import Assembly
from aideator_agent.models.base import (
    CutTurn,
    KeyRefused,
    LibraryMissing,
    Message,
    Piece,
    Refused,
    Turn,
    Usage,
    priced,
)  # fmt: skip
from aideator_agent.models.provider_errors import translated
from aideator_agent.spec import VariationSpec

READ_SECONDS: Final = 600.0  # between two pieces of an answer
# Claude keeps the beginning of a request only where it is marked; the conversation so far then costs a tenth with every step.
CACHED: Final = [{"location": "message", "role": "system"}, {"location": "message", "index": -1}]
REFUSALS: Final = ("content_filter", "refusal", "safety")
INSTALL: Final = "LiteLLM is not installed where the agent runs; install it with: pip install 'aideator-agent[models]'"

_Arrived = Any | Exception | None  # a chunk of the stream, what went wrong, or its end


class LiteLLMModel:
    """Begins to import LiteLLM when it is made."""

    def __init__(self, variation: VariationSpec, keys: Mapping[str, str], interrupts: Interrupts) -> None:
        self._variation = variation
        self._keys = {name: keys[name] for name in variation.keys if name in keys}
        self._interrupts = interrupts
        self._library: ModuleType | Exception | None = None
        self._loader = threading.Thread(target=self._load, name="litellm", daemon=True)
        self._loader.start()

    def turn(self, messages: Sequence[Message], tools: Sequence[Message]) -> Iterator[Piece]:
        library = self._loaded()
        assembly = Assembly()
        stream: Any = None
        usage: Any = None
        for arrived in self._read(library, self._request(messages, tools)):
            if stream is None:
                stream = arrived
                continue
            usage = getattr(arrived, "usage", None) or usage
            if arrived.choices:
                yield from assembly.take(arrived.choices[0].delta.model_dump())
        yield self._whole(library, stream, usage, assembly)

    def _whole(self, library: ModuleType, stream: Any, usage: Any, assembly: Assembly) -> Turn:
        finish = stream.received_finish_reason
        counted = any(getattr(chunk, "usage", None) for chunk in stream.chunks)  # by the provider, not by LiteLLM
        if finish is None:
            raise CutTurn("the model's turn was cut off: its stream ended without a finish reason")
        if finish in REFUSALS:
            raise Refused(f"the model refused ({finish}): {assembly.text[:500] or 'without words'}")
        calls = assembly.calls()
        if not calls and not assembly.text.strip():
            raise CutTurn(f"the model's turn was empty (finish reason {finish})")
        return Turn(assembly.text, calls, self._usage(library, usage, counted=counted), assembly.message(calls))

    def _request(self, messages: Sequence[Message], tools: Sequence[Message]) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._variation.model,
            "messages": [dict(message) for message in messages],
            "tools": list(tools) or None,  # an empty list is refused
            "stream": True,
            "stream_options": {"include_usage": True},
            "num_retries": 0,
            "max_retries": 0,
            "timeout": READ_SECONDS,
            "api_key": self._api_key(),
            "api_base": self._variation.api_base,
            "temperature": self._variation.temperature,
            "cache_control_injection_points": CACHED if self._marks_cache() else None,
        }
        return {name: value for name, value in request.items() if value is not None}

    def _marks_cache(self) -> bool:
        """An endpoint that speaks OpenAI's protocol may refuse the marks."""
        provider, _, name = self._variation.model.rpartition("/")
        return "claude" in name and provider != "openai"

    def _api_key(self) -> str | None:
        """None: LiteLLM finds what it needs in this process's environment, of which no child gets a copy."""
        names = self._variation.keys
        missing = [name for name in names if not self._keys.get(name)]
        if missing and self._variation.api_base is None:
            raise KeyRefused(f"no key for {self._variation.model}: {' and '.join(missing)} is not set")
        if not self._keys:
            return "none" if self._variation.api_base else None
        if len(names) == 1:
            return self._keys[names[0]]
        os.environ.update(self._keys)
        return None

    def _read(self, library: ModuleType, request: dict[str, Any]) -> Iterator[Any]:
        """The stream itself, then its chunks. Reading blocks, so a thread does it; it is left behind when we are to stop."""
        arrived: queue.SimpleQueue[_Arrived] = queue.SimpleQueue()
        threading.Thread(target=_pump, args=(library, request, arrived), name="model", daemon=True).start()
        while True:
            self._interrupts.check()
            try:
                piece = arrived.get(timeout=LOOK)
            except queue.Empty:
                continue
            if piece is None:
                return
            if isinstance(piece, Exception):
                raise translated(piece) from piece
            yield piece

    def _usage(self, library: ModuleType, usage: Any, *, counted: bool) -> Usage:
        if usage is None:
            return Usage()
        given, made = usage.prompt_tokens_details, usage.completion_tokens_details
        tokens = Usage(
            usage.prompt_tokens or 0,
            usage.completion_tokens or 0,
            (given and given.cached_tokens) or 0,
            (made and made.reasoning_tokens) or 0,
        )
        return replace(tokens, cost=self._cost(library, usage, tokens) if counted else None)

    def _cost(self, library: ModuleType, usage: Any, tokens: Usage) -> float | None:
        if self._variation.price is not None:
            return priced(self._variation.price, tokens.input, tokens.output, tokens.cached)
        try:
            library.get_model_info(self._variation.model)  # says so when it does not know the model
            read, written = library.cost_per_token(model=self._variation.model, usage_object=usage)
        except Exception:
            return None
        return float(read) + float(written)

    def _loaded(self) -> ModuleType:
        while self._loader.is_alive():
            self._interrupts.check()
            self._loader.join(LOOK)
        if isinstance(self._library, ModuleType):
            return self._library
        if isinstance(self._library, ModuleNotFoundError) and self._library.name == "litellm":
            raise LibraryMissing(INSTALL)
        raise LibraryMissing(f"LiteLLM cannot be loaded: {self._library}")

    def _load(self) -> None:
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else the import asks the network for prices
        os.environ["LITELLM_MODE"] = "PRODUCTION"  # else it takes keys from a .env file that it finds somewhere
        try:
            import litellm
        except Exception as error:
            self._library = error
            return
        litellm.suppress_debug_info = True
        litellm.disable_streaming_logging = True
        self._library = litellm


def _pump(library: ModuleType, request: dict[str, Any], arrived: "queue.SimpleQueue[_Arrived]") -> None:
    try:
        stream = library.completion(**request)
        arrived.put(stream)
        for chunk in stream:
            arrived.put(chunk)
        arrived.put(None)
    except Exception as error:
        arrived.put(error)
