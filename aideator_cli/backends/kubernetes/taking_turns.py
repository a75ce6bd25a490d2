"""Variations that are submitted only when others have ended (`--max-parallel`).

An annotation of the run's ConfigMap lists those that are still to be submitted. A Job is created before its variation leaves the list, so
whoever is interrupted in between loses nothing, and two who do it at once create the same Job.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from queue import SimpleQueue
from threading import Event as Flag
from threading import Thread
from typing import Any, Final

from aideator_agent.spec import RunSpec
from aideator_cli.backends.kubernetes import manifests, marks, problems
from aideator_cli.backends.kubernetes.client import MERGE_PATCH, ApiError, ConnectionFailed
from aideator_cli.backends.kubernetes.feed import Back, Failed, Lost, Message, Unsubmitted
from aideator_cli.backends.kubernetes.manifests import Submission
from aideator_cli.backends.kubernetes.objects import Objects, variation_of
from aideator_cli.backends.kubernetes.preflight import preflight
from aideator_cli.backends.kubernetes.submission import own, post

_LOOK_SECONDS: Final = 2.0
_CONFLICTS: Final = 5  # changes by others at the same moment
_THREADS: Final = 8


def submit_more(objects: Objects, run: str, user: str, then: Callable[[RunSpec], None], failed: str = "") -> bool:
    """Submits variations that wait while fewer than `spec.parallel` are at work. Returns whether any waits still.

    `then` is called after some were submitted. `failed` is told to their agents. Raises `AideatorError`, `ApiError`, `ConnectionFailed`.
    """
    configmap = _configmap(objects, run)
    if configmap is None or not _numbers(configmap):
        return False
    spec = RunSpec.from_json(configmap["data"][manifests.SPEC_KEY])
    jobs = objects.jobs(run)
    there = {variation_of(job) for job in jobs}
    left = [number for number in _numbers(configmap) if number not in there]
    free = (spec.parallel or len(spec.variations)) - sum(not _has_ended(job) for job in jobs)
    chosen = left[: max(0, free)]
    if chosen:
        _submit(objects, spec, chosen, user, failed)
        then(spec)
    strike_out(objects, run, there.union(chosen))
    return len(left) > len(chosen)


def strike_out(objects: Objects, run: str, numbers: Collection[int]) -> None:
    """Takes the variations out of the list; none of them is submitted from then on."""
    for _ in range(_CONFLICTS):
        configmap = _configmap(objects, run)
        if configmap is None:
            return
        before = _numbers(configmap)
        after = [number for number in before if number not in numbers]
        if after == before:
            return
        metadata = {
            "resourceVersion": configmap["metadata"]["resourceVersion"],
            "annotations": {marks.UNSUBMITTED: _text(after) or None},
        }
        try:
            objects.client.call("PATCH", _path(objects, run), body={"metadata": metadata}, content=MERGE_PATCH)
        except ApiError as error:
            if error.status == 409:
                continue
            raise
        return


def _submit(objects: Objects, spec: RunSpec, numbers: Sequence[int], user: str, failed: str) -> None:
    chosen = replace(spec, variations=tuple(spec.variation(number) for number in numbers))
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="submit") as pool:
        try:
            placement = preflight(objects, chosen, user, pool)
            first = Submission(1, spec.submission_id, failed=failed)
            jobs = [manifests.job(spec, variation, placement, first) for variation in chosen.variations]
            own(objects, spec.id, list(pool.map(lambda job: post(objects, objects.jobs_path, job), jobs)))
        except (ApiError, ConnectionFailed) as error:
            raise problems.explain(error, objects.place) from error


class Waiting:
    """Looks from time to time which variations of a run are still to be submitted, as long as there are any. Has its own thread."""

    def __init__(self, objects: Objects, run: str, messages: "SimpleQueue[Message]") -> None:
        self._objects = objects
        self._run = run
        self._messages = messages
        self._ended = Flag()
        Thread(target=self._tell, name="watch unsubmitted", daemon=True).start()

    def end(self) -> None:
        self._ended.set()

    def _tell(self) -> None:
        try:
            self._look()
        except Exception as error:  # for the caller: a thread that dies silently would be waited for
            self._messages.put(Failed("unsubmitted", error))

    def _look(self) -> None:
        listed: frozenset[int] | None = None
        lost = False
        submitted: set[int] = set()  # told as waiting, too, until the watch of Jobs shows them: that may take a moment
        while not self._ended.is_set():
            try:
                found = self._listed()
                if struck := (listed or found) - found:
                    submitted |= struck.intersection(variation_of(job) for job in self._objects.jobs(self._run))
            except (ApiError, ConnectionFailed) as error:
                if listed is None and not self._objects.client.may_pass(error):
                    raise
                if not lost:
                    self._messages.put(Lost("unsubmitted", error))
                lost = True
                self._ended.wait(_LOOK_SECONDS)
                continue
            if lost:
                self._messages.put(Back("unsubmitted"))
            lost = False
            listed = found
            self._messages.put(Unsubmitted(found.union(submitted)))
            if not found:
                return
            self._ended.wait(_LOOK_SECONDS)

    def _listed(self) -> frozenset[int]:
        configmap = _configmap(self._objects, self._run)
        return frozenset(() if configmap is None else _numbers(configmap))


def _configmap(objects: Objects, run: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = objects.client.call("GET", _path(objects, run))
    except ApiError as error:
        if error.status == 404:
            return None
        raise
    return found


def _path(objects: Objects, run: str) -> str:
    return f"{objects.configmaps}/{manifests.configmap_name(run)}"


def _numbers(configmap: Mapping[str, Any]) -> list[int]:
    text = str((configmap["metadata"].get("annotations") or {}).get(marks.UNSUBMITTED) or "")
    return [int(word) for word in text.split(",") if word.isdecimal()]


def _text(numbers: Iterable[int]) -> str:
    return ",".join(str(number) for number in numbers)


def _has_ended(job: Mapping[str, Any]) -> bool:
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(found.get("type") in ("Complete", "Failed") and found.get("status") == "True" for found in conditions)
