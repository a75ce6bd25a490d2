"""The agent's program: one attempt at one variation. Exit status: 0 with a result, 143 after SIGTERM, else 1.

With arguments it makes no attempt and only says something about itself (`trial`). To take keys out of its environment the process replaces
itself, so it loads the attempt only when that is done.
"""

import gc
import os
import sys

from aideator_agent import interrupts

interrupts.hold()  # before the imports, which take a moment
gc.disable()  # until they are done: nothing that they make is garbage

from aideator_agent.keys import take  # noqa: E402
from aideator_agent.settings import GIT_TOKEN, KNOWN_HOSTS, SSH_KEY, SettingsError, load  # noqa: E402


def main() -> int:
    try:
        settings = load(os.environ)
        keys = take(settings.key_names)
    except (SettingsError, OSError, ValueError) as error:
        take((GIT_TOKEN, SSH_KEY, KNOWN_HOSTS))
        from aideator_agent.attempting import refuse

        return refuse(str(error))
    from aideator_agent.attempting import attempt

    gc.freeze()
    gc.enable()
    return attempt(settings, keys)


def _asked(arguments: list[str]) -> int:
    from aideator_agent import trial

    gc.enable()
    return trial.run(arguments)


if __name__ == "__main__":
    status = _asked(sys.argv[1:]) if sys.argv[1:] else main()
    sys.stdout.flush()
    os._exit(status)  # libraries' threads and exit handlers have no say any more
