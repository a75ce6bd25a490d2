"""The task, as far as a choice of a model depends on it: its role, size and language."""

import os
from collections import Counter
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final

from aideator_agent.values import frozen
from aideator_cli.intake.routing.policies import Policy, Rule
from aideator_cli.system.git import Git

TOKEN: Final = 4  # bytes of English text or code
LANGUAGES: Final = {
    "python": (".py", ".pyi"), "javascript": (".js", ".jsx", ".mjs", ".cjs", ".vue", ".svelte"), "typescript": (".ts", ".tsx"),
    "go": (".go",), "rust": (".rs",), "java": (".java",), "kotlin": (".kt", ".kts"), "scala": (".scala",), "csharp": (".cs",),
    "c": (".c", ".h"), "cpp": (".cc", ".cpp", ".cxx", ".hpp", ".hh"), "ruby": (".rb",), "php": (".php",), "swift": (".swift",),
    "shell": (".sh", ".bash", ".zsh"), "elixir": (".ex", ".exs"), "haskell": (".hs",), "dart": (".dart",), "lua": (".lua",),
    "r": (".r",), "sql": (".sql",), "terraform": (".tf",),
}  # fmt: skip
_BY_SUFFIX: Final = {suffix: language for language, suffixes in LANGUAGES.items() for suffix in suffixes}


@frozen
class Project:
    """The repository on this machine. None: it is elsewhere, so its size and language are unknown."""

    folder: Path | None

    @cached_property
    def _names(self) -> list[str] | None:
        if self.folder is None:
            return None
        done = Git(self.folder).run("ls-files", "-z")
        return None if done.code else [name for name in os.fsdecode(done.out).split("\0") if name]

    @property
    def files(self) -> int | None:
        return None if self._names is None else len(self._names)

    @cached_property
    def language(self) -> str | None:
        """Returns the language of most files."""
        suffixes = (PurePosixPath(name).suffix.lower() for name in self._names or ())
        counted = Counter(_BY_SUFFIX[suffix] for suffix in suffixes if suffix in _BY_SUFFIX)
        return counted.most_common(1)[0][0] if counted else None


@frozen
class Task:
    role: str
    tokens: int  # of what is asked, without the repository
    project: Project

    def under(self, policy: Policy) -> Policy:
        """Returns the policy as it is for this task: the first of its rules that fits comes on top."""
        rule = next((each for each in policy.when if self._fits(each)), None)
        return policy if rule is None else replace(policy, **rule.changes)

    def _fits(self, rule: Rule) -> bool:
        return (
            (not rule.role or self.role in rule.role)
            and _within(self.tokens, rule.min_tokens, rule.max_tokens)
            and (not rule.language or self.project.language in rule.language)
            and (
                (rule.min_files, rule.max_files) == (None, None)
                or _within(self.project.files, rule.min_files, rule.max_files)
            )
        )


def tokens(text: str) -> int:
    return len(text.encode(errors="replace")) // TOKEN + 1


def _within(number: int | None, least: int | None, most: int | None) -> bool:
    """An unknown number is within no bounds."""
    if number is None:
        return False
    return (least is None or number >= least) and (most is None or number <= most)
