"""What `doctor` asks of a cluster. Each check is a request or two, and changes nothing."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from aideator_agent.spec import RunSpec
from aideator_cli.backends.base import Status
from aideator_cli.backends.kubernetes import kubeconfig, kueue, namespaces, outlook, preflight, problems, rights
from aideator_cli.backends.kubernetes.client import ApiError, ConnectionFailed
from aideator_cli.backends.kubernetes.objects import LABELS, Objects
from aideator_cli.domain.findings import BROKEN, Finding, broken, note, ok
from aideator_cli.domain.trial import Trial
from aideator_cli.errors import AideatorError, refused
from aideator_cli.text.quantities import amount

_ENFORCE: Final = "pod-security.kubernetes.io/enforce"
_SKEW: Final = 5.0  # seconds; the Date header has whole ones
_COUNTED: Final = frozenset(
    {"pods", "count/pods", "count/jobs.batch", "configmaps", "count/configmaps"}
    | {f"{kind}{what}" for kind in ("", "requests.", "limits.") for what in ("cpu", "memory", "ephemeral-storage")}
)  # what an agent takes of a quota
_UNSEEN: Final = "can't be seen without permission to {verb} {what}"


class Examination:
    """Every method returns what it finds, whatever fails."""

    def __init__(self, objects: Objects, user: str) -> None:
        self._objects = objects
        self._user = user

    def server(self) -> list[Finding]:
        return [self._kubeconfig(), *self._told("cluster", self._server)]

    def permissions(self, secret: str | None) -> list[Finding]:
        """`secret`: the Secret that the user named."""
        return self._told("permissions", lambda: self._permissions(preflight.secret_names(secret, self._user)))

    def namespace(self) -> list[Finding]:
        return self._told("namespace", self._namespace)

    def quota(self) -> list[Finding]:
        return self._told("quota", self._quota)

    def network(self) -> list[Finding]:
        return self._told("network", self._network)

    def keys(self, secret: str | None, needed: Sequence[str]) -> list[Finding]:
        """`secret`: the Secret that the user named. `needed`: the entries that the model's provider reads."""
        return self._told("keys", lambda: self._keys(secret, needed))

    def trial(self, spec: RunSpec, arguments: Sequence[str]) -> Iterator[Status | Trial]:
        """Starts a pod like an agent's, whose program is called with these arguments. Leaves nothing behind. Raises `AideatorError`."""
        from aideator_cli.backends.kubernetes.trial import attempt

        try:
            with ThreadPoolExecutor(2, thread_name_prefix="trial") as pool:
                placement = preflight.preflight(self._objects, spec, self._user, pool)
            yield from attempt(self._objects, spec, placement, arguments)
        except (ApiError, ConnectionFailed) as error:
            raise problems.explain(error, self._objects.place) from error

    def clock(self) -> Finding:
        """Needs an earlier answer from the server."""
        ahead = self._objects.client.ahead
        if abs(ahead) < _SKEW:
            return ok("clock", "agrees with the API server's")
        way = "ahead of" if ahead > 0 else "behind"
        text = f"this machine's clock is {abs(ahead):.0f} s {way} the API server's"
        return note("clock", text, "timedatectl set-ntp true")

    def _kubeconfig(self) -> Finding:
        place = self._objects.place
        files = ", ".join(map(str, kubeconfig.paths())) or "none; this pod's service account is used"
        return ok("kubeconfig", f"{files}: context {place.context}, namespace {place.namespace}")

    def _server(self) -> list[Finding]:
        place = self._objects.place
        version = outlook.checked_version(self._objects)
        proxy = self._objects.client.address.way
        through = f", through {proxy}" if proxy else ""
        told = f"{place.context} at {place.server}{through}"
        return [ok("cluster", f"{told}, Kubernetes {version}" if version else f"{told}, which hides its version")]

    def _permissions(self, secrets: Sequence[str]) -> list[Finding]:
        lacking = [right for right in rights.lacking(self._objects, secrets) if self._is_of_use(right)]
        place = self._objects.place
        told = [_lack(right, place.namespace) for right in sorted(lacking, key=lambda right: right.optional)]
        if not any(finding.state == BROKEN for finding in told):
            count = sum(len(right.verbs) for right in rights.RIGHTS if not right.optional)
            told.insert(0, ok("permissions", f"all {count} that agents need"))
        return told

    def _is_of_use(self, right: rights.Right) -> bool:
        """Whether the cluster has what the right is about: Kueue may be missing."""
        return not right.group.endswith(kueue.GROUP) or kueue.version(self._objects, right.group) is not None

    def _namespace(self) -> list[Finding]:
        name = self._objects.place.namespace
        found = namespaces.look(self._objects)
        if not found:
            unseen = _UNSEEN.format(verb="get", what="namespaces")
            return [
                note("namespace", f"{name} {unseen}") if found is None else ok("namespace", name),
                note("pod security", f"the level {unseen}; the trial pod shows what it allows"),
            ]
        level = (found["metadata"].get("labels") or {}).get(_ENFORCE)
        told = f"enforces {level}; agents meet `restricted`, the strictest level" if level else "no level is enforced"
        return [ok("namespace", name), ok("pod security", told)]

    def _quota(self) -> list[Finding]:
        place = self._objects.place
        quotas = self._list(f"{self._objects.core}/resourcequotas")
        if quotas is None:
            return [note("quota", _UNSEEN.format(verb="list", what="resourcequotas"))]
        if not quotas:
            return [ok("quota", "none")]
        return [_quota(quota, place) for quota in quotas]

    def _network(self) -> list[Finding]:
        """Says what `What is not promised` in docs/kubernetes.md says, about this namespace."""
        found = self._list(f"/apis/networking.k8s.io/v1/namespaces/{self._objects.place.namespace}/networkpolicies")
        if found is None:
            return [note("network", f"a NetworkPolicy {_UNSEEN.format(verb='list', what='networkpolicies')}")]
        limiting = [str(item["metadata"]["name"]) for item in found if _limits_agents(item)]
        if limiting:
            told = (
                f"{', '.join(limiting)} limits what agents can reach, if the cluster's network enforces NetworkPolicies"
            )
            return [ok("network", told)]
        text = (
            "no NetworkPolicy limits where the model's commands can send the repository, or which services they reach"
        )
        return [
            note("network", text, "add one that allows only DNS, git and the model's endpoint (docs/kubernetes.md)")
        ]

    def _keys(self, secret: str | None, needed: Sequence[str]) -> list[Finding]:
        names = preflight.secret_names(secret, self._user)
        found = {name: preflight.secret_keys(self._objects, name) for name in names}
        name, there = next(
            ((n, k) for n, k in found.items() if isinstance(k, frozenset)), (names[-1], found[names[-1]])
        )
        key = needed[0] if needed else "ANTHROPIC_API_KEY"
        setting = problems.set_key(self._objects.place, key, name if secret or isinstance(there, frozenset) else None)
        if there == "unreadable":
            return [note("keys", f"Secret {name} {_UNSEEN.format(verb='get', what='secrets')}; the trial pod shows it")]
        if not isinstance(there, frozenset):
            text = f"Secret {' or '.join(names)} does not exist in namespace {self._objects.place.namespace}"
            return [Finding("keys", BROKEN, text, setting) if needed else note("keys", text, setting)]
        if missing := [key for key in needed if key not in there]:
            return [Finding("keys", BROKEN, f"Secret {name} has no {' and no '.join(missing)}", setting)]
        if not there:
            return [note("keys", f"Secret {name} is empty", setting)]
        return [ok("keys", f"Secret {name} has {', '.join(sorted(there))}")]

    def _list(self, path: str) -> Sequence[Mapping[str, Any]] | None:
        """Returns None if the user may not list these objects."""
        try:
            items: Sequence[Mapping[str, Any]] = self._objects.client.call("GET", path)["items"] or []
        except ApiError as error:
            if error.status == 403:
                return None
            raise
        return items

    def _told(self, part: str, check: Callable[[], list[Finding]]) -> list[Finding]:
        try:
            return check()
        except (ApiError, ConnectionFailed) as error:
            return [broken(part, problems.explain(error, self._objects.place))]
        except AideatorError as error:
            return [broken(part, error)]


