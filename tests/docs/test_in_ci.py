"""The GitHub Action and the GitLab component, run as shell: for whom they start, what they call, and what foreign text can't do."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fixtures.quiet_server import Serving

ROOT = Path(__file__).parents[2]
EVIL = "`touch pwned` $(touch pwned) ${{ github.token }} \"; touch pwned; '"
FOUND = "https://forge.example/pull/7"
# What both call is a program that writes down what it is called with
RECORDER = """#!/usr/bin/env python3
import json, os, sys
at = [each[1:] for each in sys.argv if each.startswith("@") and "/" in each]
said = [open(each).read() for each in at]
keys = sorted(name for name in os.environ if name.startswith(("AIDEATOR_", "GIT_TOKEN")))
with open({log!r}, "a") as log:
    log.write(json.dumps({{"argv": sys.argv[1:], "said": said, "keys": keys}}) + "\\n")
if sys.argv[1] == "pr":
    print({found!r})
sys.exit(int(os.environ.get("FAILS", 0)) if sys.argv[1] == "run" else 0)
"""


@dataclass
class Api(Serving):
    """Says what somebody may do: `answers` by path."""

    answers: Mapping[str, Any]
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.serve("127.0.0.1", _Handler)


class _Handler(BaseHTTPRequestHandler):
    owner: Api

    def do_GET(self) -> None:
        self.owner.asked.append((self.path, self.headers["Authorization"] or self.headers["PRIVATE-TOKEN"]))
        found = self.owner.answers.get(self.path)
        body = json.dumps(found or {}).encode()
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@dataclass
class Job:
    folder: Path
    environment: dict[str, str]

    @property
    def calls(self) -> list[dict[str, Any]]:
        log = self.folder / "calls"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def shell(self, program: str, script: str, **more: str) -> subprocess.CompletedProcess[str]:
        words = (
            [program, "--noprofile", "--norc", "-eo", "pipefail", "-c"] if program == "bash" else [program, "-e", "-c"]
        )
        return subprocess.run(
            [*words, script], env={**self.environment, **more}, cwd=self.folder, capture_output=True, text=True, check=False
        )  # fmt: skip


@pytest.fixture
def api() -> Iterator[Api]:
    answers = {
        "/repos/you/project/collaborators/ada/permission": {"permission": "write"},
        "/repos/you/project/collaborators/eve/permission": {"permission": "read"},
        "/projects/5/members/all/1": {"access_level": 30},
        "/projects/5/members/all/2": {"access_level": 20},
    }
    with Api(answers) as server:
        yield server


@pytest.fixture
def job(tmp_path: Path) -> Job:
    programs = tmp_path / "bin"
    programs.mkdir()
    recorder = programs / "aideator"
    recorder.write_text(RECORDER.format(log=str(tmp_path / "calls"), found=FOUND))
    recorder.chmod(0o755)
    return Job(tmp_path, {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(tmp_path), "TMPDIR": str(tmp_path)})


# GitHub


def steps() -> dict[str, dict[str, Any]]:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    return {step.get("id", "install"): step for step in action["runs"]["steps"]}


def on_github(job: Job, api: Api, event: Mapping[str, Any], **more: str) -> str:
    """Runs the steps as a runner does. Returns what was said and put out."""
    (job.folder / "event.json").write_text(json.dumps(event))
    (job.folder / "output").write_text("")
    job.environment |= {
        "GITHUB_EVENT_PATH": str(job.folder / "event.json"), "GITHUB_OUTPUT": str(job.folder / "output"), "GITHUB_API_URL": api.origin,
        "GITHUB_REPOSITORY": "you/project", "GITHUB_SERVER_URL": "https://forge.example", "RUNNER_TEMP": str(job.folder),
        "ASKED_TOKEN": "tok", "ASKED_LABEL": "aideator", "ASKED_COMMAND": "/aideator",
    }  # fmt: skip
    decided = job.shell("bash", steps()["decide"]["run"])
    assert decided.returncode == 0, decided.stderr
    put = dict(line.split("=", 1) for line in (job.folder / "output").read_text().splitlines())
    if put.get("what"):
        own = {
            "ASKED_MODELS": "m:2",
            "ASKED_OPTIONS": "--allow-local-shell\n",
            "ASKED_RUN_OPTIONS": "--verify=pytest -q\n",
            "GIT_TOKEN": "tok",
        }
        done = job.shell("bash", steps()["work"]["run"], WHAT=put["what"], NUMBER=put["number"], **own, **more)
        return decided.stdout + done.stderr + (job.folder / "output").read_text()
    return decided.stdout


def hub(who: str = "ada", **more: Any) -> dict[str, Any]:
    return {"sender": {"login": who, "type": "User"}, "issue": {"number": 12, "title": EVIL, "body": EVIL}, **more}


def test_a_label_on_an_issue_becomes_a_draft(job: Job, api: Api) -> None:
    said = on_github(job, api, hub(action="labeled", label={"name": "aideator"}))
    run, pr = job.calls
    assert run["argv"] == [
        "run", "https://forge.example/you/project.git", "--issue", "https://forge.example/you/project/issues/12", "--model", "m:2",
        "--select", "auto", "--yes", "--on-interrupt", "cancel", "--view", "lines", "--allow-local-shell", "--verify=pytest -q",
    ]  # fmt: skip
    assert pr["argv"] == ["pr", "@last", "--draft"]
    assert f"url={FOUND}\n" in said
    assert set(run["keys"]) == {"GIT_TOKEN"}
    assert api.asked == [("/repos/you/project/collaborators/ada/permission", "Bearer tok")]


def test_a_comment_gives_the_prompt_and_nothing_in_it_is_executed(job: Job, api: Api) -> None:
    on_github(job, api, hub(action="created", comment={"body": f"/aideator {EVIL}\nwhat=evil"}))
    assert job.calls[0]["argv"][2] == f"@{job.folder}/aideator-prompt.txt"
    assert job.calls[0]["said"] == [f"{EVIL}\nwhat=evil"]
    assert not (job.folder / "pwned").exists()


def test_a_comment_on_a_pull_request_asks_for_a_review(job: Job, api: Api) -> None:
    event = hub(action="created", comment={"body": "/aideator"})
    event["issue"]["pull_request"] = {"url": "x"}
    on_github(job, api, event)
    assert [call["argv"][:2] for call in job.calls] == [["review", "https://forge.example/you/project/pull/12"]]
    assert "--post" in job.calls[0]["argv"]
    assert "--verify=pytest -q" not in job.calls[0]["argv"]


def test_a_run_without_a_success_opens_nothing(job: Job, api: Api) -> None:
    said = on_github(job, api, hub(action="labeled", label={"name": "aideator"}), FAILS="7")
    assert [call["argv"][0] for call in job.calls] == ["run"]
    assert "url=" not in said


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (hub("eve", action="created", comment={"body": "/aideator"}), "eve may not write to this repository: read"),
        (
            hub("bob", action="labeled", label={"name": "aideator"}),
            "bob may not write to this repository: unknown (HTTP 404)",
        ),
        (hub("../ada", action="created", comment={"body": "/aideator"}), "no person asked for it"),
        (hub(action="created", comment={"body": "Try /aideator"}), "the comment does not begin with the command"),
        (hub(action="created", comment={"body": "/aideatorx y"}), "the comment does not begin with the command"),
        (hub(action="created", comment={"body": None}), "the comment does not begin with the command"),
        (hub(action="edited", comment={"body": "/aideator"}), "neither a comment nor a label"),
        (hub(action="labeled", label={"name": "bug"}), "it is another label"),
        (
            {**hub(action="labeled", label={"name": "aideator"}), "sender": {"login": "ada", "type": "Bot"}},
            "no person asked for it",
        ),
    ],
)
def test_nobody_elses_words_start_it_on_github(job: Job, api: Api, event: Mapping[str, Any], why: str) -> None:
    assert f"nothing to do: {why}" in on_github(job, api, event)
    assert job.calls == []


@pytest.mark.parametrize("place", ["github", "gitlab"])
def test_the_scripts_are_sound(place: str) -> None:
    scripts = (
        [("bash", step["run"]) for step in steps().values()]
        if place == "github"
        else [("sh", component()[1]["script"][0])]
    )
    for shell, script in scripts:
        done = subprocess.run(
            [Path(sys.executable).with_name("shellcheck"), "--shell", shell, "-"],
            input=script,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_no_script_of_the_action_has_an_expression_in_it() -> None:
    for step in steps().values():
        assert "${{" not in step["run"]
    assert {step.get("if", "") for name, step in steps().items() if name != "decide"} == {
        "steps.decide.outputs.what != ''"
    }


# GitLab


def component() -> tuple[dict[str, Any], dict[str, Any]]:
    spec, jobs = yaml.safe_load_all((ROOT / "templates" / "aideator.yml").read_text())
    return spec["spec"]["inputs"], jobs["aideator"]


def on_gitlab(job: Job, api: Api, event: Mapping[str, Any]) -> str:
    (job.folder / "payload").write_text(json.dumps(event))
    job.environment |= {
        "TRIGGER_PAYLOAD": str(job.folder / "payload"), "CI_PROJECT_ID": "5", "CI_API_V4_URL": api.origin, "GIT_TOKEN": "tok",
        "CI_PROJECT_URL": "https://lab.example/a/b", "ASKED_INSTALL": "", "ASKED_MODELS": "m:2", "ASKED_LABEL": "aideator",
        "ASKED_COMMAND": "/aideator", "ASKED_OPTIONS": "--allow-local-shell\n", "ASKED_RUN_OPTIONS": "--verify=pytest -q\n",
    }  # fmt: skip
    python = job.folder / "bin" / "python3"
    python.write_text(f'#!/bin/sh\n[ "$2" = venv ] || exec {os.path.realpath("/usr/bin/python3")} "$@"\n"mkdir" -p "$3/bin"\n'
                      'printf "#!/bin/sh\\n" > "$3/bin/pip"; chmod +x "$3/bin/pip"\n')  # fmt: skip
    python.chmod(0o755)
    (script,) = component()[1]["script"]
    done = job.shell("sh", script)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def lab(user: int = 1, **more: Any) -> dict[str, Any]:
    return {"user": {"id": user}, "project": {"id": 5}, **more}


def labelled(kind: str, *before: str) -> dict[str, Any]:
    labels = {"previous": [{"title": each} for each in before], "current": [{"title": "aideator"}, {"title": EVIL}]}
    return {
        "object_kind": kind,
        "object_attributes": {"iid": 7, "title": EVIL, "action": "update"},
        "changes": {"labels": labels},
    }


def note(text: str, **more: Any) -> dict[str, Any]:
    return {"object_kind": "note", "object_attributes": {"note": text, "action": "create"}, **more}


def test_a_label_on_an_issue_of_gitlab_becomes_a_draft(job: Job, api: Api) -> None:
    on_gitlab(job, api, lab(**labelled("issue")))
    run, pr = job.calls
    assert run["argv"] == [
        "run", "https://lab.example/a/b.git", "--allow-local-shell", "--verify=pytest -q", "--issue",
        "https://lab.example/a/b/-/issues/7", "--model", "m:2", "--select", "auto", "--yes", "--on-interrupt", "cancel", "--view", "lines",
    ]  # fmt: skip
    assert pr["argv"] == ["pr", "@last", "--draft"]
    assert api.asked == [("/projects/5/members/all/1", "tok")]
    assert set(run["keys"]) == {"AIDEATOR_HOME", "GIT_TOKEN"}


def test_a_comment_on_gitlab_gives_the_prompt_and_nothing_in_it_is_executed(job: Job, api: Api) -> None:
    on_gitlab(job, api, lab(**note(f"/aideator\n{EVIL}", issue={"iid": 7})))
    assert job.calls[0]["said"] == [EVIL]
    on_gitlab(job, api, lab(**note("/aideator Is it safe?", merge_request={"iid": 8})))
    review = job.calls[-1]
    assert review["argv"][:2] == ["review", "https://lab.example/a/b/-/merge_requests/8"]
    assert (review["said"], "--post" in review["argv"]) == (["Is it safe?"], True)
    assert not (job.folder / "pwned").exists()


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (lab(2, **labelled("issue")), "user 2 may not write to this project: access level 20"),
        (lab(3, **note("/aideator", issue={"iid": 7})), "user 3 is no member of this project (HTTP 404)"),
        (lab(**labelled("issue", "aideator")), "the label was not added"),
        (lab(**note("Try /aideator", issue={"iid": 7})), "the comment does not begin with the command"),
        (lab(object_kind="push"), "neither a comment nor a label"),
        ({**lab(**labelled("issue")), "project": {"id": 6}}, "it is about another project"),
    ],
)
def test_nobody_elses_words_start_it_on_gitlab(job: Job, api: Api, event: Mapping[str, Any], why: str) -> None:
    assert f"nothing to do: {why}" in on_gitlab(job, api, event)
    assert job.calls == []


def test_the_page_uses_inputs_that_there_are() -> None:
    page = (ROOT / "docs" / "pull-requests.md").read_text()
    workflow, pipeline = (yaml.safe_load(block.partition("```")[0]) for block in page.split("```yaml\n")[1:])
    (step,) = workflow["jobs"]["aideator"]["steps"]
    given = yaml.safe_load((ROOT / "action.yml").read_text())["inputs"]
    needed = {name for name, each in given.items() if each.get("required")}
    assert needed <= set(step["with"]) <= set(given)
    inputs, _ = component()
    asked = set(pipeline["include"][0]["inputs"])
    assert {name for name, each in inputs.items() if "default" not in each} <= asked <= set(inputs)


def test_the_component_has_no_input_inside_its_script() -> None:
    inputs, job = component()
    assert "$[[" not in job["script"][0]
    used = [value for value in job["variables"].values() if "$[[" in str(value)]
    assert len(used) == len(inputs) - 2  # the stage and the image are no variables
