"""Where AIdeator keeps its data, and the defaults that the user configured."""

import os
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aideator_agent.values import frozen

if TYPE_CHECKING:
    from aideator_cli.system.configuration.found import Configuration
    from aideator_cli.system.configuration.options import Table
    from aideator_cli.system.configuration.repository import RepositoryFile


@frozen
class Defaults:
    """The settings that more than one command reads, and the Python API. Every one is optional."""

    model: str | None = None  # as --model takes it: NAME[:K],…; agent and role likewise
    agent: str | None = None
    role: str | None = None
    mcp: tuple[str, ...] = ()
    temperature: float | None = None
    api_base: str | None = None
    backend: str | None = None
    context: str | None = None
    namespace: str | None = None
    image: str | None = None
    agent_image: str | None = None
    secret: str | None = None
    git_secret: str | None = None
    user: str | None = None
    allow_local_shell: bool = False
    withhold_secrets: bool = False
    cpu: str | None = None
    memory: str | None = None
    disk: str | None = None
    check_cpu: str | None = None
    check_memory: str | None = None
    check_disk: str | None = None
    node_selector: tuple[str, ...] = ()
    toleration: tuple[str, ...] = ()
    priority_class: str | None = None
    runtime_class: str | None = None
    queue: str | None = None
    queue_priority: str | None = None
    service_account: str | None = None
    image_pull_secret: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    annotation: tuple[str, ...] = ()
    run_as: str | None = None
    pod_patch: str | None = None
    env: tuple[str, ...] = ()
    env_from: tuple[str, ...] = ()
    ca: str | None = None
    no_mouse: bool = False
    plain: bool = False
    theme: str | None = None  # dark or light
    database: str | None = None  # a URL; `Settings.database` also knows the variable
    notify: str | None = None
    rate_limit: int = 1200  # requests of one user of the server in a minute; 0: any number
    stream_limit: int = 200  # streams that one user of the server may have open
    public_url: str | None = None  # under which browsers reach the server
    oidc_issuer: str | None = None
    oidc_client: str | None = None
    oidc_secret_file: str | None = None
    oidc_name: str | None = None
    oidc_domain: tuple[str, ...] = ()
    server: str | None = None  # a URL; `Settings.server` reads it alone


DATABASE = "AIDEATOR_DATABASE"
SERVER = "AIDEATOR_SERVER"
OIDC_SECRET = "AIDEATOR_OIDC_SECRET"  # of the server at its provider of OpenID Connect
_PATHS = frozenset({"ca", "mcp", "oidc_secret_file", "pod_patch"})
_SEVERAL = frozenset({"model", "agent", "role"})  # each value may hold several, with commas


@frozen
class Choice:
    """What this call chose of the configuration."""

    profile: str | None = None  # None: AIDEATOR_PROFILE decides
    repository: "RepositoryFile | None" = None  # the trusted file of the repository that is worked on
    without: frozenset[str] = frozenset()  # settings that don't count this time
    server: str | None = None  # of a command that is no `run`


