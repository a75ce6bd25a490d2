"""Files that look like secrets, by their names and their first bytes. They are named to the user before they are sent."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aideator_agent.carried import secrets_in
from aideator_agent.values import frozen

READ: Final = 256 * 1024  # bytes of each file
ASKED: Final = 5000  # files that are read; more are judged by their names

_NAME: Final = re.compile(
    r"\.env(?!\.?(example|sample|template|dist))(\..*|rc)?|.*\.env|.*\.(pem|key|p8|p12|pfx|jks|keystore|kdbx|ppk|ovpn|tfstate|tfvars)|"
    r"id_(rsa|dsa|ecdsa|ed25519)(_sk)?|\.?_?(netrc|npmrc|pypirc|htpasswd|pgpass|git-credentials|dockercfg)|kubeconfig|.*\.kubeconfig|"
    r"(.*[._-])?(credentials?|secrets?|service[._-]?account)([._-].*)?\.(json|ya?ml|toml|ini|txt|properties|xml)|credentials",
    re.IGNORECASE,
)
_CONTENT: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\bsk-[A-Za-z0-9_-]{20,}|\bgh[opsur]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{20,}|"
    r"\bAKIA[0-9A-Z]{16}\b|\bxox[abprs]-[\w-]{10,}|\bAIza[\w-]{35}\b|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.|\bnpm_[A-Za-z0-9]{36}\b"
)


@frozen
class Suspect:
    path: str
    why: str


def find(top: Path, paths: Sequence[str]) -> tuple[Suspect, ...]:
    """Returns those of the paths, files below `top`, that look like secrets."""
    found = []
    for number, path in enumerate(paths):
        if _NAME.fullmatch(path.rpartition("/")[2]):
            found.append(Suspect(path, "its name"))
        elif number < ASKED and _holds_a_key(top / path):
            found.append(Suspect(path, "its content"))
    return tuple(found)


def _holds_a_key(file: Path) -> bool:
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as opened:
            text = opened.read(READ).decode(errors="replace")
    except OSError:
        return False
    return bool(_CONTENT.search(text) or next(secrets_in(text), None))
