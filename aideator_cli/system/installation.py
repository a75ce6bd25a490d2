"""How this program was installed, and so what adds a part of it that is missing."""

import json
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

OF_AGENT: Final = ("models", "agents")  # the extras of the agent's package; the others are the tool's


def adding(extra: str) -> str:
    """Returns the command that installs an extra beside this program, to be pasted."""
    name = "aideator-agent" if extra in OF_AGENT else "aideator"
    return f"{_installer()} {shlex.quote(f'{_source(name)}[{extra}]')}"


def _installer() -> str:
    """An environment of uv's has no pip, and one of pipx' shares one."""
    python = shlex.quote(sys.executable)
    return f"{python} -m pip install" if find_spec("pip") else f"uv pip install --python {python}"


def _source(name: str) -> str:
    """Returns the folder or wheel that the package came from, while it is there; else its name, for the index that it came from."""
    from importlib.metadata import PackageNotFoundError, distribution  # 20 ms, for a hint

    try:
        told: Any = json.loads(distribution(name).read_text("direct_url.json") or "{}")
        url = urlsplit(told.get("url") or "")
    except (PackageNotFoundError, ValueError):
        return name
    path = Path(unquote(url.path))
    return str(path) if url.scheme == "file" and path.exists() else name
