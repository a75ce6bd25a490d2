"""A row of the table of signals, and the languages that rows are written for."""

import re
from functools import cached_property
from typing import Final, Literal

from aideator_agent.signals.finding import Severity
from aideator_agent.values import frozen

Where = Literal["product", "test", "any"]

LANGUAGES: Final = {
    "py": "python",
    "pyi": "python",
    "js": "javascript",
    "mjs": "javascript",
    "cjs": "javascript",
    "jsx": "javascript",
    "ts": "javascript",
    "tsx": "javascript",
    "mts": "javascript",
    "cts": "javascript",
    "go": "go",
    "sh": "shell",
    "bash": "shell",
    "zsh": "shell",
    "bats": "shell",
    "rb": "ruby",
    "pl": "perl",
    "pm": "perl",
    "t": "perl",
    "rs": "rust",
    "java": "java",
    "kt": "java",
    "scala": "java",
    "c": "c",
    "h": "c",
    "cc": "c",
    "cpp": "c",
    "hpp": "c",
    "cs": "java",
    "vue": "javascript",
    "svelte": "javascript",
    "ipynb": "python",
    "pyx": "python",
    "pyw": "python",
}
COMMENTS: Final = {
    "python": "#", "shell": "#", "ruby": "#", "perl": "#", "javascript": "//", "go": "//", "rust": "//", "java": "//", "c": "//",
}  # fmt: skip

# A file, or a text, of a program rather than of a library
PROGRAM: Final = r"(?m)(?:^|/)(?:bin|cli|cmd|scripts?|tools)/|cli\.|main\.|^#!|^package main$|require\.main\b|import\.meta\.main|__main__"


@frozen
class Rule:
    name: str
    severity: Severity
    language: str  # a value of LANGUAGES, or `any`
    text: str  # of the pattern
    where: Where = "product"
    # Patterns, compiled where the row's own has matched, which is rare
    usual: str | None = None  # paths where it weighs less
    beside: str | None = None  # what the added lines of the same file must have, too
    task: str | None = None  # words of a task that asks for it: it weighs less
    base: tuple[str, ...] = ()  # texts of the base's own code that make it usual

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when a file of its language is read: a patch has one or two languages of eight."""
        return re.compile(self.text, re.MULTILINE)


def rule(
    name: str,
    severity: Severity,
    language: str,
    *patterns: str,
    where: Where = "product",
    usual: str = "",
    beside: str = "",
    task: str = "",
    base: tuple[str, ...] = (),
) -> Rule:
    return Rule(
        name,
        severity,
        language,
        _own("|".join(patterns)),
        where,
        usual or None,
        _own(beside) or None,
        task or None,
        base,
    )


def _own(pattern: str) -> str:
    """A line's own blanks alone: those of many empty lines would be read again from each of them."""
    return pattern.replace(r"^\s*", r"^[ \t]*")
