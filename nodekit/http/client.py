"""HTTP as a node sees it."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Protocol, Unpack

from nodekit.errors import ApiError
from nodekit.items import Json
from nodekit.params import UNDEFINED

from .events import EventDecoder, ServerSentEvent
from .failures import refused, shown
from .limits import Clock
from .options import Call, Options, Reach
from .response import Response

if TYPE_CHECKING:
    from .exchange import Exchange  # it imports aiohttp, which waits for the first request
    from .stream import Stream


class Owner(Protocol):
    """Whoever keeps the connections: the session."""

    @property
    def exchange(self) -> "Exchange": ...


class Http:
    """JSON calls, texts, bytes and streams over the runtime's one session.

    Every method takes the options of :class:`~nodekit.http.Options`. Redirects are followed,
    without credentials across hosts; limits are kept. A failed request is not repeated: that is
    what the step's ``retry`` does.
    """

    __slots__ = ("_clock", "_owner", "_reach", "step")

    def __init__(self, owner: Owner, *, step: str, clock: Clock, reach: Reach) -> None:
        self._owner = owner
        self._clock = clock
        self._reach: Reach = reach
        self.step = step

    async def request(
        self, method: str, url: str, *, check: bool = True, **options: Unpack[Options]
    ) -> Response:
        """Send a request and read the whole answer.

        Raises:
            ApiError: There was no answer, or with ``check`` one whose status is not 2xx.
            NodeError: The request cannot be sent, or its address may not be reached.
        """
        call = Call.of(method, url, self._reach, **options)
        stream = await self._owner.exchange.open(call, self._clock)
        try:
            response = await stream.read()
        finally:
            stream.close()
        if check and not 200 <= response.status < 300:
            raise refused(call.request.method, response, self._clock.now())
        return response

    async def json(
        self, method: str, url: str, *, missing: Json = UNDEFINED, **options: Unpack[Options]
    ) -> Json:
        """Send a request and return the answer's JSON; ``None`` if the answer is empty.

        Args:
            method: The HTTP method.
            url: The URL.
            missing: What a 404 gives; without it, a 404 raises.
            options: See :class:`~nodekit.http.Options`.

        Raises:
            ApiError: There was no answer, one whose status is not 2xx, or one that is not JSON.
        """
        response = await self.request(method, url, check=missing is UNDEFINED, **options)
        if missing is not UNDEFINED:
            if response.status == 404:
                return missing
            if not response.ok:
                raise refused(method.upper(), response, self._clock.now())
        if not response.content.strip():
            return None
        try:
            return response.json()
        except ValueError as error:
            raise not_json(method.upper(), response) from error

    async def text(self, method: str, url: str, **options: Unpack[Options]) -> str:
        """Send a request and return the answer's text.

        Raises:
            ApiError: There was no answer, or one whose status is not 2xx.
        """
        return (await self.request(method, url, **options)).text()

    async def bytes(self, method: str, url: str, **options: Unpack[Options]) -> bytes:
        """Send a request and return the answer's bytes.

        Raises:
            ApiError: There was no answer, or one whose status is not 2xx.
        """
        return (await self.request(method, url, **options)).content

    def stream(
        self,
        method: str,
        url: str,
        *,
        check: bool = True,
        accept: Collection[int] = (),
        **options: Unpack[Options],
    ) -> "AbstractAsyncContextManager[Stream]":
        """Send a request and give the answer before its content has come.

        Args:
            method: The HTTP method.
            url: The URL.
            check: Whether a status that is not 2xx raises.
            accept: Statuses that never raise.
            options: See :class:`~nodekit.http.Options`.

        Raises:
            ApiError: There was no answer, or with ``check`` one whose status is not 2xx.
        """
        call = Call.of(method, url, self._reach, **options)
        return Opening(self._owner, self._clock, call, accept if check else None)

    @asynccontextmanager
    async def events(
        self, method: str, url: str, **options: Unpack[Options]
    ) -> AsyncGenerator[AsyncIterator[ServerSentEvent]]:
        """Send a request and give the server-sent events of the answer.

        Raises:
            ApiError: There was no answer, or one whose status is not 2xx.
        """
        async with self.stream(method, url, **options) as stream:
            yield decoded(stream)


class Opening(AbstractAsyncContextManager["Stream"]):
    """A call that is sent when it is entered; its answer is closed in the end.

    A class, since a generator would cost each call more than encoding it does.
    """

    __slots__ = ("_accept", "_call", "_clock", "_owner", "_stream")

    def __init__(
        self, owner: Owner, clock: Clock, call: Call, accept: Collection[int] | None
    ) -> None:
        self._owner = owner
        self._clock = clock
        self._call = call
        self._accept = accept
        """Statuses beside 2xx that do not raise; ``None`` if none does."""
        self._stream: Stream | None = None

    async def __aenter__(self) -> "Stream":
        stream = await self._owner.exchange.open(self._call, self._clock)
        status, accept = stream.status, self._accept
        if not (200 <= status < 300 or accept is None or status in accept):
            try:
                raise refused(self._call.request.method, await stream.read(), self._clock.now())
            finally:
                stream.close()
        self._stream = stream
        return stream

    async def __aexit__(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()


async def decoded(stream: "Stream") -> AsyncIterator[ServerSentEvent]:
    """Yield the events of a stream as they come."""
    decoder = EventDecoder()
    async for chunk in stream.chunks():
        for event in decoder.feed(chunk):
            yield event


def not_json(method: str, response: Response) -> ApiError:
    """Return the error for an answer that should be JSON and is not."""
    kind = response.media_type or "no media type"
    return ApiError(
        f"{method} {shown(response.url)} answered {response.status} with what is not JSON ({kind})",
        status=response.status,
        details=response.text(),
        hint="Ask for the text instead, or check that the URL is that of the API.",
    )
