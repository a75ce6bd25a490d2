"""Models through LiteLLM. Only this module imports it, and late, since that takes seconds.

LiteLLM invents a finish reason for a cut stream, merges calls, and guesses token counts; this module undoes that.
It also turns off LiteLLM's retries.
"""

import gc
import os
import queue
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any, Final

from aideator_agent import confinement
from aideator_agent.interrupts import LOOK, Interrupts
from aideator_agent.models.assembly import Assembly
from aideator_agent.models.base import (
    Cut,
    CutTurn,
    Guess,
    KeyRefused,
    LibraryMissing,
    Message,
    ModelError,
    Piece,
    Refused,
    Remark,
    Turn,
    Usage,
    assistant_message,
    priced,
)  # fmt: skip
from aideator_agent.models.endpoint import Endpoint
from aideator_agent.models.provider_errors import translated
from aideator_agent.models.repetition import Watch, first_of_them
from aideator_agent.spec import VariationSpec

MOST_OUTPUT: Final = 32_768  # tokens of a turn, of a model of which that is not known
TOKEN: Final = 3  # characters, for a guess that is rather too high
READ_SECONDS: Final = 600.0  # between two pieces of an answer
# Claude keeps the beginning of a request only where it is marked; the conversation so far then costs a tenth with every step.
CACHED: Final = [{"location": "message", "role": "system"}, {"location": "message", "index": -1}]
_CAPPED: Final = re.compile(r"max_(completion_|output_)?tokens|output limit", re.IGNORECASE)
REFUSALS: Final = ("content_filter", "refusal", "safety")
INSTALL: Final = "LiteLLM is not installed where the agent runs; install it with: pip install 'aideator-agent[models]'"

_Arrived = Any | Exception | None  # a chunk of the stream, what went wrong, or its end


