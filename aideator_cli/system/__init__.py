"""The machine and its libraries: git, processes, files, YAML, templates, the clock, the configuration.

It knows nothing of runs.
"""
