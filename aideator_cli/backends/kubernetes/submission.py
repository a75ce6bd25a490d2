"""Submits variations to the cluster: checks, then the run's ConfigMap, the Jobs in parallel, and the owner references. All or nothing."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from aideator_agent.spec import RunSpec
from aideator_cli.backends.kubernetes import inheriting, manifests, marks, parcels, problems
from aideator_cli.backends.kubernetes.client import STRATEGIC_PATCH, ApiError, ConnectionFailed
from aideator_cli.backends.kubernetes.manifests import Placement, Submission
from aideator_cli.backends.kubernetes.objects import Objects, submission_of
from aideator_cli.backends.kubernetes.outlook import Outlook
from aideator_cli.backends.kubernetes.preflight import preflight
from aideator_cli.errors import AideatorError

_THREADS: Final = 8
_T = TypeVar("_T")


def submit(objects: Objects, spec: RunSpec, user: str, sent: Path, outlook: Outlook | None = None) -> None:
    """Returns once the API server has accepted everything. Raises `AideatorError` and leaves nothing of the run behind.

    `sent`: the folder with what is sent beside the spec. `outlook`: what the cluster was asked before.
    """
    first = Submission(1, spec.submission_id)
    numbers = [variation.number for variation in spec.variations]
    at_once = len(numbers) if spec.parallel is None else spec.parallel
    _submit(objects, spec, dict.fromkeys(numbers[:at_once], first), user, sent, numbers[at_once:], outlook)


def resubmit(
    objects: Objects, spec: RunSpec, submissions: Mapping[int, int], costs: Mapping[int, float], failed: Mapping[int, str],
    left: Mapping[int, bytes], user: str, sent: Path,
) -> None:  # fmt: skip
    """Submits these variations again, each with the given submission number. Earlier submissions stay as they are."""
    id = str(uuid.uuid4())  # noqa: A001
    again = {n: Submission(which, id, costs.get(n), failed.get(n, ""), left.get(n)) for n, which in submissions.items()}
    _submit(objects, spec, again, user, sent)


def mend(objects: Objects, spec: RunSpec) -> None:
    """Sets the owners of the run's ConfigMap if the submission was interrupted before it could.

    Who may only watch leaves that to others.
    """
    jobs = objects.jobs(spec.id)
    try:
        if jobs:
            own(objects, spec.id, jobs)
    except ApiError as error:
        if error.status != 403:
            raise


def _submit(
    objects: Objects,
    spec: RunSpec,
    submissions: Mapping[int, Submission],
    user: str,
    sent: Path,
    later: Sequence[int] = (),
    outlook: Outlook | None = None,
) -> None:
    chosen = replace(spec, variations=tuple(v for v in spec.variations if v.number in submissions))
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="submit") as pool:
        try:
            placement = preflight(objects, chosen, user, pool, outlook)
        except (ApiError, ConnectionFailed) as error:
            raise problems.explain(error, objects.place) from error
        configmap = manifests.configmap(spec, placement, later)
        first = pool.submit(post, objects, objects.configmaps, configmap)
        try:
            _create(objects, spec, submissions, configmap, first, placement, pool, sent)
        except BaseException as error:  # Ctrl-C must leave nothing behind either
            pool.shutdown(wait=True, cancel_futures=True)
            left = [] if _is_refused(first) else _withdraw(objects, spec, submissions)
            raise _with_rest(error, objects, left) from error


def _is_refused(first: Future[Mapping[str, Any]]) -> bool:
    """Whether the server has certainly not made the first object, so that there is nothing."""
    error = None if first.cancelled() else first.exception()
    return isinstance(error, (ApiError, ConnectionFailed)) and not error.may_be_done


def _create(
    objects: Objects,
    spec: RunSpec,
    submissions: Mapping[int, Submission],
    configmap: dict[str, Any],
    first: Future[Mapping[str, Any]],
    placement: Placement,
    pool: ThreadPoolExecutor,
    sent: Path,
) -> None:
    """`first`: the creation of the ConfigMap, which has begun."""
    jobs = [  # prepared while the first request is on its way
        manifests.job(spec, spec.variation(number), placement, submission) for number, submission in submissions.items()
    ]
    owner = first.result()
    _send(objects, spec, sent, owner, pool)
    _hand_on(objects, spec, submissions, owner)
    accepted = _all(pool.submit(post, objects, objects.jobs_path, job) for job in jobs)
    try:
        own(objects, spec.id, accepted)
    except ConnectionFailed:
        return  # the Jobs are accepted and run; the next process that sees the run sets the ConfigMap's owners
    except ApiError as error:
        if error.status == 404:  # it was just deleted with the last of its former Jobs
            configmap["metadata"]["ownerReferences"] = _owners(accepted)
            owner = post(objects, objects.configmaps, configmap)
            _send(objects, spec, sent, owner, pool)
            _hand_on(objects, spec, submissions, owner)
        elif error.status < 500:
            raise


def _send(objects: Objects, spec: RunSpec, sent: Path, owner: Mapping[str, Any], pool: ThreadPoolExecutor) -> None:
    _all(pool.submit(parcels.send, objects, spec, part, sent, owner) for part in parcels.parts(spec))


def _hand_on(objects: Objects, spec: RunSpec, submissions: Mapping[int, Submission], owner: Mapping[str, Any]) -> None:
    for number, submission in submissions.items():
        if submission.left is not None:
            name = manifests.left_name(spec.id, number, submission.number)
            inheriting.give(objects, owner, name, submission.left, submission.id)


def _all(started: Iterable[Future[_T]]) -> list[_T]:
    """Returns the results in order. The first failure ends the wait and prevents the rest from starting."""
    futures = list(started)
    wait(futures, return_when=FIRST_EXCEPTION)
    failed = next((future for future in futures if future.done() and future.exception()), None)
    if failed is not None:
        for future in futures:
            future.cancel()
        failed.result()
    return [future.result() for future in futures]


def post(objects: Objects, path: str, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the object as created, or as it is if the same submission has created it before. Raises `AideatorError` for a foreign one."""
    try:
        created: Mapping[str, Any] = objects.client.call("POST", path, body=manifest)
    except ApiError as error:
        if error.status == 409 and error.reason == "AlreadyExists":
            return _ours(objects, path, manifest)
        if not error.may_be_done:
            raise
        with suppress(ApiError):  # a quota may have refused a second one, because the answer about the first was lost
            return _ours(objects, path, manifest)
        raise
    return created


