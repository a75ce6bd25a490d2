"""Stand-ins for GitHub Enterprise Server and GitLab, over https with an authority of their own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.actions.forges.stand_in import GITHUB, GITLAB, Answers, StandIn
from tests.fixtures.tls import Authority

ROOTS = {"github": "/api/v3", "gitlab": "/api/v4"}
SCHEMAS = {"github": GITHUB, "gitlab": GITLAB}


@dataclass(frozen=True)
class Near:
    """A stand-in, by its addresses."""

    server: StandIn

    @property
    def host(self) -> str:
        return self.server.host

    def url(self, path: str) -> str:
        return f"https://{self.host}/{path}"


Start = Callable[[str, Answers], Near]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def start(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """`start("github", answers)`. The user trusts the authority, has no login, and no gh and no glab."""
    for name in ("GIT_TOKEN", "GH_TOKEN", "GITHUB_TOKEN", "GITLAB_TOKEN", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(authority.certificate))
    monkeypatch.setattr("aideator_cli.actions.forges.programs.shutil.which", lambda _: None)
    with ExitStack() as stack:

        def begin(kind: str, answers: Answers) -> Near:
            server = StandIn(authority.context("127.0.0.1"), ROOTS[kind], SCHEMAS[kind], answers)
            return Near(stack.enter_context(server))

        yield begin
