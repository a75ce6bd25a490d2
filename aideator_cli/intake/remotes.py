"""Asks a git server what it has, and says why it does not answer: credentials, host key, certificate, name, network."""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from aideator_agent.git_failures import Failure, classify, host_of, is_ssh, words
from aideator_cli.errors import AideatorError, not_found, refused, unavailable
from aideator_cli.system import git_access, git_token
from aideator_cli.system.git import Git

ANSWER_SECONDS = 30.0
NOT_THERE = b"not our ref"


class RemoteRefused(Exception):
    """A server did not list its references."""

    def __init__(self, kind: Failure, said: str) -> None:
        super().__init__(said)
        self.kind = kind
        self.said = said

    @property
    def wants_credentials(self) -> bool:
        return self.kind in ("wanted", "denied")


def references(
    url: str,
    patterns: Sequence[str] = (),
    *,
    as_nobody: bool = False,
    ca: str | None = None,
    folder: Path | None = None,
    seconds: float = ANSWER_SECONDS,
) -> Mapping[str, str]:
    """Returns the commits of these references, or of all, by name.

    `as_nobody` gives the server no login of the user's. `ca` (PEM) is trusted, too. The settings of the repository at `folder` apply.
    Raises `RemoteRefused`, or `AideatorError` if git is not installed or can't read its settings.
    """
    own = Git(folder or Path.cwd())
    try:
        with ExitStack() as stack:
            asking = stack.enter_context(git_access.as_nobody(own, url)) if as_nobody else git_access.as_user(own, url)
            trusted = stack.enter_context(git_access.trusting(ca, own, url))
            words_ = (*asking.options, "ls-remote", "--", url, *patterns)
            answer = git(*words_, environment={**asking.environment, **trusted}, folder=asking.folder, seconds=seconds)
    except subprocess.TimeoutExpired as error:
        raise RemoteRefused("unreachable", f"no answer within {seconds:.0f} s") from error
    if answer.returncode:
        text = answer.stderr.decode(errors="replace")
        raise RemoteRefused(classify(text), words(text))
    pairs = (line.partition("\t") for line in answer.stdout.decode(errors="replace").splitlines())
    return {name: commit for commit, _, name in pairs}


def has_lost(url: str, commit: str, *, ca: str | None = None) -> bool:
    """Whether the server says that it does not have the commit. False if it can't be asked from here.

    Fetches the commit alone, into a temporary repository.
    """
    kind = "sha256" if len(commit) == 64 else "sha1"
    with tempfile.TemporaryDirectory(prefix="aideator-") as name, ExitStack() as stack:
        own = Git(Path(name))
        own.need("init", "--quiet", "--bare", "--template=", f"--object-format={kind}", ".")
        asking = git_access.as_user(own, url)
        trusted = stack.enter_context(git_access.trusting(ca, own, url))
        wanted = ("fetch", "--quiet", "--no-tags", "--depth=1", "--filter=tree:0", "--", url, commit)
        try:
            done = git(
                *asking.options, *wanted, environment={**asking.environment, **trusted}, folder=Path(name)
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return False
    return done.returncode != 0 and NOT_THERE in done.stderr


def explained(url: str, error: RemoteRefused) -> AideatorError:
    """Returns the error for a user whose own git can't read the repository."""
    host, said = host_of(url), error.said
    if error.kind == "missing":
        return not_found(f"repository {url} does not exist, or you may not read it", hint=said)
    if error.wants_credentials:
        return _wants(url, error)
    if error.kind == "host_key":
        return refused(
            f"the host key of {host} is not the one in your known_hosts: {said}",
            hint=f"if you trust it: ssh-keyscan {host.partition(':')[0]} >> ~/.ssh/known_hosts, and compare the fingerprint",
        )
    if error.kind == "certificate":
        return unavailable(
            f"the certificate of {host} is not trusted: {said}",
            hint=f"git config --global http.https://{host}/.sslCAInfo FILE",
        )
    return unavailable(f"repository {url} does not answer: {said}")


def _wants(url: str, error: RemoteRefused) -> AideatorError:
    if is_ssh(url):
        return refused(
            f"repository {url} wants an ssh key, and none of yours opens it: {error.said}",
            hint="load the key into your agent: ssh-add FILE",
        )
    if error.kind == "wanted":
        return refused(
            f"repository {url} wants credentials (or does not exist)",
            hint=f"export {git_token.GIT_TOKEN}=…, or set up a credential helper: git help credentials",
        )
    what = git_token.GIT_TOKEN if git_token.is_set() else "your credentials"
    return refused(
        f"repository {url} does not accept {what}: {error.said}",
        hint="check that they have not expired and may read the repository",
    )


def folder_at(repository: Path, commit: str, path: str) -> bool:
    """Whether a repository on this machine has this folder at the commit."""
    done = git("-C", str(repository), "cat-file", "-t", f"{commit}:{path}")
    return done.returncode == 0 and done.stdout.strip() == b"tree"


SILENT: Final = {
    "GIT_TERMINAL_PROMPT": "0",
    "SSH_ASKPASS_REQUIRE": "never",
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
}  # nobody is asked


def git(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    seconds: float = ANSWER_SECONDS,
) -> "subprocess.CompletedProcess[bytes]":
    """Runs git without anybody to ask. Raises `AideatorError` if it is not installed, or `subprocess.TimeoutExpired`."""
    command = ["git", "-c", "protocol.ext.allow=never", *arguments]
    try:
        return subprocess.run(
            command,
            capture_output=True,
            cwd=folder,
            env={**(os.environ if environment is None else environment), **SILENT},
            stdin=subprocess.DEVNULL,
            timeout=seconds,
            start_new_session=True,  # ssh would ask at the terminal
            check=False,
        )
    except FileNotFoundError as error:
        raise unavailable("git is not installed", hint="install git 2.32 or newer") from error
