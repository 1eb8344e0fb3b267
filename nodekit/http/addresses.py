"""Which addresses are public, and which host names say a private one. No I/O."""

import re
import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from nodekit.errors import NodeError

NAT64 = IPv6Network("64:ff9b::/96")

NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)\Z", re.IGNORECASE)
"""The last label of a host that is an IPv4 address, in whatever spelling (WHATWG URL, 3.5)."""


def not_public(host: str, address: str) -> NodeError:
    """Return the error for a host that is, or resolves to, an address that may not be reached."""
    what = host if host == address else f"{host} ({address})"
    return NodeError(
        f"{what} is not a public address, and the host does not stand in the pipeline",
        hint="Write the host in the step's URL, or set `allow_private: true` there.",
    )


def check_host(host: str) -> None:
    """Let pass what may turn out to be public: a public address, or a name yet to be resolved.

    Raises:
        NodeError: The host is an address that is not public, or this machine by name.
    """
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        raise not_public(host, host)
    address = address_of(name)
    if address is not None and not is_public(address):
        raise not_public(host, str(address))


def check_address(host: str, address: str) -> None:
    """Let a public address pass that a host resolved to.

    Raises:
        NodeError: It is not public, or no address at all.
    """
    found = address_of(address)
    if found is None or not is_public(found):
        raise not_public(host, address)


def address_of(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host is, in any spelling; ``None`` if it is a name."""
    bare = host.strip("[]").split("%", 1)[0]
    with suppress(ValueError):  # not the canonical spelling; there are others
        return ip_address(bare)
    if not NUMERIC.search(bare.rsplit(".", 1)[-1]):
        return None
    try:
        return IPv4Address(socket.inet_aton(bare))
    except OSError:
        return None


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the public internet, also one that stands inside another."""
    if isinstance(address, IPv6Address):
        inner = inner_address(address)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    special = address.is_private or address.is_loopback or address.is_link_local
    other = address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not special and not other


def inner_address(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address leads to, if it leads to one."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    packed = int(address)
    if address in NAT64 or (packed >> 32 == 0 and packed > 1):
        return IPv4Address(packed & 0xFFFFFFFF)
    return None
