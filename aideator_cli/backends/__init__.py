"""Where attempts run: `base` defines what a backend can do; `kubernetes` and `local` implement it.

A backend knows nothing about the store, or about the meaning of events.
"""
