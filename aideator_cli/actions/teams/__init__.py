"""Owns teams: their files, what a team's next steps are, and beginning them. Each step is a run, which the rooms below carry out."""
