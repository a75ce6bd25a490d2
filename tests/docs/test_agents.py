"""docs/agents.md says of each preset what the preset says."""

import re
from pathlib import Path

import pytest

from aideator_cli.intake.agents import presets

TEXT = (Path(__file__).parents[2] / "docs" / "agents.md").read_text()
SECTIONS = {
    title.lower().replace(" ", "-"): text
    for title, text in re.findall(r"^#+ (.+)\n((?:(?!^#).*\n)*)", re.sub(r"^(```\w+\n)#", r"\1 #", TEXT), re.MULTILINE)
}


@pytest.mark.parametrize("name", presets.names())
def test_each_preset_has_a_dockerfile_with_its_version(name: str) -> None:
    preset = presets.find(name)
    assert preset.docs
    section = SECTIONS[preset.docs.partition("#")[2]]
    installed = re.search(r"^RUN (.+?)( &&|$)", section, re.MULTILINE)
    assert installed
    assert installed[1].replace(" --no-cache-dir", "") == preset.install


@pytest.mark.parametrize("name", presets.names())
def test_the_table_tells_each_preset_s_usual_model(name: str) -> None:
    preset = presets.find(name)
    row = next(line for line in TEXT.splitlines() if line.startswith(f"| `{name}` |"))
    assert row.endswith(f"| {preset.model or '–'} |")
    assert f"[{preset.title}]({preset.docs.removeprefix('docs/agents.md') if preset.docs else ''})" in row
