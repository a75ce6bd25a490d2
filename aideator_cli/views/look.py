"""How a person wants a view to look and to behave, where their terminal does not say it."""

from aideator_agent.values import frozen


@frozen
class Look:
    mouse: bool = True  # whether the panes take the mouse from the terminal
    light: bool = False  # whether the panes are dark on a light ground
    plain: bool = False  # for a screen reader: words instead of signs, no colours, nothing drawn twice


USUAL = Look()
