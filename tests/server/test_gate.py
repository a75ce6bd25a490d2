"""What every request passes: names that point to this machine, pages of others, and bodies that are too large or no JSON."""

from starlette.testclient import TestClient

PROBLEM = "application/problem+json"


def test_it_lives_and_is_ready(client: TestClient) -> None:
    for path in ("/healthz", "/readyz"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_an_unknown_path_is_a_problem_document_with_a_hint(client: TestClient) -> None:
    answer = client.get("/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)
    told = answer.json()
    assert told["detail"] == "there is no GET /nothing"
    assert (told["status"], told["title"], told["type"]) == (404, "Not found", "urn:aideator:problem:not-found")
    assert (told["hint"], told["instance"]) == ("/docs describes the API", "/nothing")


def test_a_name_that_someone_points_to_this_machine_is_refused(client: TestClient) -> None:
    for host in ("evil.example", "evil.example:8642", "localhost.evil.example", "", "[::1].evil.example"):
        answer = client.get("/healthz", headers={"Host": host})
        assert (answer.status_code, answer.headers["content-type"]) == (421, PROBLEM), host
    for host in ("localhost", "localhost:8642", "127.0.0.1:1", "[::1]:8642", "[::1]"):
        assert client.get("/healthz", headers={"Host": host}).status_code == 200, host


def test_a_page_of_another_origin_changes_nothing(client: TestClient) -> None:
    answer = client.post("/healthz", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert answer.json()["detail"] == "a page of https://evil.example may not change anything here"
    assert client.post("/healthz", headers={"Origin": "http://localhost"}).status_code == 405


def test_a_body_that_is_no_json_is_refused_before_anything_reads_it(client: TestClient) -> None:
    answer = client.post("/healthz", content="a=b", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415
    assert answer.json()["hint"] == "send the header Content-Type: application/json"


def test_a_body_that_is_too_large_is_refused(client: TestClient) -> None:
    answer = client.post("/healthz", content=b"{" + b" " * 1024 * 1024, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)
    assert answer.json()["detail"] == "a body takes at most 1024 KiB"
