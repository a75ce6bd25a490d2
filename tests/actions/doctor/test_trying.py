"""What came of a trial, in words. tests/end_to_end starts real ones."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from aideator_agent.spec import SPEC_VERSION
from aideator_cli import __version__
from aideator_cli.actions.doctor.program import program_of
from aideator_cli.actions.doctor.trying import Asked, Wanted, findings_of, in_pod
from aideator_cli.backends.base import Status
from aideator_cli.domain.findings import Finding
from aideator_cli.domain.trial import Trial
from aideator_cli.errors import written
from aideator_cli.intake.models import resolve
from aideator_cli.intake.request import Pod
from aideator_cli.system.settings import Settings

if TYPE_CHECKING:
    from aideator_cli.backends.kubernetes.examination import Examination

IMAGE = "our/agent:1"
FITS = {"trial": 1, "agent": __version__, "spec": SPEC_VERSION}
PLAIN = Wanted(Pod(), 60.0)
ASKS = Wanted(Pod(), 60.0, asked=Asked(resolve("gpt-5"), None))


def found(said: dict[str, Any] | None, wanted: Wanted = PLAIN, **trial: Any) -> dict[str, Finding]:
    return {finding.part: finding for finding in findings_of(Trial(2.0, said, **trial), wanted, IMAGE)}


@pytest.mark.parametrize(
    ("agent", "spec", "state", "words"),
    [
        (__version__, SPEC_VERSION, "ok", "of this version"),
        ("9.9.9", SPEC_VERSION, "note", "they still fit together"),
        ("9.9.9", SPEC_VERSION + 1, "broken", "they don't fit together"),
        (None, None, "broken", "they don't fit together"),
    ],
)
def test_the_image_and_the_command_line_are_compared(agent: Any, spec: Any, state: str, words: str) -> None:
    finding = found({"trial": 1, "agent": agent, "spec": spec})["image"]
    assert finding.state == state
    assert words in finding.text


def test_an_image_that_is_too_old_or_none_of_ours_is_told_apart() -> None:
    older = found(None, reason="error", text="exit code 1", older=True)["image"]
    assert "of an older AIdeator" in older.text
    strange = found(None, reason="error", text="the agent exited with code 2")["image"]
    assert "is not an image of AIdeator's agent: the agent exited with code 2" in strange.text
    assert {older.state, strange.state} == {"broken"}
    assert "aideator image build and aideator image load" in written(older.mend or "")


def test_a_pod_that_did_not_start_is_told_with_the_clusters_words_and_a_way_out() -> None:
    finding = found(None, reason="image", text="the image can't be pulled: no such host")["pod"]
    assert finding.state == "broken"
    assert "the image can't be pulled: no such host" in finding.text
    assert "aideator image build" in written(finding.mend or "")
    commands = Wanted(Pod(image="our/tools:2"), 60.0)
    other = found(None, commands, reason="image", text="the image of shell (our/tools:2) can't be pulled")["pod"]
    assert "--image" in written(other.mend or "")
    assert "build" not in written(other.mend or "")


def test_somebody_elses_image_is_told_as_what_it_is() -> None:
    words = "docker.io/busybox:1 is not an image of AIdeator's agent; choose another with --agent-image"
    finding = found(None, reason="start_error", text=words)["image"]
    assert (finding.state, finding.text) == ("broken", words)
    assert "aideator image build" in written(finding.mend or "")


def test_what_holds_the_pod_up_is_told_whole_only_in_the_end(tmp_path: Path) -> None:
    waits = Status(1, "waiting", "image", "the image of shell (x:1) can't be pulled: no such host")
    end = Trial(17.0, reason="image", text=waits.text)

    class Played:
        def trial(self, *_: object) -> Iterator[Status | Trial]:
            yield from (waits, end)

    said = list(in_pod(cast("Examination", Played()), PLAIN, Settings({"AIDEATOR_HOME": str(tmp_path)})))
    texts = [each.text for each in said]
    assert texts[1] == "the image can't be pulled so far"
    assert [text for text in texts if "no such host" in text] == [texts[-1]]


def test_a_name_that_you_named_must_be_found() -> None:
    said = FITS | {"resolved": [{"name": "git.example", "error": "unknown"}]}
    assert found(said)["names"].state == "note"
    assert found(said, Wanted(Pod(), 60.0, names=("git.example",)))["names"].state == "broken"
    good = FITS | {"resolved": [{"name": "git.example", "addresses": ["10.0.0.1"]}]}
    assert found(good)["names"].text == "the pod resolves git.example to 10.0.0.1"


def test_a_model_that_refuses_the_key_is_told_with_how_to_store_another() -> None:
    finding = found(FITS | {"model": {"error": "401 wrong key", "fault": "KeyRefused"}}, ASKS)["model"]
    assert (finding.state, written(finding.mend or "")) == ("broken", "aideator secret set OPENAI_API_KEY")
    answered = found(FITS | {"model": {"name": "gpt-5", "output": 1, "cost": 0.00001, "seconds": 1.2}}, ASKS)["model"]
    assert (answered.state, answered.text) == ("ok", "gpt-5 answered in 1.2 s ($0.0000)")


CLAUDE = program_of("claude", None, None)


@pytest.mark.parametrize(
    ("said", "state", "text"),
    [
        ({"version": "0.101.0"}, "ok", "claude in our/tools:2: 0.101.0, answers over ACP"),
        ({"calls_itself": "Claude 1"}, "ok", "claude in our/tools:2: Claude 1, answers over ACP"),
        ({"version": None}, "ok", "claude in our/tools:2: answers over ACP, and does not say its version"),
        ({"error": "it is gone"}, "broken", "claude can't work in our/tools:2: it is gone"),
        (None, "broken", "claude can't work in our/tools:2: the image of AIdeator's agent is too old to look for it"),
    ],
)
def test_an_agent_in_the_commands_image_is_told(said: Any, state: str, text: str) -> None:
    wanted = Wanted(Pod(), 60.0, program=CLAUDE, image="our/tools:2")
    finding = found(FITS | {"program": said}, wanted)["agent"]
    assert (finding.state, finding.text) == (state, text)
    assert finding.mend == ("see docs/agents.md#claude-code" if state == "broken" else None)


@pytest.mark.parametrize("value", [None, 7, "x", [], [1, None], {"name": []}])
def test_whatever_the_image_says_doctor_goes_on(value: Any) -> None:
    said = {"trial": 1, "agent": value, "spec": value, "resolved": value, "model": value, "program": value}
    told = found(said, replace(ASKS, program=CLAUDE))
    assert told["image"].state == told["model"].state == "broken"
    assert {"pod", "model", "agent"} <= set(told)
