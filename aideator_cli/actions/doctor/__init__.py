"""Finds out whether agents can run: on this machine, and on the cluster.

It changes nothing that stays: a trial pod is deleted before the action ends.
"""