def _lack(right: rights.Right, namespace: str) -> Finding:
    verbs = " or ".join(filter(None, (", ".join(right.verbs[:-1]), right.verbs[-1])))
    hint = f"ask for this RBAC rule in namespace {namespace}: {right.rule}"
    if right.optional:
        return note("permissions", f"you may not {verbs} {right.path} (optional): {right.purpose}", hint)
    return broken("permissions", refused(f"you may not {verbs} {right.path}: {right.purpose}", hint))


def _quota(quota: Mapping[str, Any], place: problems.Place) -> Finding:
    name = quota["metadata"]["name"]
    status = quota.get("status") or {}
    hard, used = status.get("hard") or {}, status.get("used") or {}
    told = ", ".join(f"{resource} {used.get(resource, '0')} of {most}" for resource, most in sorted(hard.items()))
    full = [resource for resource, most in hard.items() if resource in _COUNTED and _is_used_up(used, resource, most)]
    if full:
        text = f"{name} leaves no room for an agent: {told}"
        waits = "" if any(amount(hard[resource]) == 0 for resource in full) else "wait for other pods to end, or "
        mend = f"{waits}ask for more: {place.kubectl} describe quota {shlex.quote(name)}"
        return Finding("quota", BROKEN, text, mend)
    return ok("quota", f"{name}: {told or 'without limits'}")


def _is_used_up(used: Mapping[str, Any], resource: str, most: object) -> bool:
    limit, taken = amount(most), amount(used.get(resource, "0"))
    return limit is not None and taken is not None and taken >= limit


def _limits_agents(policy: Mapping[str, Any]) -> bool:
    spec = policy.get("spec") or {}
    if "Egress" not in (spec.get("policyTypes") or ()):
        return False
    wanted = (spec.get("podSelector") or {}).get("matchLabels") or {}
    return all(LABELS.get(name) == value for name, value in wanted.items())
