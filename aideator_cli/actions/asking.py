"""Asks a model questions on this machine, outside any agent. Opening, costs and failures are the same as in a run."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event as Flag
from threading import Thread
from time import monotonic
from typing import Final

from aideator_agent.interrupts import Interrupts
from aideator_agent.models import library_version, open_model
from aideator_agent.models.base import (
    ContextExceeded,
    CutTurn,
    KeyRefused,
    LibraryMissing,
    ModelError,
    ModelUnknown,
    PassingFault,
    Refused,
    Turn,
    Usage,
)  # fmt: skip
from aideator_agent.models.retry import asking
from aideator_agent.settings import Settings as AgentSettings
from aideator_agent.spec import RunSpec, VariationSpec
from aideator_agent.values import frozen
from aideator_agent.verdict import Ended
from aideator_cli.errors import AideatorError, not_found, refused, unavailable, usage
from aideator_cli.intake import configured_model, models, models_file, scripts
from aideator_cli.system.installation import adding
from aideator_cli.system.queues import taken
from aideator_cli.system.settings import Settings

AT_ONCE: Final = 4  # questions
TICK: Final = 0.5  # seconds between two looks at whether nobody wants the answers any more
LONGEST: Final = 7 * 86400.0  # seconds; a silent provider ends a call sooner


class NoAnswer(Exception):
    """The model could be asked but did not answer this question; the text says why."""


@frozen
class Said:
    text: str
    usage: Usage
    seconds: float


@frozen
class Answered:
    """The answer to a question (numbered from 0), or why there is none."""

    number: int
    answer: Said | NoAnswer


@frozen
class AskedAgain:
    """A question failed for a temporary reason. The text says which one, and when the question is asked again."""

    text: str


_Told = Answered | AskedAgain | Exception
_Todo = tuple[int, Callable[[], str]]


class Asked:
    def __init__(self, spec: RunSpec, variation: VariationSpec, settings: Settings) -> None:
        keys = {name: found for name in variation.keys if (found := settings.key(name))}
        self._interrupts = Interrupts(LONGEST)
        self._told: SimpleQueue[_Told] = SimpleQueue()
        self._model = open_model(_agent_settings(spec, variation), keys, self._interrupts)
        # A script answers in a fixed order, which parallel questions would mix up.
        self._at_once = 1 if variation.model.startswith(models.SCRIPTED) else AT_ONCE

    def ask(
        self, system: str, questions: Sequence[Callable[[], str]], stop: Flag | None = None
    ) -> Iterator[Answered | AskedAgain]:
        """Yields each answer as it arrives. Each question is built when it is asked. Closing the iterator asks no further questions.

        `stop`: when another thread sets it, the iterator ends without the answers that have not come.

        Raises `AideatorError` if all further questions would fail too.
        """
        todo: SimpleQueue[_Todo] = SimpleQueue()
        for each in enumerate(questions):
            todo.put(each)
        told = self._told
        for _ in range(min(self._at_once, len(questions))):
            Thread(target=self._work, args=(system, todo, told), name="asking", daemon=True).start()
        left = len(questions)
        try:
            while left:
                item = _next(told, stop)
                if item is None:
                    return
                if isinstance(item, Exception):
                    raise item
                left -= isinstance(item, Answered)
                yield item
        finally:
            self._interrupts.terminated_at = monotonic()  # stops the threads that are still asking

    def arrived(self) -> Iterator[Answered]:
        """Yields the answers that have come, and that nobody took because the iterator was closed."""
        with suppress(Empty):
            while True:
                item = self._told.get_nowait()
                if isinstance(item, Answered):
                    yield item

    def _work(self, system: str, todo: "SimpleQueue[_Todo]", told: "SimpleQueue[_Told]") -> None:
        try:
            while not self._interrupts.terminated:
                number, question = todo.get_nowait()
                told.put(Answered(number, self._answer(system, question(), told)))
        except (Empty, Ended):
            return
        except Exception as error:
            told.put(error)

    def _answer(self, system: str, question: str, told: "SimpleQueue[_Told]") -> Said | NoAnswer:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": question}]
        begun = monotonic()
        turn: Turn | None = None
        try:
            turns = asking(
                lambda: self._model.turn(messages, ()), self._interrupts, lambda text: told.put(AskedAgain(text))
            )
            for piece in turns:
                turn = piece if isinstance(piece, Turn) else turn
        except (CutTurn, Refused, ContextExceeded) as error:
            return NoAnswer(str(error))
        except ModelError as error:
            raise _failure(error) from error
        assert turn is not None
        return Said(turn.text, turn.usage, monotonic() - begun)


def _next(told: "SimpleQueue[_Told]", stop: Flag | None) -> "_Told | None":
    """Waits for what comes next. Returns None if `stop` is set meanwhile."""
    if stop is None:
        return taken(told)
    while not stop.is_set():
        with suppress(Empty):
            return told.get(timeout=TICK)
    return None


def resolve(name: str | None, api_base: str | None, settings: Settings) -> tuple[models.ModelInfo, VariationSpec]:
    """Returns the model to ask. Raises `AideatorError` if the model is unknown, or its key or library is missing."""
    name, api_base = name or configured_model.only(settings), api_base or settings.defaults.api_base
    if name is None:
        raise models.no_model(settings.environment)
    if api_base is not None and not api_base.startswith(("http://", "https://")):
        raise usage(f"--api-base takes an http or https URL, not {api_base}")
    info = models.resolve(name, api_base=api_base, overrides=models_file.load_overrides(settings.models_file))
    if info.provider == "scripted":
        return info, VariationSpec(1, info.name)
    missing = [key for key in info.keys if not settings.key(key)]
    if missing and info.api_base is None:
        raise not_found(
            f"{info.name} needs {' and '.join(missing)} in the environment",
            hint=models.set_key(missing[0]),
        )
    if library_version(info.name) is None:
        raise not_found(f"asking {info.name} needs LiteLLM, which is not installed here", hint=adding("models"))
    price = info.price if info.price_overridden else None
    return info, VariationSpec(1, info.name, api_base=info.api_base, keys=info.keys, price=price)


def _agent_settings(spec: RunSpec, variation: VariationSpec) -> AgentSettings:
    turns = {}
    if variation.model.startswith(models.SCRIPTED):
        turns[variation.model] = scripts.load(Path(variation.model.removeprefix(models.SCRIPTED)))
    nowhere = Path()  # the model has no tools
    asked = replace(spec, variations=(variation,), scripts=turns)
    return AgentSettings(asked, variation, "", nowhere, nowhere, None)


def _failure(error: ModelError) -> AideatorError:
    if isinstance(error, KeyRefused | ModelUnknown):
        return not_found(str(error))
    if isinstance(error, LibraryMissing):
        return not_found(str(error), hint=adding("models"))
    if isinstance(error, PassingFault):
        return unavailable(str(error), hint="answers so far don't count; try again later")
    return refused(str(error))
