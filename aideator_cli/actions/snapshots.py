"""The commit of uncommitted changes that a run started from: the user's repository needs it to apply a patch.

Nothing there refers to that commit, so git removes it after some weeks. The bundle that brings it back is stored with the run.
"""

from pathlib import Path

from aideator_agent.spec import RunSpec
from aideator_cli.actions.here import Here
from aideator_cli.backends import parcel
from aideator_cli.intake.sending.packed import SNAPSHOT
from aideator_cli.system.git import Git


def bring_snapshot(here: Here, spec: RunSpec, repository: Path | None) -> None:
    """Puts the commit's objects into the repository if the run has such a commit and they are missing there.

    Touches no ref. If it does not succeed, applying a patch says that the commit is missing.
    """
    bundle = parcel.place(here.settings.home / "runs", spec.id) / SNAPSHOT
    base = spec.repository.base
    if repository is None or base is None or spec.sent is None or not spec.sent.snapshot or not bundle.is_file():
        return
    unbundle(repository, base, bundle)


def unbundle(repository: Path, commit: str, bundle: Path) -> None:
    """As `bring_snapshot`, from any bundle with this commit."""
    git = Git(repository)
    if git.run("cat-file", "-e", f"{commit}^{{commit}}").code:
        git.run("bundle", "unbundle", str(bundle))
