"""All that a node can see of the world.

The motor gives every node a :class:`Context`. Nothing else leads out of a node.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from logging import Logger, LoggerAdapter
from math import inf
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, ParamSpec, Protocol, TypeAlias

from typing_extensions import TypeVar

from .errors import CredentialError, ExpressionError
from .files import Files
from .items import Items, Json
from .streams import Scratch

if TYPE_CHECKING:
    from .credentials import Credential
    from .http import Http

S_co = TypeVar("S_co", default=None, covariant=True)
A = ParamSpec("A")
T = TypeVar("T")
C = TypeVar("C", bound="Credential")


Returned: TypeAlias = Mapping[str, Json] | ExpressionError
"""What JavaScript gave back: ``{"value": …}``, ``{}`` for undefined, or what it raised."""


class SubPipeline(NamedTuple):
    """A pipeline to run inside a run: the name of a file, or an id, or the text of a file.

    ``failed`` is whether it is run because another one failed.
    """

    name: str = ""
    text: str = ""
    failed: bool = False


class World(Protocol):
    """What the motor provides for one run of a step; a Context is a node's view of it."""

    @property
    def step(self) -> str: ...
    @property
    def run_index(self) -> int: ...
    @property
    def outputs(self) -> tuple[str, ...]: ...
    @property
    def source(self) -> Mapping[str, Json]: ...
    @property
    def state(self) -> Any: ...
    @property
    def pipeline_state(self) -> dict[str, Json]: ...
    @property
    def memory(self) -> dict[str, Any]: ...
    @property
    def http(self) -> "Http": ...
    @property
    def files(self) -> Files: ...
    @property
    def credential(self) -> "Credential | None": ...
    @property
    def log(self) -> LoggerAdapter[Logger]: ...
    @property
    def lock(self) -> AbstractAsyncContextManager[None]: ...
    @property
    def timezone(self) -> str: ...
    def now(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...
    async def keep_state(self) -> None: ...
    async def thread(self, call: Callable[[], T]) -> T: ...
    def start_soon(self, call: Callable[[], Awaitable[None]]) -> None: ...
    async def javascript(self, body: str, items: Items, each: bool) -> Sequence[Returned]: ...
    async def evaluate(self, text: str, extra: Mapping[str, Json], item: int | None) -> Json: ...
    async def run_pipeline(self, pipeline: SubPipeline, items: Items) -> Items: ...
    def progress(self, text: str) -> None: ...
    def hint(self, text: str) -> None: ...
    def secret(self, text: str) -> None: ...
    def key(self, item: int | None) -> str: ...
    def scratch(self) -> Scratch: ...


class Context(Generic[S_co]):
    """What a node may use while it runs: state, http, files, credentials, log, clock, lock."""

    __slots__ = ("_world", "deadline", "item")

    def __init__(self, world: World, item: int | None = None, deadline: float = inf) -> None:
        self._world = world
        self.item = item
        """The position of the item at hand in the step's input; ``None`` in ``run_batch``."""
        self.deadline = deadline
        """The time, by :meth:`now`, at which this call will be stopped; infinity if never."""

    @property
    def step(self) -> str:
        """The name of the step."""
        return self._world.step

    @property
    def run_index(self) -> int:
        """How often the step has run before in this run (n8n: ``$runIndex``)."""
        return self._world.run_index

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the step's outputs, without ``error``."""
        return self._world.outputs

    @property
    def source(self) -> Mapping[str, Json]:
        """The parameters as they stand in the file, expressions unresolved (n8n: raw parameters).

        Params hold values only; this tells a value written by the author from one that is computed.
        """
        return self._world.source

    @property
    def state(self) -> S_co:
        """What the step remembers from earlier runs. Change it in place."""
        state: S_co = self._world.state
        return state

    @property
    def pipeline_state(self) -> dict[str, Json]:
        """What the pipeline remembers from earlier runs (n8n: global static data)."""
        return self._world.pipeline_state

    async def keep_state(self) -> None:
        """Keep the state now, at a point that must not be lost."""
        await self._world.keep_state()

    @property
    def memory(self) -> dict[str, Any]:
        """What the step remembers within this run, over all its runs (n8n: node context)."""
        return self._world.memory

    @property
    def http(self) -> "Http":
        """JSON calls, texts, bytes and streams over the runtime's one session."""
        return self._world.http

    @property
    def files(self) -> Files:
        """Files below the pipeline's base directory."""
        return self._world.files

    def scratch(self) -> Scratch:
        """Return room on disk for items that wait; it is gone when the step is through."""
        return self._world.scratch()

    @property
    def log(self) -> LoggerAdapter[Logger]:
        """A logger named after the step; it shows ``***`` for secrets.

        Item contents belong at debug level only.
        """
        return self._world.log

    @property
    def lock(self) -> AbstractAsyncContextManager[None]:
        """One lock for the step: hold it around read-then-write of ``state``."""
        return self._world.lock

    def find_credential(self, kind: type[C]) -> C | None:
        """Return the step's credential; ``None`` if it has none, or one of another type."""
        held = self._world.credential
        return held if isinstance(held, kind) else None

    def credential(self, kind: type[C]) -> C:
        """Return the step's credential.

        Raises:
            CredentialError: The step has none, or one of another type.
        """
        held = self._world.credential
        if isinstance(held, kind):
            return held
        found = f"has a {type(held).__name__} credential" if held else "has no credential"
        raise CredentialError(
            f'step "{self.step}" {found}, {kind.__name__} is needed',
            hint="Name one under `credentials:` and give the step its name as `credential:`.",
        )

    @property
    def timezone(self) -> str:
        """The name of the pipeline's time zone."""
        return self._world.timezone

    def now(self) -> float:
        """Return the time of the run's clock, in seconds since the epoch."""
        return self._world.now()

    async def sleep(self, seconds: float) -> None:
        """Wait on the run's clock; a cancellation ends the wait."""
        await self._world.sleep(seconds)

    async def thread(self, call: Callable[A, T], *args: A.args, **kwargs: A.kwargs) -> T:
        """Run blocking work in a thread and return what it returns."""
        return await self._world.thread(lambda: call(*args, **kwargs))

    def start_soon(
        self, call: Callable[A, Awaitable[None]], *args: A.args, **kwargs: A.kwargs
    ) -> None:
        """Run something in the background; it is canceled when the step ends."""
        self._world.start_soon(lambda: call(*args, **kwargs))

    async def javascript(
        self, body: str, items: Items, *, each: bool = False
    ) -> Sequence[Returned]:
        """Run JavaScript in the child, with the variables an expression has here.

        It may change static data: the step's state and the pipeline's are what it left.

        Args:
            body: The body of an async function: ``await`` and ``return`` may be used.
            items: What ``$input`` gives.
            each: Whether it runs once for each item, or once for all.

        Returns:
            What it gave, for each item or once: ``{"value": …}``, ``{}`` where it returned
            undefined, or the error it raised.

        Raises:
            ExpressionError: It took too long or too much memory.
        """
        return await self._world.javascript(body, items, each)

    async def evaluate(self, text: str, extra: Mapping[str, Json]) -> Json:
        """Evaluate an expression for the item at hand, such as a ``Deferred`` parameter.

        Args:
            text: The expression, with its ``=``.
            extra: Variables beside the usual ones: ``$response``, ``$request``, ``$pageCount``.

        Returns:
            Its value; ``None`` for undefined.

        Raises:
            ExpressionError: It cannot be read, or stopped.
        """
        return await self._world.evaluate(text, extra, self.item)

    async def run_pipeline(self, name: str, items: Items, *, text: str = "") -> Items:
        """Run another pipeline over items, inside this run, and return what it put out.

        Args:
            name: A file below the pipeline's base directory, or the id of a pipeline that the
                runtime knows.
            items: The items its first steps get.
            text: What such a file would hold, in place of a name.

        Returns:
            Its output. Each item is linked to the one of ``items`` it came from, where that is
            known and one.

        Raises:
            NodeError: There is no such pipeline, it is running already, or it failed.
        """
        return await self._world.run_pipeline(SubPipeline(name, text), items)

    def progress(self, text: str) -> None:
        """Say what is going on; shown live, kept nowhere."""
        self._world.progress(text)

    def hint(self, text: str) -> None:
        """Say what the author of the pipeline should know; it stands in the run's record."""
        self._world.hint(text)

    def secret(self, text: str) -> None:
        """Say that a text is a secret: outputs, errors, logs and records show ``***`` in its place.

        For what no credential or state declares, such as a secret that came in through an item.
        """
        self._world.secret(text)

    @property
    def idempotency_key(self) -> str:
        """A key for this item of this step, the same over retries."""
        return self._world.key(self.item)
