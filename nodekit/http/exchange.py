"""One call from beginning to end: limit, signature, guard, wire, redirects."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from aiohttp import ClientResponse
from multidict import CIMultiDict
from yarl import URL

from nodekit.credentials import Credential, Request
from nodekit.errors import ApiError, CredentialError

from .accounts import Account
from .addresses import check_host
from .failures import refused, retry_after, shown
from .limits import Clock, Limiter
from .message import Head, Message, encoded, head
from .options import Call, Limit, Limited
from .redirects import FOLLOWED, redirected, target_of
from .resolving import Resolve
from .stream import Stream
from .urls import parsed, same_origin
from .wire import FAILURES, Wire, failure

NOWHERE = URL()

HEADS = 64
"""How many different headers are kept ready for the next request that has the same."""

RENEWAL_TIMEOUT = 30.0
"""How long fetching a token may take, in seconds."""


class Exchange:
    """Sends calls and gives answers; keeps the limits and tokens that all steps share.

    Args:
        limits: How fast hosts may be called, by host name or ``"*"``.
        resolve: Finds the addresses of a host; the system's way where none is given.
        learn: Called with every secret that a service gives: a token.
    """

    def __init__(
        self, limits: Mapping[str, Limit], resolve: Resolve | None, learn: Callable[[str], None]
    ) -> None:
        self.wire = Wire(resolve)
        self._learn = learn
        self._limits = limits
        self.limiters: dict[object, Limiter] = {}
        self._accounts: dict[int, Account] = {}
        self._held: list[Credential] = []
        self.head: Head = lru_cache(maxsize=HEADS)(head)
        """Makes headers ready; its own for each session, since there are secrets among them."""

    @property
    def limits_something(self) -> bool:
        """Whether a limit was declared, or found out by being told to slow down."""
        return bool(self.limiters or self._limits)

    async def open(self, call: Call, clock: Clock) -> Stream:
        """Send a call, follow redirects, and return the answer before its content has come.

        Raises:
            ApiError: There was no answer, or too many redirects.
            NodeError: The request cannot be sent, or an address may not be reached.
        """
        hop = Hop(self, call, clock)
        answer = await (hop.send() if hop.account is None else hop.send_signed(hop.account))
        followed = 0
        while call.redirects > 0 and answer.status in FOLLOWED:
            location = answer.headers.get("Location")
            if not location:
                break
            answer.close()
            if followed == call.redirects:
                raise too_many(call, answer.status)
            hop.follow(answer.status, target_of(answer.status, location, hop.url))
            answer = await (hop.send() if hop.account is None else hop.send_signed(hop.account))
            followed += 1
        return answer

    def account(self, credential: Credential) -> Account:
        """Return what is remembered of a credential; equal credentials share it."""
        found = self._accounts.get(id(credential))
        if found is None:
            known = (a for a in self._accounts.values() if a.credential == credential)
            found = next(known, None) or Account(credential)
            self._accounts[id(credential)] = found
            self._held.append(credential)  # so that its id stays its own
        return found

    def limiter(
        self,
        host: str | None,
        account: Account | None,
        limit: Limited | None,
        *,
        make: bool = False,
    ) -> Limiter | None:
        """Return the limiter of a credential, else of a host; ``None`` where nothing is limited."""
        key = account or host
        found = self.limiters.get(key)
        if found is None:
            declared = self._limits.get(host or "") or self._limits.get("*")
            if declared is None and limit is None and not make:
                return None
            found = self.limiters[key] = Limiter()
            if declared is not None:
                found.tighten(declared)
        if limit is not None:
            found.tighten(Limit(*limit))
        return found

    async def token(self, account: Account, clock: Clock) -> dict[str, str] | None:
        """Return the token of a credential, fetched first if it must be; ``None`` if it has none.

        Raises:
            CredentialError: The service gave none.
        """
        if account.renewal(clock.now()) is None:
            return account.token
        async with account.lock:
            request = account.renewal(clock.now())
            if request is not None:
                account.granted(await self._fetched(request, clock), clock.now())
                for text in account.secrets():
                    self._learn(text)
        return account.token

    def secrets(self) -> Iterator[str]:
        """Yield the tokens that services have given."""
        for account in self._accounts.values():
            yield from account.secrets()

    async def _fetched(self, request: Request, clock: Clock) -> object:
        call = Call(request, timeout=RENEWAL_TIMEOUT, reach="host")
        answer = await self.open(call, clock)
        try:
            response = await answer.read()
        finally:
            answer.close()
        if not response.ok:
            error = refused(request.method, response, clock.now())
            if error.retryable == "yes":
                raise error
            raise CredentialError(
                f"no token was given: {error.message}", hint=error.hint
            ) from error
        try:
            return response.json()
        except ValueError as error:
            text = f"no token was given: {shown(request.url)} answered with what is not JSON"
            raise CredentialError(text) from error

    async def aclose(self) -> None:
        """Close all connections."""
        await self.wire.aclose()


class Hop:
    """One request of a call: the first, or one that a redirect asked for."""

    __slots__ = ("_clock", "_exchange", "_request", "_start", "account", "call", "url")

    def __init__(self, exchange: Exchange, call: Call, clock: Clock) -> None:
        self._exchange = exchange
        self._clock = clock
        self._request = call.request
        self._start: URL | None = None
        self.call = call
        self.url = NOWHERE
        """Where the request went."""
        self.account = exchange.account(call.credential) if call.credential is not None else None
        """The credential that signs it; ``None`` once a redirect has left the origin."""

    @property
    def guarded(self) -> bool:
        """Whether only public addresses may be reached."""
        reach = self.call.reach
        if reach == "any":
            return False
        start = self._start
        return reach == "public" or start is None or start.raw_host != self.url.raw_host

    async def send_signed(self, account: Account) -> Stream:
        """Send the request signed; once more with a new token if the first was refused."""
        token = await self._exchange.token(account, self._clock)
        answer = await self.send(self._signed(account, token))
        if answer.status == 401 and account.forget(token):
            answer.close()
            token = await self._exchange.token(account, self._clock)
            answer = await self.send(self._signed(account, token))
        return answer

    def _signed(self, account: Account, token: dict[str, str] | None) -> Request:
        return account.credential.sign(self._request).with_headers(token or {})

    async def send(self, signed: Request | None = None) -> Stream:
        """Send the request, as it is or signed."""
        request = signed or self._request
        message = encoded(request, self.call.arrays, self._exchange.head)
        self.url = url = parsed(message.url)
        if self._start is None:
            self._start = url
        if "@" in message.url and (url.raw_user is not None or url.raw_password is not None):
            message, url = with_login(message, url)
        guarded = self.guarded
        if guarded:
            await self._check(url.host or "")
        limiter = None
        if self.call.limit or self._exchange.limits_something:
            limiter = self._exchange.limiter(url.raw_host, self.account, self.call.limit)
        weight = Limit(*self.call.limit).weight if self.call.limit else 1.0
        slots = None if limiter is None else await limiter.acquire(self._clock, weight)
        sent = False
        try:
            raw = await self._exchange.wire.send(message, url, self.call, guarded, self.account)
            sent = True
        except FAILURES as error:
            raise failure(error, message, url, self.call.timeout) from error
        finally:
            if slots is not None and not sent:
                slots.release()
        if limiter is not None or raw.status in (429, 503):
            self._learn(raw, limiter, url)
        seen = message.url if request.query is self._request.query else self._request.url
        return Stream(raw, message, self.call, slots, seen)

    async def _check(self, host: str) -> None:
        """Refuse a host that is not public, as far as can be told before connecting."""
        check_host(host)
        if self.call.proxy:  # which connects for us, and where to is not ours to see
            await self._exchange.wire.check(host)

    def _learn(self, raw: ClientResponse, limiter: Limiter | None, url: URL) -> None:
        if limiter is None:
            limiter = self._exchange.limiter(url.raw_host, self.account, None, make=True)
        if limiter is not None:
            now = self._clock.now()
            limiter.answered(raw.status, retry_after(raw.headers, now), now)

    def follow(self, status: int, target: URL) -> None:
        """Turn to where a redirect leads; beyond the origin the credential stays behind."""
        same = self._start is not None and same_origin(self._start, target)
        if not same:
            self.account = None
        self._request = redirected(self._request, status, target, same=same)


def too_many(call: Call, status: int) -> ApiError:
    """Return the error for a call that was sent on and on."""
    where = f"{call.request.method} {shown(call.request.url)}"
    return ApiError(f"{where} was redirected more than {call.redirects} times", status=status)


def with_login(message: Message, url: URL) -> tuple[Message, URL]:
    """Move user and password from a URL to a header, where none is given."""
    bare = url.with_user(None)
    if any(name.lower() == "authorization" for name in message.headers):
        return replace(message, url=str(bare)), bare
    login = f"{url.user or ''}:{url.password or ''}".encode()
    headers = CIMultiDict(message.headers)
    headers["Authorization"] = f"Basic {b64encode(login).decode()}"
    return replace(message, url=str(bare), headers=headers), bare
