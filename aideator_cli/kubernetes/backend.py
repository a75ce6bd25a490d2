"""The Kubernetes backend: each variation is a Job, each attempt a pod."""

import getpass
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from threading import Event as Flag
from typing import Any, Final, Literal, ParamSpec, Self, TypeVar

from aideator_agent.spec import RunSpec, SpecError
from aideator_cli.backend import Attempt, Line, Remark, Status, Trouble
from aideator_cli.errors import unavailable
from aideator_cli.kubernetes import credentials, kubeconfig, problems
from aideator_cli.kubernetes.client import MERGE_PATCH, ApiError, Client, ConnectionFailed
from aideator_cli.kubernetes.connection import Address
from aideator_cli.kubernetes.logs import read_log
from aideator_cli.kubernetes.objects import RUN, Objects, submission_of, variation_of
from aideator_cli.kubernetes.problems import Place
from aideator_cli.kubernetes.status import CANCELLED_SECONDS
from aideator_cli.kubernetes.watching import watch

_SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_P = ParamSpec("_P")
_T = TypeVar("_T")


class KubernetesBackend:
    name: Final[Literal["kubernetes"]] = "kubernetes"

    def __init__(self, objects: Objects, user: str) -> None:
        self._objects = objects
        self._user = user

    @classmethod
    def connect(cls, context: str | None, namespace: str | None, user: str | None = None) -> Self:
        """The cluster of `context`, else of the current one, else the one that this process runs in. No request is made yet.

        `user` finds the Secret `aideator-keys-<user>`; by default the name on this machine. Raises `AideatorError`.
        """
        address, identity, default = _target(context)
        place = Place(address.context, address.server, namespace or default)
        return cls(Objects(Client(address, identity), place), user or _local_user())

    @property
    def context(self) -> str:
        return self._objects.place.context

    @property
    def namespace(self) -> str:
        return self._objects.place.namespace

    @property
    def where(self) -> str:
        return f"{self.context}/{self.namespace}"

    def manifests(self, spec: RunSpec) -> list[dict[str, Any]]:
        """The objects that `submit` would create, without asking the cluster and without owners."""
        from aideator_cli.kubernetes import manifests

        secret = spec.secret or manifests.DEFAULT_SECRET
        placement = manifests.Placement(self._objects.place.namespace, manifests.user_label(self._user), secret)
        jobs = [manifests.job(spec, variation, placement) for variation in spec.variations]
        return [manifests.configmap(spec, placement), *jobs]

    def submit(self, spec: RunSpec) -> None:
        from aideator_cli.kubernetes.submission import submit

        submit(self._objects, spec, self._user)

    def resubmit(self, spec: RunSpec, submissions: Mapping[int, int]) -> None:
        from aideator_cli.kubernetes.submission import resubmit

        resubmit(self._objects, spec, submissions, self._user)

    def submissions(self, run: str) -> Mapping[int, int]:
        found: dict[int, int] = {}
        for job in self._told(self._objects.jobs, run):
            found[variation_of(job)] = max(submission_of(job), found.get(variation_of(job), 0))
        return found

    def mend(self, spec: RunSpec) -> None:
        """Completes a submission that was interrupted after its Jobs were accepted."""
        from aideator_cli.kubernetes.submission import mend

        self._told(mend, self._objects, spec)

    def load_spec(self, run: str) -> RunSpec | None:
        found = self._told(self._configmap, run)
        if found is None:
            return None
        try:
            return RunSpec.from_json(found["data"]["spec.json"])
        except (SpecError, KeyError, TypeError) as error:
            hint = "another version of aideator may have made it; use that one"
            raise unavailable(f"the spec of run {run} in {self.where} can't be read: {error}", hint) from error

    def runs(self) -> list[str]:
        found = self._told(self._objects.configmaps_of_all_runs)
        newest = sorted(found, key=lambda item: str(item["metadata"].get("creationTimestamp")), reverse=True)
        return [item["metadata"]["labels"][RUN] for item in newest]

    def watch(self, spec: RunSpec, stop: Flag) -> Iterator[Status | Trouble]:
        return watch(self._objects, spec, stop)

    def read_log(self, attempt: Attempt, *, follow: bool, since: str | None = None) -> Iterator[list[Line | Remark]]:
        return read_log(self._objects, attempt, "agent", follow=follow, since=since)

    def cancel(self, run: str, variations: Collection[int]) -> None:
        self._told(self._cancel, run, variations)

    def remove(self, run: str, variations: Collection[int]) -> None:
        self._told(self._remove, run, variations)

    def delete(self, run: str) -> None:
        self._told(self._delete, run)

    def close(self) -> None:
        """Ends every log and watch that is being read, in whatever thread."""
        self._objects.client.close()

    def _configmap(self, run: str) -> Mapping[str, Any] | None:
        try:
            found: Mapping[str, Any] = self._objects.client.call("GET", f"{self._objects.configmaps}/agent-{run}")
        except ApiError as error:
            if error.status == 404 and error.details.get("kind") == "configmaps":
                return None
            raise
        return found

    def _cancel(self, run: str, variations: Collection[int]) -> None:
        """kubelet ends a pod whose deadline has come with SIGTERM and the grace period, and leaves pod and log where they are."""
        pods = sorted(filter(_has_started, self._objects.pods(run)), key=_is_at_work)
        started = {_owner(pod): pod for pod in pods}
        for job in _newest(self._objects.jobs(run), variations):
            pod = started.get(job["metadata"]["uid"])
            if pod is None:
                self._objects.delete(f"{self._objects.jobs_path}/{job['metadata']['name']}")
            elif _is_at_work(pod):
                self._shorten(f"{self._objects.pods_path}/{pod['metadata']['name']}")

    def _shorten(self, path: str) -> None:
        shortened = {"spec": {"activeDeadlineSeconds": CANCELLED_SECONDS}}
        try:
            self._objects.client.call("PATCH", path, body=shortened, content=MERGE_PATCH)
        except ApiError as error:
            if error.status != 404:
                raise

    def _remove(self, run: str, variations: Collection[int]) -> None:
        for job in self._objects.jobs(run):
            if variation_of(job) in variations:
                self._objects.delete(f"{self._objects.jobs_path}/{job['metadata']['name']}")

    def _delete(self, run: str) -> None:
        for job in self._objects.jobs(run):
            self._objects.delete(f"{self._objects.jobs_path}/{job['metadata']['name']}")
        self._objects.delete(f"{self._objects.configmaps}/agent-{run}")

    def _told(self, verb: Callable[_P, _T], *arguments: _P.args, **settings: _P.kwargs) -> _T:
        try:
            return verb(*arguments, **settings)
        except (ApiError, ConnectionFailed) as error:
            raise problems.explain(error, self._objects.place) from error


