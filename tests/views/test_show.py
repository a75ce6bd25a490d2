"""`show` tells of each variation how it stands."""

import io
from dataclasses import replace

from aideator_agent.spec import Limits, Repository, RunSpec, VariationSpec
from aideator_cli.domain.events import Observation
from aideator_cli.domain.result import Result
from aideator_cli.domain.runs import Place, StoredRun
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.runs import show_run

RUN = "k3v9x2q"
VARIATIONS = tuple(VariationSpec(number, "gpt-5") for number in range(1, 5))
SPEC = RunSpec(RUN, "uuid", "2026-11-21T12:00:00Z", Repository("https://git.example/todo.git"), "Do it.", VARIATIONS)


def seen(variation: int, *kinds: str) -> list[Observation]:
    return [Observation(RUN, f"2026-11-21T12:00:0{at}Z", kind, "why", variation) for at, kind in enumerate(kinds)]


def test_the_limits_of_each_agent_are_told() -> None:
    spec = replace(SPEC, limits=Limits(steps=20, seconds=600, tokens=150_000, cost=1.5))
    out = io.StringIO()
    show_run(Screen(out), StoredRun(spec, Place("kubernetes", "here"), "running", None, None), [], [], None)
    assert "limits 20 steps, 10m00, 150 k tokens, $1.50 each" in out.getvalue()


def test_what_no_node_has_taken_yet_waits_and_does_not_run() -> None:
    results = [
        Result(1, "gpt-5"),
        Result(2, "gpt-5"),
        Result(3, "gpt-5", steps=2),
        Result(4, "gpt-5", outcome="failed"),
    ]
    observations = [
        *seen(1, "scheduling", "unschedulable"),
        *seen(2, "unschedulable", "running"),
        *seen(3, "scheduling"),
        *seen(4, "unschedulable"),
    ]
    out = io.StringIO()
    show_run(
        Screen(out), StoredRun(SPEC, Place("kubernetes", "here"), "running", None, None), results, observations, None
    )
    rows = [line.split() for line in out.getvalue().splitlines() if "gpt-5" in line]
    words = {"waiting", "running", "failed"}
    assert [(row[0], *words.intersection(row)) for row in rows] == [
        ("1", "waiting"),
        ("2", "running"),
        ("3", "running"),
        ("4", "failed"),
    ]


def test_on_a_terminal_a_long_prompt_folds_at_words_and_its_lines_stay_lines() -> None:
    spec = replace(
        SPEC, prompt="Make the parser accept comments.\n    if line.startswith('#'):\nKeep the rest as it is, please."
    )
    out = io.StringIO()
    run = StoredRun(spec, Place("kubernetes", "here"), "running", None, None)
    show_run(Screen(out, 30, is_terminal=True), run, [], [], None)
    assert out.getvalue().splitlines()[2:7] == [
        "Make the parser accept",
        "comments.",
        "    if line.startswith('#'):",
        "Keep the rest as it is,",
        "please.",
    ]


def test_what_the_summary_says_whole_stands_in_short_among_what_was_observed() -> None:
    results = [
        Result(1, "gpt-5", outcome="failed", reason="image", summary="did not start within 30 s: why"),
        Result(2, "gpt-5", outcome="failed", reason="deleted", summary="the pod was deleted"),
    ]
    out = io.StringIO()
    run = StoredRun(SPEC, Place("kubernetes", "here"), "failed", None, None)
    show_run(Screen(out), run, results, [*seen(1, "image"), *seen(2, "unschedulable")], None)
    assert out.getvalue().splitlines()[-3:] == [
        "observed:",
        "  12:00:00  k3v9x2q/1  image: can't pull the image",
        "  12:00:00  k3v9x2q/2  unschedulable: why",
    ]
