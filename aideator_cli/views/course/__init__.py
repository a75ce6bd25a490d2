"""What each agent of a run did so far, folded from its events: the state that live and panes draw.

It knows nothing of terminals and of how it is drawn.
"""
