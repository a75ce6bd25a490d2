"""Tells webhooks of runs. What has happened is read from the store, so that nothing is missed when a process dies."""

from aideator_cli.server.webhooks.deliverer import Deliverer

__all__ = ["Deliverer"]
