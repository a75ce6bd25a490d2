"""The Kubernetes backend: each variation is a Job, each attempt a pod."""

import getpass
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, Literal, ParamSpec, Self, TypeVar

from aideator_agent.spec import RunSpec, SpecError
from aideator_cli.backends import parcel
from aideator_cli.backends.base import NO_COSTS, NOTHING_FAILED, NOTHING_LEFT, Delivered, Line, Remark, Status, Trouble
from aideator_cli.backends.kubernetes import credentials, kubeconfig, parcels, problems
from aideator_cli.backends.kubernetes.client import MERGE_PATCH, ApiError, Client, ConnectionFailed
from aideator_cli.backends.kubernetes.connection import Address
from aideator_cli.backends.kubernetes.objects import RUN, Objects, submission_of, variation_of
from aideator_cli.backends.kubernetes.problems import Place
from aideator_cli.domain.attempts import Attempt
from aideator_cli.errors import unavailable

if TYPE_CHECKING:
    from aideator_cli.backends.kubernetes.delivering import Delivery
    from aideator_cli.backends.kubernetes.examination import Examination
    from aideator_cli.backends.kubernetes.outlook import Outlook
    from aideator_cli.backends.kubernetes.secrets import Secrets

_IN_CLUSTER: Final = "in-cluster"  # the context of runs that a pod of the cluster has started
_SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_P = ParamSpec("_P")
_T = TypeVar("_T")


