"""A variation's patch, parted into what it does and the tests that it brings."""

from collections.abc import Sequence

from aideator_agent.checks import guarded
from aideator_agent.checks.trees import Entry
from aideator_agent.patch import Change, Patch
from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen


@frozen
class Work:
    """`restored`: paths that are as on the base while the patch is tried. `tests`: new and changed files to try patches with."""

    variation: int
    patch: bytes
    restored: tuple[str, ...] = ()
    tests: tuple[Entry, ...] = ()


def work_of(variation: int, patch: bytes, changed: Sequence[Entry], spec: RunSpec) -> Work:
    """Parts a patch. Links and submodules among the tests are left out: they could lead anywhere."""
    changes = tuple(Change(each.path, 0, 0, binary=False, hides_tests=_may_hide(each)) for each in changed)
    restored = Patch(patch, "", "", changes).guarded(spec)
    tests = tuple(each for each in changed if each.is_file and guarded.is_test(each.path))
    return Work(variation, patch, tuple(restored), tests)


def _may_hide(entry: Entry) -> bool:
    """Whether the file may be a package's own that is gone, and without which unittest finds no test below it."""
    return entry.is_deleted and entry.path.endswith("/__init__.py")
