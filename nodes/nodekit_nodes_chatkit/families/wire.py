"""One request and its answer, and what may be repeated.

A request that is refused before it was processed is repeated here, as often as the author allows.
What may have been processed is repeated only if that does no harm; otherwise the error says that
the outcome is unknown, and nobody repeats it.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from random import random
from typing import Protocol, TypeVar

import anyio

from nodekit import ApiError, Json
from nodekit_nodes_chatkit.masking import masked_text
from nodekit_nodes_chatkit.pace import backoff
from nodekit_nodes_chatkit.params.common import Common
from nodekit_nodes_chatkit.params.values import milliseconds
from nodekit_nodes_chatkit.sessions import Ctx, Slot

from .calls import Answer, Call, encoded, lowered
from .refusals import no_answer, refusal, timed_out

T = TypeVar("T")

MAX_BODY = 16 << 20

LARGEST = 1 << 40
LONGEST = 86_400.0
GRACE = 5.0
"""The limits are kept here, where they can be told apart; those of HTTP lie beyond them."""

PACED_SECONDS = 600.0
"""After so much waiting for a rate limit, the author is told what to change."""


class Streamed(Protocol):
    """The part of a streamed answer that is used here."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    def chunks(self) -> AsyncIterator[bytes]: ...


class Wire:
    """Sends the requests of one item.

    Args:
        ctx: The item's context.
        params: Its parameters, for time limits and repetitions.
    """

    def __init__(self, ctx: Ctx, params: Common) -> None:
        self.ctx = ctx
        self.timeout = milliseconds(params.timeout_ms)
        self.retries = params.max_retries
        self.longest_wait = params.max_retry_wait_ms / 1000

    async def json(self, call: Call, slot: Slot | None = None) -> Json:
        """Send a request and return the JSON of its answer.

        Raises:
            ApiError: The service refused, could not be reached, or did not answer with JSON.
        """
        return read_json(await self.answer(call, slot))

    async def answer(self, call: Call, slot: Slot | None = None) -> Answer:
        """Send a request and return its answer, repeating what may be repeated.

        Raises:
            ApiError: The service refused, or could not be reached.
        """
        return await self.repeated(lambda: self.exchange(call), slot)

    async def repeated(self, attempt: Callable[[], Awaitable[T]], slot: Slot | None = None) -> T:
        """Make an attempt, and again after failures that may be repeated.

        Raises:
            ApiError: The last attempt failed.
        """
        for tried in count():
            await self.pace(slot)
            try:
                result = await attempt()
            except ApiError as error:
                wait = self.wait_after(error, tried)
                if slot is not None and error.status == 429:
                    slot.bucket.refused(self.ctx.now(), wait)
                else:
                    await self.ctx.sleep(wait)
            else:
                if slot is not None:
                    slot.bucket.accepted()
                return result
        raise AssertionError("counting never ends")

    async def pace(self, slot: Slot | None) -> None:
        """Wait until the slot's rate limit has room, and until its pause is over."""
        if slot is None:
            return
        wait = slot.bucket.take(self.ctx.now())
        while wait > 0:
            self.note_pace(slot, wait)
            await self.ctx.sleep(wait)
            wait = slot.bucket.pause_left(self.ctx.now())

    def note_pace(self, slot: Slot, wait: float) -> None:
        """Say once, when much time goes into waiting, which parameter to change."""
        before, slot.paced = slot.paced, slot.paced + wait
        if before <= PACED_SECONDS < slot.paced and slot.bucket.limit is not None:
            self.ctx.hint(
                f"Messages wait for the session's rate limit of {slot.bucket.limit:g} a minute, "
                f"{slot.paced / 60:.0f} minutes so far. Raise max_requests_per_minute in "
                "session_config, or spread the items over several users."
            )

    def wait_after(self, error: ApiError, tried: int) -> float:
        """Return how long to wait before the next attempt.

        Raises:
            ApiError: There is to be none.
        """
        if error.retryable != "yes" or tried >= self.retries:
            raise error
        if error.retry_after is None:
            return backoff(tried, random())
        if error.retry_after > self.longest_wait:
            raise ApiError(
                f"Rate limited; the server asks to wait {error.retry_after:g} s, "
                f"more than the allowed {self.longest_wait:g} s.",
                status=error.status,
                details=error.details,
                json=error.json,
                hint="Try again later, or raise max_retry_wait_ms.",
            ) from error
        return error.retry_after

    async def exchange(self, call: Call) -> Answer:
        """Send a request once and read the answer whole.

        Raises:
            ApiError: The answer is not 2xx, or there was none.
        """
        answer: Answer | None = None
        with anyio.CancelScope(shield=call.shielded), anyio.move_on_after(call.timeout):
            async with self.opened(call) as stream:
                answer = await whole(stream, call)
        if answer is None:
            raise timed_out(call)
        if not 200 <= answer.status < 300:
            raise refusal(call, answer, self.ctx.now())
        return answer

    @asynccontextmanager
    async def opened(self, call: Call) -> AsyncGenerator[Streamed]:
        """Send a request and give the answer as it begins.

        Raises:
            ApiError: There was no answer.
        """
        async with AsyncExitStack() as stack:
            answer = self.ctx.http.stream(
                call.method,
                call.url,
                query=call.query,
                headers=call.headers,
                content=encoded(call.body),
                timeout=LONGEST if call.streams else call.timeout + GRACE,
                redirects=0,
                max_size=LARGEST,
                reach=call.reach,
                credential=call.lane,
                check=False,
            )
            try:
                stream = await stack.enter_async_context(answer)
            except ApiError as error:
                raise no_answer(call, error) from error
            yield stream


async def whole(stream: Streamed, call: Call) -> Answer:
    """Read an answer to its end.

    Raises:
        ApiError: It broke off, or is too large.
    """
    content = bytearray()
    try:
        async for chunk in stream.chunks():
            content += chunk
            if len(content) > MAX_BODY:
                break
    except ApiError as error:
        raise no_answer(call, error) from error
    if len(content) > MAX_BODY:
        raise ApiError("The response is larger than 16 MB.", status=stream.status)
    return Answer(stream.status, lowered(stream.headers), bytes(content), call.secret)


def read_json(answer: Answer) -> Json:
    """Return the JSON of a good answer.

    Raises:
        ApiError: It is not JSON.
    """
    body = answer.body
    if body is None:
        raise ApiError(
            f"ChatKit request failed (HTTP {answer.status}): the response is not JSON.",
            status=answer.status,
            details=masked_text(answer.text, {answer.secret})[:200],
        )
    return body
