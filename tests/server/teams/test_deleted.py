"""A team one of whose runs was deleted, on the page and in the report."""

from pathlib import Path

from starlette.testclient import TestClient

from tests.cli.conftest import Shell, aideator
from tests.cli.test_deleted_teams import BUILD, PLAN, team

__all__ = ["aideator", "team"]


def page(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return " ".join(answer.text.split())


def test_a_deleted_step_is_told_as_deleted(aideator: Shell, team: str, client: TestClient, tmp_path: Path) -> None:
    assert "deleted" not in page(client, f"/teams/{team}")
    assert aideator("delete", PLAN, "--yes").code == 0
    assert "deleted" in page(client, f"/teams/{team}")
    assert "deleted" not in page(client, "/teams"), "the result is there"
    assert aideator("report", team, "-o", str(tmp_path / "report.html")).code == 0
    row = next(each for each in (tmp_path / "report.html").read_text().split("<tr") if PLAN in each)
    assert ("deleted" in row, row.count("–")) == (True, 3), row


def test_a_deleted_result_is_told_as_deleted(aideator: Shell, team: str, client: TestClient) -> None:
    assert aideator("delete", BUILD, "--yes").code == 0
    assert f"{BUILD}/1 (deleted)" in page(client, "/teams")
    assert "its result was deleted" in page(client, f"/teams/{team}")
