"""Packs what a run sends, if it sends anything."""

from aideator_agent.spec import Repository
from aideator_cli.errors import AideatorError, ExitCode, unavailable, usage
from aideator_cli.intake.repository import Located
from aideator_cli.intake.request import Sending
from aideator_cli.intake.sending.packed import Packed


def pack(
    located: Located,
    asked: Sending,
    *,
    to_cluster: bool,
    ca: str | None = None,
    submodules: bool = True,
    through_server: bool = False,
) -> Packed:
    """Changes nothing in the user's repository. `ca` (PEM) is trusted when remotes are asked. `through_server`: to its cluster.

    Raises `AideatorError` if something can't be sent.
    """
    _check(located, asked)
    if located.folder is None:
        return Packed(Repository(located.url, located.ref, located.base), remarks=located.remarks)
    from aideator_cli.intake.sending.packing import Packing

    try:
        packing = Packing(located, asked, to_cluster=to_cluster, ca=ca, through_server=through_server)
        return packing.packed(submodules=submodules)
    except AideatorError as error:
        if error.code == ExitCode.DOES_NOT_APPLY:  # git's own message
            raise unavailable(f"{located.folder} can't be packed: {error.message}") from error
        raise


def _check(located: Located, asked: Sending) -> None:
    if located.path is None:
        for option, value in (("--dirty", asked.dirty), ("--carry", asked.carry)):
            if value:
                raise usage(f"{option} needs a working tree on this machine, and {located.url} is none")
    if asked.dirty and located.ref is not None:
        raise usage("--dirty starts from the working tree, and --ref from a commit", hint="leave out one of them")
