"""Logging in to the page by OpenID Connect, at a real provider: the forge of tests/forge."""

import contextlib
import re
import secrets
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from starlette.testclient import TestClient

from aideator_cli.actions.here import Here
from aideator_cli.domain.accounts import User
from aideator_cli.errors import AideatorError
from aideator_cli.server import openid
from aideator_cli.server.app import application
from aideator_cli.server.openid import Identity
from aideator_cli.server.page import providing
from aideator_cli.store.serving import ServerStore
from tests.fixtures.forge import Forge
from tests.server.page.conftest import Site
from tests.server.page.test_login import SITE, post, token

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PASSWORD = "correct horse battery"


class Provider:
    """The forge, at which this server is registered, and where people have passwords."""

    def __init__(self, forge: Forge, site: str = SITE) -> None:
        self.forge = forge
        self.issuer = f"https://{forge.host}:{forge.port}"
        made = forge.call(
            "POST", "/user/applications/oauth2", name="AIdeator", redirect_uris=[f"{site}/login/oidc/done"],
            confidential_client=True, skip_secondary_authorization=True,
        )  # fmt: skip
        self.client, self.secret = made["client_id"], made["client_secret"]

    def add(self, name: str) -> None:
        with contextlib.suppress(urllib.error.HTTPError):  # another test has made it
            self.forge.call(
                "POST", "/admin/users", username=name, email=f"{name}@example.org", password=PASSWORD,
                must_change_password=False,
            )  # fmt: skip

    def sent_back(self, begin: str, name: str) -> str:
        """Where the browser of this person is sent to, whom the provider asks to log in."""
        with requests.Session() as browser:
            browser.verify = str(self.forge.certificate)
            browser.get(begin)
            form = {"user_name": name, "password": PASSWORD}
            sent = {"Origin": self.issuer}
            answer = browser.post(f"{self.issuer}/user/login", data=form, headers=sent, allow_redirects=False)
            while (location := urljoin(answer.url, answer.headers["location"])).startswith(self.issuer):
                answer = browser.get(location, allow_redirects=False)
                if answer.status_code == 200:  # the first time it asks whether this server may know who they are
                    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
                    grant = {**fields, "granted": "true"}
                    answer = browser.post(
                        f"{self.issuer}/login/oauth/grant", data=grant, headers=sent, allow_redirects=False
                    )
            return location


@pytest.fixture
def provider(forge: Forge, home: Path, monkeypatch: pytest.MonkeyPatch) -> Provider:  # noqa: ARG001 -- the data folder
    configure(monkeypatch, made := Provider(forge))
    return made


def configure(monkeypatch: pytest.MonkeyPatch, provider: Provider) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(provider.forge.certificate))
    monkeypatch.setenv("AIDEATOR_OIDC_ISSUER", provider.issuer)
    monkeypatch.setenv("AIDEATOR_OIDC_CLIENT", provider.client)
    monkeypatch.setenv("AIDEATOR_OIDC_SECRET", provider.secret)
    monkeypatch.setenv("AIDEATOR_OIDC_NAME", "the forge")


