"""Connections to an API server: whom to trust, through which proxy, with which client certificate."""

import socket
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from aideator_cli.kubernetes.credentials import Identity, load_chain


@dataclass(frozen=True)
class Address:
    """The API server, and how to trust it."""

    server: str
    context: str  # for people
    authority: bytes | None = None  # PEM; None: the system's
    verify: bool = True
    server_name: str | None = None
    proxy: str | None = None


def open_pool(address: Address, identity: Identity, connections: int) -> Any:
    settings: dict[str, Any] = {"maxsize": connections, "socket_options": _socket_options()}
    if address.server.startswith("https:"):
        settings["ssl_context"] = _tls(address, identity)
        if not address.verify:
            settings["assert_hostname"] = False
        if address.server_name:
            settings["server_hostname"] = address.server_name
    proxy = address.proxy or _environment_proxy(address.server)
    if proxy is None:
        return urllib3.PoolManager(num_pools=2, **settings)
    if proxy.startswith("socks"):
        from urllib3.contrib.socks import SOCKSProxyManager

        return SOCKSProxyManager(proxy, num_pools=2, **settings)
    auth = urlsplit(proxy)
    headers = urllib3.util.make_headers(proxy_basic_auth=f"{auth.username}:{auth.password}") if auth.username else None
    return urllib3.ProxyManager(proxy, num_pools=2, proxy_headers=headers, **settings)


def _tls(address: Address, identity: Identity) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=address.authority.decode() if address.authority else None)
    if not address.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    load_chain(context, identity)
    return context


def _socket_options() -> list[tuple[int, int, int]]:
    """Keep-alive with kubectl's timing, so that a dead connection is noticed."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    timing = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 30), ("TCP_KEEPCNT", 3))
    return options + [(socket.IPPROTO_TCP, getattr(socket, name), n) for name, n in timing if hasattr(socket, name)]


def _environment_proxy(server: str) -> str | None:
    parts = urlsplit(server)
    host = parts.hostname or ""
    if proxy_bypass(f"{host}:{parts.port}" if parts.port else host):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")
