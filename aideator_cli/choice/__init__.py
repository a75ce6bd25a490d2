"""Owns the choice of the best variation: the verdicts of its checks, the ranking rule, and what patches have in common. It must not know
where results come from, how a patch is applied, or who shows the comparison."""
