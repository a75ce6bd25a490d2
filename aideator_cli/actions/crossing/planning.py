"""What a referee is to try: which patches, with whose tests, and for how long."""

import hashlib
import io
import tarfile
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from aideator_agent.spec import Piece, Referee, RunSpec, Sent, VariationSpec
from aideator_agent.values import frozen
from aideator_cli.backends import parcel
from aideator_cli.choice.comparison import Comparison
from aideator_cli.choice.ranking import Candidate
from aideator_cli.domain.ids import new_id
from aideator_cli.domain.result import Result
from aideator_cli.domain.runs import StoredRun
from aideator_cli.errors import unavailable
from aideator_cli.intake.sending.packing import CLUSTER_BYTES
from aideator_cli.system.clock import now
from aideator_cli.text.figures import size

MOST: Final = 6  # patches: a container for checks that is ended often comes back ever more slowly
LONGEST: Final = 3600.0  # seconds for all of it
STARTING: Final = 600.0  # of these, to clone, and to wait for the container of checks
SETUP: Final = 60.0  # seconds for a setup command, about which nothing is known
MODEL: Final = "referee"  # it has none


@frozen
class Planned:
    results: tuple[Result, ...]  # with their patches, best first
    authors: tuple[int, ...]  # of these, whose patches bring tests
    left_out: tuple[int, ...] = ()  # variations that passed and are one too many

    @property
    def key(self) -> str:
        """Returns a text that is the same for the same patches, whichever process asks."""
        told = sorted((each.variation, each.patch_sha256) for each in self.results)
        return hashlib.sha256(repr(told).encode()).hexdigest()

    @property
    def patches(self) -> dict[int, str]:
        return {each.variation: each.patch_sha256 or "" for each in self.results}


def planned(comparison: Comparison) -> Planned | None:
    """Returns None if there is nothing to learn: fewer than two different patches passed, or none of them brings tests.

    Of equivalent patches one is tried, one that brings tests if there is any.
    """
    passing = [each for each in comparison.order if each.passes and each.verdicts and each.result.patch]
    apart: list[Candidate] = []
    for each in sorted(passing, key=lambda each: not each.result.tests):
        if not any(each.number in other.twins for other in apart):
            apart.append(each)
    apart.sort(key=comparison.order.index)
    tried, left_out = apart[:MOST], apart[MOST:]
    authors = tuple(each.number for each in tried if each.result.tests)
    if len(tried) < 2 or not authors:
        return None
    return Planned(tuple(each.result for each in tried), authors, tuple(sorted(each.number for each in left_out)))


def seconds_of(spec: RunSpec, plan: Planned) -> tuple[float, float]:
    """Returns about how long the checks will take together, by how long they took before, and how long they may take at most."""
    once = sum(_longest(plan.results, check.name) for check in spec.checks)
    trials = 1 + len(plan.authors) * (1 + len(plan.results))
    setup = SETUP * len(spec.setup) * trials
    return trials * once, min(LONGEST, STARTING + 3 * trials * once + setup)


def referee_of(run: StoredRun, plan: Planned, runs: Path, *, to_cluster: bool) -> RunSpec:
    """Returns the spec of the referee, and keeps what is sent with it. `runs` is HOME/runs. Raises `AideatorError` if that can't be had."""
    spec, _, most = run.spec, *seconds_of(run.spec, plan)
    seconds = {check.name: 3 * _longest(plan.results, check.name) + 30 for check in spec.checks}
    id_ = new_id()
    return replace(
        spec,
        id=id_, submission_id=str(uuid.uuid4()), created=now(), variations=(VariationSpec(1, MODEL),),
        repository=replace(spec.repository, base=plan.results[0].base or spec.repository.base),
        limits=replace(spec.limits, seconds=most, cost=None, tokens=None),
        prompt="", task="", system={}, scripts={}, mcp=(), signals=False, baseline=False, verify_repeat=1, issue=None,
        review=None, origin=None, hidden=None, team=None, retries=0, first=None, parallel=None, share=None,
        referee=Referee(spec.id, tuple(each.variation for each in plan.results), seconds),
        sent=_sent(spec, id_, plan, runs, to_cluster=to_cluster),
    )  # fmt: skip


def _longest(results: Sequence[Result], check: str) -> float:
    """Returns the longest time that a run of the check has taken on a patch."""
    return max((each.seconds for result in results for each in result.checks if each.name == check), default=0.0)


def _sent(spec: RunSpec, id_: str, plan: Planned, runs: Path, *, to_cluster: bool) -> Sent:
    own = spec.sent or Sent()
    pieces = {"commits": own.commits, "carried": own.carried, "objects": own.objects}
    files = {name: parcel.place(runs, spec.id) / name for name, piece in pieces.items() if piece}
    if missing := [str(file) for file in files.values() if not file.is_file()]:
        raise unavailable(
            f"{missing[0]} is gone, which was sent with the run", hint="the machine that started it has it"
        )
    with tempfile.TemporaryDirectory(prefix="aideator-patches-") as room:
        archive = Path(room) / "patches"
        piece = _write(archive, {each.variation: each.patch or b"" for each in plan.results})
        there = sum(
            file.stat().st_size for name, file in files.items() if not (own.by_connection and name == "commits")
        )
        if to_cluster and there + piece.bytes > CLUSTER_BYTES:
            raise unavailable(
                f"what the agents got and their patches are {size(there + piece.bytes)} together; "
                f"a cluster takes at most {size(CLUSTER_BYTES)}"
            )
        parcel.keep(runs, id_, {**files, "patches": archive})
    return replace(own, patch=None, patches=piece, hidden=None)


def _write(archive: Path, patches: Mapping[int, bytes]) -> Piece:
    with tarfile.open(archive, "w:gz") as tar:
        for number, patch in patches.items():
            member = tarfile.TarInfo(f"{number}.patch")
            member.size = len(patch)
            tar.addfile(member, io.BytesIO(patch))
    data = archive.read_bytes()
    return Piece(len(data), hashlib.sha256(data).hexdigest())
