"""Which model works on a variation where the user left that to AIdeator: policies, what is known of each model, and the choice.

It must not know where keys and statistics are kept: who asks hands them in as a `Market`.
"""
