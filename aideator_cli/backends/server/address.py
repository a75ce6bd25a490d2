"""A server's address as users type it."""

from urllib.parse import urlsplit

from aideator_cli.errors import AideatorError, usage


def checked(text: str) -> str:
    """Returns the URL without what does not count.

    Raises `AideatorError` (usage) for what is no server's, and for one that would get a token unencrypted.
    """
    url = text.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _wrong(text) from error
    host = parts.hostname
    if parts.username is not None or parts.password is not None:
        raise usage("a server's URL holds no login", hint="store the token with aideator login URL")
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise _wrong(text)
    if parts.scheme == "http" and not is_this_machine(url):
        raise usage(
            f"{url[:200]} would get the token unencrypted", hint="use its https URL, or reach it by ssh -L on localhost"
        )
    shown = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{shown}{'' if port in (None, usual) else f':{port}'}{parts.path.rstrip('/')}"


def host_of(url: str) -> str:
    """Returns the server's name for people."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"


def is_this_machine(url: str) -> bool:
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")


def _wrong(text: str) -> AideatorError:
    return usage(f"{text[:200]!r} is no URL of a server", hint="such as https://aideator.example.org")
