"""Benchmarks: each prints a table against a peer, measured in the same run, and one JSON object as its last line."""
