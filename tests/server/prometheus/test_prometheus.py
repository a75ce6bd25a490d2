"""A real Prometheus scrapes a real server, and answers every question that the dashboard asks."""

import json
import re
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.actions import tokens
from aideator_cli.actions.demo_material import CHECK, demo_scripts
from aideator_cli.actions.here import Here
from aideator_cli.system.settings import Settings
from tests.fixtures.built import built
from tests.fixtures.ports import free_port
from tests.server.served import served

BUILD = Path(__file__).parent / "build"
DASHBOARD = Path(__file__).parents[3] / "docs" / "grafana-dashboard.json"
SECONDS = 60.0
RARE = 'aideator_http_requests_total{job=~"$job", status=~'  # a server that is well has none

Ask = Callable[[str], list[Any]]


@pytest.fixture(scope="module")
def programs() -> Path:
    """Where Debian's Prometheus is. Without it a test is skipped; with AIDEATOR_REQUIRE_PROMETHEUS=1 it fails instead."""
    return built(BUILD, "PROMETHEUS", "there is no Prometheus")


@pytest.fixture(scope="module")
def ask(programs: Path, tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[Ask]:
    """Asks a Prometheus that scrapes a server, on which a run has ended meanwhile."""
    folder, home = tmp_path_factory.mktemp("prometheus"), tmp_path_factory.mktemp("server")
    here = Here(Settings({"AIDEATOR_HOME": str(home)}))
    _, secret = tokens.create(here, tokens.Order("prometheus", "prometheus", ("admin", "read", "run"), None))
    (folder / "token").write_text(secret)
    with served(home, "--host", "0.0.0.0") as server:
        target = f"127.0.0.1:{urllib.parse.urlsplit(server.address).port}"
        (folder / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s}\n"
            "scrape_configs:\n"
            "- job_name: aideator\n"
            f"  static_configs: [{{targets: ['{target}']}}]\n"
            f"  authorization: {{credentials_file: {folder}/token}}\n"
        )
        subprocess.run([programs / "promtool", "check", "config", folder / "prometheus.yml"], check=True)
        port = free_port()
        words = [
            programs / "prometheus",
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
        ]
        words += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
        with subprocess.Popen(words) as process:
            try:
                asked: Ask = lambda query: _answer(port, query)  # noqa: E731
                _until(asked, "up == 1")  # a figure that has not been 0 has not grown
                _run(target, secret, repository)
                yield asked
            finally:
                process.terminate()


def test_it_scrapes_the_server_with_a_token(ask: Ask) -> None:
    assert _until(ask, "up == 1")[0]["metric"]["job"] == "aideator"
    assert _until(ask, 'aideator_runs{state="ended"} == 1')
    assert {each["metric"]["outcome"] for each in ask("aideator_variations")} == {"succeeded"}


def test_every_panel_of_the_dashboard_shows_something(ask: Ask, programs: Path, tmp_path: Path) -> None:
    queries = [target["expr"] for panel in json.loads(DASHBOARD.read_text())["panels"] for target in panel["targets"]]
    assert len(queries) > 12
    rules = [{"record": f"a:{number}", "expr": _filled(query)} for number, query in enumerate(queries)]
    (tmp_path / "rules.json").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    subprocess.run([programs / "promtool", "check", "rules", tmp_path / "rules.json"], check=True)
    for query in queries:
        if RARE in query:
            ask(_filled(query))
        else:
            assert _until(ask, _filled(query)), query


def _filled(query: str) -> str:
    return query.replace("$__rate_interval", "1m").replace("$job", ".+")


def _until(ask: Ask, query: str) -> list[Any]:
    """Returns the answer as soon as there is one: figures come with the next scrapes."""
    deadline = time.monotonic() + SECONDS
    while not (found := ask(query)):
        assert time.monotonic() < deadline, query
        time.sleep(0.2)
    return found


def _answer(port: int, query: str) -> list[Any]:
    try:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{port}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        ) as answer:
            told = json.load(answer)
    except ConnectionError:
        return []
    except urllib.error.URLError as error:
        if isinstance(error, urllib.error.HTTPError) and error.code != 503:
            pytest.fail(error.read().decode())
        return []  # it is starting
    assert told["status"] == "success"
    return [each for each in told["data"]["result"] if not re.fullmatch(r"NaN", each["value"][1])]


def _run(target: str, token: str, repository: Path) -> None:
    right, wrong, _ = demo_scripts()
    body = {
        "repository": str(repository), "prompt": "Fix.", "models": [f"scripted/{right}", f"scripted/{wrong}"],
        "verify": [CHECK], "max_steps": 12, "backend": "local",
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    asked = urllib.request.Request(f"http://{target}/api/v1/runs", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(asked) as started:
        run = json.load(started)["run"]
    with urllib.request.urlopen(
        urllib.request.Request(f"http://{target}/api/v1/runs/{run}/events", headers=headers)
    ) as stream:
        stream.read()
