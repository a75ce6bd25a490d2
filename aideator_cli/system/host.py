"""This machine's name, as others see it in a store that they share."""

import os


def this_host() -> str:
    return os.uname().nodename
