"""Runs on an AIdeator server: another process runs and follows them, and tells of them over HTTP."""

from aideator_cli.backends.server.backend import ServerBackend

__all__ = ["ServerBackend"]
