"""HTTP request: call a service for every item."""

from collections.abc import Mapping
from contextlib import aclosing

from nodekit import ApiError, Context, Credential, Item, ItemNode, Json

from .http_answer import Page, error_object, file_name_of, items_of, kind_of
from .http_body import Reach, headers_of, options_of, payload, reach_of, with_fields
from .http_pages import Ask, Pages
from .http_params import BatchParams, HttpRequestParams, PagesParams

NOTHING: Mapping[str, Json] = {}
"""What a request that is not one of several pages sets beside its parameters."""

STARTED = "_started"
"""Where the step remembers which group of items began last, and when."""


class HttpRequest(ItemNode[HttpRequestParams]):
    """Send an HTTP request for every item.

    A JSON object in the answer becomes an item, a JSON list one item for each element, text a
    field, anything else a file of the item. A status that is not 2xx is an error. Give the step a
    `credential` to sign requests, and `retry` to repeat what failed.
    """

    concurrency = 8
    credentials = (Credential,)

    async def run_item(self, item: Item, params: HttpRequestParams, ctx: Context) -> list[Item]:
        """Send the request of one item, and read all its pages."""
        if params.batch is not None:
            await turn(params.batch, ctx)
        try:
            exchange = Exchange(item, params, ctx)
            if params.pages is not None:
                return await answered(exchange, params.pages)
            page = await exchange.fetch(Ask(params.url, 0, NOTHING, NOTHING, NOTHING))
            return items_of(page, params, item)
        except ApiError as error:
            error.json = error_object(error, params.read_errors)
            raise


class Exchange:
    """The requests of one item."""

    __slots__ = ("body", "credential", "ctx", "item", "media_type", "options", "params", "reach")

    def __init__(self, item: Item, params: HttpRequestParams, ctx: Context) -> None:
        self.item = item
        self.params = params
        self.ctx = ctx
        self.body, self.media_type = payload(params.body, item)
        self.credential = ctx.find_credential(Credential)
        self.reach: Reach = reach_of(params, ctx.source.get("url"))
        self.options = options_of(params)

    @property
    def facts(self) -> Mapping[str, Json]:
        """What expressions see as ``$request``."""
        params = self.params
        body = self.body.get("json", self.body.get("form"))
        return {
            "method": params.method,
            "url": params.url,
            "qs": params.query,
            "headers": params.headers,
            "body": body,
        }

    async def fetch(self, ask: Ask) -> Page:
        """Send the request for one page and read the answer.

        Raises:
            ApiError: There was no answer, a bad one, or one that is not what it should be.
        """
        params = self.params
        async with self.ctx.http.stream(
            params.method,
            ask.url,
            check=not params.accept_errors,
            accept=params.pages.until_status if params.pages is not None else (),
            query=self._query(ask),
            headers=self._headers(ask),
            credential=None if ask.elsewhere else self.credential,
            reach="public" if ask.elsewhere and self.reach == "host" else self.reach,
            **self.options,
            **(with_fields(self.body, ask.body) if ask.body else self.body),
        ) as answer:
            head = (answer.status, answer.reason, answer.headers, answer.url)
            kind = kind_of(params, head[2])
            if kind == "binary":
                name = file_name_of(answer.url, answer.headers)
                return Page(*head, None, file=await answer.binary(name))
            whole = await answer.read()
            if kind == "text":
                return Page(*head, whole.text(), is_text=True)
        try:
            return Page(*head, whole.json())
        except ValueError as error:
            if params.accept_errors:
                return Page(*head, {})
            raise not_json(params.method, answer.status, whole.text()) from error

    def _query(self, ask: Ask) -> Mapping[str, Json]:
        given = self.params.query if ask.url == self.params.url else NOTHING
        return {**given, **ask.query} if ask.query else given

    def _headers(self, ask: Ask) -> Mapping[str, str]:
        given = self.params.headers
        if ask.elsewhere:
            given = {name: value for name, value in given.items() if not is_secret(name)}
        key = self.ctx.idempotency_key if self.params.idempotent else None
        if key is not None and ask.count:
            key = f"{key}-{ask.count}"
        if ask.headers:
            given = {**given, **ask.headers}
        return headers_of(given, self.media_type, key)


async def answered(exchange: Exchange, given: PagesParams) -> list[Item]:
    """Return the items of a request, of all its pages."""
    params, item = exchange.params, exchange.item
    found: list[Item] = []
    pages = Pages(given, exchange.ctx, exchange.facts)
    async with aclosing(pages.read(params.url, exchange.fetch)) as read:
        async for page in read:
            found += items_of(page, params, item)
    return found


async def turn(batch: BatchParams, ctx: Context) -> None:
    """Wait until the group of the item at hand begins: so long after the one before it has."""
    name, group = f"{STARTED}{ctx.run_index}", (ctx.item or 0) // batch.size
    if name in ctx.memory and group <= ctx.memory[name][0]:
        return  # it has begun
    async with ctx.lock:
        last, begun = ctx.memory.get(name, (group, ctx.now()))
        wait = begun + (group - last) * batch.wait - ctx.now()
        if wait > 0:
            await ctx.sleep(wait)
        if group > last or name not in ctx.memory:
            ctx.memory[name] = group, ctx.now()


def is_secret(header: str) -> bool:
    """Whether a header is for the first host only."""
    return header.lower() in ("authorization", "cookie", "proxy-authorization")


def not_json(method: str, status: int, text: str) -> ApiError:
    """Return the error for an answer that should be JSON and is not (n8n: invalid JSON)."""
    return ApiError(
        f"the answer to {method} is not JSON: {shortened(text)}",
        status=status,
        details=text,
        hint="Set `response: text` if text is expected.",
    )


def shortened(text: str) -> str:
    """Return the beginning of a text, quoted."""
    return repr(text if len(text) <= 60 else f"{text[:59]}…")
