"""Whether one run of a check supports a patch. Light, because `list` asks it too."""

from typing import NamedTuple


class Ran(NamedTuple):
    """What is known of one run of a check."""

    exit_code: int | None
    tests: int | None  # that ran; None: nobody counted them
    failures: int  # tests that failed, as far as is known


def passes(run: Ran, base: Ran | None, *, reports: bool) -> bool:
    """Whether the run exited with 0 and no test failed in it. `reports`: the user asked this check for a report.

    Failures that were counted without such a report may be a part of the output that means nothing. The base tells: it exits with 0 beside
    as many of them.
    """
    if run.exit_code != 0 or not run.failures:
        return run.exit_code == 0
    tolerated = base.failures if base is not None and base.exit_code == 0 else 0
    return not reports and run.failures <= tolerated


def holds(run: Ran, base: Ran | None, *, reports: bool) -> bool:
    """Whether the run passes, with at least as many tests as on the base."""
    if not passes(run, base, reports=reports):
        return False
    before = base.tests or 0 if base is not None else 0
    return (run.tests or 0) >= max(before, int(reports))
