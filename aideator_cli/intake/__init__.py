"""The door: what was asked becomes a `RunSpec`; behind it no text is parsed again."""
