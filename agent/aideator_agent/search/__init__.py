"""Search in a checkout: files ranked by their text, their names and what they define, with the lines that say so; and a map of it."""
