"""`--hidden` and `--hidden-verify` through a server: they decide there, and no agent of the server's machine finds them before its end."""

import hashlib
import json
import secrets
from pathlib import Path

import httpx
import pytest

from aideator_cli.actions.here import Here
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.sending import sealed
from aideator_cli.intake.sending.sealed import LIST, MOST, opened, seal
from aideator_cli.server import offers
from aideator_cli.store.serving import ServerStore
from aideator_cli.system.settings import Settings
from tests.cli.conftest import Shell, aideator
from tests.cli.test_continue import script
from tests.fixtures.repositories import LocalRepository
from tests.server.conftest import API
from tests.server.test_bad_input import refused
from tests.server.test_client import RIGHT, Site, client, site
from tests.server.test_uploads import BYTES

__all__ = ["aideator", "client", "site"]
HALF = secrets.token_hex(6)  # an agent puts the marker together itself, so that its own script is no find
MARKER = f"marker-{HALF}"
HUNT = """python3 - <<'END'
import os
found, looked, word = [], 0, b"marker-" + b"HALF"
for top in ["HOME", "/proc"]:
    for place, folders, names in os.walk(top):
        folders[:] = [name for name in folders if top != "/proc" or place == "/proc" and name.isdecimal()]
        for name in names:
            path = os.path.join(place, name)
            if top == "/proc" and name not in ("environ", "cmdline"):
                continue
            try:
                with open(path, "rb") as file:
                    looked += 1
                    found += [path] if word in file.read(1 << 24) else []
            except OSError:
                pass
print("looked", looked > 20, "found", found)
END"""


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Path:  # noqa: ARG001 -- git's settings
    made = LocalRepository(tmp_path / "calc")
    made.commit({"calc.py": "def add(a, b):\n    return a - b\n"})
    return made.path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "acceptance"
    (made / "deep").mkdir(parents=True)
    (made / "deep" / "check.sh").write_text(f"python3 -c 'import calc; assert calc.add(5, 7) == 12, \"{MARKER}\"'\n")
    (made / "deep" / "check.sh").chmod(0o755)
    return made


def test_they_decide_and_no_agent_finds_them(
    client: Shell, site: Site, project: Path, folder: Path, tmp_path: Path
) -> None:
    models = [
        script(
            tmp_path,
            "hunter",
            HUNT.replace("HALF", HALF).replace("HOME", str(site.home)),
            "sed -i 's/a - b/3/' calc.py",
        ),
        script(tmp_path, "right", "sed -i 's/a - b/a + b/' calc.py"),
    ]
    hidden = ("--hidden", str(folder), "--hidden-verify", f"acceptance=deep/check.sh # {MARKER}")
    said = client("run", str(project), "Mend add.", "--model", ",".join(models), *hidden, "--json")
    assert said.code == 0, said.err
    lines = [json.loads(line) for line in said.out.splitlines()]
    told = "".join(
        each["event"]["text"] for each in lines if each["kind"] == "event" and each["event"]["type"] == "output"
    )
    assert "looked True found []" in told, told
    states = [each["status"] for each in lines if each["kind"] == "result"]
    assert states == ["failed checks", "succeeded"]
    run = lines[0]["run"]
    assert "acceptance (hidden)" in client("compare", run).out
    assert "hidden from the agents: 1 check, 1 file" in client("show", run).out
    again = client("retry", f"{run}/1", "--force")
    assert (again.code, "are not stored on this machine" in again.err) == (ExitCode.UNAVAILABLE, True), again.err
    only = client("run", str(project), "Mend add.", "--model", models[1], *hidden, "--first", "1", "--detach")
    assert (only.code, "--first can't be combined with hidden checks" in only.err) == (ExitCode.USAGE, True), only.err


def test_what_this_machine_refuses_is_not_sent(client: Shell, project: Path, folder: Path, tmp_path: Path) -> None:
    words = ("run", str(project), "Mend add.", "--model", script(tmp_path, "x", "true"), "--detach")
    (project / "inside").mkdir()
    for more, why in (
        (("--hidden", str(tmp_path / "nowhere"), "--verify", "true"), "there is no such folder"),
        (("--hidden", str(project / "inside"), "--verify", "true"), "is inside the repository"),
        (("--hidden", str(folder)), "needs a check, and there is none"),
    ):
        said = client(*words, *more)
        assert (said.code in (ExitCode.USAGE, ExitCode.NOT_FOUND), why in said.err) == (True, True), said.err


def test_only_the_key_opens_what_is_stored(site: Site, repository: Path) -> None:
    contents = {"deep/check.sh": (f"echo {MARKER}\n".encode(), True), "bin": (bytes(range(256)), False)}
    key = secrets.token_bytes(32)
    sealed = seal(contents, key)
    assert (opened(sealed, key), MARKER.encode() in sealed, b"check" in sealed) == (contents, False, False)
    by = {"Authorization": f"Bearer {site.token}"}
    digest = hashlib.sha256(sealed).hexdigest()
    kept = httpx.put(f"{site.url}{API}/uploads/{digest}", content=sealed, headers={**by, **BYTES}, timeout=60)
    assert kept.status_code == 204
    store = ServerStore.of(Here(Settings({"AIDEATOR_HOME": str(site.home)})).store)
    assert store.upload("ada", digest) == sealed, "as it was sent"
    body = {"repository": str(repository), "prompt": "Fix.", "models": [f"scripted/{RIGHT}"], "hidden_verify": ["true"]}

    def answer(**hidden: str) -> httpx.Response:
        asked = {**body, "hidden": {"files": digest, "key": key.hex(), **hidden}}
        return httpx.post(f"{site.url}{API}/runs/dry-run", json=asked, headers=by, timeout=60)

    assert answer().json()["spec"]["hidden"] == {"checks": 1, "files": 2}
    assert MARKER not in answer().text
    assert "key does not open them" in refused(answer(key="0" * 64), 422)["detail"]
    assert "there is no upload" in refused(answer(files="0" * 64), 410)["detail"]


def test_what_no_client_seals_is_refused() -> None:
    key = bytes(32)
    file = {"a": (b"x", False)}
    for wrong in (
        {"../a": (b"x", False)},
        {".git/config": (b"x", False)},
        {"/a": (b"x", False)},
        {"\ud800": (b"x", False)},
        {},
    ):
        with pytest.raises(AideatorError, match="can't be used"):
            opened(seal(wrong, key), key)
    for bad in (seal(file, key)[:-1], seal(file, key) + b"x", b""):
        with pytest.raises(AideatorError, match="can't be used"):
            opened(bad, key)
    with pytest.raises(AideatorError, match="a server takes at most 16"):
        seal({"a": (bytes(MOST), False)}, key)


def test_a_list_that_would_take_much_memory_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    key, long = bytes(32), {"a" * LIST: (b"x", False)}
    with pytest.raises(AideatorError, match=r"the paths of its files are 2\.0 MiB; a server takes at most 2\.0 MiB"):
        seal(long, key)
    with monkeypatch.context() as more:
        more.setattr(sealed, "LIST", MOST)
        sent = seal(long, key)
    monkeypatch.setattr(json, "loads", lambda _: pytest.fail("it was read"))
    with pytest.raises(AideatorError, match="their paths are more than"):
        opened(sent, key)


def test_a_tool_call_is_offered_no_upload() -> None:
    fields = offers.NewRun.model_json_schema()["properties"]
    assert not fields.keys() & {"sent", "hidden"}
    assert "hidden_verify" in fields
