"""The user's checks: run by the agent's program, never by the model, on trees that the model's commands never touched."""
