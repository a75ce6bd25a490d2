"""The way to the provider: the user's HTTP proxy and certificate authorities, and nothing else of the user's."""

from pathlib import Path

import pytest

from tests.agent.proxy.conftest import KEY, Bencher
from tests.fixtures.provider import Provider
from tests.fixtures.tls import Authority

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_an_authority_of_the_users_is_trusted(bench: Bencher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    with Provider() as provider, authority.before(provider.url) as secure:
        assert bench(upstream=secure).ask().status_code == 502
        assert provider.asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))  # as the agent's surroundings do for --ca
        assert bench(upstream=secure).ask().status_code == 200
        assert provider.asked[0].headers["x-api-key"] == KEY


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_users_http_proxy_is_used(bench: Bencher, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with Provider() as between:
        monkeypatch.setenv(name, between.url)
        assert bench(upstream="http://provider.example").ask().status_code == 200
        assert [asked.path for asked in between.asked] == ["http://provider.example/v1/messages"]


def test_a_provider_in_no_proxy_is_asked_directly(bench: Bencher, monkeypatch: pytest.MonkeyPatch) -> None:
    with Provider() as between:
        monkeypatch.setenv("HTTP_PROXY", between.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        at = bench()
        assert at.ask().status_code == 200
        assert between.asked == []


def test_a_login_in_netrc_is_not_sent(bench: Bencher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password s3cret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    at = bench()
    at.ask()
    assert "authorization" not in at.provider.asked[0].headers
