"""`judge`: a model puts those that passed their checks side by side, two at a time, blind; a tie stays a tie."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import SystemRandom
from typing import Any, Final

from aideator_agent.spec import RunSpec
from aideator_cli import terminal
from aideator_cli.choice.equivalence import groups
from aideator_cli.clock import now
from aideator_cli.errors import ExitCode
from aideator_cli.figures import plural
from aideator_cli.finding import find_run
from aideator_cli.intake.models import ModelInfo
from aideator_cli.invocation import command
from aideator_cli.judging import questions
from aideator_cli.judging.asking import Asked, NoAnswer, Said, resolve
from aideator_cli.judging.judgements import NO_ANSWER, Judgement, Round, Verdict, newest
from aideator_cli.judging.tournament import pairs
from aideator_cli.patches import parse
from aideator_cli.refreshing import refresh_run
from aideator_cli.result import Result, exit_code
from aideator_cli.settings import Settings
from aideator_cli.store import Store
from aideator_cli.stream.recording import last_result

VERDICTS: Final[dict[questions.Letter, Verdict]] = {"A": "first", "B": "second", "TIE": "tie"}


@dataclass(frozen=True)
class Judge:
    """`model`, `api_base`: None: the configured one. `most_pairs`: how many it is asked about at the most, each twice."""

    model: str | None
    api_base: str | None
    most_pairs: int


@dataclass(frozen=True)
class Plan:
    """What one round asks."""

    candidates: dict[int, Result]  # those that passed, with their patches
    pairs: list[tuple[int, int]]  # each is asked in this order and in the other
    equivalent: list[tuple[int, int]]  # (who stands for both, the other)

    @property
    def answers(self) -> int:
        return 2 * len(self.pairs) + len(self.equivalent)


def judge(word: str, by: Judge, *, json: bool) -> int:
    settings = Settings()
    store = Store.open(settings.home)
    run = refresh_run(find_run(word, store, settings), store, settings)
    spec, results = run.spec, store.results(run.spec.id)
    plan = _plan([last_result(store, spec, result.variation) for result in results if result.succeeded], by.most_pairs)
    if len(plan.candidates) < 2:
        terminal.say(f"nothing to judge: {_passed(spec, list(plan.candidates))}")
        return ExitCode.OK if plan.candidates else exit_code(results)
    if not plan.pairs:
        terminal.say(f"nothing to judge: the patches of {_names(spec, sorted(plan.candidates))} are equivalent")
        return ExitCode.OK
    info, variation = resolve(by.model, by.api_base, settings)
    asked = Asked(spec, variation, settings, terminal.say)
    _announce(plan, info)
    for judgement in _judgements(spec, plan, asked, info):
        store.save_judgement(spec.id, judgement)
        if json:
            from aideator_cli.views.judged import show_judgement

            show_judgement(spec.id, judgement)
    _conclude(spec, newest(store.judgements(spec.id), store.results(spec.id)), json=json)
    return ExitCode.OK


def _plan(passed: Sequence[Result], most_pairs: int) -> Plan:
    candidates = {result.variation: result for result in passed if result.patch}
    same = groups({number: parse(result.patch or b"") for number, result in candidates.items()})
    twins = [(group.numbers[0], twin) for group in same for twin in group.numbers[1:]]
    apart = [number for number in candidates if number not in {twin for _, twin in twins}]
    return Plan(candidates, pairs(apart, most_pairs, SystemRandom()), twins)


def _judgements(spec: RunSpec, plan: Plan, asked: Asked, info: ModelInfo) -> Iterator[Judgement]:
    round_ = secrets.token_hex(8)
    for one, other in plan.equivalent:
        yield _judgement(round_, plan, one, other, "equivalent", "equivalent patches", info)
    for one, other in plan.pairs:
        for first, second in ((one, other), (other, one)):
            yield _answer(round_, spec, plan, first, second, asked, info)


def _answer(
    round_: str, spec: RunSpec, plan: Plan, first: int, second: int, asked: Asked, info: ModelInfo
) -> Judgement:
    one, other = (plan.candidates[number].patch or b"" for number in (first, second))
    if why := questions.too_big(spec.prompt, one, other, info.context):
        terminal.warn(f"{_names(spec, [first, second])} {why}")
        return _judgement(round_, plan, first, second, "tie", why, info)
    try:
        said = asked.ask(questions.system(), questions.question(spec.prompt, one, other))
    except NoAnswer as error:
        return _judgement(round_, plan, first, second, "tie", f"{NO_ANSWER}: {error}", info, cost=None)
    answer = questions.read_answer(said.text)
    return _judgement(round_, plan, first, second, VERDICTS[answer.letter], answer.reason, info, **_figures(said))


def _figures(said: Said) -> dict[str, Any]:
    usage = said.usage
    return {"input_tokens": usage.input, "output_tokens": usage.output, "cost": usage.cost, "seconds": said.seconds}


def _judgement(
    round_: str, plan: Plan, first: int, second: int, verdict: Verdict, reason: str, info: ModelInfo, **figures: Any
) -> Judgement:
    one, other = (plan.candidates[number].patch_sha256 or "" for number in (first, second))
    return Judgement(round_, plan.answers, first, second, one, other, verdict, reason, info.name, time=now(), **figures)


def _announce(plan: Plan, info: ModelInfo) -> None:
    fighters = len({number for pair in plan.pairs for number in pair})
    count = len(plan.candidates) - len(plan.equivalent)
    whole = count * (count - 1) // 2
    asked = plural(len(plan.pairs), "pair") + (f" of {whole}" if len(plan.pairs) < whole else "")
    terminal.say(f"judging {fighters} patches with {info.name}: {asked}, each in both orders")


def _conclude(spec: RunSpec, judged: Round | None, *, json: bool) -> None:
    if judged is None:
        return
    if json:
        from aideator_cli.views.json_lines import write

        write({"kind": "places", "run": spec.id, **judged.as_json()})
        return
    from aideator_cli.views.judged import show_round

    show_round(spec.id, judged)
    terminal.say(f"  {command('compare', spec.id)}")


def _passed(spec: RunSpec, numbers: list[int]) -> str:
    how = "passed its checks" if spec.checks else "succeeded"
    return f"only {_names(spec, numbers)} {how}" if numbers else f"no variation of {spec.id} {how}"


def _names(spec: RunSpec, numbers: Sequence[int]) -> str:
    return ", ".join(f"{spec.id}/{number}" for number in numbers)
