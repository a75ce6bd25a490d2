"""What opens a private repository: a token, or an ssh key with the hosts that it may meet. Only git gets it, and only during a call."""

import os
import pwd
import shlex
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aideator_agent import git as git_module
from aideator_agent.git_failures import Failure, classify, host_of, is_ssh, words
from aideator_agent.settings import GIT_TOKEN, KNOWN_HOSTS, SSH_KEY, Settings
from aideator_agent.values import frozen

# Gives the token to the one host that it was meant for, wherever the server redirects git to.
ASKPASS: Final = """#!/bin/sh
case "$1" in
  "Username for 'https://$AIDEATOR_GIT_HOST'"*) echo x-access-token ;;
  "Password for 'https://"*"@$AIDEATOR_GIT_HOST'"*) printf '%s\\n' "$GIT_TOKEN" ;;
esac
"""
# Git LFS puts other quotes around the host, and asks for ever while the server does not accept the answer.
ASKPASS_LFS: Final = r"""#!/bin/sh
echo >> "$0.asked"
[ "$(wc -l < "$0.asked")" -le 6 ] || exit 1
case "$1" in
  "Username for 'https://$AIDEATOR_GIT_HOST'"* | "Username for \"https://$AIDEATOR_GIT_HOST\""*) echo x-access-token ;;
  "Password for 'https://"*"@$AIDEATOR_GIT_HOST'"* | "Password for \"https://"*"@$AIDEATOR_GIT_HOST\""*) printf '%s\n' "$GIT_TOKEN" ;;
  *) exit 1 ;;
esac
"""
# No configuration file of anybody and no key but ours; a host that is not known is not asked for the repository.
SSH: Final = (
    "ssh", "-F", "/dev/null", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "UpdateHostKeys=no",
    "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "GlobalKnownHostsFile=/dev/null", "-o", "ConnectTimeout=30",
)  # fmt: skip


def for_lfs(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns git's environment for one call of Git LFS, with what answers it a few times, or refuses to."""
    askpass = environment.get("GIT_ASKPASS", "true")
    Path(f"{askpass}-lfs.asked").unlink(missing_ok=True)
    kept = {name: value for name, value in environment.items() if name != "GIT_LFS_SKIP_SMUDGE"}
    return {**kept, "GIT_ASKPASS": "false" if askpass == "true" else f"{askpass}-lfs"}


@frozen
class Access:
    settings: Settings
    keys: Mapping[str, str]

    @contextmanager
    def environment(self) -> Iterator[dict[str, str]]:
        """Yields git's environment for a server. What is secret lies in a file only until the caller is done."""
        folder = self.settings.private / "access"
        folder.mkdir(mode=0o700)
        try:
            yield self._environment(folder)
        finally:
            shutil.rmtree(folder)

    def refusal(self, url: str, said: str) -> str:
        """Returns why a server did not give the repository, and what to set."""
        kind, told = classify(said), words(said)
        if kind == "full":
            return f"no space left for it ({told})"
        if kind == "no_ssh":
            return f"there is no ssh {'in the image of the container agent' if self._in_pod else 'on this machine'} ({told})"
        if kind == "no_user":
            return f"ssh needs a name for user id {os.getuid()}: use --run-as 1000, or put libnss-wrapper into the agent's image ({told})"
        if kind == "host_key":
            return f"the host key of {host_of(url)} is not the known one{self._known_hosts()} ({told})"
        if kind == "certificate":
            return f"the certificate of {host_of(url)} is not trusted ({told})"
        if kind in ("wanted", "denied"):
            return f"{self._denied(kind, url)} ({told})"
        if kind == "missing":
            return f"it does not exist, or you may not read it ({told})"
        return f"{host_of(url)} does not answer ({told})" if kind == "unreachable" else f"could not be cloned ({told})"

    @property
    def _in_pod(self) -> bool:
        return self.settings.channel is not None

    def _known_hosts(self) -> str:
        if not self._in_pod:
            return "; connect once by hand, and compare its fingerprint"
        return ": entry known_hosts of the Secret that --git-secret names must have it"

    def _denied(self, kind: Failure, url: str) -> str:
        ssh = is_ssh(url)
        given = SSH_KEY in self.keys if ssh else GIT_TOKEN in self.keys and self._host() == host_of(url)
        what, entry = ("ssh key", "ssh-privatekey") if ssh else ("token", GIT_TOKEN)
        if given and kind == "denied":
            return f"access was denied: the {what} does not open it"
        if GIT_TOKEN in self.keys and url.startswith("http:"):
            return f"it asks for credentials, and {GIT_TOKEN} is only given to a https URL"
        if self._in_pod:
            return f"it asks for credentials: --git-secret names a Secret with the entry {entry}"
        if ssh:
            return "it asks for credentials: ssh must have your key, by itself or by ssh-agent"
        return f"it asks for credentials: set {GIT_TOKEN}, or git's credential helper"

    def _environment(self, folder: Path) -> dict[str, str]:
        environment = git_module.user_environment(os.environ)
        if self._in_pod:
            environment |= {
                **git_module.NO_CONFIGURATION,
                "GIT_SSH_COMMAND": self._ssh(folder),
                "GIT_SSH_VARIANT": "ssh",
            }
        token, host = self.keys.get(GIT_TOKEN), self._host()
        if token and host:
            for name, script in (("askpass", ASKPASS), ("askpass-lfs", ASKPASS_LFS)):
                (folder / name).write_text(script)
                (folder / name).chmod(0o700)
            environment |= {"GIT_ASKPASS": str(folder / "askpass"), GIT_TOKEN: token, "AIDEATOR_GIT_HOST": host}
        return environment

    def _ssh(self, folder: Path) -> str:
        known = _written(folder / "known_hosts", self.keys.get(KNOWN_HOSTS, ""))
        options = ["-o", f"UserKnownHostsFile={known}"]
        if key := self.keys.get(SSH_KEY):
            options += ["-i", str(_written(folder / "key", key.strip() + "\n"))]
        return shlex.join([*_named(folder), *SSH, *options])

    def _host(self) -> str | None:
        """Returns host and port in the form in which git asks for a password."""
        try:
            parts = urlsplit(self.settings.spec.repository.url)
        except ValueError:
            return None
        return parts.netloc.rpartition("@")[2] if parts.scheme.lower() == "https" else None


def _named(folder: Path) -> list[str]:
    """Returns the words that give ssh a name for this process's user id: it needs one, and a platform chooses ids that have none."""
    user = os.getuid()
    try:
        pwd.getpwuid(user)
    except KeyError:
        passwd = _written(folder / "passwd", f"agent:x:{user}:{os.getgid()}::{folder}:/bin/sh\n")
        return ["env", "LD_PRELOAD=libnss_wrapper.so", f"NSS_WRAPPER_PASSWD={passwd}", "NSS_WRAPPER_GROUP=/etc/group"]
    return []


def _written(path: Path, text: str) -> Path:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as file:
        file.write(text)
    return path
