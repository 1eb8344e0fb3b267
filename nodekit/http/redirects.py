"""Following redirects: which request comes next, and what it may carry (RFC 9110, 15.4)."""

from yarl import URL

from nodekit.credentials import Request
from nodekit.errors import ApiError, shortened
from nodekit.params import UNDEFINED

from .failures import shown

FOLLOWED = (301, 302, 303, 307, 308)

PRIVATE = frozenset({"authorization", "cookie", "proxy-authorization", "host"})
"""Headers that belong to one host."""

OF_BODY = frozenset({"content-type", "content-length", "content-encoding", "transfer-encoding"})


def redirected(request: Request, status: int, target: URL, *, same: bool) -> Request:
    """Return the request that a redirect asks for.

    Args:
        request: What was sent, unsigned.
        status: The status of the redirect.
        target: Where to.
        same: Whether that is the origin the request was meant for.
    """
    request = request._replace(url=str(target.with_fragment(None)), query={})
    drop = frozenset[str]() if same else PRIVATE
    if becomes_get(request.method, status):
        drop |= OF_BODY
        request = request._replace(
            method="GET", json=UNDEFINED, form=None, multipart=None, content=None
        )
    kept = {k: v for k, v in request.headers.items() if k.lower() not in drop}
    return request._replace(headers=kept)


def becomes_get(method: str, status: int) -> bool:
    """Whether a redirect turns a method into GET and drops the body."""
    return (status == 303 and method not in ("GET", "HEAD")) or (
        status in (301, 302) and method == "POST"
    )


def target_of(status: int, location: str, base: URL) -> URL:
    """Return where a redirect leads.

    Raises:
        ApiError: It leads to what is not HTTP.
    """
    try:
        target = base.join(URL(location))
        if target.scheme in ("http", "https") and target.raw_host and target.port:
            return target
    except ValueError as error:
        raise leads_nowhere(status, location, base) from error
    raise leads_nowhere(status, location, base)


def leads_nowhere(status: int, location: str, base: URL) -> ApiError:
    """Return the error for a redirect that cannot be followed."""
    where = f"{shown(str(base))} redirects to {shortened(shown(location))}"
    return ApiError(f"{where}, which is not an HTTP address", status=status)
