"""What a client sends for a run: kept for its user alone, for a while, and used only if it is what a client makes. On either database."""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from aideator_cli.actions.demo_material import demo_scripts
from aideator_cli.actions.here import Here
from aideator_cli.intake.repository import locate
from aideator_cli.intake.request import Sending
from aideator_cli.intake.sending.pack import pack
from aideator_cli.server import uploads
from aideator_cli.server.app import application
from aideator_cli.server.gate import LARGEST_UPLOAD
from aideator_cli.store.serving import ServerStore
from tests.cli.test_continue import script
from tests.server.conftest import API
from tests.server.test_accounts import token
from tests.server.test_bad_input import refused

BYTES = {"Content-Type": "application/octet-stream"}


def headed(size: int = 0, kind: bytes = tarfile.REGTYPE) -> bytes:
    """Returns the header of a member, without its bytes."""
    member = tarfile.TarInfo(f"large-{'a' * 64}")
    member.size, member.type = size, kind
    return member.tobuf(tarfile.GNU_FORMAT)


END = bytes(1024)
HOSTILE = (
    (b"x" * 2000, "no archive"),
    (b"", "no archive"),
    (headed(513) + END, "no archive"),  # its bytes are not there
    (headed(kind=tarfile.GNUTYPE_SPARSE) + END, "no client sends"),
    ((headed(1, tarfile.GNUTYPE_LONGNAME) + bytes(512)) * 5000 + headed() + END, "no client sends"),
    (headed() + headed(-512) + END, "no client sends"),  # which would be read again and again
)


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def shared(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:  # noqa: ARG001
    if request.param == "PostgreSQL":
        monkeypatch.setenv("AIDEATOR_DATABASE", request.getfixturevalue("postgresql_url"))
    with TestClient(
        application(Here(), None), base_url="http://aideator.example", raise_server_exceptions=False
    ) as client:
        yield client


def put(client: TestClient, data: bytes, by: dict[str, str], sha256: str | None = None) -> Any:
    return client.put(f"{API}/uploads/{sha256 or digest(data)}", content=data, headers={**by, **BYTES})


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def ordered(data: bytes, **sent: Any) -> dict[str, Any]:
    body = {"repository": "sent://todo", "prompt": "Fix.", "models": ["scripted/x.yaml"], "backend": "local"}
    return {**body, "sent": {"commits": digest(data), **sent}}


@pytest.fixture
def bundle(repository: Path) -> tuple[bytes, str]:
    made = pack(locate(str(repository), None, from_pods=True), Sending(), to_cluster=True, through_server=True)
    return made.files["commits"].read_bytes(), made.repository.base or ""


def test_an_upload_is_its_users_alone_and_expires(
    shared: TestClient, bundle: tuple[bytes, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, base = bundle
    ada, bob = token("ada", "run", "admin"), token("bob", "run", "admin")
    assert [put(shared, data, ada).status_code for _ in range(2)] == [204, 204], "the same again is no mistake"
    dry_run = f"{API}/runs/dry-run"
    missing = "there is no upload"
    for by, known in ((ada, True), (bob, False)):
        answer = shared.post(dry_run, json=ordered(data, base=base), headers=by).json()
        assert (missing in answer["detail"]) == (not known), answer
        assert ("script x.yaml does not exist" in answer["detail"]) == known, answer
    deeds = [(deed.who, deed.action, deed.target) for deed in ServerStore.of(Here().store).deeds()]
    assert ("ada", f"PUT {API}/uploads/{{sha256}}", digest(data)[:12]) in deeds

    monkeypatch.setattr(uploads, "KEPT_SECONDS", -1.0)
    assert put(shared, data, ada).status_code == 204
    told = refused(shared.post(dry_run, json=ordered(data, base=base), headers=ada), 410)
    assert missing in told["detail"]
    assert "again" in told["hint"]
    store = ServerStore.of(Here().store)
    store.forget_uploads()
    assert store._connection.execute("select count(*) from uploads").fetchone()[0] == 0


def test_another_replica_goes_on_with_what_was_sent(
    bundle: tuple[bytes, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgresql_url: str, home: Path
) -> None:
    assert home
    monkeypatch.setenv("AIDEATOR_DATABASE", postgresql_url)
    data, base = bundle
    ada = token("ada", "run", "admin", "read")
    model = script(tmp_path, "one", "echo 1 > one.txt")
    with TestClient(application(Here(), None), base_url="http://one.example") as client:
        assert put(client, data, ada).status_code == 204
        body = {**ordered(data, base=base), "models": [model], "n": 1}
        run = client.post(f"{API}/runs", json=body, headers=ada).json()["run"]
        assert '"outcome":"succeeded"' in client.get(f"{API}/runs/{run}/events", headers=ada).text
    monkeypatch.setenv("AIDEATOR_HOME", str(tmp_path / "other"))
    with TestClient(application(Here(), None), base_url="http://two.example") as client:
        asked = {"prompt": "Go on.", "variation": 1, "models": [script(tmp_path, "two", "cat one.txt > two.txt")]}
        begun = client.post(f"{API}/runs/{run}/continue", json=asked, headers=ada)
        assert begun.status_code == 202, begun.text
        more = begun.json()["run"]
        assert '"outcome":"succeeded"' in client.get(f"{API}/runs/{more}/events", headers=ada).text
        assert client.delete(f"{API}/runs/{run}", headers=ada).status_code == 204
    monkeypatch.setenv("AIDEATOR_HOME", str(tmp_path / "third"))
    with TestClient(application(Here(), None), base_url="http://three.example") as client:
        begun = client.post(f"{API}/runs/{more}/continue", json=asked, headers=ada)
        assert begun.status_code == 202, f"the run that {more} went on from is gone: {begun.text}"
        last = begun.json()["run"]
        assert '"type":"end"' in client.get(f"{API}/runs/{last}/events", headers=ada).text
        for each in (more, last):
            assert client.delete(f"{API}/runs/{each}", headers=ada).status_code == 204
    assert Here().store.sent(digest(data)) is None


def test_who_uploads_waits_for_no_other_user(postgresql_url: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home
    monkeypatch.setenv("AIDEATOR_DATABASE", postgresql_url)
    mine, other = (ServerStore.of(Here().store) for _ in range(2))
    assert mine.keep_upload("ada", digest(b"x"), b"x", -1.0, 10)
    with ThreadPoolExecutor(1) as thread:
        with mine.transaction("uploads ada") as connection:
            connection.execute("update uploads set size = 1 where owner = 'ada'")
            assert thread.submit(other.keep_upload, "bob", digest(b"y"), b"y", 60.0, 10).result(timeout=20)
        other.forget_uploads()
    assert mine._connection.execute("select owner from uploads").fetchall() == [("bob",)]


def test_an_upload_that_is_not_allowed_wrong_or_too_large_is_refused(
    shared: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = token("ada", "run")
    assert put(shared, b"x", {}).status_code == 401
    assert put(shared, b"x", token("ada", "read")).status_code == 403
    assert "SHA-256" in refused(put(shared, b"x", ada, digest(b"y")), 422)["detail"]
    assert put(shared, b"x", ada, "no-hash").status_code == 422
    assert shared.put(f"{API}/uploads/{digest(b'x')}", content=b"x", headers=ada).status_code == 415
    assert shared.post(f"{API}/runs", content=b"{}", headers={**ada, **BYTES}).status_code == 415
    told = refused(put(shared, b"x" * (LARGEST_UPLOAD + 1), ada), 413)
    assert told["detail"] == "what is sent with a run is at most 16 MiB"
    assert "push" in told["hint"]

    monkeypatch.setattr(uploads, "MOST_BYTES", 10)
    assert put(shared, b"123456", ada).status_code == 204
    assert put(shared, b"654321", ada).status_code == 429
    assert put(shared, b"654321", token("bob", "run")).status_code == 204


def test_what_no_client_makes_starts_nothing(shared: TestClient, bundle: tuple[bytes, str]) -> None:
    data, base = bundle
    head, _, body = data.partition(b"\n\n")
    ada = token("ada", "run", "admin")

    def told(data: bytes, **more: Any) -> str:
        assert put(shared, data, ada).status_code == 204
        answer = shared.post(f"{API}/runs", json=ordered(data, **{"base": base, **more}), headers=ada)
        return str(refused(answer, 422)["detail"])

    assert "no bundle with the commit" in told(b"nonsense")
    assert "no bundle with the commit" in told(data, base="1" * 40)
    assert "its pack is not whole" in told(data[:-1])
    assert "its pack is not whole" in told(data.replace(body[20:24], bytes(4), 1))
    assert "refs/heads/main" in told(head + f"\n{base} refs/heads/main".encode() + b"\n\n" + body)
    assert "@filter" in told(head.replace(b"v2", b"v3") + b"\n@filter=blob:none\n\n" + body)
    assert "needs other commits" in told(head + f"\n-{base} x".encode() + b"\n\n" + body)
    assert "sent://NAME" in told(data, builds_on_url=True)

    stray = io.BytesIO()
    with tarfile.open(fileobj=stray, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("../../etc/passwd"))
    for archive, why in ((stray.getvalue(), "../../etc/passwd"), *HOSTILE):
        assert put(shared, archive, ada).status_code == 204
        assert why in told(data, objects=digest(archive)), why

    def answer(**body: Any) -> dict[str, Any]:
        return refused(shared.post(f"{API}/runs", json={**ordered(data, base=base), **body}, headers=ada), 422)

    assert "sent://NAME" in answer(repository="https://git.example/todo.git")["detail"]
    assert "diff can't be combined" in answer(diff="a..b")["detail"]
    assert "neither commits nor objects" in answer(sent={"base": base})["detail"]
    unsent = answer(sent=None, models=[f"scripted/{demo_scripts()[0]}"])
    assert "a git URL takes https" in unsent["detail"], "by that name nobody clones"
    assert shared.get(f"{API}/runs", headers=ada).json()["runs"] == []
