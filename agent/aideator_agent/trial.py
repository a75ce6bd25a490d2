"""What the program says about itself and its surroundings when it is given no run: `--version` and `--trial`.

`--trial` writes one JSON line: which version this is, which names it can resolve, whether the program of a spec's agent is there and
answers a greeting, and whether the model of a spec answers.
"""

import argparse
import json
import os
import platform
import socket
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from aideator_agent import __version__, surroundings
from aideator_agent.interrupts import Interrupts
from aideator_agent.keys import Redactor, take
from aideator_agent.models import library_version
from aideator_agent.models.base import ModelError
from aideator_agent.settings import Settings, secrets
from aideator_agent.spec import SPEC_VERSION, RunSpec, SpecError, VariationSpec
from aideator_agent.verdict import Ended

SECONDS: Final = 60.0  # for a model to answer, with the time that its library takes to load


def run(arguments: Sequence[str]) -> int:
    asked = _parser().parse_args(arguments)
    told: dict[str, Any] = {
        "trial": 1, "agent": __version__, "spec": SPEC_VERSION, "python": platform.python_version()
    }  # fmt: skip
    keys: dict[str, str] = {}
    try:
        spec = None if asked.spec is None else RunSpec.from_json(asked.spec)
    except SpecError as error:
        told["refused"], spec = str(error), None
    if spec is not None and asked.ask:
        keys = take(spec.variations[0].keys)
    _interrupts()
    told["resolved"] = [_resolved(name) for name in asked.resolve]
    if spec is not None and asked.greet:
        from aideator_agent.programs.greeting import greeted

        told["program"] = greeted(spec)
    if spec is not None and asked.ask:
        told["model"] = _asked(spec, keys, _interrupts())
    sys.stdout.write(Redactor(secrets(keys)).text(json.dumps(told)) + "\n")
    return 0


def _interrupts() -> Interrupts:
    interrupts = Interrupts(SECONDS)
    interrupts.install()
    return interrupts


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("aideator_agent", description=__doc__, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"aideator-agent {__version__} (spec {SPEC_VERSION})")
    parser.add_argument("--trial", action="store_true", required=True)
    parser.add_argument("--spec", metavar="JSON", help="a spec with one variation")
    parser.add_argument("--resolve", action="append", default=[], metavar="NAME")
    parser.add_argument("--greet", action="store_true", help="greet the program of the variation's agent")
    parser.add_argument("--ask", action="store_true", help="ask the variation's model for one token")
    return parser


def _resolved(name: str) -> dict[str, Any]:
    began = time.monotonic()
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return {"name": name, "error": getattr(error, "strerror", None) or str(error)}
    addresses = sorted({str(entry[4][0]) for entry in found})
    return {"name": name, "addresses": addresses[:4], "seconds": round(time.monotonic() - began, 3)}


def _asked(spec: RunSpec, keys: Mapping[str, str], interrupts: Interrupts) -> dict[str, Any]:
    """Asks through the proxy, and with the authorities, that an agent of this spec would use."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        room = Path(folder)
        surroundings.enter(Settings(spec, spec.variations[0], "", room, room, None), os.environ)
        return _answer(spec.variations[0], keys, interrupts)


def _answer(variation: VariationSpec, keys: Mapping[str, str], interrupts: Interrupts) -> dict[str, Any]:
    from aideator_agent.models.litellm_model import LiteLLMModel

    began = time.monotonic()
    try:
        usage = LiteLLMModel(variation, keys, interrupts).touch()
    except ModelError as error:
        return {"name": variation.model, "error": str(error), "fault": type(error).__name__}
    except Ended:
        return {"name": variation.model, "error": f"no answer within {SECONDS:.0f} s", "fault": "Silence"}
    return {
        "name": variation.model, "input": usage.input, "output": usage.output, "cost": usage.cost,
        "seconds": round(time.monotonic() - began, 3), "litellm": library_version(variation.model),
    }  # fmt: skip
