"""The one room of aiohttp: opens its sessions, sends one request, and words what goes wrong."""

import os
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from io import BytesIO
from typing import Any, BinaryIO, Literal

import aiohttp
from aiohttp import ClientResponse, ClientSession, ClientTimeout
from yarl import URL

from nodekit.credentials import Part
from nodekit.errors import ApiError, NodeError
from nodekit.items import Binary

from .accounts import Account
from .failures import shown
from .message import Body, Message
from .options import Call
from .resolving import Resolve, resolver

FAILURES = (aiohttp.ClientError, TimeoutError, OSError, ValueError)
"""What aiohttp raises when there is no answer; a bug of ours would be something else."""

REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
"""Methods that have the same effect sent twice as sent once (RFC 9110, 9.2.2)."""

CONNECT = 30.0
"""How long connecting may take, in seconds."""

SHARE = 0.9
"""The share of a shorter time that connecting may take: who times out there has sent nothing."""

LINE = 1 << 16
"""The longest header that is read, in bytes."""

LARGE = 1 << 20
"""From this size on a body is sent piece by piece."""


class Wire:
    """Keeps two aiohttp sessions: one for every address, one for public addresses only.

    They share no connections, so a step that may reach public addresses only never rides on a
    connection that somebody else was allowed to open.
    """

    def __init__(self, resolve: Resolve | None = None) -> None:
        self._resolve = resolve
        self._sessions: dict[bool, ClientSession] = {}
        self._timeouts: dict[float, ClientTimeout] = {}

    def _session(self, guarded: bool) -> ClientSession:
        found = self._sessions.get(guarded)
        if found is None:
            found = self._sessions[guarded] = ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0, resolver=resolver(self._resolve, guarded=guarded)
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "nodekit"},
                max_line_size=LINE,
                max_field_size=LINE,
            )
        return found

    def _timeout(self, seconds: float) -> ClientTimeout:
        found = self._timeouts.get(seconds)
        if found is None:
            connect = min(seconds * SHARE, CONNECT)
            found = ClientTimeout(total=seconds, connect=connect)
            self._timeouts[seconds] = found
        return found

    def send(
        self, message: Message, url: URL, call: Call, guarded: bool, account: Account | None
    ) -> Awaitable[ClientResponse]:
        """Return what sends one request and gives the answer, whose content has not been read.

        No coroutine of its own, since every layer costs each call time. What aiohttp raises is for
        the caller to word, by :func:`failure`.
        """
        more: dict[str, Any] = {} if call.verify else {"ssl": False}
        if account is not None and (digest := account.digest(url)) is not None:
            more["middlewares"] = (digest,)
        if call.proxy:
            more["proxy"] = call.proxy
            guarded = False  # the proxy may be private; what is behind it was checked
        return self._session(guarded).request(
            message.method,
            url,
            data=payload(message.body),
            headers=message.headers,
            allow_redirects=False,
            timeout=self._timeout(call.timeout),
            **more,
        )

    async def check(self, host: str) -> None:
        """Look a host up, and refuse it if it is not public.

        Raises:
            NodeError: One of its addresses is not public.
        """
        asked = resolver(self._resolve, guarded=True)
        with suppress(OSError):  # only the proxy knows it
            await asked.resolve(host)
        await asked.close()

    async def aclose(self) -> None:
        """Close all connections."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()


def payload(body: Body) -> bytes | BinaryIO | aiohttp.FormData | None:
    """Return a body in the form aiohttp takes it: what is large as a file."""
    if body is None or isinstance(body, bytes):
        return BytesIO(body) if body is not None and len(body) > LARGE else body
    if isinstance(body, Binary):
        return body.open()
    return multipart(body)


def multipart(parts: Sequence[Part]) -> aiohttp.FormData:
    """Return a multipart body; what is not text is a file of its name, else of the part's name."""
    form = aiohttp.FormData(default_to_multipart=True)
    for name, content in parts:
        if isinstance(content, str):
            form.add_field(name, content)
            continue
        file = content if isinstance(content, Binary) else Binary(content)
        form.add_field(
            name, file.open(), content_type=file.media_type, filename=file.file_name or name
        )
    return form


def failure(error: Exception, message: Message, url: URL, timeout: float) -> NodeError:
    """Return the error for a request that got no answer, or not a whole one.

    Whether a second try may help is unknown when the first may have had its effect.
    """
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return unreachable(error, url)
    where = f"{message.method} {shown(str(url))}"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return ApiError(
            f"{where}: the proxy answered {error.status}",
            status=error.status,
            retryable=error.status >= 500,
        )
    if isinstance(error, ValueError):
        return NodeError(f"{where} cannot be sent: {reason(error)}")
    keyed = any(name.lower() == "idempotency-key" for name in message.headers)
    again: Literal[True, "unknown"] = True if keyed or message.method in REPEATABLE else "unknown"
    if isinstance(error, TimeoutError):
        return ApiError(f"{where} gave no answer within {timeout:g} s", retryable=again)
    return ApiError(f"{where}: the connection broke: {reason(error)}", retryable=again)


def unreachable(error: Exception, url: URL) -> ApiError:
    """Return the error for a host to which no connection was made; nothing was processed there."""
    port = "" if url.is_default_port() else f":{url.port}"
    where = f"{url.host}{port}"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return ApiError(
            f"cannot connect to {where}: its certificate is not accepted: {reason(error)}",
            hint="Check the host, or set `verify: false` if you trust it all the same.",
        )
    if isinstance(error, TimeoutError):
        return ApiError(f"cannot connect to {where}: timed out", retryable=True)
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return ApiError(f"cannot connect to {where}: {reason(cause)}", retryable=True)


def reason(error: Exception) -> str:
    """Return what an exception says, in one line that begins in lower case."""
    text = str(error)
    if isinstance(error, aiohttp.InvalidURL):  # its text shows the URL, query included
        text = error.description or "the URL is not valid"
    elif isinstance(error, aiohttp.ClientResponseError):  # its text too
        text = error.message.partition("\n")[0].rstrip(":")
    elif isinstance(error, OSError):
        code = error.errno or 0
        text = os.strerror(code) if code > 0 else error.strerror or text
    line = " ".join((text or type(error).__name__).split())
    return line[:1].lower() + line[1:]
