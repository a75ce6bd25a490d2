"""Writes the JSON Schemas of what `--json` prints. `make docs`."""

import json
from pathlib import Path

from aideator_cli.intake.teams.schema import load
from aideator_cli.views.json.schema import schemas

WRITTEN = {"stages-file": "team", "plan": "plan", "decision": "decision"}  # what people and models write for teams


def texts() -> dict[str, str]:
    """Returns the text of each file by its name."""
    found = {**schemas(), **{name: load(kept) for name, kept in WRITTEN.items()}}
    return {f"{name}.json": json.dumps(made, indent=2) + "\n" for name, made in found.items()}


def main() -> None:
    folder = Path(__file__).parent
    made = texts()
    for path in folder.glob("*.json"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    main()
