"""An attempt's checks: on the base, once per run, while the agent works; on its patch afterwards."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from aideator_agent.channel import Patience
from aideator_agent.checkout import Checkout
from aideator_agent.checks.ground import USUAL, Ground, LocalGround, PodGround
from aideator_agent.checks.trees import Trees
from aideator_agent.checks.untouched import Untouched
from aideator_agent.checks.verifier import Verifier
from aideator_agent.emitter import Emitter
from aideator_agent.hidden import Hidden, secrets_of, wait_for_others
from aideator_agent.interrupts import LOOK, Interrupts
from aideator_agent.patch import Patch
from aideator_agent.settings import Settings
from aideator_agent.surroundings import of_commands
from aideator_agent.verdict import Ended, Verdict, failed

GIVING_UP: Final = 8.0  # seconds to end a command on the base and what it started
RETURNING: Final = (
    330.0  # seconds until a container is back that was often ended; kubelet takes twice as long each time
)


class Checking:
    """Hidden checks run only once the agent's commands have ended; on this machine, once those of all agents have."""

    def __init__(
        self,
        settings: Settings,
        checkout: Checkout,
        emitter: Emitter,
        interrupts: Interrupts,
        hidden: Hidden | None = None,
    ) -> None:
        """Raises `Ended` (failed/verifier) in a pod without a container for checks."""
        self._settings = settings
        self._hidden = hidden
        self._opened = False
        self.at_rest = False  # whether all that the model's commands have started has ended
        self._spec = settings.spec if hidden is None else hidden.asked(settings.spec)
        self._checkout = checkout
        self._room = settings.private / "checks"
        self._emitter = emitter
        self._interrupts = interrupts
        self._ground = ground_of(settings)
        self._untouched = Untouched.of(checkout, interrupts.check) if settings.channel is None else None
        self._given_up = False
        self._baseline: threading.Thread | None = None

    def begin(self) -> None:
        """Starts the checks on the base, in parallel with the agent's work. Hidden ones start later."""
        if self._hidden is None and self._spec.checks_base(self._settings.variation.number):
            self._begin()

    def open(self) -> None:
        """Makes the hidden checks ready, once nobody is at work who may not see them, and starts them on the base.

        Raises `Ended`: failed/verifier, or cancelled.
        """
        if self._hidden is None or self._opened:
            return
        self._opened = True
        if not self.at_rest:
            raise failed(
                "verifier",
                "processes that the model's commands started could not be stopped, so the hidden checks did not run",
            )
        wait_for_others(self._settings, self._expect_no_signal, lambda text: self._emitter.notice("info", text))
        self._emitter.redactor = self._emitter.redactor.also(secrets_of(self._hidden))
        if self._spec.checks_base(self._settings.variation.number):
            self._begin()

    def _begin(self) -> None:
        self._baseline = threading.Thread(target=self._check_base, name="baseline", daemon=True)
        self._baseline.start()

    def verify(self, patch: Patch) -> None:
        """Checks the patch. If it changes tests or check settings, checks it again without these changes.

        Raises `Ended`: failed/verifier, or cancelled.
        """
        self.open()
        while self._baseline is not None and self._baseline.is_alive():
            self._expect_no_signal()
            time.sleep(LOOK)
        verifier = self._verifier()
        guarded = patch.guarded(self._spec)
        if verifier.run("patch", patch.data) and guarded:
            verifier.run("restored", patch.data, guarded)

    def verify_answer(self, text: str) -> None:
        """Runs the checks on the base; each reads the answer on its standard input. Raises `Ended` like `verify`."""
        self.open()
        self._verifier().run("answer", given=text.encode())

    def finish(self) -> None:
        """Waits for the checks on the base as long as other agents need them."""
        if len(self._spec.variations) == 1:
            self.give_up()
        elif not self._opened and self._spec.checks_base(self._settings.variation.number):
            with suppress(Ended):
                self.open()
        while self._baseline is not None and self._baseline.is_alive() and not self._interrupts.terminated:
            time.sleep(LOOK)
        self.give_up()

    def give_up(self) -> None:
        """Ends the checks on the base if they still run and nobody needs them."""
        self._given_up = True
        if self._baseline is not None:
            self._baseline.join(GIVING_UP)

    def _verifier(self) -> Verifier:
        trees = Trees(self._checkout, self._room, self._expect_no_signal, self._lay, self._untouched)
        return Verifier(
            self._spec, trees, self._ground, self._emitter, lambda: self._interrupts.terminated, self._expect_no_signal
        )

    def _check_base(self) -> None:
        try:
            trees = Trees(self._checkout, self._room, self._expect_wanted, self._lay)
            verifier = Verifier(self._spec, trees, self._ground, self._emitter, self._is_unwanted, self._expect_wanted)
            if not verifier.run("base"):
                self._warn("the setup failed on it")
        except Ended as ended:
            self._warn(ended.verdict.reason)
        except (OSError, RuntimeError) as error:
            self._warn(f"{type(error).__name__}: {error}")

    def _warn(self, why: str) -> None:
        level = "info" if self._is_unwanted() else "warning"
        try:
            self._emitter.notice(level, f"The checks have no results for the unchanged base: {why}.")
        except OSError:  # the log accepts no more output; the agent will notice too
            return

    @property
    def _lay(self) -> Callable[[Path, Callable[[], None]], None] | None:
        return None if self._hidden is None else self._hidden.lay

    def _is_unwanted(self) -> bool:
        return self._given_up or self._interrupts.terminated

    def _expect_wanted(self) -> None:
        if self._is_unwanted():
            raise failed("verifier", "the agent ended before the checks had run")

    def _expect_no_signal(self) -> None:
        if self._interrupts.terminated:
            raise Ended(Verdict("cancelled", "the agent was told to stop while the checks ran"))


def ground_of(settings: Settings) -> Ground:
    """Raises `Ended` (failed/verifier) in a pod without a container for checks."""
    if settings.channel is None:
        return LocalGround(settings.spec.repository, of_commands(settings.spec, str(settings.private)))
    if settings.check is None:
        raise failed("verifier", "the pod has no container for checks")
    patience = Patience(server=RETURNING) if settings.spec.referee else USUAL
    return PodGround(settings.check, settings.spec.repository, patience)
