"""How often the interpreter looks for reference cycles. What passes by here has none: looking for them took a tenth of the time."""

import gc

# Objects more than before, and looks of a generation until the next older one's turn
_SELDOM = (20_000, 20, 50)
_BRIEFLY = (10_000, 4, 50)


def look_seldom() -> None:
    """For the whole process."""
    gc.set_threshold(*_SELDOM)


def look_briefly() -> None:
    """For a process that answers keys from now on: a look at what 20 others had left took 90 ms, and a key waited for it."""
    gc.freeze()
    gc.set_threshold(*_BRIEFLY)