class KubernetesBackend:
    name: Final[Literal["kubernetes"]] = "kubernetes"

    def __init__(self, objects: Objects, user: str, runs: Path) -> None:
        self._objects = objects
        self._user = user
        self._runs = runs
        self._deliveries: dict[str, Delivery] = {}  # by run
        self._outlook: Outlook | None = None  # of the next submission

    @classmethod
    def connect(
        cls,
        context: str | None,
        namespace: str | None,
        user: str | None = None,
        *,
        home: Path | None = None,
        interactive: bool = False,
    ) -> Self:
        """Returns the backend for the cluster of `context`, else the current context, else the cluster that this process runs in.

        Makes no request yet. `user` selects the Secret `aideator-keys-<user>`; the default is the user name on this machine. `home`: the
        data folder, which holds what is sent beside a spec. With `interactive`, a credential plugin may ask a person at the terminal.
        Raises `AideatorError`.
        """
        address, identity, default = _target(context, interactive=interactive)
        place = Place(address.context, address.server, namespace or default)
        return cls(
            Objects(Client(address, identity), place), user or _local_user(), (home or Path(os.devnull)) / "runs"
        )

    @property
    def context(self) -> str:
        return self._objects.place.context

    @property
    def namespace(self) -> str:
        return self._objects.place.namespace

    @property
    def where(self) -> str:
        return f"{self.context}/{self.namespace}"

    def examination(self) -> "Examination":
        """Returns what `doctor` asks of this cluster."""
        from aideator_cli.backends.kubernetes.examination import Examination

        return Examination(self._objects, self._user)

    def secrets(self, named: str | None, *, shared: bool) -> "Secrets":
        """Returns the Secrets with the keys. `named` is the one that the user named, `shared` means the one for all users."""
        from aideator_cli.backends.kubernetes.secrets import Secrets

        return Secrets(self._objects, self._user, named, shared=shared)

    def manifests(self, spec: RunSpec, sent: Path | None = None) -> list[dict[str, Any]]:
        """Returns the objects that `submit` would create, without owners. Does not ask the cluster.

        `sent`: the folder with what is sent beside the spec, else where it is stored.
        """
        from aideator_cli.backends.kubernetes import manifests, marks

        secret = spec.secret or manifests.DEFAULT_SECRET
        placement = manifests.Placement(self._objects.place.namespace, marks.user_label(self._user), secret)
        jobs = [manifests.job(spec, variation, placement) for variation in spec.variations]
        folder = sent or parcel.place(self._runs, spec.id)
        configmap = manifests.configmap(spec, placement)
        parts = (part.manifest(folder, configmap["metadata"]) for part in parcels.parts(spec))
        return [configmap, *parts, *jobs]

    def prepare(self) -> None:
        """Asks the cluster what needs no spec, and loads the rest of the code, while the caller makes the plan."""
        if not self._objects.client.may_ask_a_person:
            from aideator_cli.backends.kubernetes import outlook

            self._outlook = outlook.ask(self._objects)
        Thread(target=_load, name="load", daemon=True).start()

    def submit(self, spec: RunSpec, hidden: bytes | None = None) -> None:  # noqa: ARG002 (it is stored)
        from aideator_cli.backends.kubernetes.submission import submit

        outlook, self._outlook = self._outlook, None
        known = None if outlook is None or outlook.has_failed else outlook
        submit(self._objects, spec, self._user, parcel.place(self._runs, spec.id), known)
        self._deliver(spec)

    def resubmit(
        self, spec: RunSpec, submissions: Mapping[int, int], costs: Mapping[int, float] = NO_COSTS,
        failed: Mapping[int, str] = NOTHING_FAILED, left: Mapping[int, bytes] = NOTHING_LEFT,
    ) -> None:  # fmt: skip
        from aideator_cli.backends.kubernetes.submission import resubmit

        resubmit(self._objects, spec, submissions, costs, failed, left, self._user, parcel.place(self._runs, spec.id))
        self._deliver(spec)

    def hand_on(self, attempt: Attempt, left: bytes) -> None:
        from aideator_cli.backends.kubernetes.inheriting import hand_on

        self._told(hand_on, self._objects, attempt, left)

    def submit_more(self, run: str, failed: str = "") -> bool:
        from aideator_cli.backends.kubernetes import taking_turns

        return self._told(taking_turns.submit_more, self._objects, run, self._user, self._deliver, failed)

    def submissions(self, run: str) -> Mapping[int, int]:
        found: dict[int, int] = {}
        for job in self._told(self._objects.jobs, run):
            found[variation_of(job)] = max(submission_of(job), found.get(variation_of(job), 0))
        return found

    def mend(self, spec: RunSpec) -> None:
        """Completes a submission that was interrupted after its Jobs were accepted."""
        from aideator_cli.backends.kubernetes.submission import mend

        self._told(mend, self._objects, spec)
        self._deliver(spec)

    def delivering(self, run: str) -> Iterator[Delivered]:
        if (delivery := self._deliveries.get(run)) is not None:
            yield from delivery.progress()

    def _deliver(self, spec: RunSpec) -> None:
        """Begins to send what goes through a connection, if this machine has it. Does so for as long as this process lives."""
        file = parcel.place(self._runs, spec.id) / "commits"
        if spec.sent is None or not spec.sent.by_connection or not file.is_file():
            return
        known = self._deliveries.get(spec.id)
        if known is None or known.ended:
            from aideator_cli.backends.kubernetes.delivering import Delivery

            self._deliveries[spec.id] = Delivery(self._objects, spec, file)

    def load_spec(self, run: str) -> RunSpec | None:
        found = self._told(self._configmap, run)
        if found is None:
            return None
        try:
            return RunSpec.from_json(found["data"]["spec.json"])
        except (SpecError, KeyError, TypeError) as error:
            hint = "it may come from another version of aideator; use that version"
            raise unavailable(f"the spec of run {run} in {self.where} can't be read: {error}", hint) from error

    def runs(self) -> dict[str, str | None]:
        from aideator_cli.backends.kubernetes import marks
        from aideator_cli.backends.kubernetes.outlook import username

        found = self._told(self._objects.configmaps_of_all_runs)
        if not found:
            return {}
        mine = {None, marks.user_label(self._told(username, self._objects.client) or self._user)}
        newest = sorted(found, key=lambda item: str(item["metadata"].get("creationTimestamp")), reverse=True)
        owners = {item["metadata"]["labels"][RUN]: item["metadata"]["labels"].get(marks.USER) for item in newest}
        return {run: None if owner in mine else owner for run, owner in owners.items()}

    def watch(self, spec: RunSpec, stop: Flag) -> Iterator[Status | Trouble]:
        from aideator_cli.backends.kubernetes.watching import watch

        return watch(self._objects, spec, stop)

    def read_log(self, attempt: Attempt, *, follow: bool, since: str | None = None) -> Iterator[list[Line | Remark]]:
        from aideator_cli.backends.kubernetes.logs import read_log

        return read_log(self._objects, attempt, "agent", follow=follow, since=since)

    def tell(self, attempt: Attempt, line: bytes) -> None:
        from aideator_cli.backends.kubernetes.telling import tell

        self._told(tell, self._objects, attempt, line)

    def cancel(self, run: str, variations: Collection[int]) -> None:
        self._told(self._cancel, run, variations)

    def release(self, attempt: Attempt) -> None:
        from aideator_cli.backends.kubernetes.status import RELEASED_SECONDS

        self._told(self._shorten, f"{self._objects.pods_path}/{attempt.name}", RELEASED_SECONDS)

    def remove(self, run: str, variations: Collection[int]) -> None:
        self._told(self._remove, run, variations)

    def delete(self, run: str) -> None:
        self._told(self._delete, run)

    def close(self) -> None:
        """Closes every open log and watch, in whatever thread it is read."""
        for delivery in self._deliveries.values():
            delivery.stop()
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
        """Shortens the pods' deadline: kubelet then sends SIGTERM, waits for the grace period, and keeps pod and log."""
        from aideator_cli.backends.kubernetes import taking_turns
        from aideator_cli.backends.kubernetes.status import CANCELLED_SECONDS

        pods = sorted(filter(_has_started, self._objects.pods(run)), key=_is_at_work)
        started = {_owner(pod): pod for pod in pods}
        jobs = _newest(self._objects.jobs(run), variations)
        if len(jobs) < len(variations):
            taking_turns.strike_out(self._objects, run, variations)
        for job in jobs:
            pod = started.get(job["metadata"]["uid"])
            if pod is None or job["spec"].get(
                "suspend"
            ):  # a queue has taken the pod back, and would let the Job make another
                self._objects.delete(f"{self._objects.jobs_path}/{job['metadata']['name']}")
            elif _is_at_work(pod):
                self._shorten(f"{self._objects.pods_path}/{pod['metadata']['name']}", CANCELLED_SECONDS)

    def _shorten(self, path: str, seconds: int) -> None:
        shortened = {"spec": {"activeDeadlineSeconds": seconds}}
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
        for job in (*self._objects.jobs(run), *self._objects.referees(run)):
            self._objects.delete(f"{self._objects.jobs_path}/{job['metadata']['name']}")
        self._objects.delete(f"{self._objects.configmaps}/agent-{run}")

    def _told(self, verb: Callable[_P, _T], *arguments: _P.args, **settings: _P.kwargs) -> _T:
        try:
            return verb(*arguments, **settings)
        except (ApiError, ConnectionFailed) as error:
            raise problems.explain(error, self._objects.place) from error


