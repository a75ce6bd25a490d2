"""What opens a private repository to pods: is it in the Secret that the run names?"""

import shlex

from aideator_agent.git_failures import is_ssh
from aideator_agent.settings import GIT_TOKEN
from aideator_agent.spec import RunSpec
from aideator_cli.backends.kubernetes.manifests import SSH_ENTRIES
from aideator_cli.backends.kubernetes.problems import Place
from aideator_cli.errors import not_found, refused


def needs_token(spec: RunSpec) -> bool:
    """Whether the Secret with the providers' keys must have a token for git, too."""
    return spec.repository.private and spec.git_secret is None


def expect_token(place: Place, spec: RunSpec, secret: str, entries: frozenset[str]) -> None:
    """Raises `AideatorError` if the repository wants credentials and the Secret with the providers' keys has none."""
    if GIT_TOKEN in entries:
        return
    raise refused(
        f"repository {spec.repository.url} wants credentials, and Secret {secret} in namespace {place.namespace} has no {GIT_TOKEN}",
        f"{_create(place, 'git-token', [GIT_TOKEN])} and add --git-secret git-token",
    )


def expect_entries(place: Place, spec: RunSpec, entries: frozenset[str] | None) -> None:
    """Raises `AideatorError` if the Secret of --git-secret is missing (None), or lacks what the URL needs."""
    secret, url = spec.git_secret or "", spec.repository.url
    needed = list(SSH_ENTRIES.values()) if is_ssh(url) else [GIT_TOKEN]
    if entries is None:
        text = f"Secret {secret} does not exist in namespace {place.namespace}; --git-secret names it for {url}"
        raise not_found(text, _create(place, secret, needed))
    missing = [entry for entry in needed if entry not in entries]
    if missing and (spec.repository.private or is_ssh(url)):
        text = f"Secret {secret} in namespace {place.namespace} has no {' and no '.join(missing)}, which {url} needs"
        raise not_found(text, _create(place, secret, needed))


def _create(place: Place, secret: str, entries: list[str]) -> str:
    given = (
        f'--from-literal={GIT_TOKEN}="${GIT_TOKEN}"' if e == GIT_TOKEN else f"--from-file={e}=FILE" for e in entries
    )
    return f"{place.kubectl} create secret generic {shlex.quote(secret)} {' '.join(given)}"
