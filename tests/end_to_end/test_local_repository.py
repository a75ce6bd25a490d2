"""A local repository on a cluster: what no remote has goes with the run, and the patch comes back onto the working tree."""

import json
import os
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from tests.agent.running import bash, submit
from tests.backends.kubernetes.forwarder import Forwarder
from tests.end_to_end.conftest import Place
from tests.end_to_end.user import LONGEST_SECONDS, finish
from tests.faults.waiting import until
from tests.fixtures.cluster import Cluster
from tests.fixtures.repositories import LocalRepository
from tests.intake.sending.test_objects import put

LOOK = "cat a.py new.txt .env; wc -c < large; git log --oneline | wc -l; ls /sent /private 2>&1 | grep -c cannot"
SCRIPT = [
    {"say": "Look.", "calls": [{"tool": "bash", "arguments": {"command": LOOK}}]},
    {"calls": [{"tool": "bash", "arguments": {"command": "echo 'x = 3' > a.py; echo B=2 >> .env; git add -f .env"}}]},
    {"calls": [{"tool": "submit", "arguments": {"summary": "Did it."}}]},
]


def test_uncommitted_changes_and_ignored_files_reach_the_agents_and_the_checks(
    kubernetes_place: Place, tmp_path: Path
) -> None:
    place = kubernetes_place
    assert place.kubectl
    todo = LocalRepository(tmp_path / "todo")
    todo.commit({"a.py": "x = 1\n", ".gitignore": ".env\n", ".worktreeinclude": ".env\n"})
    todo.commit({"large": os.urandom(2_000_000)})
    todo.write({"a.py": "x = 2\n", "new.txt": "new\n", ".env": "API_TOKEN=0123456789abcdef\n"})
    (tmp_path / "script.yaml").write_text(json.dumps(SCRIPT))
    user = replace(place.user, folder=todo.path)
    words = ["--model", f"scripted/{tmp_path / 'script.yaml'}", "-n", "2", "--dirty", "--json"]
    checks = ["--verify", "grep -q API_TOKEN=0123456789abcdef .env && grep -q 'x = [23]' a.py && ! grep -q B=2 .env"]

    asked = user.run(".", "Do it.", *words, *checks)
    assert asked.code == 2
    assert ".env may hold secrets" in asked.err

    done = user.run(".", "Do it.", *words, *checks, "--yes")
    assert done.code == 0, done.err + done.out.decode()
    run = done.of("event")[0]["run"]
    told = {1: "", 2: ""}
    for record in done.of("event"):
        if record["event"]["type"] == "output":
            told[record["variation"]] += record["event"]["text"]
    for variation in told.values():
        assert variation.startswith("x = 2\nnew\nAPI_TOKEN=[redacted]\n2000000\n3\n2\n")
    assert b"0123456789abcdef" not in done.out.replace(b"API_TOKEN=0123456789abcdef .env", b"")

    names = ("configmap", f"agent-{run}-commits-{{:03}}"), ("secret", f"agent-{run}-carried-{{:03}}")
    for kind, name in names:
        found = place.kubectl.json("get", kind, name.format(0), "-n", place.namespace)
        assert [owner["name"] for owner in found["metadata"]["ownerReferences"]] == [f"agent-{run}"]
    assert place.kubectl.json("get", "configmap", names[0][1].format(2), "-n", place.namespace)

    patch = user.call("diff", f"{run}/1").out
    assert b"+x = 3" in patch
    assert b"b/.env" not in patch
    assert user.call("apply", f"{run}/1").code == 0
    assert (todo.path / "a.py").read_text() == "x = 3\n"
    assert todo.git("status", "--porcelain") == " M a.py\n?? new.txt"
    assert user.call("undo").code == 0
    assert (todo.path / "a.py").read_text() == "x = 2\n"

    assert user.call("delete", run).code == 0
    place.kubectl(
        "wait", "--for=delete", "configmap,secret,job,pod", "-n", place.namespace, "-l", f"aideator.dev/run={run}", "--timeout=60s"
    )  # fmt: skip
    assert not (tmp_path / "home" / "runs" / run).exists()


