"""The rights that AIdeator uses are data: what the documentation lists, and what `doctor` asks for."""

import json
import re
from pathlib import Path

import yaml

from aideator_cli.backends.kubernetes.rights import RIGHTS, Right, lacking
from tests.backends.kubernetes.api_server import Handler, answering

PAGE = Path(__file__).parents[3] / "docs" / "kubernetes.md"


def test_the_page_lists_exactly_these_rights() -> None:
    block = re.search(r"```yaml\nrules:\n(.*?)# optional\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert block
    for text, optional in ((block[1], False), (block[2], True)):
        listed = [(r["apiGroups"], r["resources"], r["verbs"]) for r in yaml.safe_load(text)]
        assert listed == [([r.group], [r.path], list(r.verbs)) for r in RIGHTS if r.optional is optional]


def test_a_rule_can_be_pasted_into_a_role() -> None:
    for right in RIGHTS:
        assert yaml.safe_load(right.rule) == {
            "apiGroups": [right.group], "resources": [right.path], "verbs": list(right.verbs)
        }  # fmt: skip


def test_each_verb_is_asked_for_and_what_is_refused_is_named() -> None:
    asked = []

    def answer(handler: Handler) -> None:
        attributes = json.loads(handler.body)["spec"]["resourceAttributes"]
        asked.append(attributes)
        refused = attributes["resource"] == "pods" and attributes["verb"] in ("get", "patch")
        handler.json(201, {"status": {"allowed": not refused}})

    with answering(answer) as server:
        found = list(lacking(server.objects(), ["aideator-keys"]))
    assert {attributes["namespace"] for attributes in asked} == {"team"}
    assert len(asked) == sum(len(right.verbs) for right in RIGHTS)
    named = {a["verb"]: a.get("name") for a in asked if a["resource"] == "secrets"}  # a Role may name the Secret
    assert named == {"get": "aideator-keys", "patch": "aideator-keys", "delete": "aideator-keys", "create": ""}
    assert [(right.path, right.verbs) for right in found] == [
        ("pods", ("patch",)), ("pods/log", ("get",)), ("pods/attach", ("get",)),
    ]  # fmt: skip
    assert isinstance(found[0], Right)


def test_a_role_that_allows_one_of_the_secrets_is_enough() -> None:
    def answer(handler: Handler) -> None:
        attributes = json.loads(handler.body)["spec"]["resourceAttributes"]
        handler.json(201, {"status": {"allowed": attributes["name"] in ("aideator-keys", "team", "")}})

    with answering(answer) as server:
        assert list(lacking(server.objects(), ["aideator-keys-jane", "aideator-keys"])) == []
        (found, *_) = lacking(server.objects(), ["aideator-keys-jane"])
    assert (found.path, found.verbs) == ("secrets", ("get",))
