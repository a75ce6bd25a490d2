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
from aideator_cli.actions.judged import Announced, Judge, Kept, Told, TooBig, Unneeded
from aideator_cli.actions.places import server_of
from aideator_cli.actions.purse import Purse, about, left_of_budget
from aideator_cli.choice.equivalence import groups, same_answers
from aideator_cli.choice.judging import questions
from aideator_cli.choice.judging.evidence import accusations, evidence
from aideator_cli.choice.judging.tournament import pairs
from aideator_cli.domain.judgements import NO_ANSWER, Judgement, Verdict, newest, unfinished
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

    def holds(self, known: Judgement) -> bool:
        """Whether the answer is about a pair of patches as they are."""
        works = [self.candidates[each].work_sha256 for each in (known.first, known.second) if each in self.candidates]
        asked = (known.first, known.second) in self.pairs or (known.second, known.first) in self.pairs
        return asked and works == [known.first_patch, known.second_patch]

    def asking(self, most: int, kept: Sequence[Judgement]) -> "_Plan":
        """Returns the plan with so many pairs, first those that have an answer already."""
        answered = {frozenset((each.first, each.second)) for each in kept}
        return replace(self, pairs=sorted(self.pairs, key=lambda pair: frozenset(pair) not in answered)[:most])

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
    plan = _plan(passed, {each.number: evidence(each) for each in order})
    if not plan.pairs:
        yield Unneeded(tuple(plan.candidates), ExitCode.OK if plan.candidates else exit_code(results))
        return
    info, variation = resolve(by.model, by.api_base, here.settings)
    hosts = hosts_now(spec.model_hosts, run.repository_path, here.settings.config_folder, on_cluster=False)
    check_model(hosts, variation)
    asked = Asked(replace(spec, model_hosts=hosts), variation, here.settings)
    kept = [each for each in unfinished(store.judgements(spec.id), info.name) if plan.holds(each)]
    jury = _Jury(spec, plan.asking(by.most_pairs, kept), info, store, kept)
    announced = _announced(jury.plan, info, jury.about())
    purse = left_of_budget(store, spec)
    purse.expect(announced.cost)
    yield announced
    if jury.kept:
        yield Kept(len(jury.kept))
    yield from jury.judge(asked, purse, stop)
    if stop is not None and stop.is_set():
        return
    if judged := newest(store.judgements(spec.id), store.results(spec.id)):
        yield judged


def _plan(passed: Sequence[Result], known: Mapping[int, str]) -> _Plan:
    """Returns a plan with all pairs."""
    candidates = {result.variation: result for result in passed if result.patch or result.answer}
    patches = groups({number: parse(result.patch or b"") for number, result in candidates.items()})
    same = (*patches, *same_answers({number: result.answer_sha256 for number, result in candidates.items()}))
    twins = [(group.numbers[0], twin) for group in same for twin in group.numbers[1:]]
    apart = [number for number in candidates if number not in {twin for _, twin in twins}]
    return _Plan(candidates, pairs(apart, len(apart) ** 2, SystemRandom()), twins, known)