def via(way: Forwarder, cluster: Cluster, folder: Path) -> Path:
    """A kubeconfig for the cluster through a way that can be cut."""
    config = yaml.safe_load(Path(cluster.kubeconfig).read_text())
    for entry in config["clusters"]:
        entry["cluster"]["server"] = f"https://127.0.0.1:{way.port}"
    (folder / "kubeconfig").write_text(yaml.safe_dump(config))
    return folder / "kubeconfig"


def test_a_commit_that_is_too_large_for_objects_goes_through_connections_that_may_break(
    kubernetes_place: Place, cluster: Cluster, tmp_path: Path
) -> None:
    place = kubernetes_place
    assert place.kubectl
    todo = LocalRepository(tmp_path / "todo")
    base = todo.commit({"large": os.urandom(17 * 1024**2)})
    turns = [bash("git log --format=%H; wc -c < large"), bash("echo y > new.txt"), submit()]
    (tmp_path / "script.yaml").write_text(json.dumps(turns))
    server = urlsplit(yaml.safe_load(Path(cluster.kubeconfig).read_text())["clusters"][0]["cluster"]["server"])
    with Forwarder(server.hostname or "", server.port or 443) as way:
        user = replace(
            place.user,
            folder=todo.path,
            environment={**place.user.environment, "KUBECONFIG": str(via(way, cluster, tmp_path))},
        )
        process = user.start(
            "run", ".", "Do it.", *place.user.options, "--model", f"scripted/{tmp_path / 'script.yaml'}", "-n", "1", "--detach"
        )  # fmt: skip
        some = 8 * 1024**2  # of 23 MiB
        until(lambda: way.passed > some or process.poll() is not None, "it is sent", LONGEST_SECONDS, tick=0.01)
        way.cut()
        way.mend()
        done = finish(process)
    assert done.code == 0, done.err
    assert "goes to each pod through a connection" in done.err
    assert "sent 17.0 MiB of 17.0 MiB" in done.err
    run = done.out.decode().strip()
    assert not place.kubectl.json("get", "configmaps", "-n", place.namespace, "-l", "app.kubernetes.io/component=sent")[
        "items"
    ]
    told = place.user.call("wait", run, "--json")
    assert told.code == 0, told.err
    shown = place.user.call("logs", run, "--json")
    events = [json.loads(line) for line in shown.out.splitlines()]
    text = "".join(event["text"] for event in events if event["type"] == "output")
    assert (text.count(f"{base}\n"), text.count(f"{17 * 1024**2}\n")) == (1, 1)


def test_submodules_and_large_files_that_no_server_has_reach_the_agents_and_the_checks(
    kubernetes_place: Place, tmp_path: Path
) -> None:
    place = kubernetes_place
    todo, lib = LocalRepository(tmp_path / "todo"), LocalRepository(tmp_path / "todo" / "lib")
    lib.commit({"lib.py": "lib = 1\n"})
    todo.commit({".gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = https://git.example.invalid/lib.git\n'})
    put(todo, "a.bin", b"large\n" * 1000)
    look = "cat lib/lib.py; wc -l < a.bin"
    turns = [bash(look), bash("echo y > new.txt"), submit()]
    (tmp_path / "script.yaml").write_text(json.dumps(turns))
    words = [
        "--model",
        f"scripted/{tmp_path / 'script.yaml'}",
        "-n",
        "1",
        "--verify",
        f"{look} | grep -x 1000",
        "--json",
    ]
    done = replace(place.user, folder=todo.path).run(".", "Do it.", *words)
    assert done.code == 0, done.err + done.out.decode()
    events = [record["event"] for record in done.of("event")]
    text = "".join(event["text"] for event in events if event["type"] == "output")
    assert text == "lib = 1\n1000\n"
    assert "of the submodule lib (" in done.err
    assert "the content of 1 file in Git LFS" in done.err
