"""Functions from data to lines, pages and screens: every view takes a `Screen` and what it shows.

They know nothing of backends, of the store or of how a run is followed, and print nothing by themselves.
"""
