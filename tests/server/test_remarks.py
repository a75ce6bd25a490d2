"""What a user says of a run is kept by the server: all who see the run see it, and nobody else does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from aideator_cli.actions.here import Here
from aideator_cli.server.app import application
from aideator_cli.store.serving import ServerStore
from tests.server.conftest import API
from tests.server.page.stories import HOSTILE, three
from tests.server.page.test_login import SITE
from tests.server.test_accounts import token
from tests.server.test_bad_input import refused

RUN, OTHER, BOBS = "k3v9x2q", "m2c8wq1", "b0bsrun"


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def shared(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    if request.param == "PostgreSQL":
        monkeypatch.setenv("AIDEATOR_DATABASE", request.getfixturevalue("postgresql_url"))
    store = Here().store
    for run, owner in ((RUN, "ada"), (OTHER, "ada"), (BOBS, "bob")):
        three(home, run=run)
        with store.transaction(run) as connection:
            connection.execute("update runs set owner = ? where id = ?", (owner, run))
    with TestClient(application(Here(), None), base_url=SITE, raise_server_exceptions=False) as client:
        yield client


def said(client: TestClient, run: str, what: str, who: str = "ada", **body: Any) -> Any:
    method = "POST" if what == "tags" else "PUT"
    return client.request(method, f"{API}/runs/{run}/{what}", json=body, headers=token(who))


def test_it_is_seen_wherever_the_run_is(shared: TestClient) -> None:
    document = shared.get("/openapi.json", headers=token("ada")).json()
    for what, kind, body in (
        ("name", "Name", {"name": "Fix.lexer"}),
        ("note", "Note", {"note": f"Keeps the API. {HOSTILE}".replace("\0", "")}),
        ("tags", "Tags", {"add": ["release-2", "keep", "keep"]}),
    ):
        answer = said(shared, RUN, what, **body)
        assert answer.status_code == 200, answer.text
        schema = document["components"]["schemas"][kind]
        Draft202012Validator({**schema, "components": document["components"]}).validate(answer.json())
    (listed,) = shared.get(f"{API}/runs", params={"tag": ["keep", "release-2"]}, headers=token("ada")).json()["runs"]
    shown, record = (
        shared.get(f"{API}/runs/{RUN}{path}", headers=token("root", "admin")).json() for path in ("", "/record")
    )
    for told in (listed, shown, record):
        assert (told["name"], told["tags"]) == ("Fix.lexer", ["keep", "release-2"])
        assert told["note"].startswith("Keeps the API. <img src=x")
    assert shared.get(f"{API}/runs", params={"search": "fix.LEXER"}, headers=token("ada")).json()["runs"] == [listed]
    for what, body, left in (
        ("name", {"name": None}, None),
        ("note", {"note": None}, None),
        ("tags", {"remove": ["keep"]}, ["release-2"]),
    ):
        assert said(shared, RUN, what, **body).json()[what] == left
    deeds = ServerStore.of(Here().store).deeds(9, who="ada", target=RUN)
    assert [each.action.rpartition("/")[2] for each in deeds] == ["tags", "note", "name"] * 2


def test_a_long_note_moves_none_of_the_figures_of_a_run(shared: TestClient) -> None:
    said(shared, RUN, "note", note="x" * 3000)
    page = shared.get(f"/runs/{RUN}", headers={**token("ada"), "Accept": "text/html"}).text
    assert page.index('class="spent"') < page.index("xxx")


def test_the_page_shows_it_as_text(shared: TestClient) -> None:
    said(shared, RUN, "name", name="Fix.lexer")
    said(shared, RUN, "note", note="<script>alert(1)</script>" + "x" * 3000)
    said(shared, RUN, "tags", add=["keep"])
    for path in ("/", f"/runs/{RUN}", f"/runs/{RUN}/compare"):
        page = shared.get(path, headers={**token("ada"), "Accept": "text/html"})
        assert page.status_code == 200
        assert "Fix.lexer" in page.text, path
        assert '<span class="tag">keep</span>' in page.text, path
        assert "&lt;script&gt;alert(1)" in page.text, path
        assert "<script>alert(1)" not in page.text


def test_nobody_says_anything_of_anothers_run(shared: TestClient) -> None:
    for what, body in (("name", {"name": "x.y"}), ("note", {"note": "x"}), ("tags", {"add": ["x"]})):
        assert refused(said(shared, BOBS, what, **body), 404)["detail"] == f"there is no run {BOBS}"
        refused(said(shared, "nosuchrun", what, who="root", **body), 404)
        path, method = f"{API}/runs/{RUN}/{what}", "POST" if what == "tags" else "PUT"
        refused(shared.request(method, path, json=body, headers=token("ada", "read")), 403)
    run = Here().store.run(BOBS)
    assert run is not None
    assert (run.name, run.note, run.tags) == (None, None, ())


def test_a_name_is_one_runs_of_each_user(shared: TestClient) -> None:
    assert said(shared, RUN, "name", name="the.one").status_code == 200
    problem = refused(said(shared, OTHER, "name", name="the.one"), 422)
    assert problem["detail"] == f"run {RUN} is called the.one"
    assert said(shared, BOBS, "name", who="bob", name="the.one").status_code == 200, "others' names are not in the way"
    assert said(shared, RUN, "name", name=None).status_code == 200
    assert said(shared, OTHER, "name", name="the.one").status_code == 200


@pytest.mark.parametrize(
    ("what", "body", "text"),
    [
        ("name", {"name": "lexer"}, "lexer could be the id of a run"),
        ("name", {"name": "-rf"}, "'-rf' is no name"),
        ("name", {}, "Field required"),
        ("note", {"note": "x" * 4001}, "4000 is the most"),
        ("note", {"note": "a\0b"}, "NUL"),
        ("tags", {"add": ["ok", "-x"]}, "'-x' is no tag"),
        ("tags", {"remove": ["x"]}, f"run {RUN} has no tag x"),
        ("tags", {}, "either `add`"),
        ("tags", {"add": ["a"], "remove": ["b"]}, "either `add`"),
        ("tags", {"add": ["x"] * 101}, "at most 100"),
    ],
)
def test_what_can_not_be_said_is_told_and_nothing_is_kept(
    shared: TestClient, what: str, body: dict[str, Any], text: str
) -> None:
    answer = said(shared, RUN, what, **body)
    assert answer.status_code in (404, 422)
    assert text in answer.json()["detail"]
    run = Here().store.run(RUN)
    assert run is not None
    assert (run.name, run.note, run.tags) == (None, None, ())


def test_a_run_has_only_so_many_tags(shared: TestClient) -> None:
    assert said(shared, RUN, "tags", add=[f"t{n}" for n in range(99)]).status_code == 200
    assert "more than 100 tags" in refused(said(shared, RUN, "tags", add=["a", "b"]), 422)["detail"]
    assert len(said(shared, RUN, "tags", add=["a", "t1"]).json()["tags"]) == 100