def _ours(objects: Objects, path: str, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns our object if its name is taken because an earlier answer was lost. The annotation shows whether it is ours."""
    name = manifest["metadata"]["name"]
    there: Mapping[str, Any] = objects.client.call("GET", f"{path}/{name}")
    metadata = there["metadata"]
    found = _id(there)
    if found == _id(manifest):
        return there
    user = (metadata.get("labels") or {}).get(marks.USER)
    owner = f"submitted by user {user}, submission {found}" if found else "AIdeator did not create it"
    owner += f", created {metadata.get('creationTimestamp')}"
    if manifest["kind"] == "Job" and submission_of(manifest) > 1:
        raise problems.retried_by_another(objects.place, name, owner)
    raise problems.clash(objects.place, manifest["kind"], name, owner)


def own(objects: Objects, run: str, jobs: Iterable[Mapping[str, Any]]) -> None:
    """Makes the Jobs own the ConfigMap, so that the garbage collector removes it with the last Job.

    Owners merge by UID: two processes at once do no harm.
    """
    path = f"{objects.configmaps}/{manifests.configmap_name(run)}"
    objects.client.call("PATCH", path, body={"metadata": {"ownerReferences": _owners(jobs)}}, content=STRATEGIC_PATCH)


def _owners(jobs: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [
        {"apiVersion": "batch/v1", "kind": "Job", "name": job["metadata"]["name"], "uid": job["metadata"]["uid"]}
        for job in jobs
    ]


def _withdraw(objects: Objects, spec: RunSpec, submissions: Mapping[int, Submission]) -> list[str]:
    """Removes what these submissions made. Returns what could not be removed."""
    left, ids = [], {submission.id for submission in submissions.values()}
    try:
        jobs = objects.jobs(spec.id)
    except (ApiError, ConnectionFailed):
        jobs = None
        left.append(f"perhaps Jobs agent-{spec.id}-*")
    made = [job for job in jobs or () if _id(job) in ids]
    paths = [f"{objects.jobs_path}/{job['metadata']['name']}" for job in made]
    if spec.submission_id in ids or (
        jobs is not None and len(made) == len(jobs)
    ):  # otherwise it belongs to the former Jobs
        configmap = f"{objects.configmaps}/{manifests.configmap_name(spec.id)}"
        try:
            if _id(objects.client.call("GET", configmap)) == spec.submission_id:
                paths.append(configmap)
        except (ApiError, ConnectionFailed) as error:
            if not isinstance(error, ApiError) or error.status != 404:
                left.append(f"perhaps ConfigMap {manifests.configmap_name(spec.id)}")
    return left + _not_deleted(objects, [*paths, *_handed_on(objects, spec, submissions)])


def _handed_on(objects: Objects, spec: RunSpec, submissions: Mapping[int, Submission]) -> Iterator[str]:
    """Yields the paths of what these submissions have handed on. Else a later one of the same number would find it."""
    for number, submission in submissions.items():
        if submission.left is not None:
            path = f"{objects.configmaps}/{manifests.left_name(spec.id, number, submission.number)}"
            with suppress(ApiError, ConnectionFailed):
                if _id(objects.client.call("GET", path)) == submission.id:
                    yield path


def _not_deleted(objects: Objects, paths: Iterable[str]) -> list[str]:
    left = []
    for path in paths:
        try:
            objects.delete(path)
        except (ApiError, ConnectionFailed):
            left.append(path.rpartition("/")[2])
    return left


def _id(item: Mapping[str, Any]) -> str | None:
    found: str | None = (item["metadata"].get("annotations") or {}).get(marks.SUBMISSION_ID)
    return found


def _with_rest(error: BaseException, objects: Objects, left: list[str]) -> BaseException:
    if isinstance(error, (ApiError, ConnectionFailed)):
        error = problems.explain(error, objects.place)
    if left and isinstance(error, AideatorError):
        text = f"{error.message}; left behind in namespace {objects.place.namespace}: {', '.join(left)}"
        return AideatorError(text, hint=error.hint, code=error.code)
    return error
