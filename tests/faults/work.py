"""Agents that write many events, and go on until the test releases them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from tests.end_to_end.changes import FILES
from tests.end_to_end.conftest import Place
from tests.end_to_end.user import User
from tests.faults import waiting
from tests.faults.soaking import amount

Turn = dict[str, Any]


def bash(*commands: str, delay: float = 0.0) -> Turn:
    calls = [{"tool": "bash", "arguments": {"command": command}} for command in commands]
    return {"say": "Next.", "calls": calls, "delay": delay}


def many(turns: int = 30, lines: int = 20) -> list[Turn]:
    """About eight events a turn."""
    return [
        bash(f"n=0; while [ $n -lt {lines} ]; do n=$((n+1)); echo {turn}.$n; done", delay=0.02) for turn in range(turns)
    ]


def until_released(place: Place, turns: int = amount(60, soak=300)) -> list[Turn]:
    """Writes on, a few events a second, until `release`, or for two seconds a turn."""
    here = _signal(place)
    loop = f"n=0; until [ -e {here} ] || [ $n -ge 40 ]; do n=$((n+1)); echo %s.$n; sleep 0.05; done"
    return [*(bash(loop % turn) for turn in range(turns)), bash(f"[ -e {here} ] && echo made > made")]


def model(place: Place, turns: list[Turn], name: str = "script") -> str:
    path = place.user.folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(turns))
    return f"scripted/{path}"


def words(place: Place, model: str, *more: str) -> list[str]:
    """The command line of a run of one variation."""
    place.git.add("project", FILES)
    return [
        "run",
        place.git.url("project"),
        "Do it.",
        *place.user.options,
        "--model",
        model,
        "-n",
        "1",
        "--max-steps",
        "1000",
        *more,
    ]


def start(place: Place, model: str, *more: str) -> str:
    """A run that nobody watches; its id."""
    done = place.user.call(*words(place, model, "--detach", *more))
    assert done.code == 0, done.err
    return done.out.decode().strip()


def release(place: Place, run: str, variation: int = 1) -> None:
    if place.kubectl is None:
        Path(_signal(place)).touch()
        return
    pod = pod_name(place, run, variation)
    place.kubectl("exec", "-n", place.namespace, pod, "-c", "shell", "--", "touch", _signal(place))


def pod_name(place: Place, run: str, variation: int = 1) -> str:
    return str(pod(place, run, variation)["metadata"]["name"])


def pod(place: Place, run: str, variation: int = 1) -> Any:
    assert place.kubectl
    found = place.kubectl.json(
        "get", "pods", "-n", place.namespace, "-l", f"aideator.dev/run={run},aideator.dev/variation={variation}"
    )
    (item,) = found["items"]
    return item


def pod_where_runs(place: Place, run: str, container: str) -> Any:
    """The pod once its status says so: the containers start one after another, and each may write before the next is there."""
    waiting.until(lambda: "running" in status(pod(place, run), container)["state"], f"{container} of {run} runs")
    return pod(place, run)


def status(pod: Any, container: str) -> Any:
    statuses = [*pod["status"]["containerStatuses"], *pod["status"].get("initContainerStatuses", ())]
    return next(found for found in statuses if found["name"] == container)


def elsewhere(place: Place, name: str = "elsewhere") -> User:
    """A user at another machine: without anything stored."""
    return replace(place.user, environment={**place.user.environment, "AIDEATOR_HOME": str(place.user.folder / name)})


def there(place: Place) -> list[str]:
    """What such a user says of where the run is."""
    assert place.kubectl
    return list(place.user.options[:4])


def _signal(place: Place) -> str:
    return "/tmp/release" if place.kubectl else str(place.user.folder / "release")
