"""`python -m aideator_cli`."""

from aideator_cli.main import run

run()
