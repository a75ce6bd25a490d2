"""An agent that is lost in the middle of its work, and the attempt that goes on from there, by `retry` and by `--retries`."""

import json
import os
import signal
from typing import Any

from aideator_agent.resuming import NOTE
from tests.actions.retry.scenes import GO, attempts
from tests.end_to_end.conftest import Place
from tests.end_to_end.user import Done, finish
from tests.fixtures.openai_server import Asked
from tests.fixtures.script_player import Element

COSTLY = {"input": 30_000, "output": 100}  # after such a turn it is time for a checkpoint


def command(text: str) -> Element:
    return {"calls": [{"tool": "bash", "arguments": {"command": text}}], "usage": COSTLY}


def turns(repository: str) -> list[Element]:
    waits = f"git ls-remote --exit-code {repository} {GO} > /dev/null || {{ echo waiting; sleep 120; }}"
    return [
        {"say": "First the file.", **command("echo half > half.txt")},
        command(f"echo lost > lost.txt; {waits}"),
        command("echo whole >> half.txt; cat half.txt"),
        {"calls": [{"tool": "submit", "arguments": {"summary": "Both halves."}}], "usage": COSTLY},
    ]


class Losing:
    """A run whose one agent has made a checkpoint, and is at a command that does not end."""

    def __init__(self, place: Place, *words: str) -> None:
        self.place = place
        place.git.add("project", {"a.py": "x = 1\n"})
        self.provider = place.provide({"gpt": turns(place.git.url("project"))})
        model = ["--model", "openai/gpt", "--api-base", self.provider.url]
        user = place.user
        self.shown = user.start(
            "run", place.git.url("project"), "Do it.", *user.options, *model, "-n", "1", "--json", *words
        )
        self.records: list[dict[str, Any]] = []
        self.run = self.until_it_waits()

    def until_it_waits(self) -> str:
        assert self.shown.stdout is not None
        for line in self.shown.stdout:
            self.records.append(json.loads(line))
            event = self.records[-1].get("event", {})
            if event.get("type") == "output" and "waiting" in event["text"]:
                return str(self.records[-1]["run"])
        raise AssertionError(finish(self.shown).err)

    def lose(self) -> None:
        """As the machine does: nobody asks the agent before."""
        if self.place.kubectl:
            which = ("pod", "-l", f"run-id={self.run}", "-n", self.place.namespace)
            self.place.kubectl("delete", *which, "--wait=false", "--grace-period=0", "--force")
            return
        folder = self.place.user.folder / "home" / "runs" / self.run / "1"
        newest = max(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
        os.kill(int(json.loads(newest.read_bytes())["pid"]), signal.SIGKILL)

    def show(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.place.user.call("show", self.run, "--json").out)
        return found


def contents(asked: Asked) -> list[tuple[str, str]]:
    return [(message["role"], str(message.get("content") or "")) for message in asked.messages]


def test_a_lost_agent_goes_on_with_its_changes_and_its_conversation(place: Place) -> None:
    losing = Losing(place)
    asked_before = len(losing.provider.requests)
    place.git.git("project", "branch", GO)
    losing.lose()
    done: Done = finish(losing.shown)

    assert done.code == 0, done.err
    step = 2 if place.kubectl else 1  # Kubernetes asks the agent to stop, and so it makes a last checkpoint
    (result,) = done.of("result")
    assert (result["outcome"], result["summary"], result["resumed"]["step"]) == ("succeeded", "Both halves.", step)
    assert result["status"] == "succeeded, resumed"
    said = contents(losing.provider.requests[asked_before])
    assert ("assistant", "First the file.") in said
    assert said[-1][0] == "user"
    assert said[-1][1].startswith(NOTE)
    first, second = attempts(place.user.call("logs", f"{losing.run}/1", "--json").out)
    (resumed,) = [event for event in second if event["type"] == "resumed"]
    assert (resumed["attempt"], resumed["step"]) == (first[0]["attempt"], step)
    assert "lost.txt" in str(
        place.user.call("diff", f"{losing.run}/1").out
    )  # the command ran once more, or was the last one
    assert (
        f"goes on after step {step} of the attempt that was lost"
        in place.user.call("logs", f"{losing.run}/1").out.decode()
    )
    (stats,) = [json.loads(line) for line in place.user.call("stats", "--json").out.splitlines()]
    usages = [event for event in (*first, *second) if event["type"] == "usage"]
    assert stats["total_input_tokens"] == sum(event["input"] for event in usages)  # each attempt counts its own, once
    assert result["input_tokens"] == stats["total_input_tokens"]
    assert result["resumed"]["input_tokens"] == sum(event["input"] for event in first if event["type"] == "usage")
    assert second[-1]["totals"]["input"] == sum(event["input"] for event in second if event["type"] == "usage")


def test_retry_fresh_starts_over(local_place: Place) -> None:
    losing = Losing(local_place, "--retries", "0")
    losing.lose()
    finish(losing.shown)
    losing.shown = local_place.user.start("retry", losing.run, "--fresh", "--json")
    losing.until_it_waits()
    assert [r["event"]["step"] for r in losing.records if r.get("event", {}).get("type") == "sent"][-2:] == [1, 2]
    losing.lose()
    finish(losing.shown)


def test_continue_takes_what_a_lost_agent_had_changed(local_place: Place) -> None:
    losing = Losing(local_place, "--retries", "0")
    losing.lose()
    finish(losing.shown)
    assert local_place.user.call("diff", f"{losing.run}/1").code == 3
    local_place.git.git("project", "branch", GO)

    done = local_place.user.call("continue", f"{losing.run}/1", "Finish it.", "--allow-local-shell", "--json")

    assert done.code == 0, done.err
    assert f"{losing.run}/1 was lost, so this goes on from its last checkpoint, after step 1" in done.err
    run = done.of("result")[0]["run"]
    assert json.loads(local_place.user.call("show", run, "--json").out)["origin"]["variations"] == [f"{losing.run}/1"]
    assert "+half\n+whole" in local_place.user.call("diff", f"{run}/1").out.decode()
