"""A run into the cluster: checks first, then the ConfigMap, the Jobs side by side, and who owns whom. All of it or nothing."""

import contextlib
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import Any, Final, Literal

from aideator_agent.spec import RunSpec
from aideator_cli.errors import AideatorError
from aideator_cli.kubernetes import manifests, problems
from aideator_cli.kubernetes.client import STRATEGIC_PATCH, ApiError, Client, ConnectionFailed
from aideator_cli.kubernetes.manifests import Placement
from aideator_cli.kubernetes.objects import Objects

_THREADS: Final = 8
_OLDEST: Final = (1, 29)
_Keys = frozenset[str] | Literal["absent", "unreadable"]  # the entries of a Secret
_WHO: Final = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


def submit(objects: Objects, spec: RunSpec, user: str) -> None:
    """Returns once the API server has accepted everything. Raises `AideatorError`, with nothing of the run left behind."""
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="submit") as pool:
        try:
            placement = _preflight(objects, spec, user, pool)
        except (ApiError, ConnectionFailed) as error:
            raise problems.explain(error, objects.place) from error
        try:
            _create(objects, spec, placement, pool)
        except BaseException as error:  # Ctrl-C too must leave nothing behind
            pool.shutdown(wait=True, cancel_futures=True)
            left = _withdraw(objects, spec)
            raise _with_rest(error, objects, left) from error


def mend(objects: Objects, spec: RunSpec) -> None:
    """Gives the run's ConfigMap its owners, where a submission was interrupted before it could."""
    jobs = objects.jobs(spec.id)
    if jobs:
        _own(objects, spec.id, jobs)


def _create(objects: Objects, spec: RunSpec, placement: Placement, pool: ThreadPoolExecutor) -> None:
    configmap = manifests.configmap(spec, placement)
    first = pool.submit(_post, objects, spec, objects.configmaps, configmap)
    jobs = [manifests.job(spec, variation, placement) for variation in spec.variations]  # while the first is on its way
    first.result()
    accepted = _all(pool.submit(_post, objects, spec, objects.jobs_path, job) for job in jobs)
    try:
        _own(objects, spec.id, accepted)
    except ConnectionFailed:
        return  # the Jobs are accepted and run; whoever sees the run next gives the ConfigMap its owners
    except ApiError as error:
        if error.status < 500:
            raise


