"""An interpreter that has loaded what an attempt with a script needs, which takes half the CPU time of a small one."""

import os

from aideator_agent.settings import SettingsError, load
from tests.agent.loaded import hand_over
from tests.fixtures.copies import attend


def main() -> None:
    import aideator_agent.attempting
    import aideator_agent.local_shell
    import aideator_agent.models.scripted
    import aideator_agent.signals.reading
    import aideator_agent.signals.support  # noqa: F401

    attend(lambda: hand_over(_keys()))


def _keys() -> tuple[str, ...]:
    try:
        return load(os.environ).key_names
    except SettingsError:  # the attempt tells it
        return ()


if __name__ == "__main__":
    main()
