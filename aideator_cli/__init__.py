"""AIdeator: one prompt, N coding agents. docs/architecture.md shows the rooms of this package."""

__version__ = "0.1.0"
