"""3 agents in panes, in a real pseudo-terminal, as a user starts them: CPU at 300 and at 3,000 events a second, the delay of a key, memory
after a million events, and what the store has missed; against `stern` in a pane of tmux for the same pods.

The events come from a process of its own (bench/made_up.py), through the local backend. `--short`: 10 seconds and 200,000 events.
stern is a peer when it is on the PATH and the throw-away cluster is up.
"""

import argparse
import json
import time
from dataclasses import dataclass
from statistics import median

from bench.screen import Screen
from bench.view_peer import Shares, against_stern
from bench.watched import watched

AGENTS = 3
RATES = (300, 3_000)  # events a second, of all agents together
WARM = 4.0  # seconds until the figures count
PRESS = 1.0  # seconds between two presses of a key
HELP = "the next pane"  # what `?` brings to the screen


@dataclass(frozen=True)
class Figures:
    events: int
    seconds: float
    cpu_share: float  # of one core
    drawn: float  # bytes a second that the terminal is given
    keys: tuple[float, ...]  # seconds from a key to the screen, each
    missed: int

    @property
    def key_ms(self) -> float:
        """Of 20 keys 19 are no slower."""
        return sorted(self.keys)[int(len(self.keys) * 0.95)] * 1000


@dataclass(frozen=True)
class Filled:
    events: int
    seconds: float
    early_mib: float  # after a fifth of them
    memory_mib: float
    missed: int


def main() -> None:
    arguments = _arguments()
    figures = {rate: _at_rate(rate, arguments.seconds) for rate in RATES}
    _show(figures)
    filled = _filled(arguments.events)
    _show_filled(filled)
    shares = against_stern(AGENTS, RATES[-1], arguments.seconds)
    _show_peer(shares)
    fast = figures[RATES[-1]]
    print(
        json.dumps(
            {
                "cpu_share": round(fast.cpu_share, 3),
                "memory_mib": round(filled.memory_mib, 1),
                "memory_growth": round(filled.memory_mib / filled.early_mib, 2),
                "key_ms": round(fast.key_ms, 1),
                "missed": filled.missed + sum(each.missed for each in figures.values()),
                "ratio": round(shares.ours / shares.sterns, 2) if shares else None,
                "peer": "stern in tmux" if shares else None,
            }
        )
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-view")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--events", type=int, default=1_000_000)
    arguments = parser.parse_args()
    if arguments.short:
        arguments.seconds, arguments.events = 10.0, 200_000
    return arguments


def _at_rate(rate: int, seconds: float) -> Figures:
    """First nobody touches it, then keys are pressed."""
    events = int(rate * (WARM + 2 * seconds + 3)) // AGENTS
    with watched(AGENTS, events, rate) as view:
        time.sleep(WARM)
        begun, cpu, drawn = time.monotonic(), view.screen.cpu, view.screen.bytes
        time.sleep(seconds)
        took = time.monotonic() - begun
        used, given = view.screen.cpu - cpu, view.screen.bytes - drawn
        keys = tuple(_press(view.screen) for _ in range(int(seconds / PRESS)))
        return Figures(events * AGENTS, took, used / took, given / took, keys, view.missed())


def _press(screen: Screen) -> float:
    """Help comes, and goes again."""
    shown = screen.press("?", HELP)
    time.sleep(PRESS / 2)
    screen.type("?")
    time.sleep(PRESS / 2)
    return shown


def _filled(events: int) -> Filled:
    """As fast as they can be written."""
    with watched(AGENTS, events // AGENTS, rate=0) as view:
        begun = time.monotonic()
        view.until_stored(view.events // 5)
        early = view.screen.memory_mib
        view.until_stored(view.events)
        took = time.monotonic() - begun
        time.sleep(1)  # until the last of them are drawn
        return Filled(view.events, took, early, view.screen.memory_mib, view.missed())


def _show(figures: dict[int, Figures]) -> None:
    print(f"{AGENTS} panes, 120 x 40   CPU of a core   kB/s drawn   a key shows after ms: p50    p95    max   missed")
    for rate, f in figures.items():
        worst, middle = max(f.keys) * 1000, median(f.keys) * 1000
        print(
            f"  {rate:>5} events/s {f.cpu_share:>18.1%} {f.drawn / 1000:>12.1f} "
            f"{middle:>27.1f} {f.key_ms:>6.1f} {worst:>6.1f} {f.missed:>8}",
            flush=True,
        )


def _show_filled(filled: Filled) -> None:
    print(
        f"{filled.events:,} events in {filled.seconds:.0f} s ({filled.events / filled.seconds:,.0f} a second): "
        f"{filled.early_mib:.0f} MiB after a fifth of them, {filled.memory_mib:.0f} MiB after all, {filled.missed} missed",
        flush=True,
    )


def _show_peer(shares: Shares | None) -> None:
    if shares:
        print(f"{AGENTS} pods, {shares.rate:,.0f} events/s, in a pane of tmux, whose CPU is counted in:")
        print(f"  aideator {shares.ours:.1%} of a core, stern {shares.sterns:.1%}")


if __name__ == "__main__":
    main()
