"""Agents that are made to fail, and what is left of them."""

import json
import os
import signal
import subprocess
from typing import Any

import yaml

from tests.end_to_end.changes import FILES, script
from tests.end_to_end.conftest import Place
from tests.end_to_end.user import Done, finish
from tests.fixtures.script_player import Element

GO = "go"  # the branch that tells agents which begin from then on not to wait


def quick_run(place: Place, variations: int = 1) -> str:
    """A run that has succeeded."""
    place.git.add("project", FILES)
    (place.user.folder / "quick.yaml").write_text(yaml.safe_dump(script("small")))
    words = ["--model", f"scripted/{place.user.folder / 'quick.yaml'}", "-n", str(variations), "--json"]
    done = place.user.run(place.git.url("project"), "Do it.", *words)
    assert done.code == 0, done.err
    return str(done.of("event")[0]["run"])


class Stuck:
    """A run whose one agent has changed a file and waits; it would succeed if it were tried again, which the user does."""

    def __init__(self, place: Place, retries: int = 0) -> None:
        self.place = place
        place.git.add("project", FILES)
        (place.user.folder / "waits.yaml").write_text(yaml.safe_dump(waits_unless_told(place.git.url("project"))))
        model = f"scripted/{place.user.folder / 'waits.yaml'}"
        words = ["--model", model, "-n", "1", "--retries", str(retries), "--json"]
        repository = place.git.url("project")
        self._shown = place.user.start("run", repository, "Do it.", *place.user.options, *words)
        self.run = self._until_it_waits(self._shown)
        place.git.git("project", "branch", GO)

    def again(self) -> None:
        """The next attempt waits, too."""
        self.place.git.git("project", "branch", "--quiet", "-D", GO)

    def retry_until_it_waits(self, *words: str) -> None:
        self._shown = self.place.user.start("retry", self.run, *words, "--json")
        assert self._until_it_waits(self._shown) == self.run

    def kill(self) -> Done:
        """Ends the agent as infrastructure does, and waits until that is seen."""
        if self.place.kubectl:
            which = ["-l", f"run-id={self.run}", "-n", self.place.namespace]
            self.place.kubectl("delete", "pod", *which, "--wait=false")
        else:
            os.kill(int(self._records()[-1]["pid"]), signal.SIGKILL)
        return finish(self._shown)

    def finish(self) -> Done:
        return finish(self._shown)

    def _records(self) -> list[dict[str, Any]]:
        folder = self.place.user.folder / "home" / "runs" / self.run / "1"
        return sorted(
            (json.loads(path.read_bytes()) for path in folder.glob("*.json")), key=lambda r: str(r["created"])
        )

    @staticmethod
    def _until_it_waits(process: "subprocess.Popen[bytes]") -> str:
        assert process.stdout is not None
        for line in process.stdout:
            record = json.loads(line)
            if record["kind"] == "event" and record["event"]["type"] == "output":
                return str(record["run"])
        raise AssertionError(finish(process).err)


def waits_unless_told(repository: str) -> list[Element]:
    waits = "echo kept > kept.txt; echo started; sleep 120"
    command = f"git ls-remote --exit-code {repository} {GO} > /dev/null || {{ {waits}; }}"
    return [{"calls": [{"tool": "bash", "arguments": {"command": command}}]}, *script("small")]


def attempts(logs: bytes) -> list[list[dict[str, Any]]]:
    """The records of `logs --json`, attempt by attempt; each has its own without a hole."""
    found: list[list[dict[str, Any]]] = []
    for record in map(json.loads, logs.splitlines()):
        if record["seq"] == 0:
            found.append([])
        found[-1].append(record)
    for records in found:
        assert [record["seq"] for record in records] == list(range(len(records)))
    return found
