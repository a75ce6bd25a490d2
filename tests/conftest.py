import os
import signal

from hypothesis import HealthCheck, settings

from tests.faults.soaking import SOAK

# A runner in the background hands down an ignored SIGINT; what the tests start must be able to take one.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes is the machine's business, not the program's: tests that bound effort count it.
# The examples are the same each time, so that a change is judged by what it changes; AIDEATOR_SOAK=1 looks for new ones.
settings.register_profile("tests", deadline=None, derandomize=not SOAK, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

pytest_plugins = [
    "tests.fixtures.agents",
    "tests.fixtures.browser",
    "tests.fixtures.chart",
    "tests.fixtures.cluster",
    "tests.fixtures.collecting",
    "tests.fixtures.forge",
    "tests.fixtures.grouping",
    "tests.fixtures.interpreter",
    "tests.fixtures.keyrings",
    "tests.fixtures.kueue",
    "tests.fixtures.memory",
    "tests.fixtures.postgresql",
    "tests.fixtures.scheduling",
    "tests.fixtures.servers",
    "tests.fixtures.skipped",
    "tests.fixtures.starting",
    "tests.fixtures.wire_server",
]


def pytest_xdist_auto_num_workers() -> int:
    """Two for each core: tests wait more than they work."""
    return 2 * (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
