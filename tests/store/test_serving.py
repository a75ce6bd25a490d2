"""What a server keeps about its users: who they are, what they may do, what they did, and what waits to be sent."""

import sqlite3
from dataclasses import replace

import pytest

from aideator_agent.spec import Repository, RunSpec, VariationSpec
from aideator_cli.domain.accounts import Deed, User
from aideator_cli.domain.crossing import Crossing
from aideator_cli.domain.delivery import Delivery, Webhook
from aideator_cli.domain.glance import Wanted
from aideator_cli.domain.runs import Place
from aideator_cli.store.serving import ServerStore
from tests.store.conftest import Kept
from tests.store.test_databases import at_once

SPEC = RunSpec(
    "k3v9x2q", "u", "2026-11-21T12:00:00Z", Repository("https://git.example/t.git"), "Fix it.", (VariationSpec(1, "m"),)
)
ANA = User("ana", "Ana@Example.org")


@pytest.fixture
def store(kept: Kept) -> ServerStore:
    return ServerStore.of(kept.open())


def test_a_user_is_known_by_name_email_and_subject_and_each_is_unique(store: ServerStore) -> None:
    assert store.add_user(replace(ANA, subject="https://id.example 7"))
    assert not store.add_user(User("ana"))
    assert not store.add_user(User("ana2", "ana@example.ORG"))
    assert not store.add_user(User("ana3", subject="https://id.example 7"))
    assert store.add_user(User("bo"))
    known = store.user("ana")
    assert known is not None
    assert store.user_of_email("ANA@example.org") == store.user_of_subject("https://id.example 7") == known
    assert store.user_of_email("no@example.org") is None
    assert [user.name for user in store.users()] == ["ana", "bo"]


def test_a_password_is_checked_and_not_stored(kept: Kept, store: ServerStore) -> None:
    store.add_user(ANA, "correct horse ü\ud800")
    ana = store.user("ana")
    assert store.has_password(ana, "correct horse ü\ud800")
    assert not store.has_password(ana, "wrong horse")
    assert not store.has_password(None, "A")
    store.add_user(User("bo"))
    assert not store.has_password(store.user("bo"), "")
    store.set_password("ana", "another one")
    assert not store.has_password(ana, "correct horse ü\ud800")
    if not kept.url:
        with sqlite3.connect(kept.home / "aideator.db") as file:
            assert "another" not in str(file.execute("select * from users").fetchall())
    store.disable_user("ana")
    assert not store.has_password(store.user("ana"), "another one")


def test_a_token_counts_until_it_expires_or_is_revoked_and_its_secret_is_not_stored(store: ServerStore) -> None:
    token, secret = store.create_token("ana", "laptop", ["run", "read"])
    found = store.token(secret)
    assert found is not None
    assert (found.id, found.owner, found.scopes, found.allows("admin")) == (token.id, "ana", {"read", "run"}, False)
    assert secret.startswith("aid_")
    rows = store._connection.execute("select * from tokens").fetchall()
    assert secret not in str(rows)
    assert store.token(secret + "x") is None
    assert store.token("") is None
    assert store.tokens()[0].used is not None
    assert not store.revoke_token(token.id, "bo")
    assert store.revoke_token(token.id, "ana")
    assert store.token(secret) is None
    expired = store.create_token("ana", "old", ["read"], -1.0)[1]
    lasting = store.create_token("ana", "new", ["read"], 60.0)[1]
    assert store.token(expired) is None
    assert store.token(lasting)
    assert {each.name for each in store.tokens("ana")} == {"laptop", "old", "new"}
    assert store.tokens("bo") == []


def test_a_user_who_is_disabled_is_out_at_once(store: ServerStore) -> None:
    store.add_user(ANA)
    secret = store.create_token("ana", "laptop", ["read"])[1]
    store.open_session("cookie", "ana", "{}", 60)
    assert store.disable_user("ana")
    assert store.token(secret) is None
    assert store.session("cookie") is None
    assert store.disable_user("ana", disabled=False)
    assert store.token(secret)
    assert not store.disable_user("nobody")


