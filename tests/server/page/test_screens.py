"""The screens as they are without JavaScript: links, forms that post, and errors that say what to do next."""

import re
from pathlib import Path

import pytest
from httpx import Response
from starlette.testclient import TestClient

from aideator_agent.spec import Repository
from aideator_cli.actions.here import Here
from aideator_cli.server.page.frame import edition
from aideator_cli.store import Store
from aideator_cli.store.serving import ServerStore
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.stored_runs import Told, change, check
from tests.fixtures.stored_runs import add_run as store_run
from tests.server.page.stories import HOSTILE, hostile, three

SCRIPT = """- calls: [{tool: bash, arguments: {command: echo hello > b.txt}}]
- calls: [{tool: submit, arguments: {summary: done}}]
"""
ORIGIN = {"Origin": "http://localhost"}


def post(client: TestClient, where: str, *, json: bool = False, **fields: str) -> Response:
    headers = {**ORIGIN, **({"Accept": "application/json"} if json else {})}
    return client.post(where, data={"edition": edition(), **fields}, headers=headers, follow_redirects=False)


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_without_runs_the_list_says_how_to_begin(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "No runs yet" in page.text
    assert "aideator demo" in page.text
    assert 'href="/runs/new"' in page.text


def test_the_list_shows_what_came_of_each_run(client: TestClient, home: Path) -> None:
    three(home)
    store_run(home, Told(outcome="failed"), run="p2m8d1a", prompt="Add CSV export")
    told = text_of(client.get("/").text)
    assert "✓ passed Make the parser accept comments k3v9x2q todo@4f1c2aa 1 of 3 passed $0.63" in told
    assert "✗ failed Add CSV export p2m8d1a todo@4f1c2aa 0 of 1 passed" in told


def test_the_list_finds_by_words_and_says_when_there_is_none(client: TestClient, home: Path) -> None:
    three(home)
    assert "k3v9x2q" in client.get("/?q=parser").text
    nothing = client.get("/?q=elephant&state=ended").text
    assert "No run is like that" in nothing
    assert 'value="elephant"' in nothing


def test_a_long_list_shows_more_on_demand(client: TestClient, home: Path) -> None:
    for number in range(3):
        store_run(home, Told(), run=f"aaaaaa{number}")
    assert len(re.findall(r'id="run-', client.get("/?limit=2").text)) == 2
    assert 'href="?limit=4"' in client.get("/?limit=2").text
    assert "Show more" not in client.get("/?limit=3").text


def test_a_run_shows_figures_and_what_comes_next(client: TestClient, home: Path) -> None:
    three(home)
    page = client.get("/runs/k3v9x2q").text
    told = text_of(page)
    assert "<title>✓ · Make the parser accept comments · k3v9x2q</title>" in page
    assert "1 is the best by the rule: the only one that passes pytest." in told
    assert "aideator apply k3v9x2q/1" in told
    assert "1 claude-sonnet-4-5 ✓ succeeded step 3/100 $0.21" in told
    assert "pytest failed ✗" in told
    assert "The live streams need JavaScript" in told
    assert "Stop all" not in told


def test_the_comparison_has_verdicts_changes_and_what_can_be_done(client: TestClient, home: Path) -> None:
    three(home)
    page = client.get("/runs/k3v9x2q/compare").text
    told = text_of(page)
    assert "1 is the best by the rule: the only one that passes pytest" in told
    assert '/api/v1/runs/k3v9x2q/variations/1/patch" download="k3v9x2q-1.patch"' in page
    assert '/api/v1/runs/k3v9x2q/report" download="k3v9x2q.html"' in page
    assert re.search(r"src/tokens\.py 1: \+3 −0, 2: \+1 −1", told)
    assert "13 + if line.startswith" in told  # the line's number in the new file
    only = client.get("/runs/k3v9x2q/compare?show=2").text
    assert "src/printer.py" not in only


def test_a_selection_is_made_and_shown(client: TestClient, home: Path) -> None:
    three(home)
    done = post(client, "/runs/k3v9x2q/2/select")
    assert (done.status_code, done.headers["location"]) == (303, "/runs/k3v9x2q/compare?said=selected")
    shown = text_of(client.get("/runs/k3v9x2q/compare?said=selected").text)
    assert "Selected." in shown
    assert "Selected: 2" in shown
    assert Store.open(home).selection("k3v9x2q").variation == 2  # type: ignore[union-attr]
    assert "picked 2" in client.get("/").text


def test_what_can_not_be_selected_says_why(client: TestClient, home: Path) -> None:
    three(home)
    refused = post(client, "/runs/k3v9x2q/3/select")
    assert refused.status_code == 422
    assert "k3v9x2q/3 can&#39;t be selected: it has no patch (limit (steps))" in refused.text
    as_json = post(client, "/runs/k3v9x2q/3/select", json=True)
    assert as_json.json()["detail"].startswith("k3v9x2q/3 can't be selected")


def test_a_module_of_the_page_gets_an_answer_to_show(client: TestClient, home: Path) -> None:
    three(home)
    assert post(client, "/runs/k3v9x2q/1/select", json=True).json() == {"said": "Selected."}
    told = post(client, "/runs/k3v9x2q/stop", json=True).json()
    assert told == {"said": "All agents had ended already."}


def test_an_unknown_run_is_a_screen_with_a_way_back(client: TestClient) -> None:
    page = client.get("/runs/nothere")
    assert page.status_code == 404
    assert "there is no run nothere" in page.text
    assert ">All runs</a>" in page.text


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_forms_of_other_sites_do_nothing(client: TestClient, home: Path, origin: str | None) -> None:
    three(home)
    headers = {} if origin is None else {"Origin": origin}
    done = client.post("/runs/k3v9x2q/1/select", data={"edition": edition()}, headers=headers)
    assert done.status_code in (403, 415)
    assert Store.open(home).selection("k3v9x2q") is None


def test_a_form_from_before_an_upgrade_does_nothing_and_keeps_the_text(client: TestClient, home: Path) -> None:
    three(home)
    done = client.post("/runs/k3v9x2q/1/tell", data={"edition": "old", "text": "Mind the <printer>."}, headers=ORIGIN)
    assert done.status_code == 409
    assert "before an upgrade" in done.text
    assert "Mind the &lt;printer&gt;." in done.text


def test_every_screen_has_a_policy_that_runs_nothing_inline(client: TestClient, home: Path) -> None:
    three(home)
    for path in ("/", "/runs/new", "/runs/k3v9x2q", "/runs/k3v9x2q/compare", "/runs/nothere"):
        page = client.get(path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=", page.text)


def test_files_of_this_edition_are_kept_and_others_are_not(client: TestClient) -> None:
    kept = client.get(f"/page/{edition()}/tokens.css")
    assert "immutable" in kept.headers["cache-control"]
    assert kept.headers["content-type"].startswith("text/css")
    assert client.get("/page/older/tokens.css").headers["cache-control"] == "no-store"
    assert client.get(f"/page/{edition()}/..%2Fbase.html.j2").status_code == 404
    assert client.get("/page/edition").json()["edition"] == edition()


def test_hostile_text_is_text_on_every_screen(client: TestClient, home: Path) -> None:
    hostile(home)
    for path in ("/", "/runs/k3v9x2q", "/runs/k3v9x2q/compare"):
        page = client.get(path).text
        assert "<img" not in page
        assert "<script>" not in page
        assert not {"\x1b", "\u202e", "\u200b", "\x00"} & set(page)
        assert "␛[31mred�" in page
    assert HOSTILE not in client.get("/").text


def test_rows_of_a_new_run_come_and_go_without_javascript(client: TestClient) -> None:
    first = client.get("/runs/new").text
    assert first.count('class="agent-row"') == 2  # one, and the template of another
    fields = {
        "repository": "https://git.example/a.git",
        "task": "Do <it>.",
        "agent-0": "claude",
        "count-0": "2",
        "check-0": "pytest -q",
    }
    more = post(client, "/runs/new", row="add-agents", **fields).text
    assert more.count('class="agent-row"') == 3
    assert "Do &lt;it&gt;." in more
    assert '<option value="claude" selected>' in more
    less = post(client, "/runs/new", row="drop-checks-0", **fields).text
    assert "pytest -q&#34;" not in less
    assert less.count('class="check-row"') == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "the repository is missing"),
        ({"repository": "https://git.example/a.git"}, "the task is missing"),
        ({"repository": "r", "task": "t", "agent-0": "own", "minutes": "soon"}, "Minutes: &#39;soon&#39; is no number"),
        (
            {"repository": "r", "task": "t", "agent-0": "own", "count-0": "many"},
            "How many: &#39;many&#39; is no whole number",
        ),
        ({"repository": "r", "task": "t"}, "there is no agent"),
        ({"repository": "r", "task": "t", "agent-0": "nobody", "count-0": "1"}, "unknown agent &#39;nobody&#39;"),
    ],
)
def test_what_is_wrong_with_a_new_run_is_said_and_the_form_keeps_its_text(
    client: TestClient, fields: dict[str, str], said: str
) -> None:
    page = post(client, "/runs/new", do="start", **fields)
    assert page.status_code == 422
    assert said in page.text
    if "task" in fields:
        assert ">t</textarea>" in page.text


