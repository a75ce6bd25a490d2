"""The limits of an agent's work: their ranges, and what each agent gets."""

from collections.abc import Mapping
from typing import Final

from aideator_agent.spec import Limits
from aideator_cli.errors import usage
from aideator_cli.intake.request import Request
from aideator_cli.text.figures import size

LEAST_FILE = 1024  # bytes
MOST_FILE = 1024**3
LONGEST_HOURS = 7 * 24  # for an agent, and for its start


TIMES: Final = frozenset({"--timeout", "--start-timeout", "--verify-timeout", "--command-timeout"})
RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "--max-steps": (1, 10_000),
    "--max-tokens": (1, 1_000_000_000),
    "--max-output": (16, 10_000_000),
    "--context-window": (256, 100_000_000),
    "--temperature": (0, 2),
    "a temperature": (0, 2),
    "--retries": (0, 10),
    "--max-parallel": (1, 1000),
    "--max-cost": (0.0001, 100_000),
    "--budget": (0.0001, 100_000),
}


def check(request: Request) -> None:
    """Raises `AideatorError` (usage) for a number out of its range."""
    check_time("--timeout", request.bounds.timeout)
    check_time("--start-timeout", request.bounds.start_timeout)
    check_time("--verify-timeout", request.checking.timeout)
    check_time("--command-timeout", request.bounds.command_timeout)
    for option, value in (
        ("--max-steps", request.bounds.max_steps),
        ("--max-tokens", request.bounds.max_tokens),
        ("--max-output", request.bounds.max_output),
        ("--context-window", request.bounds.context_window),
        ("--temperature", request.temperature),
        *(("a temperature", each) for each in request.temperatures),
        ("--retries", request.retries),
        ("--max-parallel", request.parallel),
        ("--max-cost", request.bounds.max_cost),
        ("--budget", request.bounds.budget),
    ):
        if value is not None:
            check_number(option, value)
    check_file(request.bounds.max_file)
    if request.api_base is not None:
        check_api_base(request.api_base)


def check_time(option: str, seconds: float) -> None:
    if not 1 <= seconds <= LONGEST_HOURS * 3600:
        raise usage(f"{option} takes 1s to {LONGEST_HOURS}h, not {seconds:.10g}s")


def check_number(option: str, value: float) -> None:
    least, most = RANGES[option]
    if not least <= value <= most:
        raise usage(f"{option} takes {least} to {most}, not {value:g}")


def check_file(count: int) -> None:
    if not LEAST_FILE <= count <= MOST_FILE:
        raise usage(f"--max-file takes {size(LEAST_FILE)} to {size(MOST_FILE)}, not {size(count)}")


def check_api_base(url: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise usage(f"--api-base takes an http or https URL, not {url}")


def parallel(request: Request, agents: int) -> int | None:
    """Returns how many agents work at once. None: all."""
    return None if request.parallel is None or request.parallel >= agents else request.parallel


def limits(request: Request, agents: int) -> Limits:
    """A budget is split evenly; each agent keeps to its own share."""
    shares = [
        cost
        for cost in (request.bounds.max_cost, request.bounds.budget and request.bounds.budget / agents)
        if cost is not None
    ]
    return Limits(
        steps=request.bounds.max_steps,
        seconds=request.bounds.timeout,
        check_seconds=request.checking.timeout,
        cost=min(shares, default=None),
        tokens=request.bounds.max_tokens,
        output=request.bounds.max_output,
        command_seconds=request.bounds.command_timeout,
        start_seconds=request.bounds.start_timeout,
    )
