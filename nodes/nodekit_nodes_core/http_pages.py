"""Reading an answer in several pages."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias
from urllib.parse import SplitResult, urljoin, urlsplit

from nodekit import Context, Json, NodeError

from .http_answer import Page, is_list, is_object
from .http_params import PagesParams

FIRST: Mapping[str, Json] = {"body": {}, "headers": {}, "statusCode": None}
"""What ``$response`` is before there was one."""

PORTS = {"http": 80, "https": 443}


@dataclass(slots=True)
class Ask:
    """What is asked for one page: the URL, and what is set in the request."""

    url: str
    count: int
    """How many pages were read before."""
    query: Mapping[str, Json]
    headers: Mapping[str, Json]
    body: Mapping[str, Json]
    elsewhere: bool = False
    """Whether the page is not where the first one was, so that credentials stay behind."""


Fetch: TypeAlias = Callable[[Ask], Awaitable[Page]]


class Pages:
    """The pages of one item.

    Args:
        params: How pages are read.
        ctx: The node's context.
        request: What expressions see as ``$request``.
    """

    def __init__(self, params: PagesParams, ctx: Context, request: Mapping[str, Json]) -> None:
        self._params = params
        self._ctx = ctx
        self._request = request

    async def read(self, url: str, fetch: Fetch) -> AsyncGenerator[Page, None]:
        """Yield page after page; an empty last one is no page.

        Raises:
            NodeError: A page names itself as the next one.
        """
        seen, count = FIRST, 0
        ask = Ask(url, 0, {}, {}, {})
        while True:
            page = await fetch(await self._filled(ask, seen))
            count += 1
            if page.status in self._params.until_status:
                return
            if not page.is_empty:
                yield page
            seen = page.facts()
            if count >= self._params.max or await self._is_last(page, seen, count):
                return
            following = await self._next(ask, page, seen, count)
            if following is None:
                return
            ask = following
            await self._ctx.sleep(self._params.wait)

    async def _filled(self, ask: Ask, seen: Mapping[str, Json]) -> Ask:
        given = self._params.set
        if given is None:
            return ask
        return replace(
            ask,
            query=await self._fields(given.query, seen, ask.count),
            headers=await self._fields(given.headers, seen, ask.count),
            body=await self._fields(given.body, seen, ask.count),
        )

    async def _fields(
        self, given: Mapping[str, Json], seen: Mapping[str, Json], count: int
    ) -> dict[str, Json]:
        values = {name: await self._value(part, seen, count) for name, part in given.items()}
        return {name: value for name, value in values.items() if value is not None}

    async def _is_last(self, page: Page, seen: Mapping[str, Json], count: int) -> bool:
        until = self._params.until
        if until is None:
            return page.is_empty
        return bool(await self._value(until, seen, count))

    async def _next(self, ask: Ask, page: Page, seen: Mapping[str, Json], count: int) -> Ask | None:
        if self._params.next is None:
            return replace(ask, count=count)
        url = await self._value(self._params.next, seen, count)
        if not url:
            return None
        if not isinstance(url, str):
            raise NodeError(f"the URL of the next page is not text, found {url!r}")
        whole = urljoin(page.url, url)
        if whole == page.url:
            raise NodeError(f"page {count} names itself as the next one")
        return Ask(whole, count, {}, {}, {}, ask.elsewhere or not same_place(ask.url, whole))

    async def _value(self, given: Json, seen: Mapping[str, Json], count: int) -> Json:
        """Evaluate the expressions in a value, at any depth; what is undefined becomes null."""
        if is_object(given):
            return {name: await self._value(part, seen, count) for name, part in given.items()}
        if is_list(given):
            return [await self._value(part, seen, count) for part in given]
        if not isinstance(given, str) or not given.startswith("="):
            return given
        extra = {"$response": seen, "$request": self._request, "$pageCount": count}
        return await self._ctx.evaluate(given, extra)


def same_place(a: str, b: str) -> bool:
    """Whether two URLs have the same scheme, host and port."""
    first, second = urlsplit(a), urlsplit(b)
    return (first.scheme, first.hostname, port(first)) == (
        second.scheme,
        second.hostname,
        port(second),
    )


def port(url: SplitResult) -> int | None:
    """Return the port of a URL, also where it goes without saying."""
    return url.port or PORTS.get(url.scheme)
