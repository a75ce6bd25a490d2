"""How often the interpreter looks for reference cycles. What passes by here has none: looking for them took a tenth of the time."""

import gc

_SELDOM = (20_000, 20, 50)  # objects more than before, and looks of a generation until the next older one's turn


def look_seldom() -> None:
    """For the whole process."""
    gc.set_threshold(*_SELDOM)
