"""What an agent finds when it starts: a HOME of its own with its files, its variables, and the command to start it."""

import json
import os
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from aideator_agent.program import AgentProgram, name_at_provider
from aideator_agent.settings import Settings
from aideator_agent.values import frozen
from aideator_agent.verdict import failed

WORD: Final = re.compile(r"(?<!\$)\{(url|token|model|home|prompt)\}")
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
TASK: Final = "task.md"
# Folders of the user's own settings, which would come before those in HOME
ELSEWHERE: Final = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
HERE: Final = "127.0.0.1,localhost"  # the key proxy is reached without the user's HTTP proxy


@frozen
class Home:
    """Made before anything of the agent's runs, and beside the checkout, where the commands' container sees it too."""

    folder: Path
    values: Mapping[str, str]  # of the words in braces
    program: AgentProgram

    def write(self, task: str) -> None:
        """Makes the folder with the task and the agent's files. Raises `Ended` for a file that would lie elsewhere."""
        self.folder.mkdir()
        self.lay(TASK, task)
        for path, text in self.program.files.items():
            self.lay(path, self._filled(text, _inside_quotes))

    def lay(self, path: str, text: str) -> None:
        """Writes a file. Raises `Ended` if it would lie elsewhere."""
        parts = Path(path).parts
        if ".." in parts or not parts or Path(path).is_absolute():
            raise failed("agent", f"{self.program.name}: {path!r} is not a file below its HOME")
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode(errors="surrogateescape"))
        file.chmod(0o600)

    def script(self, command: str, *before: str) -> str:
        """Returns the script for /bin/sh that runs a command of the agent's. Raises `Ended` for a variable that can't be one."""
        environment = {name: self._filled(value, str) for name, value in self.program.env.items()}
        own = {"HOME": self.program.home or str(self.folder), **environment}
        if wrong := [name for name in own if not NAME.fullmatch(name)]:
            raise failed("agent", f"{self.program.name}: {wrong[0]!r} is not the name of a variable")
        own |= {_variable(word): value for word, value in self.values.items()}
        lines = [
            *([] if self.program.home else [f"unset {' '.join(ELSEWHERE)}"]),
            *(f"export {name}={shlex.quote(value)}" for name, value in own.items()),
            *(f'export {name}="{HERE}${{{name}:+,${name}}}"' for name in ("NO_PROXY", "no_proxy")),
            *before,
            in_command(command),
        ]
        return "\n".join(lines) + "\n"

    def _filled(self, text: str, form: Callable[[str], str]) -> str:
        return WORD.sub(lambda found: form(self.values[found[1]]), text)


def home_of(settings: Settings, program: AgentProgram, url: str, token: str) -> Home:
    folder = settings.workspace / "home"
    values = {
        "url": url,
        "token": token,
        "model": name_at_provider(settings.variation.model),
        "home": program.home or os.fspath(folder),
        "prompt": os.fspath(folder / TASK),
    }
    return Home(folder, values, program)


def in_command(command: str) -> str:
    """Returns the command with variables in place of the words. A shell does not execute what a variable holds, whatever it holds."""
    return WORD.sub(lambda found: _reference(found[1], command[: found.start()]), command)


def _reference(word: str, before: str) -> str:
    quoted = before.count('"') % 2 or before.count("'") % 2
    return f"${{{_variable(word)}}}" if quoted else f'"${{{_variable(word)}}}"'


def _variable(word: str) -> str:
    return f"AIDEATOR_AGENT_{word.upper()}"


def _inside_quotes(value: str) -> str:
    """Returns the value as it stands between the double quotes of JSON, TOML and YAML alike."""
    return json.dumps(value, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f")
