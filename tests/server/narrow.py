"""`aideator serve` on this machine with few streams and few files: it says its address."""

import resource
import sys
from contextlib import suppress

from aideator_cli.actions.here import Here
from aideator_cli.server.serving import serve


def main() -> None:
    streams, files = map(int, sys.argv[1:])
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    with suppress(KeyboardInterrupt):
        serve(Here(), "127.0.0.1", 0, lambda address: print(address, file=sys.stderr, flush=True), streams=streams)


if __name__ == "__main__":
    main()
