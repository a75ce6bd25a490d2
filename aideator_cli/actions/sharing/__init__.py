"""Makes a run shareable: as files, and as the data of a report. Neither contains a password or the name of a Secret.

This package does not know how a report looks.
"""
