"""Patches and bases in memory."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import unified_diff

from aideator_agent.signals.reading import find


@dataclass(frozen=True)
class Files:
    """A base in memory."""

    files: Mapping[str, str] = field(default_factory=dict)

    def paths(self) -> frozenset[str]:
        return frozenset(self.files)

    def with_text(self, texts: Collection[str]) -> Mapping[str, frozenset[str]]:
        return {text: frozenset(path for path, content in self.files.items() if text in content) for text in texts}

    def texts(self, paths: Iterable[str]) -> Mapping[str, str]:
        return {path: self.files[path] for path in paths}


def added(path: str, text: str, *, new: bool = False, mode: str = "100644") -> bytes:
    lines = text.split("\n")
    body = "".join(f"+{line}\n" for line in lines)
    head = f"diff --git a/{path} b/{path}\n" + (f"new file mode {mode}\n" if new else "")
    return f"{head}--- a/{path}\n+++ b/{path}\n@@ -1,0 +1,{len(lines)} @@\n{body}".encode()


def changed(path: str, before: str, after: str) -> bytes:
    lines = unified_diff(before.split("\n"), after.split("\n"), f"a/{path}", f"b/{path}", n=0, lineterm="")
    return "\n".join((f"diff --git a/{path} b/{path}", *lines, "")).encode()


def signals(
    patch: bytes, base: Mapping[str, str] | None = None, task: str = "Mend it."
) -> list[tuple[str, str, int | None]]:
    return [(each.name, each.severity, each.line) for each in find(patch, Files(base or {}), task)]
