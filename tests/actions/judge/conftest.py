from tests.cli.conftest import aideator, home

__all__ = ["aideator", "home"]
