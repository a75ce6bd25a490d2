"""models.json: small, quick, and what the pinned LiteLLM says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import aideator_cli
from aideator_cli.cli.models_table import EXAMPLES, TABLE
from aideator_cli.intake.models import names, resolve
from tests.fixtures.loaded import Interpreters

QUICK = """
import time
from aideator_cli.intake import models
before = time.process_time()
models.resolve("claude-sonnet-4-5")
print(time.process_time() - before)
"""


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    root = Path(aideator_cli.__file__).parents[1]
    return subprocess.run([sys.executable, *arguments], cwd=root, capture_output=True, text=True, check=False)


def test_the_table_is_what_the_installed_litellm_says(interpreters: Interpreters) -> None:
    loaded, words = interpreters.of("tests.agent.loaded"), ["aideator_cli.cli.models_table", "--check"]
    if loaded is None:
        checked = python("-m", *words)
        assert checked.returncode == 0, checked.stderr
        return
    copy = loaded.start(words, os.environ, Path.cwd())
    assert copy.stderr is not None
    said = copy.stderr.read()
    assert copy.wait() == 0, said


def test_the_table_stays_small() -> None:
    assert TABLE.stat().st_size < 150_000


def test_the_table_is_read_when_first_asked_and_quickly() -> None:
    assert min(float(python("-c", QUICK).stdout) for _ in range(3)) < 0.02  # 3 ms on an idle machine


def test_knowing_models_imports_neither_litellm_nor_yaml() -> None:
    resolving = "import sys; from aideator_cli.intake import models; models.resolve('gpt-5')"
    code = f"{resolving}; print('litellm' in sys.modules, 'yaml' in sys.modules)"
    assert python("-c", code).stdout == "False False\n"


def test_what_is_suggested_for_a_key_exists() -> None:
    providers = json.loads(TABLE.read_text())["providers"]
    for provider, name in EXAMPLES.items():
        entry = providers[provider]
        if entry["bare"] or entry["prefixed"]:
            assert name in entry["bare"] or name.removeprefix(f"{provider}/") in entry["prefixed"], name


def test_anything_else_on_the_command_line_is_wrong_usage() -> None:
    assert python("-m", "aideator_cli.cli.models_table", "--chek").returncode == 2


def test_what_is_suggested_is_a_model_of_the_table() -> None:
    known = names()
    assert [name for name in EXAMPLES.values() if name not in known and not name.startswith("openrouter/")] == []
    assert [resolve(name).suggested for name in ("gpt-5", "gpt-5-mini")] == [True, False]
