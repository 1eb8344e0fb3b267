"""From host names to addresses, with a guard for steps that may reach public ones only."""

import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address
from typing import TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from .addresses import check_address, check_host

Resolve: TypeAlias = Callable[[str], Awaitable[Sequence[str]]]
"""Finds the addresses of a host, as text."""


class Given(AbstractResolver):
    """A resolver made of a function; tests and unusual networks bring one."""

    def __init__(self, resolve: Resolve) -> None:
        self._find = resolve

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a host."""
        return [result(host, address, port) for address in await self._find(host)]

    async def close(self) -> None:
        """Do nothing: a function holds nothing."""


class Guarded(AbstractResolver):
    """A resolver that refuses a host one of whose addresses is not public.

    aiohttp connects to the addresses that come from here and asks nobody again, so what was checked
    is what is reached.
    """

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a host.

        Raises:
            NodeError: One of them is not public.
        """
        check_host(host)
        found = await self._inner.resolve(host, port, family)
        for row in found:
            check_address(host, row["host"])
        return found

    async def close(self) -> None:
        """Release what the inner resolver holds."""
        await self._inner.close()


def resolver(resolve: Resolve | None, *, guarded: bool) -> AbstractResolver:
    """Return a resolver for a connector; must be called in a running loop."""
    inner = DefaultResolver() if resolve is None else Given(resolve)
    return Guarded(inner) if guarded else inner


def result(host: str, address: str, port: int) -> ResolveResult:
    """Return one address in aiohttp's form."""
    family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=family,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST,
    )
