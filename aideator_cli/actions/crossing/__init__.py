"""Owns the tests of the others: what a referee is to try, starting or resuming it, and its outcome in the store. It must not know who shows
it."""