def _all(started: Iterable[Future[Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
    """The results in order; the first failure ends the waiting, and what has not begun is not begun."""
    futures = list(started)
    wait(futures, return_when=FIRST_EXCEPTION)
    failed = next((future for future in futures if future.done() and future.exception()), None)
    if failed is not None:
        for future in futures:
            future.cancel()
        failed.result()
    return [future.result() for future in futures]


def _post(objects: Objects, spec: RunSpec, path: str, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        created: Mapping[str, Any] = objects.client.call("POST", path, body=manifest)
    except ApiError as error:
        if error.status != 409 or error.reason != "AlreadyExists":
            raise
        return _ours(objects, spec, path, manifest)
    return created


def _ours(objects: Objects, spec: RunSpec, path: str, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """A name that is taken is ours when an answer of the API server was lost on its way; the annotation tells."""
    name = manifest["metadata"]["name"]
    there: Mapping[str, Any] = objects.client.call("GET", f"{path}/{name}")
    metadata = there["metadata"]
    found = (metadata.get("annotations") or {}).get(manifests.SUBMISSION_ID)
    if found == spec.submission_id:
        return there
    user = (metadata.get("labels") or {}).get(manifests.USER)
    owner = f"submitted by user {user}, submission {found}" if found else "AIdeator did not make it"
    raise problems.clash(objects.place, manifest["kind"], name, f"{owner}, created {metadata.get('creationTimestamp')}")


def _own(objects: Objects, run: str, jobs: Iterable[Mapping[str, Any]]) -> None:
    """The garbage collector takes the ConfigMap with the last of its Jobs. Merged by UID: two CLIs at once do no harm."""
    owners = [
        {"apiVersion": "batch/v1", "kind": "Job", "name": job["metadata"]["name"], "uid": job["metadata"]["uid"]}
        for job in jobs
    ]
    path = f"{objects.configmaps}/{manifests.configmap_name(run)}"
    objects.client.call("PATCH", path, body={"metadata": {"ownerReferences": owners}}, content=STRATEGIC_PATCH)


def _withdraw(objects: Objects, spec: RunSpec) -> list[str]:
    """Takes back what the submission made; returns what could not be taken back."""
    left = []
    try:
        jobs = objects.jobs(spec.id)
    except (ApiError, ConnectionFailed):
        jobs = []
        left.append(f"perhaps Jobs agent-{spec.id}-*")
    paths = [f"{objects.jobs_path}/{job['metadata']['name']}" for job in jobs if _has_id(job, spec)]
    configmap = f"{objects.configmaps}/{manifests.configmap_name(spec.id)}"
    try:
        if _has_id(objects.client.call("GET", configmap), spec):
            paths.append(configmap)
    except (ApiError, ConnectionFailed) as error:
        if not isinstance(error, ApiError) or error.status != 404:
            left.append(f"perhaps ConfigMap {manifests.configmap_name(spec.id)}")
    for path in paths:
        try:
            objects.delete(path)
        except (ApiError, ConnectionFailed):
            left.append(path.rpartition("/")[2])
    return left


def _has_id(item: Mapping[str, Any], spec: RunSpec) -> bool:
    return bool((item["metadata"].get("annotations") or {}).get(manifests.SUBMISSION_ID) == spec.submission_id)


def _with_rest(error: BaseException, objects: Objects, left: list[str]) -> BaseException:
    if isinstance(error, (ApiError, ConnectionFailed)):
        error = problems.explain(error, objects.place)
    if left and isinstance(error, AideatorError):
        text = f"{error.message}; left behind in namespace {objects.place.namespace}: {', '.join(left)}"
        return AideatorError(text, hint=error.hint, code=error.code)
    return error


def _preflight(objects: Objects, spec: RunSpec, user: str, pool: ThreadPoolExecutor) -> Placement:
    """What can be known before there is an object."""
    version = pool.submit(objects.client.call, "GET", "/version")
    who = pool.submit(_username, objects.client)
    secrets = {name: pool.submit(_secret_keys, objects, name) for name in _candidates(spec, user)}
    _check_version(objects, version)
    found = {name: future.result() for name, future in secrets.items()}
    secret = next((name for name, keys in found.items() if isinstance(keys, frozenset)), None)
    secret = secret or next(reversed(found), None) or spec.secret or manifests.DEFAULT_SECRET
    _check_keys(objects, spec, secret, found.get(secret, "unreadable"))
    return Placement(objects.place.namespace, manifests.user_label(who.result() or user), secret)


def _check_version(objects: Objects, version: "Future[Any]") -> None:
    try:
        told = version.result()
    except ApiError as error:
        if error.status == 403:  # some clusters hide it; then the Jobs will tell
            return
        raise
    numbers = re.findall(r"\d+", f"{told.get('major')} {told.get('minor')}")
    if len(numbers) == 2 and (int(numbers[0]), int(numbers[1])) < _OLDEST:
        raise problems.too_old(objects.place, str(told.get("gitVersion")))


def _username(client: Client) -> str | None:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    with contextlib.suppress(ApiError):
        name = client.call("POST", _WHO, body=review)["status"]["userInfo"].get("username")
        return name if isinstance(name, str) else None
    return None


def _candidates(spec: RunSpec, user: str) -> list[str]:
    """Secrets to look at, the first that exists is taken; none when no variation needs a key."""
    if not any(variation.keys for variation in spec.variations):
        return []
    if spec.secret:
        return [spec.secret]
    own = manifests.user_secret(user)
    return [own, manifests.DEFAULT_SECRET] if own else [manifests.DEFAULT_SECRET]


def _secret_keys(objects: Objects, name: str) -> _Keys:
    try:
        secret = objects.client.call("GET", f"{objects.secrets}/{name}")
    except ApiError as error:
        if error.status in (403, 404):
            return "unreadable" if error.status == 403 else "absent"
        raise
    return frozenset(secret.get("data") or ())


def _check_keys(objects: Objects, spec: RunSpec, secret: str, found: _Keys) -> None:
    if found == "unreadable":  # then the pods will tell
        return
    there = found if isinstance(found, frozenset) else frozenset()
    for variation in spec.variations:
        missing = [key for key in variation.keys if key not in there]
        if missing and variation.api_base is None:
            _check_namespace(objects)
            raise problems.no_secret(objects.place, secret, missing[0], variation.model, exists=found != "absent")


def _check_namespace(objects: Objects) -> None:
    """A namespace that does not exist has no Secret either, and is the better thing to be told."""
    try:
        objects.client.call("GET", f"/api/v1/namespaces/{objects.place.namespace}")
    except ApiError as error:
        if error.status == 404:
            raise
