"""The two kinds of node, and what they take and give.

An :class:`ItemNode` turns one item into items; the engine loops, orders, retries and links. A
:class:`BatchNode` gets all items of all inputs at once. The three facts of a node are its type
parameters: params, state, outputs.
"""

from abc import abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeAlias, cast, get_args

from typing_extensions import TypeVar

from .context import Context
from .items import Item, Items
from .streams import Stream

if TYPE_CHECKING:
    from .credentials import Credential

P = TypeVar("P")
S = TypeVar("S", default=None)
O = TypeVar("O", bound=str, default=Literal["main"])  # noqa: E741  # params, state, outputs
O_co = TypeVar("O_co", bound=str, default=Literal["main"], covariant=True)


class Send(Generic[O_co]):
    """Items and the outputs they leave by.

    ``Send("found", item)`` sends to one output, :meth:`to` to several, :meth:`split` sends each
    row of a list to one of two.
    """

    __slots__ = ("outputs",)

    def __init__(self, output: O_co, *items: Item) -> None:
        self.outputs: Mapping[str, Items] = {output: Items.of(items)}

    @classmethod
    def to(cls, outputs: Mapping[O, Sequence[Item]]) -> "Send[O]":
        """Send items to several outputs."""
        sent = cast("Send[O]", object.__new__(Send))
        sent.outputs = {name: Items.of(items) for name, items in outputs.items()}
        return sent

    @classmethod
    def split(cls, rows: Items, flags: Sequence[object], yes: O, no: O) -> "Send[O]":
        """Send each row to ``yes`` where its flag is truthy, else to ``no``.

        Raises:
            ValueError: There is not one flag for each row.
        """
        if len(flags) != len(rows):
            raise ValueError(f"{len(rows)} items cannot be split by {len(flags)} flags")
        chosen = [i for i, flag in enumerate(flags) if flag]
        if len(chosen) == len(rows):
            return Send.to({yes: rows, no: Items()})
        rest = [i for i, flag in enumerate(flags) if not flag]
        return Send.to({yes: rows.take(chosen), no: rows.take(rest)})

    def __repr__(self) -> str:
        return f"Send({', '.join(f'{k}: {len(v)}' for k, v in self.outputs.items())})"


class Inputs(Mapping[str, Items]):
    """The items of every input of a step, by name, in declared order.

    An input that got nothing is empty.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Items]) -> None:
        self._items = items

    @property
    def main(self) -> Items:
        """The items of the first input."""
        return next(iter(self._items.values()), Items())

    def __getitem__(self, name: str) -> Items:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)


ItemResult: TypeAlias = Item | Sequence[Item] | Send[O] | Sequence[Send[O]] | None
"""What ``run_item`` may return: an item, several, a Send or several, or nothing."""

BatchResult: TypeAlias = Sequence[Item] | Send[O] | None
"""What ``run_batch`` may return: items for the first output, or a Send. Items are a sequence.

