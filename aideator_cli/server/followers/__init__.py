"""Follows every run that is not over, so that --first, --retries and --max-parallel act with nobody watching.

It knows nothing of HTTP. What the server tells a browser, it reads from the store.
"""

from aideator_cli.server.followers.followers import Followers, Told, told_to

__all__ = ["Followers", "Told", "told_to"]
