"""`version --check` asks the index that pip is set up with, once and for a bounded time."""

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from aideator_cli import __version__
from aideator_cli.system import package_index
from tests.cli.conftest import Shell

pytestmark = pytest.mark.usefixtures("alone")


class Index(BaseHTTPRequestHandler):
    """A package index with these versions of aideator."""

    versions: tuple[str, ...] = ()

    def do_GET(self) -> None:
        known = self.path.rstrip("/").endswith("/aideator") and self.versions
        links = "".join(
            f'<a href="/aideator-{v}-py3-none-any.whl">aideator-{v}-py3-none-any.whl</a>' for v in self.versions
        )
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f"<!DOCTYPE html><html><body>{links}</body></html>".encode())

    def log_message(self, *_words: object) -> None:
        """Says nothing."""


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Index]]:
    handler = type("Handler", (Index,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        yield handler
        server.shutdown()
        thread.join()


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No uv and no other pip beside the one of this environment."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    if not package_index._has_pip():
        pytest.skip("this environment has no pip")


def test_a_newer_version_is_named_with_what_upgrades_to_it(aideator: Shell, index: type[Index]) -> None:
    index.versions = ("0.0.1", __version__, "99.0.0")
    said = aideator("version", "--check")
    assert (said.code, said.out) == (0, f"aideator {__version__}\n")
    assert said.err == f"the package index has 99.0.0.  {sys.executable} -m pip install --upgrade aideator\n"
    assert json.loads(aideator("version", "--check", "--json").out)["newest"] == "99.0.0"


def test_the_newest_version_says_so(aideator: Shell, index: type[Index]) -> None:
    index.versions = (__version__,)
    assert aideator("version", "--check").err == "the package index has no newer one\n"


def test_another_project_of_this_name_is_not_offered(aideator: Shell, index: type[Index]) -> None:
    index.versions = ("0.0.1", "99.0.0")
    said = aideator("version", "--check")
    assert (said.code, said.out) == (3, "")
    assert f"the package index has aideator 99.0.0, but no {__version__}: perhaps another project" in said.err
    assert "install" not in said.err


@pytest.mark.parametrize("same", [True, False])
def test_uv_is_asked_for_the_installed_version_too(
    aideator: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, same: bool
) -> None:
    monkeypatch.setattr(package_index, "_has_pip", lambda: False)
    known = f"aideator=={__version__}) echo aideator=={__version__};;" if same else ""
    uv = tmp_path / "uv"
    uv.write_text(
        f"#!/bin/sh\nread -r asked\ncase $asked in {known} aideator) echo aideator==99.0.0;; *) exit 1;; esac\n"
    )
    uv.chmod(0o755)
    said = aideator("version", "--check")
    assert (said.code, "upgrade aideator" in said.err) == ((0, True) if same else (3, False)), said.err


def test_an_index_without_it_is_not_found(aideator: Shell, index: type[Index]) -> None:
    index.versions = ()
    said = aideator("version", "--check")
    assert (said.code, said.out) == (3, "")
    assert said.err.startswith("error: the package index has no aideator\n")


def test_an_index_that_never_answers_is_given_up(aideator: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_index, "SECONDS", 0.1)
    said = aideator("version", "--check")
    assert said.code == 4
    assert said.err.startswith("error: the package index does not answer within 0 s\n")


def test_without_check_nobody_is_asked(aideator: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_index, "newest", lambda _: pytest.fail("asked"))
    assert aideator("version").out == f"aideator {__version__}\n"


def test_without_pip_and_uv_it_is_said(aideator: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_index, "_has_pip", lambda: False)
    said = aideator("version", "--check")
    assert "there is no pip and no uv to ask the package index with" in said.err


@pytest.mark.parametrize(
    ("version", "than", "newer"),
    [("0.10.0", "0.9.0", True), ("0.1", "0.1.0", False), ("1.0.0", "0.9.9", True), ("0.1.0", "0.1.0", False)],
)
def test_versions_are_compared_by_their_numbers(version: str, than: str, newer: bool) -> None:
    assert package_index.is_newer(version, than) is newer
