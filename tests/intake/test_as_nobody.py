"""A pod has no login of the user's: what only such a login opens is private, however git here comes by it. Other settings apply."""

from pathlib import Path
from typing import Any

import pytest

from aideator_cli.errors import AideatorError
from aideator_cli.intake.repository import locate
from aideator_cli.intake.sending import remotes as sending_remotes
from tests.fixtures.repositories import git
from tests.fixtures.servers import GitServer, GitServers, Login
from tests.fixtures.tls import Authority
from tests.intake.sending.packed import packed

CONFIGURATIONS = (".gitconfig", ".config/git/config")


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a user with the usual files of git."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_TOKEN", "GIT_ASKPASS", "GIT_SSL_CAINFO"):
        monkeypatch.delenv(name, raising=False)
    return home


def configure(home: Path, text: str, file: str = CONFIGURATIONS[0]) -> None:
    (home / file).parent.mkdir(parents=True, exist_ok=True)
    (home / file).write_text(text)


def netrc(home: Path, _: GitServer) -> None:
    (home / ".netrc").write_text("machine 127.0.0.1 login ada password words\n")


def cookie(home: Path, _: GitServer) -> None:
    (home / "cookies").write_text("127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\tada\n")
    configure(home, "[http]\n\tcookieFile = ~/cookies\n")


def cookie_of_the_host(home: Path, server: GitServer) -> None:
    cookie(home, server)
    configure(home, f'[http "{server.url("x").rpartition("/")[0]}"]\n\tcookieFile = {home}/cookies\n')


def header_of_the_host(home: Path, server: GitServer) -> None:
    configure(home, f'[http "{server.url("x").rpartition("/")[0]}/"]\n\textraHeader = X-Token: ada\n')


def helper(home: Path, _: GitServer) -> None:
    configure(home, '[credential]\n\thelper = "!f() { echo username=ada; echo password=words; }; f"\n')


def login_in_a_rewritten_url(home: Path, server: GitServer) -> None:
    scheme, _, rest = server.url("x").rpartition("/")[0].partition("://")
    configure(home, f'[url "{scheme}://ada:words@{rest}/"]\n\tinsteadOf = {scheme}://{rest}/\n')


LOGIN_IN_URL = pytest.param(login_in_a_rewritten_url, {"login": Login("ada", "words")}, id="insteadOf")
LOGINS = [
    pytest.param(netrc, {"login": Login("ada", "words")}, id="netrc"),
    pytest.param(helper, {"login": Login("ada", "words")}, id="helper"),
    pytest.param(cookie, {"header": ("Cookie", "session=ada")}, id="cookie"),
    pytest.param(cookie_of_the_host, {"header": ("Cookie", "session=ada")}, id="cookie of the host"),
    pytest.param(header_of_the_host, {"header": ("X-Token", "ada")}, id="header of the host"),
]


@pytest.mark.parametrize(("give", "closed"), [*LOGINS, LOGIN_IN_URL])
def test_what_only_the_users_login_opens_is_private(
    user: Path, git_server: GitServers, give: Any, closed: dict[str, Any]
) -> None:
    server = git_server(**closed)
    commit = server.add("todo", {"a.py": "x\n"})
    assert locate(server.url("todo"), None, from_pods=True).base is None
    give(user, server)
    located = locate(server.url("todo"), None, from_pods=True)
    assert (located.private, located.base) == (True, commit)


@pytest.mark.parametrize(("give", "closed"), LOGINS)
def test_a_remote_that_only_the_users_login_opens_is_not_cloned_by_pods(
    user: Path,
    git_server: GitServers,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    give: Any,
    closed: dict[str, Any],
) -> None:
    monkeypatch.setattr(sending_remotes, "may_reach", lambda _: True)  # the server is on this machine
    server = git_server(**closed)
    server.add("todo", {"a.py": "x\n"})
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(server.path("todo")), str(clone))
    git(clone, "remote", "set-url", "origin", server.url("todo"))
    give(user, server)
    made = packed(clone)
    assert made.repository.url == str(clone)
    assert made.sent is not None


@pytest.mark.parametrize("file", CONFIGURATIONS)
def test_the_users_proxy_is_asked(user: Path, recording_proxy: tuple[str, list[str]], file: str) -> None:
    url, asked = recording_proxy
    configure(user, f"[http]\n\tproxy = {url}\n", file)
    with pytest.raises(AideatorError):
        locate("http://git.invalid/todo.git", None, from_pods=True)
    assert asked[0].startswith("GET http://git.invalid/todo.git/info/refs")


@pytest.mark.parametrize("file", CONFIGURATIONS)
def test_the_users_authorities_are_trusted(user: Path, git_server: GitServers, tmp_path: Path, file: str) -> None:
    server = git_server()
    commit = server.add("todo", {"a.py": "x\n"})
    authority = Authority(tmp_path)
    (user / "ca.pem").write_bytes(authority.certificate.read_bytes())
    with authority.before(server.url("todo")) as url:
        assert "is not trusted" in _unknown(url)
        configure(user, "[http]\n\tsslCAInfo = ~/ca.pem\n", file)
        located = locate(url, None, from_pods=True)
    assert (located.private, located.base) == (False, commit)


@pytest.mark.parametrize("from_pods", [False, True])
def test_the_runs_authorities_are_trusted_besides_those_of_the_configuration(
    user: Path, git_server: GitServers, tmp_path: Path, from_pods: bool
) -> None:
    server = git_server()
    commit = server.add("todo", {"a.py": "x\n"})
    for name in ("theirs", "ours"):
        (tmp_path / name).mkdir()
    theirs, ours = Authority(tmp_path / "theirs"), Authority(tmp_path / "ours")
    configure(user, f"[http]\n\tsslCAInfo = {theirs.certificate}\n")
    ca = ours.certificate.read_text()
    for authority in (theirs, ours):
        with authority.before(server.url("todo")) as url:
            assert locate(url, None, from_pods=from_pods, ca=ca).base == commit


def test_settings_that_git_cannot_read_are_said(user: Path, git_server: GitServers) -> None:
    configure(user, "[http\n")
    with pytest.raises(AideatorError, match="git can't read its settings: bad config line 1"):
        locate(git_server().url("todo"), None, from_pods=True)


def _unknown(url: str) -> str:
    with pytest.raises(AideatorError) as caught:
        locate(url, None, from_pods=False)
    return caught.value.message