class Settings:
    """Folders and configuration, each read on first use."""

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        *,
        interactive: bool = False,
        table: "Callable[[], Table] | None" = None,
        choice: Choice = Choice(),  # noqa: B008 -- frozen
        keys: "Callable[[str], str | None] | None" = None,
    ) -> None:
        """`interactive`: whether a child program (a credential plugin) may ask a person at the terminal.

        `keys`: looks up the providers' keys, in place of the environment and the keyring.
        `table`: every option that can be configured. Without it only those of `Defaults` are known, and other names are passed over.
        """
        self.environment = os.environ if environment is None else environment
        self.interactive = interactive
        self._table = table
        self._choice = choice
        self._keys = keys
        self._kept: dict[str, str | None] = {}  # what the keyring has

    @cached_property
    def home(self) -> Path:
        """The data folder: `AIDEATOR_HOME`, else the platform's default."""
        if named := self.environment.get("AIDEATOR_HOME"):
            return Path(named).expanduser().absolute()
        import platformdirs

        return platformdirs.user_data_path("aideator")

    @cached_property
    def config_folder(self) -> Path:
        """`AIDEATOR_HOME` if set, else the platform's configuration folder."""
        if self.environment.get("AIDEATOR_HOME"):
            return self.home
        import platformdirs

        return platformdirs.user_config_path("aideator")

    @cached_property
    def database(self) -> str | None:
        """The URL of the database: `AIDEATOR_DATABASE`, which may hold a password, else what is configured. None: SQLite in `home`.

        Raises `AideatorError` (usage) for a file that can't be read. Reads nothing else of it, so that other mistakes stop no command.
        """
        return self.environment.get(DATABASE, "").strip() or self._alone("database")

    @cached_property
    def server(self) -> str | None:
        """The URL of the server that runs are started on and looked for: what was chosen, `AIDEATOR_SERVER`, or what is configured.

        Raises `AideatorError` (usage) for a file that can't be read. Reads nothing else of it.
        """
        if self._choice.server:
            return self._choice.server
        if "server" in self._choice.without:
            return None
        return self.environment.get(SERVER, "").strip() or self._alone("server")

    def _alone(self, name: str) -> str | None:
        """Returns a text of the user's file, so that other mistakes in it stop no command."""
        from aideator_cli.system.configuration.found import TOML, YAML, may_exist

        if not may_exist(self.config_folder / TOML) and not may_exist(self.config_folder / YAML):
            return None
        from aideator_cli.system.configuration.options import Kind, Option
        from aideator_cli.system.configuration.reading import PROFILE, user_file

        own, _ = user_file(self.config_folder, {name: Option(name, Kind.TEXT)}, complete=False)
        profile = self._choice.profile or self.environment.get(PROFILE, "")
        layers = [own.profiles.get(profile, {}), own.settings] if own else []
        return next((str(layer[name].value) for layer in layers if name in layer), None)

    def key(self, name: str) -> str | None:
        """Returns a provider's key: the environment's, else the one in this machine's keyring."""
        if self._keys is not None:
            return self._keys(name)
        if found := self.environment.get(name):
            return found
        if name not in self._kept:
            from aideator_cli.system.keyring import look_up

            self._kept[name] = look_up(name)
        return self._kept[name]

    def with_keys(self, look_up: "Callable[[str], str | None]") -> "Settings":
        """Returns the same for somebody who has keys of their own, and gets none of this machine's."""
        return Settings(
            self.environment, interactive=self.interactive, table=self._table, choice=self._choice, keys=look_up
        )

    @property
    def models_file(self) -> Path:
        return self.config_folder / "models.yaml"

    @property
    def roles_folder(self) -> Path:
        """The user's own roles."""
        return self.config_folder / "roles"

    def with_repository(self, file: "RepositoryFile") -> "Settings":
        """Returns the same with what this repository sets."""
        choice = replace(self._choice, repository=file)
        return Settings(
            self.environment, interactive=self.interactive, table=self._table, choice=choice, keys=self._keys
        )

    @cached_property
    def configuration(self) -> "Configuration":
        """Raises `AideatorError` (usage) for a mistake in it."""
        from aideator_cli.system.configuration.found import Configuration, is_anything

        if replace(self._choice, server=None) == Choice() and not is_anything(self.config_folder, self.environment):
            return Configuration({})  # most often: the table of options takes time to make
        from aideator_cli.system.configuration.reading import Sources

        return Sources(
            self.config_folder, self.environment, self._table() if self._table else defaults_table(),
            complete=self._table is not None, profile=self._choice.profile, repository=self._choice.repository,
            without=self._choice.without,
        ).read()  # fmt: skip

    @cached_property
    def defaults(self) -> Defaults:
        found: dict[str, Any] = {
            each.name: self.configuration.settings[each.name].value
            for each in fields(Defaults)
            if each.name in self.configuration.settings
        }
        joined: dict[str, Any] = {name: ",".join(value) if name in _SEVERAL else value for name, value in found.items()}
        return Defaults(**joined)


def defaults_table() -> "Table":
    """Returns the options of `Defaults`."""
    from aideator_cli.system.configuration.options import Kind, Option

    def option(name: str, default: Any) -> Option:
        many = isinstance(default, tuple) or name in _SEVERAL
        kind = (
            Kind.SWITCH if default is False
            else Kind.PATH if name in _PATHS
            else Kind.NUMBER if name == "temperature"
            else Kind.WHOLE if isinstance(default, int)
            else Kind.TEXT
        )  # fmt: skip
        return Option(name, kind, many, pairs=name in ("annotation", "env", "label", "node_selector", "toleration"))

    return {each.name: option(each.name, each.default) for each in fields(Defaults)}
