"""The referee: runs the tests that variations have written on each other's patches. It has no model and no provider's key."""
