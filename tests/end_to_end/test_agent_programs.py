"""A run whose agent is a program of its own, on the cluster and on this machine: its commands run where the model's commands run."""

import json
from pathlib import Path
from typing import Any

import yaml

from tests.end_to_end.conftest import Place
from tests.fixtures import acp_agent

TURN = {"say": "On.", "usage": {"input": 100, "output": 10}}
LOOK = "echo 'x = 2' > a.py; id -u; pwd; echo $HOME; env | grep API_KEY; exit 3"


def asked(place: Place, *steps: dict[str, Any], **options: str) -> list[str]:
    """The words of a run whose agent plays these steps, which it finds in the repository, with the provider's model."""
    script = json.dumps({"steps": steps})
    player = Path(acp_agent.__file__).read_text()
    place.git.add("project", {"a.py": "x = 1\n", "player.py": player, "script.json": script, ".gitignore": "*.notes\n"})
    preset = {
        "protocol": "acp",
        "command": "python3 player.py script.json",
        "version": "python3 --version",
        "env": {"FAKE_MODEL": "{model}"},
        "wires": ["openai"],
    }
    (place.user.folder / "fake.yaml").write_text(yaml.safe_dump(preset))
    provider = place.provide({"fake": [TURN] * 50})
    words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
    return [
        place.git.url("project"), "Make x two.", "--agent", "./fake.yaml", "--model", "openai/fake",
        "--api-base", provider.url, "-n", "1", *words,
    ]  # fmt: skip


def run(place: Place, *steps: dict[str, Any], **options: str) -> Any:
    done = place.user.run(*asked(place, *steps, **options), "--json")
    assert done.of("event"), done.err
    return done


def events(done: Any, type_: str) -> list[dict[str, Any]]:
    return [each["event"] for each in done.of("event") if each["event"]["type"] == type_]


def test_it_works_where_the_commands_run_and_is_followed_like_our_own(place: Place) -> None:
    done = run(place, {"model": 1}, {"say": "I look."}, {"run": LOOK}, {"model": 1}, {"say": "Done."})

    (end,) = events(done, "end")
    assert (done.code, end["outcome"], end["reason"], end["summary"]) == (0, "succeeded", "", "Done.")
    assert [e["arguments"]["command"] for e in events(done, "call")] == [LOOK]
    user, folder, home, key, *_ = "".join(e["text"] for e in events(done, "output")).split("\n")
    assert home == folder.removesuffix("repo") + "home"
    assert key.startswith("OPENAI_API_KEY=")
    assert "fake" not in key, "the real one"
    assert place.name == "local" or (user, folder) == ("1000", "/workspace/repo")
    assert [e["exit_code"] for e in events(done, "done")] == [3]
    assert [e["step"] for e in events(done, "usage")] == [1, 2]
    assert events(done, "changes")[-1]["files"] == 1
    assert end["totals"]["input"] == 200
    patch = "".join(e["text"] for e in events(done, "patch"))
    assert "-x = 1\n+x = 2\n" in patch


def test_one_that_never_stops_is_ended_by_its_limit_and_leaves_its_patch(place: Place) -> None:
    done = run(place, {"run": "echo 'x = 2' > a.py"}, {"model": 1_000_000}, max_steps="3")

    (end,) = events(done, "end")
    assert (done.code, end["outcome"], end["reason"]) == (6, "limit", "steps")
    assert "+x = 2" in "".join(e["text"] for e in events(done, "patch"))
