"""Which one is best: verdicts of checks, the rule, what patches have in common."""
