"""Waits for conditions."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

SECONDS = 60.0
TICK = 0.05


def until(holds: Callable[[], Any], seconds: float = SECONDS) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(TICK)
    return found


def until_page(page: "Page", expression: str, seconds: float = SECONDS) -> Any:
    """Waits for JavaScript that holds. The page's policy forbids `eval`, and so Playwright's own way to wait for an expression."""
    deadline = time.monotonic() + seconds
    while not (found := page.evaluate(expression)):
        assert time.monotonic() < deadline, f"never came to pass: {expression}"
        page.wait_for_timeout(1000 * TICK)
    return found
