"""The command line: commands, options, help, and everything that is said to a person or written to stdout.

It decides nothing about a run. It asks `actions`, and shows what they return.
"""