@pytest.mark.xdist_group("browser")
def test_in_a_real_browser(forge: Forge, browser: "Browser", home: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    """Whose rules for cookies hold: the provider is another site."""
    site = Site(None)
    try:
        configure(monkeypatch, made := Provider(forge, site.address))
        made.add("dora")
        site.stop()
        site.come_back()
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.on("dialog", lambda dialog: dialog.dismiss())  # the forge misses its scripts
        page.goto(f"{site.address}/settings")
        page.get_by_role("link", name="Log in with the forge").click()
        page.locator("#user_name").fill("dora")
        page.locator("#password").fill(PASSWORD)
        page.locator("#password").press("Enter")
        page.locator("#authorize-app").click()
        page.get_by_role("heading", name="Settings").wait_for()
        assert page.url == f"{site.address}/settings"
        page.get_by_role("button", name="Log out dora").click()
        page.get_by_role("link", name="Log in with the forge").wait_for()
        page.context.close()
    finally:
        site.stop()


@contextmanager
def a_browser() -> Iterator[TestClient]:
    with TestClient(application(Here(), None), base_url=SITE, follow_redirects=False) as client:
        yield client


def logged_in(client: TestClient, provider: Provider, name: str, back: str = "/") -> Any:
    provider.add(name)
    begin = client.get("/login/oidc", params={"next": back})
    assert begin.status_code == 303, begin.text
    return client.get(provider.sent_back(begin.headers["location"], name))


def user_of(client: TestClient) -> str:
    found = re.search(r'aria-label="Log out ([^"]*)"', client.get("/").text)
    return found[1] if found else ""


def test_somebody_logs_in_at_the_provider_and_out_again(provider: Provider) -> None:
    with a_browser() as client:
        asked = client.get("/runs/new?x=1").text
        assert "Log in with the forge" in asked
        assert 'href="/login/oidc?next=%2Fruns%2Fnew%3Fx%3D1"' in asked
        begin = client.get("/login/oidc", params={"next": "/runs/new"})
        sent = parse_qs(urlsplit(begin.headers["location"]).query)
        assert sent["code_challenge_method"] == ["S256"]
        assert {"state", "nonce", "code_challenge", "client_id"} <= set(sent)
        assert "httponly" in begin.headers["set-cookie"].lower()
        done = logged_in(client, provider, "bob", "/runs/new")
        assert (done.status_code, done.headers["location"]) == (303, "/runs/new"), done.text
        assert user_of(client) == "bob"
        store = ServerStore.of(Here().store)
        user = store.user("bob")
        assert user is not None
        assert user.email == "bob@example.org"
        assert (user.subject or "").startswith(f"{provider.issuer} ")
        assert store.deeds()[0].action == "GET /login/oidc/done"
        form = re.search(r'name="form" value="([0-9a-f]{64})"', client.get("/").text)
        assert form is not None
        assert post(client, "/logout", form=form[1]).status_code == 303
        assert client.get("/").status_code == 401
        assert [each.revoked is None for each in store.tokens("bob")] == [False]
        logged_in(client, provider, "bob")
        assert user_of(client) == "bob", "the same user, by the subject"
        store.disable_user("bob")
        assert "the user bob is disabled" in logged_in(client, provider, "bob").text


def test_a_name_that_somebody_has_here_is_not_taken_over(provider: Provider) -> None:
    token(user="carol")
    ServerStore.of(Here().store).add_user(User("other", "carol@example.org"), "a password")
    with a_browser() as client:
        assert logged_in(client, provider, "carol").status_code == 303
        name = user_of(client)
        assert re.fullmatch(r"carol-[0-9a-f]{4}", name)
        user = ServerStore.of(Here().store).user(name)
        assert user is not None
        assert user.email is None, "which is that of another user here"


def test_what_is_not_of_this_login_logs_nobody_in(provider: Provider) -> None:
    provider.add("bob")
    with a_browser() as client, a_browser() as other:
        done = provider.sent_back(client.get("/login/oidc").headers["location"], "bob")
        for path in (done, "/login/oidc/done", "/login/oidc/done?code=x&state=y"):
            answer = other.get(path)  # another browser: it has not begun this login
            assert answer.status_code == 400
            assert "begun in another browser" in answer.text
        other.get("/login/oidc")
        assert other.get(done).status_code == 400, "a state of another login"
        assert client.get(done).status_code == 303
        assert client.get(done).status_code == 400, "once"
        refused = client.get("/login/oidc")
        state = parse_qs(urlsplit(refused.headers["location"]).query)["state"][0]
        told = client.get(f"/login/oidc/done?state={state}&error=access_denied&error_description=No%1b[31m!")
        assert told.status_code == 401
        assert "the forge did not log you in: No" in told.text
        assert "\x1b" not in told.text
        client.get("/login/oidc")
        state = parse_qs(urlsplit(client.get("/login/oidc").headers["location"]).query)["state"][0]
        wrong = client.get(f"/login/oidc/done?state={state}&code=made-up")
        assert wrong.status_code == 401
        assert "the forge refused this login" in wrong.text


def test_a_nonce_of_another_login_is_refused(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = openid.OpenId.finish

    def swapped(self: openid.OpenId, back: str, code: str, pending: openid.Pending) -> Identity:
        return whole(self, back, code, openid.Pending(pending.state, secrets.token_urlsafe(32), pending.verifier))

    monkeypatch.setattr(openid.OpenId, "finish", swapped)
    with a_browser() as client:
        answer = logged_in(client, provider, "bob")
        assert answer.status_code == 502
        assert "its ID token does not hold" in answer.text


def test_without_the_verifier_the_code_is_worth_nothing(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = openid.OpenId.finish

    def swapped(self: openid.OpenId, back: str, code: str, pending: openid.Pending) -> Identity:
        return whole(self, back, code, openid.Pending(pending.state, pending.nonce, secrets.token_urlsafe(32)))

    monkeypatch.setattr(openid.OpenId, "finish", swapped)
    with a_browser() as client:
        assert logged_in(client, provider, "bob").status_code == 401


def test_only_emails_of_the_named_domains_may_log_in(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIDEATOR_OIDC_DOMAIN", "example.com")
    with a_browser() as client:
        answer = logged_in(client, provider, "bob")
        assert answer.status_code == 403
        assert "only emails of example.com may log in here" in answer.text
    assert ServerStore.of(Here().store).users() == []


def test_a_provider_that_is_down_is_told_and_a_token_still_logs_in(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setenv("AIDEATOR_OIDC_ISSUER", "https://127.0.0.1:9")
    monkeypatch.setenv("AIDEATOR_OIDC_CLIENT", "x")
    with a_browser() as client:
        answer = client.get("/login/oidc")
        assert answer.status_code == 503
        assert "127.0.0.1 does not answer as it should" in answer.text
        assert "log in with a token" in answer.text
        assert post(client, "/login", token=token()[1]).status_code == 303


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"ISSUER": "http://id.example", "CLIENT": "x"}, "oidc_issuer is no https address"),
        ({"ISSUER": "https://id.example"}, "oidc_issuer needs oidc_client"),
        ({"ISSUER": "https://id.example", "CLIENT": "x", "SECRET_FILE": "/nonexistent"}, "oidc_secret_file can't be read"),
    ],
)  # fmt: skip
def test_mistakes_in_the_configuration_are_told_at_the_start(
    home: Path,  # noqa: ARG001 -- the data folder
    monkeypatch: pytest.MonkeyPatch,
    values: dict[str, str],
    text: str,
) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"AIDEATOR_OIDC_{name}", value)
    with pytest.raises(AideatorError, match=text):
        application(Here(), None)


