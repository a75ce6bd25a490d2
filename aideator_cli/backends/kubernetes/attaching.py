"""A connection to the standard input of a pod's container: `pods/attach` over a WebSocket."""

import selectors
import ssl
from contextlib import suppress
from typing import Any, Final, Self
from urllib.parse import urlencode, urlsplit

from aideator_cli.backends.kubernetes.client import ConnectionFailed
from aideator_cli.backends.kubernetes.connection import Address, tls
from aideator_cli.backends.kubernetes.credentials import Identity

CONTAINER: Final = "agent"
SECONDS: Final = 60.0  # without progress
PROTOCOLS: Final = ["v5.channel.k8s.io", "v4.channel.k8s.io"]
STDIN: Final = b"\0"  # the channel's number, before each message


class StandardInput:
    def __init__(self, address: Address, identity: Identity, pod: str) -> None:
        """`pod`: its path at the API server. Raises `ConnectionFailed`."""
        import websocket

        query = urlencode({"container": CONTAINER, "stdin": "true", "stdout": "false", "stderr": "false"})
        url = f"{address.server.replace('http', 'ws', 1)}{pod}/attach?{query}"
        try:
            self._socket: Any = websocket.create_connection(
                url,
                timeout=SECONDS,
                header=[f"{name}: {value}" for name, value in identity.headers],
                subprotocols=PROTOCOLS,
                suppress_origin=True,
                enable_multithread=False,
                **_trust(address, identity),
                **_proxy(address),
            )
        except websocket.WebSocketBadStatusException as error:
            raise ConnectionFailed(f"HTTP {error.status_code}: {_said(error)}", established=True) from error
        except (websocket.WebSocketException, OSError, ValueError) as error:
            raise ConnectionFailed(str(error) or type(error).__name__, established=True) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Exception):
            self._socket.close(timeout=1)

    def write(self, data: bytes) -> None:
        """Raises `ConnectionFailed` if the connection broke, or nothing reads the input for a minute."""
        import websocket

        try:
            self._socket.send_binary(STDIN + data)
        except (websocket.WebSocketException, OSError, ssl.SSLError) as error:
            raise ConnectionFailed(str(error) or type(error).__name__, established=True) from error

    def expect_open(self) -> None:
        """Raises `ConnectionFailed` if the other end has closed the connection. Nothing else comes from there."""
        import websocket

        try:
            with selectors.DefaultSelector() as looking:  # `select` takes no file above 1023, and a server has more
                looking.register(self._socket.sock, selectors.EVENT_READ)
                while looking.select(0):
                    code, _ = self._socket.recv_data()
                    if code == websocket.ABNF.OPCODE_CLOSE:
                        raise ConnectionFailed("the connection was closed", established=True)
        except (websocket.WebSocketException, OSError, ValueError) as error:
            raise ConnectionFailed(str(error) or type(error).__name__, established=True) from error


def _trust(address: Address, identity: Identity) -> dict[str, Any]:
    if not address.server.startswith("https:"):
        return {}
    options: dict[str, Any] = {"context": tls(address, identity), "check_hostname": address.verify}
    if address.server_name:
        options["server_hostname"] = address.server_name
    return {"sslopt": options}


def _proxy(address: Address) -> dict[str, Any]:
    """Returns the options for the proxy that other requests take too."""
    way = address.way
    if way is None:
        return {"http_no_proxy": ["*"]}
    parts = urlsplit(way.url)
    options: dict[str, Any] = {
        "http_proxy_host": parts.hostname,
        "http_proxy_port": parts.port or 80,
        "http_no_proxy": [""],
    }
    options["proxy_type"] = parts.scheme if parts.scheme.startswith("socks") else "http"
    if parts.username:
        options["http_proxy_auth"] = (parts.username, parts.password or "")
    return options


def _said(error: Any) -> str:
    body = getattr(error, "resp_body", None) or b""
    text = body.decode(errors="replace") if isinstance(body, bytes) else str(body)
    return " ".join(text.split())[:300] or "the connection was refused"
