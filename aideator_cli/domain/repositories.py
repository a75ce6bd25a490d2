"""One name for each repository, however its address is written."""

import re
from urllib.parse import urlsplit


def plain(address: str) -> str:
    """Returns `host/path` of a URL or of `user@host:path`, without `.git`; a path as it is."""
    text = address.strip().rstrip("/")
    if "://" in text:
        try:
            parts = urlsplit(text)
        except ValueError:
            return re.sub(r"//[^/]*@", "//", text)  # it is no URL, so it names nothing else
        text = (
            parts.path
            if parts.scheme == "file"
            else f"{(parts.hostname or '').lower()}{_port(parts.netloc)}{parts.path}"
        )
    elif found := re.fullmatch(r"(?:[\w.-]+@)?([\w.-]+):(?!\\)(.+)", text):
        text = f"{found[1].lower()}/{found[2].lstrip('/')}"
    return text.rstrip("/").removesuffix(".git") or address


def _port(netloc: str) -> str:
    found = re.search(r":(\d+)$", netloc)
    return f":{found[1]}" if found else ""
