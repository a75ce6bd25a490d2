"""What an agent costs beyond the commands that it runs, in a pod.

`step_ms`: a scripted agent of 50 steps with one command each, against the same commands by a plain shell script in a pod of one container.
The model takes no time, so what is left is ours. `start_ratio`: from the accepted Job to the agent's first word, against a pod of one
container of the same image that prints one. The tools take turns. `--short`: one round.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.load import agent_image
from bench.throw_away import Cluster, namespace, repository, running_cluster

STEPS = 50
ROUNDS = 5
STEP_MS = 15.0  # the most that a step may cost; the start has no target
COMMANDS = [
    f"printf {number} >> made; wc -c < made > size" for number in range(STEPS)
]  # the same one again would end the agent
SECONDS = 120


def main() -> None:
    rounds = _rounds()
    cluster, image = running_cluster(), agent_image()
    steps: list[float] = []
    starts: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder, namespace(cluster) as name:
        for turn in range(rounds + 1):
            step = (_agent(cluster, name, image, Path(folder)) - _script(cluster, name, image)) / STEPS * 1000
            start = _start_of_ours(cluster, name, image), _start_of_one(cluster, name, image)
            if turn:  # the first warms up
                steps.append(step)
                starts.append(start)
    step_ms, ratio = statistics.median(steps), statistics.median(ours / one for ours, one in starts)
    ours, one = (statistics.median(column) for column in zip(*starts, strict=True))
    print(f"a step costs {step_ms:.1f} ms (at most {STEP_MS:.0f}), the median of {rounds} runs of {STEPS} steps")
    print(f"a pod with our containers starts in {ours:.2f} s, with one in {one:.2f} s")
    print(
        json.dumps(
            {"step_ms": round(step_ms, 2), "start_ratio": round(ratio, 3), "peer": "a shell script in one container"}
        )
    )


def _rounds() -> int:
    parser = argparse.ArgumentParser(prog="make bench-overhead")
    parser.add_argument("--short", action="store_true")
    return 1 if parser.parse_args().short else ROUNDS


def _agent(cluster: Cluster, name: str, image: str, folder: Path) -> float:
    """Seconds from the agent's first command to the end of its last one, by its own events."""
    script = folder / "script.json"
    turns = [{"calls": [{"tool": "bash", "arguments": {"command": command}}]} for command in COMMANDS]
    script.write_text(json.dumps(turns))
    words = [
        "run",
        str(repository(folder / "repository")),
        "Do it.",
        "--model",
        f"scripted/{script}",
        "-n",
        "1",
        "--json",
        "--backend",
        "kubernetes",
    ]
    environment = {**cluster.environment, "AIDEATOR_HOME": str(folder / "home")}
    done = subprocess.run(
        [sys.executable, "-m", "aideator_cli", *words, "--namespace", name, "--agent-image", image],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    events = [record["event"] for record in map(json.loads, done.stdout.splitlines()) if record["kind"] == "event"]
    calls, outputs = ([event for event in events if event["type"] == kind] for kind in ("call", "done"))
    if len(outputs) < STEPS:
        raise SystemExit(f"the agent did {len(outputs)} of {STEPS} steps: {done.stderr.strip()}")
    return _instant(outputs[STEPS - 1]["time"]) - _instant(calls[0]["time"])


def _script(cluster: Cluster, name: str, image: str) -> float:
    """Seconds that the same commands take one after the other, each in a shell of its own as the agent's are."""
    commands = "\n".join(f"sh -c '{command}'" for command in COMMANDS)
    text = f"cd /tmp\nbegun=$(date +%s%N)\n{commands}\necho $(($(date +%s%N) - begun))"
    log = _run_one(cluster, name, image, ["/bin/sh", "-c", text])[1]
    return int(log.split()[-1]) / 1e9


def _start_of_ours(cluster: Cluster, name: str, image: str) -> float:
    """Its repository can't be reached: the agent's first event comes before that."""
    from aideator_agent.spec import Repository, RunSpec, VariationSpec
    from aideator_cli.backends.kubernetes.manifests import Placement, configmap, job
    from aideator_cli.domain.ids import new_id

    variation = VariationSpec(1, "scripted/bench.yaml")
    spec = RunSpec(
        new_id(), "bench", "2026-01-01T00:00:00Z", Repository("https://git.example.invalid/todo.git"), "Do it.", (variation,),
        scripts={"scripted/bench.yaml": []}, agent_image=image,
    )  # fmt: skip
    placement = Placement(name, "bench", "none")
    _create(cluster, name, configmap(spec, placement))
    return _first_word(cluster, name, job(spec, variation, placement), "agent")[0]


def _start_of_one(cluster: Cluster, name: str, image: str) -> float:
    return _run_one(cluster, name, image, ["/bin/sh", "-c", "echo started"])[0]


def _run_one(cluster: Cluster, name: str, image: str, command: list[str]) -> tuple[float, str]:
    container = {"name": "one", "image": image, "imagePullPolicy": "IfNotPresent", "command": command}
    pod = {"restartPolicy": "Never", "automountServiceAccountToken": False, "containers": [container]}
    manifest = {
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": f"one-{time.monotonic_ns()}"},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}},
    }  # fmt: skip
    return _first_word(cluster, name, manifest, "one")


def _first_word(cluster: Cluster, name: str, manifest: dict[str, Any], container: str) -> tuple[float, str]:
    """Returns the seconds from the accepted Job to the first line of the container's log, and the log. Removes the Job."""
    _create(cluster, name, manifest)
    accepted = time.time()
    job = f"job/{manifest['metadata']['name']}"
    deadline = time.monotonic() + SECONDS
    log = ""
    while time.monotonic() < deadline:
        found = subprocess.run(
            [cluster.kubectl_path, "logs", "--timestamps", job, "-c", container, "-n", name],
            env=cluster.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        log = found.stdout
        if log.endswith("\n"):
            break
        time.sleep(0.2)
    cluster.kubectl("delete", job, "-n", name, "--wait=true")
    if not log:
        raise SystemExit(f"{job} wrote nothing within {SECONDS} s")
    return _instant(log.split(maxsplit=1)[0]) - accepted, log


def _create(cluster: Cluster, name: str, manifest: dict[str, Any]) -> None:
    cluster.kubectl("create", "-n", name, "-f", "-", stdin=json.dumps(manifest))


def _instant(stamp: str) -> float:
    """Nanoseconds are cut off."""
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}+00:00").timestamp() + float(f"0.{fraction or 0}")


if __name__ == "__main__":
    main()
