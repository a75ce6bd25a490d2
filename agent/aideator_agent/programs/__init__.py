"""Coding agents that are programs of their own: they are started beside the commands, given the task, and their words become our events."""
