"""What a submission on this machine leaves behind when it is interrupted, and what counts as begun when it is killed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aideator_agent.spec import VariationSpec
from aideator_cli.backends import local
from aideator_cli.backends.local import LocalBackend
from aideator_cli.errors import AideatorError
from aideator_cli.system.processes import identify
from tests.agent.running import spec_of
from tests.faults.waiting import until

SPEC = spec_of("/nowhere", variations=tuple(VariationSpec(number, "scripted/turns.yaml") for number in (1, 2, 3)))
PATIENCE = 30.0  # seconds

Started = Callable[[BaseException], list[int]]


@pytest.fixture
def rooms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rooms").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "rooms"))
    return tmp_path / "rooms"


@pytest.fixture
def failing_at_second(monkeypatch: pytest.MonkeyPatch) -> Started:
    """Lets the second agent that is started not get on record. Returns the processes of all."""

    def fail(error: BaseException) -> list[int]:
        pids: list[int] = []

        def recorded(pid: int) -> object:
            pids.append(pid)
            if len(pids) == 2:
                raise error
            return identify(pid)

        monkeypatch.setattr(local, "identify", recorded)
        return pids

    return fail


@pytest.mark.usefixtures("no_copies")
@pytest.mark.parametrize(
    ("error", "raised"), [(OSError(28, "No space left on device"), AideatorError), (KeyboardInterrupt(), KeyboardInterrupt)]
)  # fmt: skip
def test_a_submission_that_breaks_off_leaves_no_agent_and_no_folder(
    tmp_path: Path, rooms: Path, failing_at_second: Started, error: BaseException, raised: type[BaseException]
) -> None:
    """Neither one that is at work, nor one that waits to be put on record."""
    pids, sent = failing_at_second(error), tmp_path / "home" / "runs" / SPEC.id / "sent"
    sent.mkdir(parents=True)
    with pytest.raises(raised):
        LocalBackend(tmp_path / "home", {}).submit(SPEC)
    assert len(pids) == 2
    until(lambda: [pid for pid in pids if identify(pid)] == [], "the agents are gone", PATIENCE)
    assert list(sent.parent.iterdir()) == [sent], "which belongs to who has submitted it"
    assert list(rooms.iterdir()) == []


def test_a_run_counts_as_begun_only_when_it_is_known_which_agents_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else who goes on with it after a kill would start them all at once."""
    spec = spec_of("/nowhere", variations=SPEC.variations, parallel=1)
    backend, hold_back = LocalBackend(tmp_path, {}), LocalBackend._hold_back
    known: list[object] = []

    def held(self: LocalBackend, run: str, variation: int) -> None:
        known.append(self.load_spec(run))
        hold_back(self, run, variation)

    monkeypatch.setattr(LocalBackend, "_hold_back", held)
    monkeypatch.setattr(LocalBackend, "_start", lambda *_, **__: None)
    backend.submit(spec)
    assert known == [None, None]
    assert backend.load_spec(spec.id) == spec
    assert backend.submissions(spec.id) == {2: 0, 3: 0}
