"""Teams over HTTP: they are started, shown, watched and ended. It decides nothing: `actions/teams` does, and `followers` moves them on."""
