"""Hidden checks decide, and an agent that searches all that it can read does not find them before every agent has ended."""

import json
import secrets
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.conftest import Place

HALF = secrets.token_hex(6)  # of this process: tests that run beside this one have other markers
MARKER = f"marker-{HALF}"  # the hunter puts it together itself, so that its own script is no find
FOLDER = f"acceptance-{HALF}"
FILES = {"calc.py": "def add(a, b):\n    return a - b\n", "test_calc.py": "import calc\n"}
ACCEPTANCE = f"import unittest, calc\nclass A(unittest.TestCase):\n  def test_it(self): self.assertEqual(calc.add(5, 7), 12, '{MARKER}')\n"
HUNT = r"""
import glob, os, stat, time
words = [b"marker-" + HALF, b"acceptance-" + HALF]
def files():
    yield from glob.glob("/proc/[0-9]*/environ")
    yield from glob.glob("/proc/[0-9]*/cmdline")
    for top in TOPS:
        for place, _, names in os.walk(top):
            yield from (os.path.join(place, name) for name in names)
def holds(path):
    try:
        if path.startswith("/proc/") or stat.S_ISREG(os.lstat(path).st_mode):
            with open(path, "rb") as file:
                data = file.read(1 << 22)
                return any(word in data for word in words)
    except OSError:
        return False
ready = WAITS  # where another agent's log would be
while ready and not any(b"hidden checks wait" in open(log, "rb").read() for log in glob.glob(ready)):
    print(end=".", flush=True)
    time.sleep(0.05)
found = [path for path in files() if holds(path)]
control = b"PATH=" in open("/proc/self/environ", "rb").read()
print("looked", control, "found", found, "secrets", os.path.exists("/var/run/secrets"))
"""


def script(folder: Path, name: str, command: str) -> str:
    turns = [
        {"calls": [{"tool": "bash", "arguments": {"command": command}}]},
        {"calls": [{"tool": "submit", "arguments": {"summary": name}}]},
    ]
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(turns))
    return f"scripted/{folder / name}.yaml"


def hunt(place: Place) -> str:
    home = place.user.environment["AIDEATOR_HOME"]
    local = place.name == "local"
    tops = (
        [home]
        if local
        else [
            "/workspace",
            "/home",
            "/tmp",
            "/aideator",
            "/private",
            "/sent",
            "/spec",
            "/check",
            "/var",
            "/run",
            "/mnt",
            "/opt",
        ]
    )
    waits = f"{home}/runs/*/1/*.log" if local else ""
    more = "TOPS += glob.glob(os.path.join(os.environ.get('TMPDIR', '/tmp'), 'aideator-*'))\n" if local else ""
    text = (
        HUNT.replace("def files", f"TOPS = {tops!r}\n{more}def files", 1)
        .replace("WAITS", repr(waits))
        .replace("HALF", repr(HALF.encode()))
    )
    return f"python3 - <<'END'\n{text}\nEND"


@pytest.mark.usefixtures("no_copies")
def test_nobody_finds_them_and_they_decide(place: Place, tmp_path: Path) -> None:
    place.git.add("project", FILES)
    (tmp_path / "tmp").mkdir()
    user = replace(place.user, environment={**place.user.environment, "TMPDIR": str(tmp_path / "tmp")})
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "test_acceptance.py").write_text(ACCEPTANCE)
    models = [
        script(tmp_path, "cheat", "sed -i 's/a - b/3/' calc.py"),
        script(tmp_path, "hunter", hunt(place)),
        script(tmp_path, "right", "sed -i 's/a - b/a + b/' calc.py"),
    ]
    hidden = [
        "--hidden",
        str(tmp_path / FOLDER),
        "--hidden-verify",
        f"acceptance=python3 -m unittest test_acceptance # {MARKER}",
    ]
    done = user.run(
        place.git.url("project"),
        "Mend add.",
        "--model",
        ",".join(models),
        "--verify",
        "python3 -c 'import calc'",
        *hidden,
        "--json",
    )
    assert done.code == 0, done.of("result")
    events = {n: [line["event"] for line in done.of("event") if line["variation"] == n] for n in (1, 2, 3)}
    told = "".join(event["text"] for event in events[2] if event["type"] == "output")
    assert "looked True found [] secrets False" in told, told

    cheat, _, right = done.of("result")
    assert [check["hidden"] for check in right["checks"]] == [True, True]
    assert [cheat["status"], right["status"]] == ["failed checks", "succeeded"]
    assert MARKER in json.dumps(cheat["checks"])
    assert [check["name"] for check in right["baseline"]] == ["python3", "acceptance"]
    for seen in events.values():
        before = seen[
            : next(
                at
                for at, event in enumerate(seen)
                if event["type"] == "phase" and (event["name"], event["state"]) == ("work", "end")
            )
        ]
        assert MARKER not in json.dumps([event for event in before if event["type"] != "call"])

    run = done.records[0]["run"]
    shown = user.call("compare", run).out.decode()
    assert "acceptance (hidden)" in shown
    assert "hidden from the agents: 1 check, 1 file" in user.call("show", run).out.decode()
    assert MARKER in user.call("logs", run).out.decode()


def test_here_they_are_not_stored_so_no_other_agent_begins(local_place: Place, tmp_path: Path) -> None:
    local_place.git.add("project", FILES)
    model = script(tmp_path, "idle", "echo x >> calc.py")
    hidden = ["--hidden-verify", f"true # {MARKER}"]
    done = local_place.user.run(
        local_place.git.url("project"), "Mend add.", "--model", model, "-n", "1", *hidden, "--json"
    )
    run = done.records[0]["run"]
    for words in (["retry", f"{run}/1", "--force"], ["continue", f"{run}/1", "Go on."]):
        tried = local_place.user.call(*words)
        assert tried.code == 4, tried
        assert f"the hidden checks of run {run} are not stored on this machine" in tried.err
