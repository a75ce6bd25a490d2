"""An interpreter that has loaded what `aideator` loads for most commands, which is half of the CPU time of a short one."""

import pkgutil
from importlib import import_module

from tests.fixtures.copies import attend, folder
from tests.fixtures.loaded import Interpreters
from tests.fixtures.local_agents import begin_as_copies

ROOMS = ("actions", "backends", "cli", "domain", "intake", "stream", "views.text", "workspace")
OTHERS = ("aideator_cli.store.sqlite", "aideator_cli.views.json_lines", "encodings.idna", "keyring")


def main() -> None:
    for name in OTHERS:
        import_module(name)
    for room in ROOMS:
        package = import_module(f"aideator_cli.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    begin_as_copies(Interpreters(folder()))
    attend()


if __name__ == "__main__":
    main()
