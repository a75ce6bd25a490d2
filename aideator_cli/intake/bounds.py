"""The limits of an agent's work: their ranges, and what each agent gets."""

from aideator_agent.spec import Limits
from aideator_cli.errors import usage
from aideator_cli.intake.request import Request
from aideator_cli.text.figures import size

LEAST_FILE = 1024  # bytes
MOST_FILE = 1024**3
LONGEST_HOURS = 7 * 24  # for an agent, and for its start


def check(request: Request) -> None:
    """Raises `AideatorError` (usage) for a number out of its range."""
    for option, seconds in (
        ("--timeout", request.bounds.timeout),
        ("--start-timeout", request.bounds.start_timeout),
        ("--verify-timeout", request.checking.timeout),
        ("--command-timeout", request.bounds.command_timeout),
    ):
        if not 1 <= seconds <= LONGEST_HOURS * 3600:
            raise usage(f"{option} takes 1s to {LONGEST_HOURS}h, not {seconds:.10g}s")
    for option, value, least, most in (
        ("--max-steps", request.bounds.max_steps, 1, 10_000),
        ("--max-tokens", request.bounds.max_tokens, 1, 1_000_000_000),
        ("--max-output", request.bounds.max_output, 16, 10_000_000),
        ("--context-window", request.bounds.context_window, 256, 100_000_000),
        ("--temperature", request.temperature, 0, 2),
        *(("a temperature", each, 0, 2) for each in request.temperatures),
        ("--retries", request.retries, 0, 10),
        ("--max-parallel", request.parallel, 1, 1000),
        ("--max-cost", request.bounds.max_cost, 0.0001, 100_000),
        ("--budget", request.bounds.budget, 0.0001, 100_000),
    ):
        if value is not None and not least <= value <= most:
            raise usage(f"{option} takes {least} to {most}, not {value:g}")
    if not LEAST_FILE <= request.bounds.max_file <= MOST_FILE:
        raise usage(f"--max-file takes {size(LEAST_FILE)} to {size(MOST_FILE)}, not {size(request.bounds.max_file)}")
    if request.api_base is not None and not request.api_base.startswith(("http://", "https://")):
        raise usage(f"--api-base takes an http or https URL, not {request.api_base}")


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
