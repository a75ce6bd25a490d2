"""A question, asked on a cluster and on this machine: the answer comes back, and the user's check reads it."""

import yaml

from tests.end_to_end.conftest import Place
from tests.fixtures.repositories import git


def test_an_answer_comes_back_and_is_checked(place: Place) -> None:
    place.git.add("project", {"a.py": "x = 1\n", "tool.sh": 'grep -q "$(cat a.py)"\n'})
    text = "It holds:\n\n    x = 1\n\nas a.py:1 says, and b.py:3 does not.\n"
    turns = [
        {"calls": [{"tool": "bash", "arguments": {"command": "echo 'x = 2' > a.py; echo new > b.py"}}]},
        {"calls": [{"tool": "submit", "arguments": {"answer": text}}]},
    ]
    (place.user.folder / "script.yaml").write_text(yaml.safe_dump(turns))
    model = ("--model", f"scripted/{place.user.folder}/script.yaml", "-n", "1")
    checks = ("--verify", "same=sh tool.sh", "--verify", "cites=grep -q a.py:1", "--verify", "no=grep -q c.py")

    done = place.user.call(
        "ask", place.git.url("project"), "What does a.py hold?", *place.user.options, *model, *checks, "--json"
    )
    assert done.code == 7, done.err
    (result,) = done.of("result")
    assert (result["answer"], result["outcome"], result["patch_sha256"]) == (text, "succeeded", None)
    assert [(check["name"], check["on"], check["exit_code"]) for check in result["checks"]] == [
        ("same", "answer", 0), ("cites", "answer", 0), ("no", "answer", 1),
    ]  # fmt: skip
    assert [(cited["path"], cited["problem"]) for cited in result["citations"]] == [("b.py", "no_file"), ("a.py", "")]
    assert result["changed"] == ["a.py", "b.py"]

    shown = place.user.call("show", result["run"], "--answer", "1")
    assert shown.out.decode() == text


def test_a_review_gets_the_difference(place: Place) -> None:
    place.git.add("project", {"a.py": "x = 1\n"})
    clone = place.user.folder / "clone"
    git(place.user.folder, "clone", "--quiet", place.git.url("project"), str(clone))
    (clone / "a.py").write_text("x = 2\n")
    git(clone, "commit", "--quiet", "--all", "--message", "two")  # which no server has
    turns = [
        {"calls": [{"tool": "bash", "arguments": {"command": "cat a.py"}}]},
        {"say": "a.py:1 is new."},
        {"say": "a.py:1 is new."},
    ]
    (place.user.folder / "script.yaml").write_text(yaml.safe_dump(turns))
    model = ("--model", f"scripted/{place.user.folder}/script.yaml", "-n", "1")

    done = place.user.call("ask", str(clone), *place.user.options, *model, "--diff", "HEAD~1..", "--json")
    assert done.code == 0, done.err
    events = [record["event"] for record in done.of("event")]
    sent = "".join(event.get("text", "") for event in events if event["type"] == "sent")
    assert "-x = 1\\n+x = 2" in sent
    assert "".join(event["text"] for event in events if event["type"] == "output") == "x = 2\n"
    assert done.of("result")[0]["answer"] == "a.py:1 is new.\n"
