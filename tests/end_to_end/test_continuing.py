"""From two halves to a whole, in both places: agents go on from a patch, and a merge is checked by a Job that has no key."""

import json
from pathlib import Path

from tests.end_to_end.conftest import Place
from tests.fixtures.repositories import LocalRepository

CHECK = ("--verify", "both=grep -q A a.txt && grep -q B b.txt")


def script(folder: Path, name: str, command: str) -> str:
    turns = [
        {"calls": [{"tool": "bash", "arguments": {"command": command}}]},
        {"calls": [{"tool": "submit", "arguments": {"summary": f"Did {name}."}}]},
    ]
    (folder / f"{name}.yaml").write_text(json.dumps(turns))
    return f"scripted/{folder / name}.yaml"


def test_halves_are_merged_and_gone_on_from(place: Place, tmp_path: Path) -> None:
    todo = LocalRepository(tmp_path / "todo")
    todo.commit({"a.txt": "a\n", "b.txt": "b\n"})
    one, two = script(tmp_path, "one", "echo A > a.txt"), script(tmp_path, "two", "echo B > b.txt")
    rest = script(tmp_path, "rest", "git log -1 --format=%s; cat a.txt; echo B > b.txt")
    halves = place.user.run(str(todo.path), "Mend it.", "--model", f"{one},{two}", *CHECK, "--json")
    assert halves.code == 7, halves.err
    run = halves.of("event")[0]["run"]

    merged = place.user.call("merge", f"{run}/1", f"{run}/2", "--json")
    assert merged.code == 0, merged.err + merged.out.decode()
    (result,) = merged.of("result")
    assert (result["status"], result["files"], result["steps"]) == ("succeeded", 2, 0)
    if place.kubectl:
        job = place.kubectl.json("get", "job", f"agent-{result['run']}-1", "-n", place.namespace)
        (container,) = job["spec"]["template"]["spec"]["containers"]
        assert not [each for each in container["env"] if "valueFrom" in each and each["name"].endswith("_API_KEY")]

    on = place.user.call("continue", f"{run}/1", "Mend b, too.", "--model", rest, "-n", "1", "--json")
    assert on.code == 0, on.err + on.out.decode()
    said = "".join(record["event"]["text"] for record in on.of("event") if record["event"]["type"] == "output")
    assert said == f"The work of {run}/1\nA\n"
    (result,) = on.of("result")
    assert (result["status"], result["files"]) == ("succeeded", 2)
    applied = place.user.call("apply", f"{result['run']}/1", "-C", str(todo.path))
    assert applied.code == 0, applied.err
    assert [(todo.path / name).read_text() for name in ("a.txt", "b.txt")] == ["A\n", "B\n"]
