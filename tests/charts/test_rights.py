"""The chart's Roles: what `aideator` calls, and no more; and what the page says of them."""

import re
from pathlib import Path
from typing import Any

from aideator_cli.backends.kubernetes.rights import RIGHTS
from tests.fixtures.chart import Helm, only

PAGE = Path(__file__).parents[2] / "docs" / "chart.md"
Rights = set[tuple[str, str, str]]  # (API group, resource, verb)
OPTIONS = {
    "rbac.events": ["events"],
    "rbac.inspect": ["namespaces", "serviceaccounts", "resourcequotas", "limitranges", "networkpolicies"],
    "rbac.readSecret": ["secrets"],
    "rbac.manageSecrets": ["secrets"],
    "rbac.attach": ["pods/attach"],
    "rbac.queues": ["localqueues", "workloads", "localqueues/pendingworkloads"],
}
REQUIRED = {(right.group, right.path, verb) for right in RIGHTS for verb in right.verbs if not right.optional}
OPTIONAL = {(right.group, right.path, verb) for right in RIGHTS for verb in right.verbs if right.optional}
READING = {"get", "list", "watch"}


def rights(objects: list[dict[str, Any]], name: str = "aideator") -> Rights:
    return {
        (group, resource, verb)
        for rule in only(objects, "Role", name)["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def of(option: str, all_rights: Rights) -> Rights:
    """What an option of the chart adds."""
    found = {right for right in all_rights if right[1] in OPTIONS[option]}
    return {right for right in found if right[2] == "get"} if option == "rbac.readSecret" else found


def switched(**settings: bool) -> list[str]:
    names = [name.removeprefix("rbac.") for name in OPTIONS]
    return [word for name in names for word in ("--set", f"rbac.{name}={str(settings.get(name, False)).lower()}")]


def everything(helm: Helm) -> Rights:
    return rights(helm.objects(*switched(**{name.removeprefix("rbac."): True for name in OPTIONS})))


def test_without_options_the_role_has_what_every_run_needs(helm: Helm) -> None:
    assert rights(helm.objects(*switched())) == REQUIRED


def test_with_all_options_it_has_what_the_program_uses_and_no_more(helm: Helm) -> None:
    given = everything(helm)
    assert given >= REQUIRED | OPTIONAL
    known = {right[1] for right in REQUIRED | OPTIONAL}
    assert {right for right in given if right[1] in known} == REQUIRED | OPTIONAL
    assert {right[1] for right in given} - known <= {*OPTIONS["rbac.attach"], *OPTIONS["rbac.queues"]}


def test_each_option_adds_its_own(helm: Helm) -> None:
    for option in OPTIONS:
        found = rights(helm.objects(*switched(**{option.removeprefix("rbac."): True})))
        assert found - REQUIRED == of(option, everything(helm)), option


def test_no_role_reaches_further_than_the_namespace_or_a_secret_that_is_not_named(helm: Helm) -> None:
    objects = helm.objects("--set", "secret.others={aideator-keys-jane}")
    assert {item["kind"] for item in objects if "Role" in item["kind"]} == {"Role", "RoleBinding"}
    for rule in only(objects, "Role", "aideator")["rules"]:
        if "secrets" in rule["resources"]:
            assert rule["resourceNames"] == ["aideator-keys", "aideator-keys-jane"]


def test_a_viewer_only_reads_and_sees_no_secret(helm: Helm) -> None:
    found = rights(helm.objects(), "aideator-viewer")
    assert {verb for _, _, verb in found} <= READING
    assert not {resource for _, resource, _ in found} & {"secrets"}
    needed = {right for right in REQUIRED | of("rbac.events", OPTIONAL) if right[2] in READING}
    assert found == needed - {("batch", "jobs", "get")}


def test_the_page_lists_the_rights_that_the_chart_gives(helm: Helm) -> None:
    rows = re.findall(r"^\| (.+?): (.+?) \| (.+?) \| (.+?) \| (.*?) ?\| .+ \|$", PAGE.read_text(), re.MULTILINE)
    listed: dict[str, set[tuple[str, str]]] = {}
    viewers: set[tuple[str, str]] = set()
    for resources, verbs, users, of_viewers, value in rows:
        names = resources.split(", ")
        found = {(name, verb) for name in names for verb in re.findall(r"[a-z]+", re.sub(r"only.*?`\w+`", "", verbs))}
        listed.setdefault(value.strip("`"), set()).update(found)
        given = value.strip("`") in ("", "rbac.events", "rbac.inspect", "rbac.readSecret")
        assert users == ("yes" if given else "no"), resources
        if of_viewers != "no":
            viewers |= found if of_viewers == "yes" else {(names[0], verb) for verb in of_viewers.split(", ")}
    assert listed.keys() == {"", *OPTIONS}
    for value, found in listed.items():
        given = of(value, everything(helm)) if value else REQUIRED
        assert found == {(resource, verb) for _, resource, verb in given}, value
    assert viewers == {(resource, verb) for _, resource, verb in rights(helm.objects(), "aideator-viewer")}


def test_the_page_lists_the_fallback_values_of_the_test(helm: Helm) -> None:
    import yaml

    values = yaml.safe_load(helm("show", "values", str(PAGE.parent.parent / "charts" / "aideator")))
    listed = dict(re.findall(r"^\| `([\w.]+)` \| (.+) \|$", PAGE.read_text(), re.MULTILINE))
    for name in ("repoUrl", "prompt", "runId", "variationId", "agentJobName"):
        assert listed[name] == str(values[name])
    assert listed["test.model"] == values["test"]["model"]
