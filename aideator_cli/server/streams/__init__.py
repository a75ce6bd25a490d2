"""Runs as server-sent events. One thread reads what is stored anew, and each piece of it is encoded once for all who want it.

It knows no backend: what is not in the store does not exist for a stream. Whoever is slow reads the store again from where they were.
"""