``None`` is no run of the step at all: nothing is recorded, and what follows does not run.
"""


Slices: TypeAlias = Literal["any", "fold", "stream", "all"]
"""What a node needs of a long input, see :attr:`Node.slices`."""


class Node(Generic[P, S, O]):
    """What both kinds of node declare beside their params, state and outputs."""

    inputs: ClassVar[tuple[str, ...] | Literal["*"]] = ("main",)
    """The names of the inputs; ``"*"`` takes whatever names the file gives."""

    failed: ClassVar[str | None] = None
    """The output that takes failing items unchanged under ``on_error: continue``."""

    slices: ClassVar[Slices] = "any"
    """What the node needs of a long input.

    ``any``: each item for itself; ``fold``: slices in order, with what it has in ``ctx.memory``;
    ``stream``: all of it, but a part at a time, by ``run_stream``; ``all``: all of it at once.
    """

    concurrency: ClassVar[int] = 1
    """How many items at once, where neither the step nor the pipeline says."""

    repeatable: ClassVar[bool] = True
    """Whether a call that was cut off may be made again; else its fate is reported as unknown."""

    credentials: "ClassVar[tuple[type[Credential], ...]]" = ()
    """The credentials the node can use."""

    state_kept: ClassVar[Literal["always", "on_success"]] = "always"
    """Whether the state of a failed run is kept."""

    version: ClassVar[int] = 1
    previous: ClassVar["type[Node[Any, Any, Any]] | None"] = None
    """The class of the version before, where a change would break pipelines."""

    @classmethod
    def inputs_of(cls, params: P) -> tuple[str, ...] | Literal["*"]:
        """Return the inputs of a step with these params; only ``Fixed`` ones may be read."""
        return cls.inputs

    @classmethod
    def outputs_of(cls, params: P) -> tuple[str, ...]:
        """Return the outputs of a step with these params; only ``Fixed`` ones may be read."""
        return get_args(declared(cls)[2])

    @classmethod
    def required_of(cls, params: P) -> tuple[str, ...]:
        """Return the inputs without which a step with several never runs (n8n: required inputs).

        A step that waits for several inputs runs late with what has come, if at least one input
        has items and all of these have.
        """
        return ()

    @classmethod
    def slices_of(cls, params: P) -> Slices:
        """Return what a step with these params needs of a long input; see ``slices``.

        Only ``Fixed`` params may be read.
        """
        return cls.slices

    @classmethod
    def merge_state(cls, base: S | None, stored: S, mine: S) -> S | None:
        """Return what to keep when another run has kept its state since this one began.

        ``base`` is the state both began with, ``stored`` the other's, ``mine`` this run's. Without
        this method, or with ``None`` returned, ``mine`` wins, with a warning (n8n: last one wins).
        """
        return None


class ItemNode(Node[P, S, O]):
    """A node for each item: params are resolved for every item, output order is input order."""

    @abstractmethod
    def run_item(
        self, item: Item, params: P, ctx: Context[S]
    ) -> ItemResult[O] | Awaitable[ItemResult[O]]:
        """Turn one item into items. Return an item, several, or ``None`` to drop it."""
        raise NotImplementedError

    def lane(self, item: Item, params: P) -> Hashable | None:
        """Return what items must share to run one after another, in input order."""
        return None


class BatchNode(Node[P, S, O]):
    """A node for all items at once: params are resolved once, ``Each`` ones for every item."""

    slices: ClassVar[Slices] = "all"

    @abstractmethod
    def run_batch(
        self, inputs: Inputs, params: P, ctx: Context[S]
    ) -> BatchResult[O] | Awaitable[BatchResult[O]]:
        """Turn the items of all inputs into items."""
        raise NotImplementedError

    def run_stream(
        self, inputs: Mapping[str, Stream], params: P, ctx: Context[S]
    ) -> AsyncGenerator[Sequence[Item] | Send[O], None]:
        """Turn the items of inputs that are too long to hold into items, a part at a time.

        It puts out what ``run_batch`` would; ``slices = "stream"`` says that it is there. Items
        that shall be linked are made from those of the streams; ``ctx.scratch()`` is room on disk.

        Raises:
            NeedsAll: It must see all items at once after all, and has put out nothing yet.
        """
        raise NotImplementedError


def declared(node: type[Node[Any, Any, Any]]) -> tuple[Any, Any, Any]:
    """Return the params, state and outputs a node class declares as its type parameters.

    Raises:
        TypeError: The class does not name its params.
    """
    for kind in node.__mro__:
        for parent in getattr(kind, "__orig_bases__", ()):
            facts = get_args(parent)
            if facts and not isinstance(facts[0], TypeVar):
                params, state, outputs = (*facts, None, None)[:3]
                return params, None if state is type(None) else state, outputs or Literal["main"]
    raise TypeError(f"{node.__name__} does not name its params, as in ItemNode[MyParams]")
