"""A model compares the patches or answers that passed their checks, two at a time, blind and in both orders. A tie stays a tie."""

import secrets
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from random import SystemRandom
from threading import Event as Flag
from typing import Any, Final

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.actions.asking import Asked, AskedAgain, NoAnswer, Said, resolve
from aideator_cli.actions.comparing import comparison_of
from aideator_cli.actions.here import Here
from aideator_cli.actions.judged import Announced, Judge, Told, TooBig, Unneeded
from aideator_cli.actions.places import server_of
from aideator_cli.actions.purse import Purse, about, left_of_budget
from aideator_cli.choice.equivalence import groups, same_answers
from aideator_cli.choice.judging import questions
from aideator_cli.choice.judging.evidence import accusations, evidence
from aideator_cli.choice.judging.tournament import pairs
from aideator_cli.domain.judgements import NO_ANSWER, Judgement, Verdict, newest
from aideator_cli.domain.result import Result, exit_code
from aideator_cli.domain.runs import StoredRun
from aideator_cli.errors import ExitCode
from aideator_cli.intake.models import ModelInfo
from aideator_cli.intake.routing.privacy import check_model, hosts_now
from aideator_cli.store import Store
from aideator_cli.stream.recording import last_result
from aideator_cli.system.clock import now
from aideator_cli.workspace.patches import parse

VERDICTS: Final[dict[questions.Letter, Verdict]] = {"A": "first", "B": "second", "TIE": "tie"}


@frozen
class _Plan:
    """What one round asks."""

    candidates: dict[int, Result]  # the variations that passed, with their patches or answers
    pairs: list[tuple[int, int]]  # each is asked in both orders
    equivalent: list[tuple[int, int]]  # (the one that represents both, the other)
    evidence: Mapping[int, str]  # what is known of each patch; empty for answers

    @property
    def orders(self) -> list[tuple[int, int]]:
        return [order for one, other in self.pairs for order in ((one, other), (other, one))]

    @property
    def answers(self) -> int:
        return len(self.orders) + len(self.equivalent)

    def work(self, number: int) -> bytes:
        """Returns what the judge sees of a variation."""
        result = self.candidates[number]
        return result.patch or questions.answer_shown(result.answer or "", result.citations)


def judge(here: Here, run: StoredRun, by: Judge, stop: Flag | None = None) -> Generator[Told]:
    """Yields first what is about to be asked, then each judgement after storing it, last the outcome of the round.

    `stop`: when another thread sets it, nothing more is asked. Answers are stored even if the round ends early, and then don't count.
    Raises `AideatorError` if the model can't be asked.
    """
    server = None if by.own_keys else server_of(run, here.settings)
    if server is not None:
        from aideator_cli.actions.judging_there import judge_there

        yield from judge_there(here, run, server, by)
        return
    spec, store, results = run.spec, here.store, here.store.results(run.spec.id)
    passed = [last_result(store, spec, result.variation) for result in results if result.succeeded]
    order = () if spec.answer else comparison_of(run, store).order
    plan = _plan(passed, by.most_pairs, {each.number: evidence(each) for each in order})
    if not plan.pairs:
        yield Unneeded(tuple(plan.candidates), ExitCode.OK if plan.candidates else exit_code(results))
        return
    info, variation = resolve(by.model, by.api_base, here.settings)
    hosts = hosts_now(spec.model_hosts, run.repository_path, here.settings.config_folder, on_cluster=False)
    check_model(hosts, variation)
    asked = Asked(replace(spec, model_hosts=hosts), variation, here.settings)
    jury = _Jury(spec, plan, info, store)
    announced = _announced(plan, info, jury.about())
    purse = left_of_budget(store, spec)
    purse.expect(announced.cost)
    yield announced
    yield from jury.judge(asked, purse, stop)
    if stop is not None and stop.is_set():
        return
    if judged := newest(store.judgements(spec.id), store.results(spec.id)):
        yield judged


def _plan(passed: Sequence[Result], most_pairs: int, known: Mapping[int, str]) -> _Plan:
    candidates = {result.variation: result for result in passed if result.patch or result.answer}
    patches = groups({number: parse(result.patch or b"") for number, result in candidates.items()})
    same = (*patches, *same_answers({number: result.answer_sha256 for number, result in candidates.items()}))
    twins = [(group.numbers[0], twin) for group in same for twin in group.numbers[1:]]
    apart = [number for number in candidates if number not in {twin for _, twin in twins}]
    return _Plan(candidates, pairs(apart, most_pairs, SystemRandom()), twins, known)


