"""Starts a run: a request becomes a plan, and the plan becomes a run. Between the two steps the caller can still decline."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import choose, place_of
from aideator_cli.actions.snapshots import bring_snapshot
from aideator_cli.backends import parcel
from aideator_cli.backends.base import Backend
from aideator_cli.domain.runs import StoredRun
from aideator_cli.errors import AideatorError, not_found, usage
from aideator_cli.intake.matrix import ASKED_ABOVE
from aideator_cli.intake.order import Order, Recall, nothing_known, take
from aideator_cli.intake.request import Request, Where
from aideator_cli.intake.routing.router import Ask

if TYPE_CHECKING:
    from aideator_cli.actions.pushing import Pushing
    from aideator_cli.actions.taking import Taking
    from aideator_cli.intake.routing.market import Market
    from aideator_cli.intake.sending.suspects import Suspect

NAMED: Final = 10  # files that look like secrets


@frozen
class Plan:
    """What would be started, and where. Nothing has been started or stored yet."""

    order: Order
    backend: Backend

    @property
    def spec(self) -> RunSpec:
        return self.order.spec

    @property
    def remarks(self) -> tuple[str, ...]:
        """Returns what the user may want to know before the run starts."""
        return self.order.remarks

    @property
    def suspects(self) -> "Sequence[Suspect]":
        """Returns the files that would be sent and look like secrets. The user must confirm them."""
        return () if self.order.may_send_secrets else self.order.packed.suspects

    @property
    def is_large(self) -> bool:
        """Returns whether the plan has so many agents that the user must confirm."""
        return len(self.spec.variations) > ASKED_ABOVE


def plan(
    here: Here,
    request: Request,
    where: Where,
    *,
    taking: "Taking | None" = None,
    pushing: "Pushing | None" = None,
    detach: bool = False,
) -> Plan:
    """Raises `AideatorError` for every mistake that can be found before anything starts."""
    backend = choose(where, here.settings)
    if not request.only_shown:
        backend.prepare()
    if detach:
        _check_unwatched(request)
    if request.question.answer:
        _check_answer(taking, pushing)
    made = Plan(take(request, backend.name, here.settings, _ask(here, request, where), recall(here)), backend)
    if taking is not None:
        from aideator_cli.actions.taking import check_place

        check_place(taking, made.order)
    if pushing is not None:
        from aideator_cli.actions.pushing import check_push

        check_push(pushing, made.spec, made.order.located.path)
    return made


def start(here: Here, planned: Plan, stored: Callable[[str], object] | None = None) -> StoredRun:
    """`stored` gets the run's id as soon as it is in the store.

    Raises `AideatorError` if the backend refuses the run. Then nothing remains, neither in the store nor in the backend.
    """
    spec, runs = planned.spec, here.settings.home / "runs"
    here.store.add_run(spec, place_of(planned.backend), repository_path=planned.order.located.path)
    try:
        if stored is not None:
            stored(spec.id)
        parcel.keep(runs, spec.id, planned.order.packed.files)
        planned.order.packed.release()
        planned.backend.submit(spec, planned.order.packed.hidden)
    except BaseException:
        known = here.store.run(spec.id)
        if (
            known is None or known.spec.submission_id == spec.submission_id
        ):  # else another process has begun it meanwhile
            parcel.forget(runs, spec.id)
            here.store.forget_run(spec.id)
        raise
    here.store.set_state(spec.id, "running")
    bring_snapshot(here, spec, planned.order.located.path)
    run = here.store.run(spec.id)
    if run is None:
        planned.backend.delete(spec.id)  # else its agents would work for nobody
        parcel.forget(runs, spec.id)
        raise not_found(f"run {spec.id} was deleted while it was being started")
    return run


def manifests(here: Here, request: Request, where: Where) -> tuple[Plan, Sequence[Mapping[str, Any]]]:
    """Returns the plan and the Kubernetes objects that `start` would create. Raises `AideatorError` (usage) if it would create none."""
    from aideator_cli.backends.kubernetes import KubernetesBackend

    backend = choose(where, here.settings)
    if not isinstance(backend, KubernetesBackend):
        raise usage(
            "--dry-run prints Kubernetes manifests, and the local backend has none",
            hint="--estimate says what would start here, and on what model; or add --backend kubernetes",
        )
    planned = Plan(take(request, backend.name, here.settings, _ask(here, request, where), recall(here)), backend)
    return planned, objects(planned) or ()


def objects(planned: Plan) -> Sequence[Mapping[str, Any]] | None:
    """Returns the Kubernetes objects that `start` would create. None: its agents would be processes."""
    from aideator_cli.backends.kubernetes import KubernetesBackend

    if not isinstance(planned.backend, KubernetesBackend):
        return None
    return planned.backend.manifests(planned.spec, planned.order.packed.folder)


def unconfirmed(suspects: "Sequence[Suspect]") -> AideatorError:
    names = ", ".join(suspect.path for suspect in suspects[:NAMED])
    more = f" and {len(suspects) - NAMED} more" if len(suspects) > NAMED else ""
    return usage(
        f"{names}{more} may hold secrets, which every agent and its model would get",
        hint="add --yes to send them, or leave them out of .worktreeinclude, --carry and --dirty",
    )


def asking(here: Here, where: Where, secret: str | None, *, answers: bool) -> Ask:
    """Returns what tells which models are at hand. Nothing is asked before it is called."""

    def ask() -> "Market":
        from aideator_cli.actions.routing import at_hand  # only a choice needs it

        return at_hand(here, where, secret, answers=answers)

    return ask


def recall(here: Here) -> Recall:
    """Returns what finds the notes on a repository. A dry run makes no database to look for them."""
    return here.store.recalled if here.has_store else nothing_known


def _ask(here: Here, request: Request, where: Where) -> Ask:
    return asking(here, where, request.pod.secret, answers=request.question.answer)


def _check_answer(taking: "Taking | None", pushing: "Pushing | None") -> None:
    """An answer is no patch: nothing can be done with it in a repository."""
    for option, value in (("--apply", taking and taking.way), ("--push", pushing)):
        if value:
            raise usage(f"{option} takes a patch, and the run is asked for an answer", hint=f"leave out {option}")


def _check_unwatched(request: Request) -> None:
    options = (
        ("--first", request.first), ("--retries", request.retries), ("--max-parallel", request.parallel), ("--escalate", request.escalate)
    )  # fmt: skip
    for option, value in options:
        if value:
            raise usage(
                f"{option} works only while the run is watched, and --detach does not watch it",
                hint="leave out --detach",
            )