def test_a_session_lasts_until_it_expires_or_is_closed(store: ServerStore) -> None:
    store.open_session("one", "ana", '{"csrf": "x"}', 60)
    store.open_session("two", "ana", "{}", -1)
    found = store.session("one")
    assert found is not None
    assert (found.owner, found.data) == ("ana", '{"csrf": "x"}')
    assert store.session("two") is None
    store.open_session("one", "ana", '{"csrf": "y"}', 60)
    again = store.session("one")
    assert again is not None
    assert again.data == '{"csrf": "y"}'
    store.close_session("one")
    assert store.session("one") is None


def test_what_was_done_is_listed_the_newest_first(store: ServerStore) -> None:
    who = ["ana", "bo", None]
    deeds = [
        Deed(f"2026-11-29T12:00:0{n}Z", each, "POST /runs", f"k{n}", 202, "t1", "::1") for n, each in enumerate(who)
    ]
    for deed in deeds:
        store.note_deed(deed)
    assert store.deeds() == deeds[::-1]
    assert store.deeds(1) == deeds[2:]
    assert store.deeds(who="ana") == store.deeds(target="k0") == deeds[:1]


def test_a_request_that_comes_twice_is_new_once(kept: Kept, store: ServerStore) -> None:
    stores = [ServerStore.of(kept.open()) for _ in range(4)]
    found = at_once([lambda each=each: each.first_with_key("ana", "k1", "d1", 60) for each in stores])  # type: ignore[misc]
    assert sorted(each.is_new for each in found) == [False, False, False, True]
    store.keep_key("ana", "k1", SPEC.id)
    again = store.first_with_key("ana", "k1", "d2", 60)
    assert (again.digest, again.run, again.is_new) == ("d1", SPEC.id, False)
    assert store.first_with_key("bo", "k1", "d1", 60).is_new, "keys are each user's own"
    store.drop_key("ana", "k1")
    assert store.first_with_key("ana", "k1", "d1", 60).is_new, "it has failed, and may be tried again"
    assert store.first_with_key("ana", "k2", "d1", -1).is_new
    assert store.first_with_key("ana", "k2", "d3", 60).is_new, "it has expired"
    store.drop_key("ana", "k2")
    assert store.first_with_key("ana", "k2", "d3", 60).is_new


def test_a_delivery_is_sent_by_one_and_again_until_it_is_given_up(store: ServerStore) -> None:
    hook = Webhook(
        "w1", "ana", "https://n8n.example/hook", "whsec", ("run.ended", "run.started"), "2026-11-29T12:00:00Z"
    )
    store.add_webhook(hook)
    store.add_webhook(replace(hook, id="w2", owner="bo", kinds=()))
    assert store.webhooks("ana") == [hook]
    assert store.webhooks("bo")[0].kinds == ()
    message = Delivery("m1", "w1", SPEC.id, "run.ended", "{}", "2026-11-29T12:00:00Z")
    assert store.queue_delivery(message)
    assert not store.queue_delivery(message)
    (taken,) = store.take_deliveries(10, 60)
    assert (taken.id, taken.attempts, taken.body) == ("m1", 0, "{}")
    assert store.take_deliveries(10, 60) == [], "another is at it"
    store.delivery_failed("m1", "503", -1)
    (again,) = store.take_deliveries(10, -1)
    assert (again.attempts, again.error) == (1, "503")
    store.delivery_failed("m1", "410", None)
    assert store.take_deliveries(10, 60) == []
    assert [(each.id, each.error, each.attempts) for each in store.deliveries("dead", owner="ana")] == [
        ("m1", "410", 2)
    ]
    assert store.deliveries("dead", owner="bo") == []
    assert store.revive_delivery("m1")
    assert [each.attempts for each in store.take_deliveries(10, 60)] == [0]
    store.delivered("m1")
    assert not store.revive_delivery("m1")
    assert [each.id for each in store.deliveries("delivered")] == ["m1"]
    assert not store.delete_webhook("w1", "bo")
    assert store.delete_webhook("w1", "ana")
    assert store.deliveries("delivered") == []


