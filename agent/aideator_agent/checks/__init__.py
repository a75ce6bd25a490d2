"""The user's checks. The agent's program runs them, never the model, in trees that the model's commands never touched."""
