"""A run for others: as files, and as one page."""
