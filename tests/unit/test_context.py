"""A node's view of the world: everything is handed through, with the item at hand."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from logging import LoggerAdapter, getLogger
from math import inf
from typing import Any

import anyio
import pytest

from nodekit import Context, Credential, CredentialError, Files, Http, Items, Json
from nodekit.context import Returned, SubPipeline


class Key(Credential):
    """A key."""


class Other(Credential):
    """Another."""


class Recorded:
    """A world that writes down what it is asked for."""

    step = "Here"
    run_index = 3
    outputs: tuple[str, ...] = ("main",)
    source: Mapping[str, Json] = {"a": "={{ 1 }}"}
    state: Any = None
    timezone = "Europe/Berlin"
    log = LoggerAdapter(getLogger("nodekit.step.Here"))
    http: Http
    files: Files

    def __init__(self, credential: Credential | None = None) -> None:
        self.credential = credential
        self.pipeline_state: dict[str, Json] = {"shared": 1}
        self.memory: dict[str, Any] = {}
        self.lock: AbstractAsyncContextManager[None] = anyio.Lock()
        self.asked: list[Any] = []

    def now(self) -> float:
        return 5.0

    async def sleep(self, seconds: float) -> None:
        self.asked.append(("sleep", seconds))

    async def keep_state(self) -> None:
        self.asked.append("keep")

    async def thread(self, call: Callable[[], Any]) -> Any:
        return call()

    def start_soon(self, call: Callable[[], Awaitable[None]]) -> None:
        self.asked.append(call())

    async def javascript(self, body: str, items: Items, each: bool) -> Sequence[Returned]:
        self.asked.append((body, len(items), each))
        return [{"value": 1}]

    async def evaluate(self, text: str, extra: Mapping[str, Json], item: int | None) -> Json:
        return [text, dict(extra), item]

    async def run_pipeline(self, pipeline: SubPipeline, items: Items) -> Items:
        self.asked.append(pipeline)
        return items

    def progress(self, text: str) -> None:
        self.asked.append(("progress", text))

    def hint(self, text: str) -> None:
        self.asked.append(("hint", text))

    def secret(self, text: str) -> None:
        self.asked.append(("secret", text))

    def key(self, item: int | None) -> str:
        return f"key of {item}"


async def test_a_context_hands_everything_through() -> None:
    world = Recorded()
    world.http, world.files = object(), object()  # type: ignore[assignment]  # only passed on
    ctx: Context[None] = Context(world, item=7, deadline=9.0)
    assert (ctx.step, ctx.run_index, ctx.outputs) == ("Here", 3, ("main",))
    assert (ctx.source, ctx.timezone, ctx.now()) == (world.source, "Europe/Berlin", 5.0)
    assert (ctx.item, ctx.deadline, ctx.idempotency_key) == (7, 9.0, "key of 7")
    assert ctx.state is None
    assert ctx.pipeline_state is world.pipeline_state
    assert ctx.memory is world.memory
    assert ctx.http is world.http
    assert ctx.files is world.files
    assert ctx.log is world.log
    assert ctx.lock is world.lock


async def test_a_context_asks_the_world() -> None:
    world = Recorded()
    ctx: Context[None] = Context(world)
    await ctx.sleep(2)
    await ctx.keep_state()
    ctx.progress("half")
    ctx.hint("less")
    ctx.secret("hush")
    ctx.start_soon(lambda n: n, "work")  # type: ignore[arg-type, return-value]  # a word will do
    assert await ctx.javascript("return 1", Items([{}])) == [{"value": 1}]
    assert await ctx.run_pipeline("a.yaml", Items(), text="t") == Items()
    assert world.asked == [
        ("sleep", 2),
        "keep",
        ("progress", "half"),
        ("hint", "less"),
        ("secret", "hush"),
        "work",
        ("return 1", 1, False),
        SubPipeline("a.yaml", "t"),
    ]
    assert await ctx.thread(divmod, 7, 2) == (3, 1)
    assert await ctx.evaluate("={{ 1 }}", {"$a": 1}) == ["={{ 1 }}", {"$a": 1}, None]
    assert (ctx.item, ctx.deadline) == (None, inf)


def test_the_credential_of_the_step_is_given_by_its_type() -> None:
    key = Key()
    ctx: Context[None] = Context(Recorded(key))
    assert ctx.credential(Key) is key
    assert ctx.find_credential(Key) is key


def test_a_credential_that_is_not_there_is_not_found() -> None:
    none: Context[None] = Context(Recorded(None))
    another: Context[None] = Context(Recorded(Other()))
    assert none.find_credential(Key) is None
    assert another.find_credential(Key) is None


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (None, 'step "Here" has no credential, Key is needed'),
        (Other(), 'step "Here" has a Other credential, Key is needed'),
    ],
    ids=["none", "another"],
)
def test_a_step_without_the_credential_is_an_error(held: Credential | None, message: str) -> None:
    ctx: Context[None] = Context(Recorded(held))
    with pytest.raises(CredentialError) as failed:
        ctx.credential(Key)
    assert str(failed.value) == message
    assert failed.value.hint == (
        "Name one under `credentials:` and give the step its name as `credential:`."
    )
