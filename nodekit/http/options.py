"""What may be said of a call beside its method and URL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, TypedDict

from nodekit.credentials import Credential, Part, Request
from nodekit.items import Binary, Json
from nodekit.params import UNDEFINED

Reach: TypeAlias = Literal["public", "host", "any"]
"""Which addresses may be reached: public ones; also the URL's own host, whatever its address; any.

Private, loopback, link-local, reserved and multicast addresses are not public.
"""

Arrays: TypeAlias = Literal["repeat", "brackets", "indices", "comma"]
"""How a list stands in a query or a form: ``a=1&a=2``, ``a[]=1``, ``a[0]=1``, ``a=1,2``."""

MAX_SIZE = 100_000_000
"""How many bytes an answer may have where nothing else is said."""

TIMEOUT = 300.0
"""How long a call may take where nothing else is said, in seconds (n8n: 5 minutes)."""


class Limit(NamedTuple):
    """How fast a service may be called: ``requests`` in ``per`` seconds, so many at once.

    Where it also counts something else, such as tokens, it takes so many ``units`` in ``per``
    seconds; ``weight`` is how many of them the call at hand is.
    """

    requests: float | None = None
    per: float = 1.0
    at_once: int | None = None
    units: float | None = None
    weight: float = 1.0


Limited: TypeAlias = tuple[float | None, float, int | None, float | None, float]
"""A :class:`Limit`, or what one is made of."""


class Options(TypedDict, total=False):
    """What every kind of call takes.

    At most one of ``json``, ``form``, ``multipart`` and ``content`` is the body. ``redirects`` is
    how many are followed. ``max_size`` is the number of bytes an answer may have, unpacked.
    ``timeout`` is seconds for everything, from connecting to the last byte. ``limit`` is a
    :class:`Limit`, or what one is made of.
    """

    query: Mapping[str, Json] | None
    headers: Mapping[str, str] | None
    json: Json
    form: Mapping[str, Json] | None
    multipart: Sequence[Part] | None
    content: bytes | Binary | None
    credential: Credential | None
    timeout: float | None
    redirects: int
    max_size: int | None
    proxy: str | None
    reach: Reach | None
    verify: bool
    arrays: Arrays
    limit: Limited | None


@dataclass(slots=True)
class Call:
    """A request and how it is to be sent."""

    request: Request
    credential: Credential | None = None
    timeout: float = TIMEOUT
    redirects: int = 20
    max_size: int = MAX_SIZE
    proxy: str | None = None
    reach: Reach = "public"
    verify: bool = True
    arrays: Arrays = "repeat"
    limit: Limited | None = None

    @classmethod
    def of(
        cls,
        method: str,
        url: str,
        usual: Reach,
        *,
        query: Mapping[str, Json] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Json = UNDEFINED,
        form: Mapping[str, Json] | None = None,
        multipart: Sequence[Part] | None = None,
        content: bytes | Binary | None = None,
        credential: Credential | None = None,
        timeout: float | None = None,
        redirects: int = 20,
        max_size: int | None = None,
        proxy: str | None = None,
        reach: Reach | None = None,
        verify: bool = True,
        arrays: Arrays = "repeat",
        limit: Limited | None = None,
    ) -> "Call":
        """Make a call of what a node says; ``usual`` is the step's reach, where it says none."""
        body = (json, form, multipart, content)
        return cls(
            Request(method.upper(), url, query or {}, headers or {}, *body),
            credential,
            timeout or TIMEOUT,
            redirects,
            max_size or MAX_SIZE,
            proxy,
            reach or usual,
            verify,
            arrays,
            limit,
        )
