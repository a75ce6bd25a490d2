"""A model's blind opinion on patches that passed their checks: which pairs to ask about, how to ask, and how to read an answer.

It does not call a model itself.
"""
