"""Tab in real shells, each in a real terminal."""

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fixtures.stored_runs import Told, add_run
from tests.fixtures.tmux import Pane, Panes, terminal

__all__ = ["terminal"]

TASK = "Fix the $(touch pwned) `touch pwned` parser"
KUBECONFIG = """
current-context: admin@dev
contexts:
- {name: admin@dev, context: {}}
- {name: "arn:aws:eks:eu:1:cluster/b", context: {}}
- {name: "$(touch pwned)", context: {}}
- {name: "x`touch pwned`", context: {}}
- {name: "x;touch pwned", context: {}}
"""


@dataclass(frozen=True)
class Shell:
    start: tuple[str, ...]
    load: str
    shows_tasks: bool


SHELLS: Mapping[str, Shell] = {
    "bash": Shell(("bash", "--norc", "--noprofile"), "source <(aideator completion bash)", shows_tasks=False),
    "zsh": Shell(
        ("zsh", "-f"),
        "autoload -Uz compinit; compinit -u -D; source <(aideator completion zsh)",
        shows_tasks=True,
    ),
    "fish": Shell(("fish", "--no-config"), "aideator completion fish | source", shows_tasks=True),
}


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, terminal: Panes, tmp_path: Path) -> tuple[Pane, Shell]:
    """A shell with completion, two runs and the kubeconfig above."""
    shell = SHELLS[request.param]
    if shutil.which(request.param) is None:
        if os.environ.get("AIDEATOR_REQUIRE_SHELLS"):
            pytest.fail(f"there is no {request.param}, and AIDEATOR_REQUIRE_SHELLS asks for it")
        pytest.skip(f"there is no {request.param}")
    add_run(tmp_path / "home", Told(), Told(model="claude-sonnet-4-5"), run="k3v9x2q", prompt=TASK)
    add_run(tmp_path / "home", Told(), run="k3w0000", prompt="Second task")
    (tmp_path / "kubeconfig").write_text(KUBECONFIG)
    pane = terminal(110, 30)
    environment = {
        "AIDEATOR_HOME": str(tmp_path / "home"),
        "HOME": str(tmp_path),
        "KUBECONFIG": str(tmp_path / "kubeconfig"),
        "LC_ALL": "C.UTF-8",
        "TERM": "screen",
    }
    path = f"PATH={Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # tmux starts a login shell, which sets its own
    pane.start(("env", path, *shell.start), environment, tmp_path)
    pane.type(f"{shell.load}; aideator version && printf 'lo%s\\n' aded")
    pane.keys("Enter")
    pane.until_shown("loaded")
    return pane, shell


def test_tab_completes_commands_runs_and_contexts(shell: tuple[Pane, Shell], tmp_path: Path) -> None:
    pane, kind = shell
    press(pane, "aideator compl", "aideator completion")
    press(pane, "aideator show k3w", "aideator show k3w0000")
    press(pane, "aideator watch --context ad", "aideator watch --context admin@dev")
    press(pane, "aideator watch --context=arn:aws:", "aideator watch --context=arn:aws:eks:eu:1:cluster/b")
    press(pane, "aideator watch k3", "k3w0000", "k3v9x2q", *(["Second task", TASK] if kind.shows_tasks else []))
    press(pane, "aideator diff k3v9x2q/", "k3v9x2q/1", "k3v9x2q/2")
    press(pane, "aideator trust kube", "aideator trust kubeconfig")  # the shell's own files
    press(pane, "aideator watch --context ", "aideator watch --context a")  # what the harmless two have in common
    pane.keys("C-u")
    pane.type("printf 'st%s\\n' ill")
    pane.keys("Enter")
    pane.until_shown("still")
    assert not (tmp_path / "pwned").exists()


def press(pane: Pane, line: str, *shown: str) -> None:
    """Types a line on a screen of its own, and Tab twice, because Bash lists only then."""
    pane.keys("C-u")
    pane.type("clear")
    pane.keys("Enter")
    pane.until(lambda screen: screen.strip().endswith(("$", "#", ">", "%")) and "aideator" not in screen)
    pane.type(line)
    pane.keys("Tab")
    pane.keys("Tab")
    pane.until_shown(*shown)
