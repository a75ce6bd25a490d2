"""The page's screens of teams: the list, a new one, and how one goes on."""