def test_a_new_run_starts_from_the_form_and_is_followed(client: TestClient, tmp_path: Path) -> None:
    repository = LocalRepository(tmp_path / "source")
    repository.commit({"a.txt": "x\n"})
    (tmp_path / "script.yaml").write_text(SCRIPT)
    fields = {
        "repository": str(repository.path), "task": "Write it.", "agent-0": "own", "count-0": "1",
        "model-0": f"scripted/{tmp_path / 'script.yaml'}", "check-0": "test -e b.txt", "minutes": "5", "steps": "10",
    }  # fmt: skip
    unknown = post(client, "/runs/new", do="estimate", **fields)
    assert "Nothing is known of" in unknown.text
    started = post(client, "/runs/new", do="start", **fields)
    assert started.status_code == 303
    (deed,) = ServerStore.of(Here().store).deeds(1)
    assert (deed.action, f"/runs/{deed.target}") == ("POST /runs/new", started.headers["location"])
    run = client.get(started.headers["location"])
    assert "Write it." in run.text
    with client.stream("GET", f"/api/v1{started.headers['location']}/events") as stream:
        events = "".join(stream.iter_text())
    assert '"outcome":"succeeded"' in events.replace(" ", "")
    assert "1 of 1 passed" in client.get("/").text
    again = client.get("/runs/new").text
    assert str(repository.path) in again  # is offered now


def test_a_comment_on_an_ended_agents_line_goes_on_from_its_patch(
    client: TestClient, home: Path, tmp_path: Path
) -> None:
    repository = LocalRepository(tmp_path / "source")
    base = repository.commit({"a.txt": "x\n"})
    patch = change("a.txt", "x", "y")
    script = tmp_path / "script.yaml"
    script.write_text(SCRIPT)
    store_run(
        home, Told(patch, [check("true")], model=f"scripted/{script}", end={"base": base}),
        repository=Repository(str(repository.path), None, base),
    )  # fmt: skip
    done = post(client, "/runs/k3v9x2q/1/comment", path="a.txt", line="1", text="Call it z.")
    assert done.status_code == 303, done.text
    run = client.get(done.headers["location"]).text
    assert "A reviewer&#39;s comment on a.txt:1: Call it z." in run
    assert post(client, "/runs/k3v9x2q/1/comment", text=" ").status_code == 422
