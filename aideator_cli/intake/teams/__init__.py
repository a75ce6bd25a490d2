"""What a person or a model writes about a team, checked at the door: stages files, plans, decisions, and the order for each stage's run."""
