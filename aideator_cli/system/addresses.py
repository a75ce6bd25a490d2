"""What an address is: the internet's, a private network's, or one where a cloud tells its machines their keys."""

import ipaddress
import socket
from typing import Final

from aideator_cli.errors import refused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
METADATA: Final = tuple(  # of Azure, Alibaba, Amazon and Google, which are no link's
    map(ipaddress.ip_network, ("168.63.129.16", "100.100.100.200", "fd00:ec2::/32", "fd20:ce::254"))
)
_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")  # IPv4 behind NAT64


def meant(address: Address) -> Address:
    """Returns the IPv4 address that an IPv6 one stands for, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def of_link(address: Address) -> bool:
    """Returns whether it is a link's own, or a cloud's metadata service."""
    inner = meant(address)
    return inner.is_link_local or inner.is_unspecified or any(inner in network for network in METADATA)


def of_repository(host: str) -> list[str]:
    """Returns the addresses of a host that somebody else names; none if it has none now. Waits for the name to be resolved.

    Raises `AideatorError` (refused) for one where a cloud tells its machines their keys: this machine would ask it in its own name.
    """
    try:
        infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # git says it better
        return []
    found = list(dict.fromkeys(str(info[4][0]).partition("%")[0] for info in infos))
    for address in found:
        if of_link(ipaddress.ip_address(address)):
            text = f"{host} is {address}, which only machines of one network reach: no repository is there"
            raise refused(text, hint="name the repository by the address that others use")
    return found