def _announced(plan: _Plan, info: ModelInfo, cost: float | None) -> Announced:
    count = len(plan.candidates) - len(plan.equivalent)
    asked_about = {number for pair in plan.pairs for number in pair}
    return Announced(info.name, len(asked_about), len(plan.pairs), count * (count - 1) // 2, cost)


class _Jury:
    """One round. Answers arrive in any order; judgements are stored and yielded in the plan's order."""

    def __init__(self, spec: RunSpec, plan: _Plan, info: ModelInfo, store: Store) -> None:
        self._spec = spec
        self._kind: questions.Kind = "answer" if spec.answer else "patch"
        self._task = questions.shown_task(spec)
        self._plan = plan
        self._info = info
        self._store = store
        self._round = secrets.token_hex(8)
        self._come: dict[int, Judgement] = {}  # by position in the plan
        self._stored = 0

    def about(self) -> float | None:
        """Returns about how many USD the answers cost. None: the model's price is unknown."""
        asked = self._plan.orders
        read = sum(len(self._plan.work(number)) + len(self._evidence(number)) for order in asked for number in order)
        read += len(asked) * len(self._task.encode(errors="replace"))
        return about(self._info, read, len(asked))

    def judge(self, asked: Asked, purse: Purse, stop: Flag | None) -> Iterator[TooBig | AskedAgain | Judgement]:
        for place, (one, other) in enumerate(self._plan.equivalent):
            self._come[place] = self._judgement(
                one, other, "equivalent", f"equivalent {questions.plural_of(self._kind)}"
            )
        try:
            places = yield from self._askable()
            yield from self._in_order()
            asking = [partial(self._question, place) for place in places]
            for told in asked.ask(questions.system(self._kind), asking, stop):
                if isinstance(told, AskedAgain):
                    yield told
                    continue
                place = places[told.number]
                self._come[place] = self._answered(place, told.answer)
                purse.spend(self._come[place].cost)
                yield from self._in_order()
                purse.expect_more()
        finally:
            for _, judgement in sorted(self._come.items()):  # they are paid for, however the round ended
                self._store.save_judgement(self._spec.id, judgement)

    def _askable(self) -> Generator[TooBig, None, list[int]]:
        """Returns the positions of the pairs that can be asked. Yields the others, which count as ties."""
        places: list[int] = []
        for place, (first, second) in enumerate(self._plan.orders, len(self._plan.equivalent)):
            one, other = self._plan.work(first), self._plan.work(second)
            if why := questions.too_big(self._task, one, other, self._info.context, self._kind):
                self._come[place] = self._judgement(first, second, "tie", why)
                yield TooBig(first, second, why)
            else:
                places.append(place)
        return places

    def _in_order(self) -> Iterator[Judgement]:
        """Yields the judgements that are next in the plan's order."""
        while (judgement := self._come.pop(self._stored, None)) is not None:
            self._store.save_judgement(self._spec.id, judgement)
            self._stored += 1
            yield judgement

    def _order(self, place: int) -> tuple[int, int]:
        return self._plan.orders[place - len(self._plan.equivalent)]

    def _question(self, place: int) -> str:
        first, second = self._order(place)
        known = (self._evidence(first), self._evidence(second)) if self._plan.evidence else None
        return questions.question(self._task, self._plan.work(first), self._plan.work(second), self._kind, known)

    def _evidence(self, number: int) -> str:
        return self._plan.evidence.get(number, "")

    def _answered(self, place: int, said: Said | NoAnswer) -> Judgement:
        first, second = self._order(place)
        if isinstance(said, NoAnswer):
            unknown = {"input_tokens": None, "output_tokens": None, "cost": None}
            return self._judgement(first, second, "tie", f"{NO_ANSWER}: {said}", **unknown)
        answer = questions.read_answer(said.text)
        figures = {"input_tokens": said.usage.input, "output_tokens": said.usage.output, "cost": said.usage.cost}
        shown = {letter: (number, self._plan.work(number)) for letter, number in (("A", first), ("B", second))}
        cheats = accusations(answer.cheats, shown) if self._kind == "patch" else ()
        about_it = {"seconds": said.seconds, "cheats": cheats, **figures}
        return self._judgement(first, second, VERDICTS[answer.letter], answer.reason, **about_it)

    def _judgement(self, first: int, second: int, verdict: Verdict, reason: str, **figures: Any) -> Judgement:
        one, other = (self._plan.candidates[number].work_sha256 or "" for number in (first, second))
        about = (first, second, one, other, verdict, reason, self._info.name)
        return Judgement(self._round, self._plan.answers, *about, time=now(), **figures)
