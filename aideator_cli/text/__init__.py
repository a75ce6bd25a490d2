"""Text for people: foreign text made harmless; figures and times in words.

It knows nothing of terminals or runs.
"""
