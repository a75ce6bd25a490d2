"""The values that the program works with: attempts, events, results, judgements, runs and their ids.

They are frozen, do no input or output, and do not know who uses them.
"""
