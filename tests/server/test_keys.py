"""Keys of the server's users: stored in a Secret of their own, never shown, and used by nobody else's runs."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from aideator_cli.actions.here import Here
from aideator_cli.actions.keeping import own_secret
from aideator_cli.backends.kubernetes.manifests import user_secret
from aideator_cli.backends.kubernetes.marks import is_for_keys
from aideator_cli.store.serving import ServerStore
from tests.cli.test_secret import KEY, Cluster, cluster
from tests.server.conftest import API
from tests.server.page.test_login import entered, post, shared
from tests.server.test_accounts import token
from tests.server.test_bad_input import refused

__all__ = ["cluster", "shared"]

NAMES = (
    "ada",
    "Ada",
    "ADA",
    "ada-",
    "ada.",
    "a.da",
    "a_da",
    "a@da",
    "of-ada",
    "-",
    "..",
    "../ada",
    "ada/../bob",
    "a" * 300,
    "ада",
    "",
)


def test_a_key_is_stored_in_a_secret_of_ones_own_and_never_read_again(shared: TestClient, cluster: Cluster) -> None:
    ada = token("ada")
    put = shared.put(f"{API}/keys/OPENAI_API_KEY", json={"value": KEY}, headers=ada)
    place = f"Secret {own_secret('ada')} in fake/team"
    assert (put.status_code, put.json()) == (200, {"name": "OPENAI_API_KEY", "place": place, "replaced": False})
    assert cluster.value(own_secret("ada"), "OPENAI_API_KEY") == KEY
    listed = shared.get(f"{API}/keys", headers=ada)
    assert listed.json()["keys"] == [
        {"kind": "key", "name": "OPENAI_API_KEY", "length": len(KEY), "tail": "tail", "place": place, "used": True}
    ]
    assert KEY not in put.text + listed.text
    assert shared.get(f"{API}/keys/OPENAI_API_KEY", headers=ada).status_code == 405
    assert all(KEY.encode() not in file.read_bytes() for file in Here().settings.home.rglob("*") if file.is_file())
    deeds = [(deed.who, deed.action, deed.target, deed.status) for deed in ServerStore.of(Here().store).deeds()]
    assert deeds[0] == ("ada", f"PUT {API}/keys/{{name}}", "OPENAI_API_KEY", 200)
    assert shared.delete(f"{API}/keys/OPENAI_API_KEY", headers=ada).status_code == 204
    assert cluster.secrets == {}, "with its last key the Secret goes, too"


def test_nobody_sees_or_changes_the_keys_of_others(shared: TestClient, cluster: Cluster) -> None:
    cluster.add("aideator-keys", OPENAI_API_KEY="sk-of-all")
    cluster.add("aideator-keys-bob", OPENAI_API_KEY="sk-of-a-bob-in-the-shell")
    ada, bob, root = token("ada"), token("bob"), token("root", "read", "run", "admin")
    shared.put(f"{API}/keys/OPENAI_API_KEY", json={"value": KEY}, headers=ada)
    for other in (bob, root):
        assert shared.get(f"{API}/keys", headers=other).json() == {"keys": []}
        refused(shared.delete(f"{API}/keys/OPENAI_API_KEY", headers=other), 404)
    shared.put(f"{API}/keys/OPENAI_API_KEY", json={"value": "sk-bobs"}, headers=bob)
    assert cluster.value(own_secret("ada"), "OPENAI_API_KEY") == KEY
    assert set(cluster.secrets) == {"aideator-keys", "aideator-keys-bob", own_secret("ada"), own_secret("bob")}
    refused(shared.get(f"{API}/keys", headers=token("ada", "read")), 403)
    refused(shared.get(f"{API}/keys"), 401)


@pytest.mark.parametrize("name", ["sk-proj-0123", "openai_api_key", "A=B", "A%2FB", "a b"])
def test_what_is_no_name_may_be_a_key_and_is_not_repeated(shared: TestClient, cluster: Cluster, name: str) -> None:
    answer = shared.put(f"{API}/keys/{name}", json={"value": KEY}, headers=token("ada"))
    assert answer.status_code in (404, 422)
    assert "sk-proj" not in answer.json()["detail"] + answer.json().get("hint", "")
    assert not cluster.secrets
    assert all("sk-proj" not in str(deed) for deed in ServerStore.of(Here().store).deeds())


def test_a_value_that_is_refused_is_not_repeated(shared: TestClient, cluster: Cluster) -> None:
    ada = {**token("ada"), "Content-Type": "application/json"}
    for value in ("", " ", f"OPENAI_API_KEY={KEY}", f"{KEY}\n{KEY}", KEY + "x" * 300_000, f"{KEY}\ud83d", None):
        answer = shared.put(f"{API}/keys/OPENAI_API_KEY", content=json.dumps({"value": value}), headers=ada)
        assert answer.status_code == 422, value
        assert KEY not in answer.text
    assert not cluster.secrets


def test_no_two_users_have_the_same_secret_whatever_their_names_are() -> None:
    made = [own_secret(name) for name in NAMES]
    assert len(set(made)) == len(NAMES)
    for secret in made:
        assert is_for_keys(secret), "by which a pod's patch may not name it"
        assert secret not in {user_secret(name) for name in NAMES}
        assert len(secret) <= 80
        assert all(character in "abcdefghijklmnopqrstuvwxyz0123456789-" for character in secret)
        assert not secret.endswith("-")


@given(st.text(), st.text())
def test_names_that_differ_have_secrets_that_differ(one: str, other: str) -> None:
    assert (own_secret(one) == own_secret(other)) == (one == other)


@pytest.mark.parametrize(
    "more",
    [
        {"secret": "aideator-keys"}, {"env_from": ["aideator-keys"]}, {"pod_patch": "/x"}, {"service_account": "root"},
        {"git_secret": "aideator-keys"}, {"namespace": "kube-system"}, {"context": "other"}, {"pod": {"secret": "x"}},
        {"image_pull_secrets": ["x"]},
    ],
)  # fmt: skip
def test_no_field_of_a_run_names_a_secret(shared: TestClient, cluster: Cluster, more: dict[str, Any]) -> None:
    cluster.add(own_secret("ada"), OPENAI_API_KEY=KEY)
    asked = {"repository": "https://git.example/x.git", "prompt": "x", "models": ["gpt-5"], **more}
    answer = shared.post(f"{API}/runs", json=asked, headers=token("bob"))
    assert refused(answer, 422)["mistakes"][0]["what"] == "Extra inputs are not permitted"


def test_the_page_stores_keys_and_makes_tokens(shared: TestClient, cluster: Cluster) -> None:
    form = entered(shared, "read", "run")
    assert post(shared, "/settings/keys", form="x", name="OPENAI_API_KEY", value=KEY).status_code == 403
    wrong = post(shared, "/settings/keys", form=form, name="openai", value=KEY)
    assert wrong.status_code == 422
    assert KEY not in wrong.text
    stored = post(shared, "/settings/keys", form=form, name="OPENAI_API_KEY", value=KEY)
    assert (stored.status_code, stored.headers["location"]) == (303, "/settings?said=stored")
    shown = shared.get("/settings?said=stored").text
    assert "The key is stored." in shown
    assert "OPENAI_API_KEY" in shown
    assert KEY not in shown
    assert cluster.value(own_secret("ada"), "OPENAI_API_KEY") == KEY
    made = post(shared, "/settings/tokens", form=form, name="laptop", days="30", **{"scope-read": "yes"})
    secret = made.text.partition("<code>aid_")[2].partition("<")[0]
    assert shared.get(f"{API}/runs", headers={"X-API-Key": f"aid_{secret}"}).status_code == 200
    listed = shared.get("/settings").text
    assert "laptop" in listed
    assert secret not in listed
    more = post(shared, "/settings/tokens", form=form, name="root", **{"scope-admin": "yes"})
    assert more.status_code == 403, "a token gives on no more than it has"
    assert post(shared, "/settings/keys/OPENAI_API_KEY/delete", form=form).status_code == 303
    assert cluster.secrets == {}
