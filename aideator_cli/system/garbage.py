"""How often the interpreter looks for reference cycles. The objects here have none, and looking took a tenth of the time."""

import gc

# New objects before a look, and looks at one generation before the next older one
_SELDOM = (50_000, 20, 50)  # a short command makes fewer
_BRIEFLY = (10_000, 4, 50)


def look_seldom() -> None:
    """Makes the collector run rarely, in the whole process."""
    gc.set_threshold(*_SELDOM)


def look_briefly() -> None:
    """Shortens collections for a process that answers keys: a look at what 20 agents had left delayed a key by 90 ms."""
    gc.freeze()
    gc.set_threshold(*_BRIEFLY)


def look_no_more() -> None:
    """Turns collection off for a process that ends. The interpreter's last look took a fifth as long as its start."""
    gc.freeze()
