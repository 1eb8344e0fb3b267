"""The one owner of HTTP connections; a runtime has one session."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client import Http
    from .exchange import Exchange  # it imports aiohttp, which waits for the first request
    from .limits import Clock
    from .options import Limit
    from .resolving import Resolve


class Session:
    """Keeps connections, limits and tokens; opened by the first request.

    It belongs to one event loop.

    Args:
        limits: How fast hosts may be called, by host name; ``"*"`` is every other host.
        resolve: Finds the addresses of a host; the system's way where none is given.
        learn: Called with every secret that a service gives: a token.
    """

    def __init__(
        self,
        *,
        limits: "Mapping[str, Limit] | None" = None,
        resolve: "Resolve | None" = None,
        learn: Callable[[str], None] | None = None,
    ) -> None:
        self._learn = learn or ignore
        self._limits = limits or {}
        self._resolve = resolve
        self._exchange: Exchange | None = None

    @property
    def exchange(self) -> "Exchange":
        """The machinery, made on first use: the door of aiohttp."""
        if self._exchange is None:
            from .exchange import Exchange

            self._exchange = Exchange(self._limits, self._resolve, self._learn)
        return self._exchange

    def for_step(self, *, step: str, clock: "Clock", allow_private: bool = False) -> "Http":
        """Return HTTP for one step run.

        Args:
            step: The step's name.
            clock: The run's clock.
            allow_private: Whether addresses that are not public may be reached.
        """
        from .client import Http

        return Http(self, step=step, clock=clock, reach="any" if allow_private else "public")

    def secrets(self) -> Iterator[str]:
        """Yield the tokens that services have given."""
        return iter(()) if self._exchange is None else self._exchange.secrets()

    async def aclose(self) -> None:
        """Close all connections. The session can be used again."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            await exchange.aclose()


def ignore(secret: str) -> None:
    """Take a secret and tell nobody."""
