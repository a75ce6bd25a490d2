"""The program that works in an AIdeator pod."""

__version__ = "0.1.0"
