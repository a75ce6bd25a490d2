"""The configuration: files, AIDEATOR_… variables and profiles, laid over each other, each value with where it comes from.

It knows the options as a table that is handed in, and not which command has them. It asks and prints nothing.
"""