def _newest(jobs: Iterable[Mapping[str, Any]], variations: Collection[int]) -> list[Mapping[str, Any]]:
    """The newest submission of each of these variations."""
    found = {variation_of(job): job for job in sorted(jobs, key=submission_of)}
    return [job for number, job in found.items() if number in variations]


def _owner(pod: Mapping[str, Any]) -> str | None:
    """The UID of the Job that made it."""
    owners = pod["metadata"].get("ownerReferences") or ()
    return next((owner["uid"] for owner in owners if owner.get("kind") == "Job"), None)


def _has_started(pod: Mapping[str, Any]) -> bool:
    statuses = pod["status"].get("containerStatuses") or ()
    return any(status.get("containerID") for status in statuses)


def _is_at_work(pod: Mapping[str, Any]) -> bool:
    return pod["status"].get("phase") not in ("Succeeded", "Failed")


def _target(context: str | None) -> tuple[Address, credentials.Credentials, str]:
    config = kubeconfig.load()
    if config is None or (config.current is None and context is None and not config.contexts):
        if context is None and "KUBERNETES_SERVICE_HOST" in os.environ:
            return _in_cluster()
        raise kubeconfig.no_cluster()
    target = kubeconfig.choose(config, context)
    fields = target.cluster.fields
    server = str(fields.get("server") or "").rstrip("/")
    if not server.startswith(("https://", "http://")):
        raise unavailable(f"context {target.context!r} has no server address", "`kubectl config view` shows it")
    address = Address(
        server=server,
        context=target.context,
        authority=credentials.pem(target.cluster, "certificate-authority"),
        verify=not fields.get("insecure-skip-tls-verify"),
        server_name=fields.get("tls-server-name"),
        proxy=fields.get("proxy-url"),
    )
    return address, credentials.of_user(target.user, target.cluster), target.namespace or "default"


def _in_cluster() -> tuple[Address, credentials.Credentials, str]:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    try:
        authority = (_SERVICE_ACCOUNT / "ca.crt").read_bytes()
        namespace = (_SERVICE_ACCOUNT / "namespace").read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise unavailable(f"this pod's service account can't be read: {error}", "set KUBECONFIG") from error
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    address = Address(server=server, context="in-cluster", authority=authority)
    return address, credentials.of_service_account(_SERVICE_ACCOUNT / "token"), namespace or "default"


def _local_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no name for this user id
        return ""
