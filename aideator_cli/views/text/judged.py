"""What a judge has said."""

from collections.abc import Iterator
from dataclasses import asdict

from aideator_cli.domain.judgements import Judgement, Pair, Round
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import cost, plural
from aideator_cli.views.json_lines import write
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.names import model_name


def show_judgement(screen: Screen, run: str, judgement: Judgement) -> None:
    """As JSON, at once."""
    write(screen, {"kind": "judgement", "run": run, "winner": judgement.winner, **asdict(judgement)})
    screen.out.flush()


def show_round(screen: Screen, run: str, judged: Round) -> None:
    pairs = plural(len(judged.pairs), "pair")
    price = "" if judged.cost == 0 else f", {cost(judged.cost)}"
    screen.line(f"judged by {model_name(judged.model)}: {pairs}, each in both orders{price}")
    for place in sorted(set(judged.places.values())):
        held = [f"{run}/{number}" for number, own in judged.places.items() if own == place]
        screen.line(f"  {place}  {', '.join(held)}")
    for line in reasons(judged):
        screen.line(screen.folded(line, " " * (len(line) - len(line.lstrip()) + 2)))


def reasons(judged: Round) -> Iterator[str]:
    """What was said, pair by pair; cleaned."""
    for pair in judged.pairs:
        yield f"  {outcome(pair)}"
        for each in pair.answers:
            yield f"    {answer(each)}"
    for one, other in judged.equivalent:
        yield f"  {twins(one, other)}"


def outcome(pair: Pair) -> str:
    if pair.winner is not None:
        return f"{pair.winner} before {pair.one if pair.winner == pair.other else pair.other}"
    return f"{pair.one} and {pair.other}: a tie{_why_tied(pair)}"


def _why_tied(pair: Pair) -> str:
    void = sum(each.is_void for each in pair.answers)
    if void:
        return ", one answer has no verdict" if void < len(pair.answers) else ", no answer has a verdict"
    return ", the two answers differ" if len({each.winner for each in pair.answers}) > 1 else ""


def answer(judgement: Judgement) -> str:
    verdict = {"first": "A", "second": "B"}.get(judgement.verdict, "tie")
    reason = one_line(judgement.reason) or "no reason given"
    return f"{judgement.first} as A, {judgement.second} as B → {verdict}: {reason}{_accusing(judgement)}"


def _accusing(judgement: Judgement) -> str:
    places = ", ".join(f"{each.variation} at {one_line(each.path)}:{each.line}" for each in judgement.cheats)
    return f" It says that {places} cheats." if places else ""


def twins(one: int, other: int) -> str:
    return f"{one} and {other}: equivalent, not asked"
