"""The followers of one replica, as a process: it says `ready`, and hands over at SIGTERM."""

import signal
import threading

from aideator_cli.actions.here import Here
from aideator_cli.server.followers import Followers


def main() -> None:
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    followers = Followers(Here())
    followers.start()
    print("ready", flush=True)
    ended.wait()
    followers.stop()


if __name__ == "__main__":
    main()
