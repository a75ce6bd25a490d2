"""A variation's patch and the user's repository: reads and compares patches, puts them into a working tree or on a branch, and takes them
back.

It knows git, files and the journal of its changes. It knows nothing of the store, of the meaning of verdicts, or of who asks.
"""
