"""One ordered stream from a run's agent logs and its backend's reports: read, followed, recorded and passed on.

It knows backends only through `backends.base`, and does not know who shows the stream.
"""
