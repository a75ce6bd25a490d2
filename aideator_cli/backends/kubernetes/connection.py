"""Connections to an API server: trust, proxy and client certificate."""

import socket
import ssl
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from aideator_agent.values import frozen
from aideator_cli.backends.kubernetes.credentials import Identity, load_chain
from aideator_cli.errors import unavailable


@frozen
class Proxy:
    """A proxy on the way to the API server."""

    url: str
    setting: str  # what names it: HTTPS_PROXY, or the kubeconfig's proxy-url

    def __str__(self) -> str:
        """Returns it for people, without a password."""
        scheme, _, rest = self.url.rpartition("://")
        return f"{scheme or 'http'}://{rest.rpartition('@')[2]} ({self.setting})"


@frozen
class Address:
    """The API server's address, and how to verify it."""

    server: str
    context: str  # for people
    authority: bytes | None = None  # PEM; None: the system's authorities
    verify: bool = True
    server_name: str | None = None
    proxy: str | None = None

    @property
    def way(self) -> Proxy | None:
        """Returns the proxy that requests go through."""
        if self.proxy:
            return Proxy(self.proxy, "proxy-url in the kubeconfig")
        return _environment_proxy(self.server)


def open_pool(address: Address, identity: Identity, connections: int) -> Any:
    settings: dict[str, Any] = {"maxsize": connections, "socket_options": _socket_options()}
    if address.server.startswith("https:"):
        settings["ssl_context"] = tls(address, identity)
        if not address.verify:
            settings["assert_hostname"] = False
        if address.server_name:
            settings["server_hostname"] = address.server_name
    way = address.way
    if way is None:
        return urllib3.PoolManager(num_pools=2, **settings)
    proxy = way.url
    if proxy.startswith("socks"):
        try:
            from urllib3.contrib.socks import SOCKSProxyManager
        except ImportError as error:
            raise unavailable(f"the proxy {way} needs the Python package PySocks", "pip install pysocks") from error

        return SOCKSProxyManager(proxy, num_pools=2, **settings)
    auth = urlsplit(proxy)
    headers = urllib3.util.make_headers(proxy_basic_auth=f"{auth.username}:{auth.password}") if auth.username else None
    return urllib3.ProxyManager(proxy, num_pools=2, proxy_headers=headers, **settings)


def tls(address: Address, identity: Identity) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=address.authority.decode() if address.authority else None)
    if not address.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    load_chain(context, identity)
    return context


def _socket_options() -> list[tuple[int, int, int]]:
    """Sets keep-alive with kubectl's timing, so that a dead connection is noticed."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    timing = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 30), ("TCP_KEEPCNT", 3))
    return options + [(socket.IPPROTO_TCP, getattr(socket, name), n) for name, n in timing if hasattr(socket, name)]


def _environment_proxy(server: str) -> Proxy | None:
    parts = urlsplit(server)
    host = parts.hostname or ""
    if proxy_bypass(f"{host}:{parts.port}" if parts.port else host):
        return None
    proxies = getproxies()
    for name in (parts.scheme, "all"):
        if url := proxies.get(name):
            return Proxy(url, f"{name.upper()}_PROXY")
    return None