def _announced(plan: _Plan, info: ModelInfo, cost: float | None) -> Announced:
    count = len(plan.candidates) - len(plan.equivalent)
    asked_about = {number for pair in plan.pairs for number in pair}
    return Announced(info.name, len(asked_about), len(plan.pairs), count * (count - 1) // 2, cost)


class _Jury:
    """One round. Answers arrive in any order; judgements are stored and yielded in the plan's order.

    `kept`: answers of rounds that were left, which count in this one.
    """

    def __init__(
        self, spec: RunSpec, plan: _Plan, info: ModelInfo, store: Store, kept: Sequence[Judgement] = ()
    ) -> None:
        self._spec = spec
        self._kind: questions.Kind = "answer" if spec.answer else "patch"
        self._task = questions.shown_task(spec)
        self.plan = plan
        self._info = info
        self._store = store
        self._round = secrets.token_hex(8)
        self._come: dict[int, Judgement] = {}  # by position in the plan
        self._stored = 0
        orders = {order: place for place, order in enumerate(plan.orders, len(plan.equivalent))}
        known = {(each.first, each.second): each for each in kept if (each.first, each.second) in orders}
        self.kept = {orders[order]: each for order, each in known.items()}  # by position, the newest of each

    def about(self) -> float | None:
        """Returns about how many USD the answers cost. None: the model's price is unknown."""
        asked = [order for order in self.plan.orders if self._place(order) not in self.kept]
        read = sum(len(self.plan.work(number)) + len(self._evidence(number)) for order in asked for number in order)
        read += len(asked) * len(self._task.encode(errors="replace"))
        return about(self._info, read, len(asked))

    def judge(self, asked: Asked, purse: Purse, stop: Flag | None) -> Iterator[TooBig | AskedAgain | Judgement]:
        self._store.keep_judgements(self._spec.id, list(self.kept.values()), self._round, self.plan.answers)
        for place, each in self.kept.items():
            self._come[place] = replace(each, round=self._round, answers=self.plan.answers)
        for place, (one, other) in enumerate(self.plan.equivalent):
            self._come[place] = self._judgement(
                one, other, "equivalent", f"equivalent {questions.plural_of(self._kind)}"
            )
        places: list[int] = []
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
            for told in asked.arrived():  # they are paid for, however the round ended
                self._come[places[told.number]] = self._answered(places[told.number], told.answer)
            for place, judgement in sorted(self._come.items()):
                self._save(place, judgement)

    def _save(self, place: int, judgement: Judgement) -> None:
        if place not in self.kept:  # what is kept is stored
            self._store.save_judgement(self._spec.id, judgement)

    def _askable(self) -> Generator[TooBig, None, list[int]]:
        """Returns the positions of the pairs that can be asked. Yields the others, which count as ties."""
        places: list[int] = []
        for place, (first, second) in enumerate(self.plan.orders, len(self.plan.equivalent)):
            one, other = self.plan.work(first), self.plan.work(second)
            if place in self.kept:
                continue
            if why := questions.too_big(self._task, one, other, self._info.context, self._kind):
                self._come[place] = self._judgement(first, second, "tie", why)
                yield TooBig(first, second, why)
            else:
                places.append(place)
        return places

    def _in_order(self) -> Iterator[Judgement]:
        """Yields the judgements that are next in the plan's order."""
        while (judgement := self._come.pop(self._stored, None)) is not None:
            self._save(self._stored, judgement)
            self._stored += 1
            yield judgement

    def _place(self, order: tuple[int, int]) -> int:
        return self.plan.orders.index(order) + len(self.plan.equivalent)

    def _order(self, place: int) -> tuple[int, int]:
        return self.plan.orders[place - len(self.plan.equivalent)]

    def _question(self, place: int) -> str:
        first, second = self._order(place)
        known = (self._evidence(first), self._evidence(second)) if self.plan.evidence else None
        return questions.question(self._task, self.plan.work(first), self.plan.work(second), self._kind, known)

    def _evidence(self, number: int) -> str:
        return self.plan.evidence.get(number, "")

    def _answered(self, place: int, said: Said | NoAnswer) -> Judgement:
        first, second = self._order(place)
        if isinstance(said, NoAnswer):
            unknown = {"input_tokens": None, "output_tokens": None, "cost": None}
            return self._judgement(first, second, "tie", f"{NO_ANSWER}: {said}", **unknown)
        answer = questions.read_answer(said.text)
        figures = {"input_tokens": said.usage.input, "output_tokens": said.usage.output, "cost": said.usage.cost}
        shown = {letter: (number, self.plan.work(number)) for letter, number in (("A", first), ("B", second))}
        cheats = accusations(answer.cheats, shown) if self._kind == "patch" else ()
        about_it = {"seconds": said.seconds, "cheats": cheats, **figures}
        return self._judgement(first, second, VERDICTS[answer.letter], answer.reason, **about_it)

    def _judgement(self, first: int, second: int, verdict: Verdict, reason: str, **figures: Any) -> Judgement:
        one, other = (self.plan.candidates[number].work_sha256 or "" for number in (first, second))
        about = (first, second, one, other, verdict, reason, self._info.name)
        return Judgement(self._round, self.plan.answers, *about, time=now(), **figures)
