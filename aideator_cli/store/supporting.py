"""Whether a variation's checks, as the store keeps them, support its patch."""

from collections.abc import Mapping, Sequence
from typing import Any

from aideator_cli.domain.holding import Ran, holds

Checks = Sequence[Mapping[str, Any]]


def supports(checks: Checks, baseline: Checks, *, report: bool) -> bool:
    """Returns what `Result.succeeded` says about a patch with these checks. `report`: whether a check must write one."""
    base = {check["name"]: _ran(check) for check in reversed(baseline)}
    return all(
        holds(_ran(check), base.get(check["name"]), reports=report and check.get("reports", True)) for check in checks
    )


def _ran(check: Mapping[str, Any]) -> Ran:
    failed = check.get("failed")
    return Ran(check["exit_code"], check.get("tests"), len(check.get("failing", ())) if failed is None else failed)
