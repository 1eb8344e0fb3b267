"""URLs as they go over the wire: read once, by one reader, so that all agree on the host."""

import re
from functools import lru_cache

from yarl import URL

from nodekit.errors import NodeError, shortened

PLAIN = re.compile(
    r"https?://[A-Za-z0-9.-]+(:[1-5]?[0-9]{1,4})?([/?]([!$&-;=?-Z_a-z~\[\]]|%[0-9A-Fa-f]{2})*)?\Z"
)
"""A URL that is encoded already and has nothing unusual in its host; it is sent as it stands."""


@lru_cache(maxsize=1024)
def parsed(text: str) -> URL:
    """Read a URL; what is not encoded in it is encoded, the rest stays.

    Raises:
        NodeError: It is no URL of a host, or not of HTTP.
    """
    if PLAIN.match(text):
        return URL(text, encoded=True)
    try:
        url = URL(text.strip())
        good = url.scheme in ("http", "https") and bool(url.raw_host)
        _ = url.port  # a port that is none is found out only here
    except ValueError as error:
        raise not_a_url(text) from error
    if not good:
        raise not_a_url(text)
    return url


def not_a_url(text: str) -> NodeError:
    """Return the error for a URL that cannot be called."""
    return NodeError(
        f"url {shortened(text.split('?', 1)[0])} is not an HTTP address",
        hint='A URL begins with "http://" or "https://" and a host.',
    )


def same_origin(a: URL, b: URL) -> bool:
    """Whether what may be told to one URL may be told to the other: the host, and no downgrade."""
    if (a.raw_host or "").lower() != (b.raw_host or "").lower():
        return False
    upgraded = a.scheme == "http" and b.scheme == "https" and (a.port, b.port) == (80, 443)
    return upgraded or (a.scheme == b.scheme and a.port == b.port)
