"""The demo's task as a scripted provider has any agent do it: look, mend the parser, run the tests."""

from pathlib import Path
from typing import Final

from tests.fixtures.repositories import LocalRepository

DEMO: Final = Path(__file__).parents[2] / "templates" / "demo"
FILES: Final = ("README.md", "groceries.todo", "test_todo.py", "todo.py")
PROMPT: Final = "The todo parser must skip comments. A comment is a line that begins with #."
CHECK: Final = "unit=python3 -m unittest -q"
KEY: Final = "sk-not-a-real-key-0123456789"
MEND: Final = (
    "import pathlib; file = pathlib.Path('todo.py'); text = file.read_text(); "
    "file.write_text(text.replace('if not line:', 'if not line or line.startswith(chr(35)):'))"
)
EDITS: Final = (  # of an agent that has the model write its changes as text
    "Please add todo.py to the chat.",
    """todo.py
```python
<<<<<<< SEARCH
        if not line:
=======
        if not line or line.startswith("#"):
>>>>>>> REPLACE
```
The parser skips comments now.
""",
    "It is done.",
)
COMMANDS: Final = ("ls", "cat todo.py", f'python3 -c "{MEND}"', "python3 -m unittest 2>&1 | tail -n 3")


def repository(folder: Path) -> LocalRepository:
    made = LocalRepository(folder)
    made.commit({name: (DEMO / name).read_bytes() for name in FILES})
    return made
