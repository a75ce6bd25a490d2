"""A command whose options the configuration fills in: `run`, and `ask`, which is short for one.

A value on the command line comes first. `--no-NAME` leaves out what is configured for --NAME.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aideator_cli.cli import invocation
from aideator_cli.cli.grouped import Grouped

if TYPE_CHECKING:
    from aideator_cli.system.configuration.repository import RepositoryFile
    from aideator_cli.system.settings import Settings

_LEFT_OUT: Final = "aideator.left_out"


class Configured(Grouped):
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        args, ctx.meta[_LEFT_OUT] = _taken_out(args, self.get_params(ctx))
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        from aideator_cli.cli.filling import fill, located, tell
        from aideator_cli.errors import AideatorError

        given = {name for name in ctx.params if getattr(ctx.get_parameter_source(name), "name", "") == "COMMANDLINE"}
        settings = _settings(ctx.params, ctx.meta.get(_LEFT_OUT, frozenset()))
        with invocation.using(settings):
            configuration = settings.configuration
            tell(configuration)
            configured = fill(ctx.params, given, configuration)
            try:
                return super().invoke(ctx)
            except AideatorError as error:
                raise located(error, configured, configuration) from error


def _taken_out(words: Sequence[str], params: Sequence[Any]) -> tuple[list[str], frozenset[str]]:
    """Returns the words without each `--no-NAME` that is no option itself, and the names of the options that these leave out."""
    known = {name for param in params for name in (*param.opts, *param.secondary_opts)}
    opposite = {}
    for param in params:
        if param.param_type_name == "option" and param.name:
            flag = next((name for name in param.opts if name.startswith("--")), f"--{param.name.replace('_', '-')}")
            opposite["--" + flag.removeprefix("--no-") if flag.startswith("--no-") else f"--no-{flag[2:]}"] = param.name
    end = words.index("--") if "--" in words else len(words)
    out = [word for word in words[:end] if word in opposite and word not in known]
    rest = [word for word in words[:end] if word not in out]
    return [*rest, *words[end:]], frozenset(opposite[word] for word in out)


def _settings(params: Mapping[str, Any], left_out: frozenset[str]) -> "Settings":
    from aideator_cli.system.settings import Choice

    repo = params.get("repo")  # None: that of an issue, which is a remote one
    file = None if repo is None or params.get("no_repository_file") else _repository_file(str(repo))
    return invocation.settings(Choice(params.get("profile"), file, left_out))


def _repository_file(repo: str) -> "RepositoryFile | None":
    """Returns the file of a repository on this machine, once the user has trusted it. A remote one is not looked into."""
    import os

    from aideator_cli.intake.repository import is_url
    from aideator_cli.system.configuration import repository

    root = None if is_url(repo) else repository.root_of(Path(repo))
    if root is None or not os.path.lexists(root / repository.NAME):
        return None
    from aideator_cli.cli.trusting import trusted

    return trusted(root)