class LiteLLMModel:
    """Starts to import LiteLLM as soon as it is created."""

    def __init__(
        self, variation: VariationSpec, keys: Mapping[str, str], interrupts: Interrupts, max_output: int | None = None,
        hosts: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        """`max_output`: tokens of one turn that the provider is asked to stop at. `hosts`: the only ones that may be asked; None: any."""
        self._max_output = max_output
        self._hosts = hosts
        self._variation = variation
        self._keys = {name: keys[name] for name in variation.keys if name in keys}
        self._interrupts = interrupts
        self._endpoint = Endpoint()
        self._library: ModuleType | Exception | None = None
        self._loader = threading.Thread(target=self._load, name="litellm", daemon=True)
        self._loader.start()

    def turn(self, messages: Sequence[Message], tools: Sequence[Message]) -> Iterator[Piece]:
        """See `Model.turn`. What the endpoint refuses or requires is learnt, and it is asked once more."""
        library = self._loaded()
        while True:
            request = self._endpoint.fit(self._request(messages, tools))
            try:
                yield from self._one(library, request)
            except ModelError as error:
                told = self._endpoint.learn(error, request)
                if told is None:
                    raise
            else:
                return
            yield Remark(told)

    def _one(self, library: ModuleType, request: dict[str, Any]) -> Iterator[Piece]:
        assembly = Assembly()
        try:
            yield from self._pieces(library, request, assembly)
        except ModelError as error:
            if assembly.length:
                error.used = self._guessed(library, request, assembly)
            raise

    def _pieces(self, library: ModuleType, request: dict[str, Any], assembly: Assembly) -> Iterator[Piece]:
        watch = Watch(self._max_output or self._variation.max_output or MOST_OUTPUT)
        stream: Any = None
        usage: Any = None
        for arrived in self._read(library, request):
            if stream is None:
                stream = arrived
                continue
            usage = getattr(arrived, "usage", None) or usage
            if not arrived.choices:
                continue
            delta = arrived.choices[0].delta.model_dump()
            yield from assembly.take(delta)
            if cut := watch.see(delta):
                yield self._ended(library, request, assembly, cut)
                return
        yield self._whole(library, request, stream, usage, assembly)

    def ready(self) -> None:
        """Waits until LiteLLM is loaded. Raises `LibraryMissing`, or `Ended`."""
        self._loaded()

    def touch(self) -> Usage:
        """Asks for one token, to see whether the model answers. Raises `ModelError`, or `Ended`."""
        library = self._loaded()
        asked = self._request([{"role": "user", "content": "Say hi."}], ()) | {"max_tokens": 1}
        while True:
            request = self._endpoint.fit(asked)
            try:
                _, *chunks = self._read(library, request)
            except ModelError as error:
                if _CAPPED.search(str(error)):  # the model thinks first, so it has nothing to say yet
                    return Usage()
                if self._endpoint.learn(error, request) is None:
                    raise
            else:
                break
        usage = next((chunk.usage for chunk in reversed(chunks) if getattr(chunk, "usage", None)), None)
        return Usage() if usage is None else self._usage(library, usage)

    def _whole(self, library: ModuleType, request: dict[str, Any], stream: Any, usage: Any, assembly: Assembly) -> Turn:
        finish = stream.received_finish_reason
        counted = any(getattr(chunk, "usage", None) for chunk in stream.chunks)  # by the provider, not by LiteLLM
        if finish is None:
            raise CutTurn("the model's turn was cut off: its stream ended without a finish reason")
        if finish in REFUSALS:
            raise Refused(f"the model refused ({finish}): {assembly.text[:500] or 'without words'}")
        used = self._usage(library, usage) if counted and usage else self._guessed(library, request, assembly)
        if finish == "length":
            return self._cut(assembly, "length", used)
        calls = assembly.calls()
        if not calls and not assembly.text.strip() and not assembly.thought:
            raise CutTurn(f"the model's turn was empty (finish reason {finish})")
        return Turn(assembly.text, calls, used, assembly.message(calls))

    def _ended(self, library: ModuleType, request: dict[str, Any], assembly: Assembly, cut: Cut) -> Turn:
        """Returns a turn that AIdeator has cut off itself."""
        return self._cut(assembly, cut, self._guessed(library, request, assembly))

    def _cut(self, assembly: Assembly, cut: Cut, usage: Usage) -> Turn:
        if cut == "repetition":
            assembly.text = first_of_them(assembly.text)
        calls = assembly.complete_calls() if cut == "length" else ()
        # A thought that was cut off has no signature, without which Anthropic does not take it back.
        message = assembly.message(calls) if calls else assistant_message(assembly.text, ())
        return Turn(assembly.text, calls, usage, message, cut)

    def _request(self, messages: Sequence[Message], tools: Sequence[Message]) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._variation.model,
            "messages": list(messages),
            "tools": list(tools) or None,  # an empty list is refused
            "stream": True,
            "stream_options": {"include_usage": True},
            "num_retries": 0,
            "max_retries": 0,
            "timeout": READ_SECONDS,
            "api_key": self._api_key(),
            "api_base": self._variation.api_base,
            "temperature": self._variation.temperature,
            "max_tokens": self._max_output,
            "cache_control_injection_points": CACHED if self._marks_cache() else None,
        }
        return {name: value for name, value in request.items() if value is not None}

    def _marks_cache(self) -> bool:
        """Returns whether to send cache marks. An endpoint that speaks OpenAI's protocol may refuse them."""
        provider, _, name = self._variation.model.rpartition("/")
        return "claude" in name and provider != "openai"

    def _api_key(self) -> str | None:
        """Returns None where LiteLLM finds the key in this process's environment, of which no child gets a copy."""
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
        """Yields the stream, then its chunks. Reading blocks, so a thread does it; a stop leaves the thread behind."""
        arrived: queue.SimpleQueue[_Arrived] = queue.SimpleQueue()
        left = threading.Event()
        threading.Thread(
            target=_pump, args=(library, request, arrived, left, self._hosts), name="model", daemon=True
        ).start()
        try:
            while True:
                self._interrupts.check()
                try:
                    piece = arrived.get(timeout=LOOK)
                except queue.Empty:
                    continue
                if piece is None:
                    return
                if isinstance(piece, Exception):
                    raise _refused(piece) or translated(piece) from piece
                yield piece
        finally:
            left.set()

    def _usage(self, library: ModuleType, usage: Any) -> Usage:
        """Returns what the provider has counted."""
        given, made = usage.prompt_tokens_details, usage.completion_tokens_details
        tokens = Usage(
            usage.prompt_tokens or 0,
            usage.completion_tokens or 0,
            (given and given.cached_tokens) or 0,
            (made and made.reasoning_tokens) or 0,
        )
        return replace(tokens, cost=self._cost(library, tokens, usage_object=usage))

    def _guessed(self, library: ModuleType, request: dict[str, Any], assembly: Assembly) -> Usage:
        """Returns the usage of a turn whose tokens nobody has counted."""
        read = len(str([request["messages"], request.get("tools")])) // TOKEN
        written = assembly.length // TOKEN
        cost = self._cost(library, Usage(read, written, 0), prompt_tokens=read, completion_tokens=written)
        return Usage(guess=Guess(read + written, cost))

    def _cost(self, library: ModuleType, tokens: Usage, **counted: Any) -> float | None:
        if self._variation.price is not None:
            return priced(self._variation.price, tokens.input or 0, tokens.output or 0, tokens.cached or 0)
        try:
            library.get_model_info(self._variation.model)  # says so when it does not know the model
            read, written = library.cost_per_token(model=self._variation.model, **counted)
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
        gc.disable()  # two thousand classes, and none of them is garbage: looking for it took a fifth of the time
        try:
            import litellm
        except Exception as error:
            self._library = error
            return
        finally:
            gc.freeze()
            gc.enable()
        litellm.suppress_debug_info = True
        litellm.disable_streaming_logging = True
        self._library = litellm


def _refused(error: BaseException | None) -> ModelError | None:
    """Returns the error for a connection that confinement refused: asking again would not help."""
    while error is not None:
        if isinstance(error, confinement.NotListed):
            return ModelError(str(error))
        error = error.__cause__ or error.__context__
    return None


def _pump(
    library: ModuleType, request: dict[str, Any], arrived: "queue.SimpleQueue[_Arrived]", left: threading.Event,
    hosts: Sequence[str] | None,
) -> None:  # fmt: skip
    try:
        confinement.confine_thread(hosts)
        stream = library.completion(**request)
        arrived.put(stream)
        for chunk in stream:
            arrived.put(chunk)
            if left.is_set():
                return _hang_up(stream)
        arrived.put(None)
    except Exception as error:
        arrived.put(error)


def _hang_up(stream: Any) -> None:
    """Ends the connection, so that the provider stops writing what nobody reads."""
    close = getattr(stream.completion_stream, "close", None)
    if close is not None:
        close()
