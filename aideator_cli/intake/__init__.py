"""Parses and checks a user's request once, and turns it into a `RunSpec`.

Nothing parses the text again after that. Intake starts nothing and asks no backend.
"""