def _load() -> None:
    from aideator_cli.backends.kubernetes import submission  # noqa: F401


def _newest(jobs: Iterable[Mapping[str, Any]], variations: Collection[int]) -> list[Mapping[str, Any]]:
    """Returns the Jobs of the newest submission of each of these variations."""
    found = {variation_of(job): job for job in sorted(jobs, key=submission_of)}
    return [job for number, job in found.items() if number in variations]


def _owner(pod: Mapping[str, Any]) -> str | None:
    """Returns the UID of the Job that made the pod."""
    owners = pod["metadata"].get("ownerReferences") or ()
    return next((owner["uid"] for owner in owners if owner.get("kind") == "Job"), None)


def _has_started(pod: Mapping[str, Any]) -> bool:
    statuses = pod["status"].get("containerStatuses") or ()
    return any(status.get("containerID") for status in statuses if status.get("name") == "agent")


def _is_at_work(pod: Mapping[str, Any]) -> bool:
    return pod["status"].get("phase") not in ("Succeeded", "Failed")


def _target(context: str | None, *, interactive: bool) -> tuple[Address, credentials.Credentials, str]:
    config = kubeconfig.load()
    if config is None or (config.current is None and context is None and not config.contexts):
        if context in (None, _IN_CLUSTER) and "KUBERNETES_SERVICE_HOST" in os.environ:
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
    return (
        address,
        credentials.of_user(target.user, target.cluster, interactive=interactive),
        target.namespace or "default",
    )


def _in_cluster() -> tuple[Address, credentials.Credentials, str]:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    try:
        authority = (_SERVICE_ACCOUNT / "ca.crt").read_bytes()
        namespace = (_SERVICE_ACCOUNT / "namespace").read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise unavailable(f"this pod's service account can't be read: {error}", "set KUBECONFIG") from error
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    address = Address(server=server, context=_IN_CLUSTER, authority=authority)
    return address, credentials.of_service_account(_SERVICE_ACCOUNT / "token"), namespace or "default"


def _local_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # this user id has no name
        return ""