@pytest.mark.parametrize(
    ("token", "elsewhere", "email"),
    [
        ({"email": "ada@corp.example"}, {"email": "eve@evil.example", "email_verified": True}, "eve@evil.example"),
        ({"email": "ada@corp.example", "email_verified": False}, {"email_verified": True}, None),
        ({"email": "ada@corp.example"}, {"email_verified": True}, None),
        ({"email_verified": True}, {"email": "ada@corp.example"}, None),
        ({"email": "ada@corp.example", "email_verified": True}, {"email": "x@y.example", "email_verified": True}, "ada@corp.example"),
    ],
)  # fmt: skip
def test_an_email_counts_only_where_the_same_answer_calls_it_verified(
    token: dict[str, Any], elsewhere: dict[str, Any], email: str | None
) -> None:
    found = openid.OpenId(openid.Provider("https://id.example", "x", None, "x", ()))
    assert found._allowed({"sub": "1", **token}, elsewhere).email == email


@pytest.mark.parametrize("name", ["", "..", "a b/ö", "<script>", "-", "x" * 300, "ada\n"])
def test_any_name_of_the_provider_becomes_one_of_ours(home: Path, name: str) -> None:  # noqa: ARG001
    store = ServerStore.of(Here().store)
    made = [providing._user(store, Identity(f"https://id.example {number}", name, None)).name for number in range(3)]
    assert len(set(made)) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", each) for each in made)
