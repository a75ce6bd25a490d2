"""Variations into the cluster: checks first, then the run's ConfigMap, the Jobs side by side, and who owns whom. All of it or nothing."""

import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any, Final

from aideator_agent.spec import RunSpec
from aideator_cli.errors import AideatorError
from aideator_cli.kubernetes import manifests, problems
from aideator_cli.kubernetes.client import STRATEGIC_PATCH, ApiError, ConnectionFailed
from aideator_cli.kubernetes.manifests import Placement, Submission
from aideator_cli.kubernetes.objects import Objects, submission_of
from aideator_cli.kubernetes.preflight import preflight

_THREADS: Final = 8


def submit(objects: Objects, spec: RunSpec, user: str) -> None:
    """Returns once the API server has accepted everything. Raises `AideatorError`, with nothing of the run left behind."""
    first = Submission(1, spec.submission_id)
    _submit(objects, spec, {variation.number: first for variation in spec.variations}, user)


def resubmit(objects: Objects, spec: RunSpec, submissions: Mapping[int, int], user: str) -> None:
    """These variations once more, each as its submission of that number; what was before stays as it is."""
    id = str(uuid.uuid4())  # noqa: A001
    _submit(objects, spec, {number: Submission(which, id) for number, which in submissions.items()}, user)


def mend(objects: Objects, spec: RunSpec) -> None:
    """Gives the run's ConfigMap its owners, where a submission was interrupted before it could."""
    jobs = objects.jobs(spec.id)
    if jobs:
        _own(objects, spec.id, jobs)


def _submit(objects: Objects, spec: RunSpec, submissions: Mapping[int, Submission], user: str) -> None:
    chosen = replace(spec, variations=tuple(v for v in spec.variations if v.number in submissions))
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="submit") as pool:
        try:
            placement = preflight(objects, chosen, user, pool)
        except (ApiError, ConnectionFailed) as error:
            raise problems.explain(error, objects.place) from error
        try:
            _create(objects, spec, submissions, placement, pool)
        except BaseException as error:  # Ctrl-C too must leave nothing behind
            pool.shutdown(wait=True, cancel_futures=True)
            left = _withdraw(objects, spec, {submission.id for submission in submissions.values()})
            raise _with_rest(error, objects, left) from error


def _create(
    objects: Objects,
    spec: RunSpec,
    submissions: Mapping[int, Submission],
    placement: Placement,
    pool: ThreadPoolExecutor,
) -> None:
    configmap = manifests.configmap(spec, placement)
    first = pool.submit(_post, objects, objects.configmaps, configmap)
    jobs = [  # while the first is on its way
        manifests.job(spec, spec.variation(number), placement, submission) for number, submission in submissions.items()
    ]
    first.result()
    accepted = _all(pool.submit(_post, objects, objects.jobs_path, job) for job in jobs)
    try:
        _own(objects, spec.id, accepted)
    except ConnectionFailed:
        return  # the Jobs are accepted and run; whoever sees the run next gives the ConfigMap its owners
    except ApiError as error:
        if error.status == 404:  # it has just gone with the last of its former Jobs
            configmap["metadata"]["ownerReferences"] = _owners(accepted)
            _post(objects, objects.configmaps, configmap)
        elif error.status < 500:
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


def _post(objects: Objects, path: str, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        created: Mapping[str, Any] = objects.client.call("POST", path, body=manifest)
    except ApiError as error:
        if error.status != 409 or error.reason != "AlreadyExists":
            raise
        return _ours(objects, path, manifest)
    return created


def _ours(objects: Objects, path: str, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """A name that is taken is ours when an answer of the API server was lost on its way; the annotation tells."""
    name = manifest["metadata"]["name"]
    there: Mapping[str, Any] = objects.client.call("GET", f"{path}/{name}")
    metadata = there["metadata"]
    found = _id(there)
    if found == _id(manifest):
        return there
    user = (metadata.get("labels") or {}).get(manifests.USER)
    owner = f"submitted by user {user}, submission {found}" if found else "AIdeator did not make it"
    owner += f", created {metadata.get('creationTimestamp')}"
    if manifest["kind"] == "Job" and submission_of(manifest) > 1:
        raise problems.retried_by_another(objects.place, name, owner)
    raise problems.clash(objects.place, manifest["kind"], name, owner)


def _own(objects: Objects, run: str, jobs: Iterable[Mapping[str, Any]]) -> None:
    """The garbage collector takes the ConfigMap with the last of its Jobs. Merged by UID: two CLIs at once do no harm."""
    path = f"{objects.configmaps}/{manifests.configmap_name(run)}"
    objects.client.call("PATCH", path, body={"metadata": {"ownerReferences": _owners(jobs)}}, content=STRATEGIC_PATCH)


def _owners(jobs: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [
        {"apiVersion": "batch/v1", "kind": "Job", "name": job["metadata"]["name"], "uid": job["metadata"]["uid"]}
        for job in jobs
    ]


def _withdraw(objects: Objects, spec: RunSpec, ids: set[str]) -> list[str]:
    """Takes back what these submissions made; returns what could not be taken back."""
    left = []
    try:
        jobs = objects.jobs(spec.id)
    except (ApiError, ConnectionFailed):
        jobs = None
        left.append(f"perhaps Jobs agent-{spec.id}-*")
    made = [job for job in jobs or () if _id(job) in ids]
    paths = [f"{objects.jobs_path}/{job['metadata']['name']}" for job in made]
    if spec.submission_id in ids or (jobs is not None and len(made) == len(jobs)):  # else it is the former Jobs'
        configmap = f"{objects.configmaps}/{manifests.configmap_name(spec.id)}"
        try:
            if _id(objects.client.call("GET", configmap)) == spec.submission_id:
                paths.append(configmap)
        except (ApiError, ConnectionFailed) as error:
            if not isinstance(error, ApiError) or error.status != 404:
                left.append(f"perhaps ConfigMap {manifests.configmap_name(spec.id)}")
    return left + _not_deleted(objects, paths)


def _not_deleted(objects: Objects, paths: Iterable[str]) -> list[str]:
    left = []
    for path in paths:
        try:
            objects.delete(path)
        except (ApiError, ConnectionFailed):
            left.append(path.rpartition("/")[2])
    return left


def _id(item: Mapping[str, Any]) -> str | None:
    found: str | None = (item["metadata"].get("annotations") or {}).get(manifests.SUBMISSION_ID)
    return found


def _with_rest(error: BaseException, objects: Objects, left: list[str]) -> BaseException:
    if isinstance(error, (ApiError, ConnectionFailed)):
        error = problems.explain(error, objects.place)
    if left and isinstance(error, AideatorError):
        text = f"{error.message}; left behind in namespace {objects.place.namespace}: {', '.join(left)}"
        return AideatorError(text, hint=error.hint, code=error.code)
    return error