def test_many_deliveries_for_one_hold_up_no_other_and_those_of_runs_at_work_are_kept(store: ServerStore) -> None:
    store.add_run(SPEC, Place("kubernetes", "x"))
    hook = Webhook("w1", "ana", "https://n8n.example/hook", "whsec")
    store.add_webhook(hook)
    store.add_webhook(replace(hook, id="w2"))
    for id_, webhook in (("m1", "w1"), ("m2", "w1"), ("m3", "w1"), ("m4", "w2")):
        store.queue_delivery(Delivery(id_, webhook, SPEC.id, "run.started", "{}", "2026-01-01T00:00:00Z"))
    assert [each.id for each in store.take_deliveries(10, 60, 2)] == ["m1", "m2", "m4"]
    assert store.take_deliveries(10, 60, 2, {"w1", "w2"}) == []
    assert [each.id for each in store.take_deliveries(10, 60, 2, {"w2"})] == ["m3"]
    store.delivered("m1")
    store.forget_deliveries(0)
    assert not store.queue_delivery(Delivery("m1", "w1", SPEC.id, "run.started", "{}", "2026-01-01T00:00:00Z"))
    store.set_state(SPEC.id, "ended")
    store.forget_deliveries(0)
    assert store.deliveries("delivered") == []


def test_who_is_disabled_is_told_nothing_any_more(store: ServerStore) -> None:
    store.add_user(ANA)
    hook = Webhook("w1", "ana", "https://n8n.example/hook", "whsec", created="2026-11-29T12:00:00Z")
    everybody = replace(hook, id="w2", owner="")
    store.add_webhook(hook)
    store.add_webhook(everybody)
    store.queue_delivery(Delivery("m1", "w1", SPEC.id, "run.ended", "{}", "2026-11-29T12:00:00Z"))
    store.disable_user("ana")
    assert store.webhooks(telling=True) == [everybody]
    assert store.webhooks("ana") == [hook]
    assert store.take_deliveries(10, 60) == []
    store.disable_user("ana", disabled=False)
    assert [each.id for each in store.take_deliveries(10, 60)] == ["m1"]


def test_a_run_belongs_to_who_has_started_it(kept: Kept) -> None:
    store = kept.open()
    store.add_run(replace(SPEC, id="k000001"), Place("kubernetes", "x"))
    store.owner = "ana"
    store.add_run(SPEC, Place("kubernetes", "x"))
    found = store.run(SPEC.id)
    assert found is not None
    assert found.owner == "ana"
    assert [(each.id, each.owner) for each in store.glances(9)] == [("k000001", None), (SPEC.id, "ana")]
    assert [each.id for each in store.glances(9, Wanted(owner="ana"))] == [SPEC.id]
    assert store.glances(9, Wanted(owner="bo")) == []


def test_what_the_tests_of_the_others_said_is_handed_to_another_store(store: ServerStore) -> None:
    other = replace(SPEC, id="k000009")
    for spec in (SPEC, other):
        store.add_run(spec, Place("kubernetes", "x"))
    assert store.outcome(SPEC.id) is None
    store.begin_crossing(SPEC.id, "key", replace(SPEC, id="r000001"))
    assert store.outcome(SPEC.id) is None, "it is still at work"
    store.end_crossing(SPEC.id, "key", Crossing({1: "abc"}, seconds=2.0))
    told = store.outcome(SPEC.id)
    assert told is not None
    for _ in range(2):
        store.keep_outcome(other.id, told)
    assert store.crossing(other.id) == store.crossing(SPEC.id) == Crossing({1: "abc"}, seconds=2.0)
