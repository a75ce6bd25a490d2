"""A model's blind opinion on what passed its checks."""
