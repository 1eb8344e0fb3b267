"""What an expression may see of a run, and how it is handed to JavaScript.

The motor offers a :class:`View`. Little of it is sent unasked; whatever an expression then touches
is asked for by a key, a list that begins with the sort of thing::

    ["part", name]                 a file of the prelude
    ["zone", name]                 the transitions of a time zone
    ["input"]                      all items of the active input
    ["item", index]                one of them
    ["step", name]                 what is known of another step
    ["all", name, output, run]     the items it put out; also "first" and "last"
    ["paired", name, index]        the item of that step an item of the input came from
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from nodekit.errors import NOWHERE, ExpressionError, NodekitError
from nodekit.items import Binary, Item, Items, Json
from nodekit.links import Link

from .process import script
from .zones import transitions

Key: TypeAlias = list[Any]
Gift: TypeAlias = list[Any]
"""A key and what it stands for."""


class StepView(Protocol):
    """What expressions may see of another step."""

    @property
    def executed(self) -> bool:
        """Whether it has run."""
        ...

    @property
    def runs(self) -> int:
        """How often it has run."""
        ...

    @property
    def default_output(self) -> int:
        """The position of the output that leads to the step at hand, else 0."""
        ...

    @property
    def params(self) -> Json:
        """Its parameters as they stand in the file."""
        ...

    @property
    def context(self) -> Json:
        """What it remembers within the run."""
        ...

    @property
    def connected(self) -> bool:
        """Whether data can come from it to the step at hand."""
        ...

    def outputs(self, run: int) -> Sequence[Items]:
        """Return what one run put out, by output.

        Raises:
            ExpressionError: It is not kept.
        """
        ...

    def paired(self, indexes: Sequence[int]) -> Sequence[Item | ExpressionError]:
        """Return the item of this step that each current item came from."""
        ...


class View(Protocol):
    """What the expressions of one run of a step may see."""

    @property
    def facts(self) -> Mapping[str, Json]:
        """What is known before any item is looked at, as JSON."""
        ...

    @property
    def rows(self) -> Items:
        """The items of the active input."""
        ...

    def everything(self) -> Items:
        """Return all items of the active input.

        Raises:
            ExpressionError: The run does not have them all at once.
        """
        ...

    def now(self) -> float:
        """Return the time, in seconds since the epoch."""
        ...

    def step(self, name: str) -> StepView | None:
        """Return what may be seen of another step; ``None`` if there is none of that name."""
        ...


def facts_of(view: View) -> dict[str, Json]:
    """Return the facts as JavaScript gets them: with the input and the time."""
    facts = dict(view.facts)
    previous = facts.get("prevNode")
    facts["input"] = {
        "count": len(view.rows),
        "previous": previous["name"] if isinstance(previous, Mapping) else None,
    }
    facts["binary"] = bool(view.rows.binary)
    facts["now"] = int(view.now() * 1000)
    return facts


def answer(view: View, key: Key, indexes: Sequence[int]) -> list[Gift]:
    """Return what a key stands for.

    Args:
        view: The view.
        key: The key.
        indexes: The items at hand: what is asked for one of them is handed in for all.
    """
    sort, *rest = key
    if sort == "item":
        wanted = indexes if rest[0] in indexes else [rest[0]]
        return [[["item", i], whole(view.rows[i])] for i in wanted if i < len(view.rows)]
    if sort == "paired":
        return paired(view, rest[0], rest[1], indexes)
    try:
        return [[key, given(view, sort, rest)]]
    except ExpressionError as error:
        return [[key, {"$error": failure(error)}]]


def paired(view: View, name: str, index: object, indexes: Sequence[int]) -> list[Gift]:
    """Return the items of a step that items of the input came from, each by its index."""
    step = view.step(name)
    if not isinstance(index, int) or not 0 <= index < len(view.rows) or step is None:
        return [[["paired", name, index], {"$error": failure(no_item())}]]
    wanted = indexes if index in indexes else [index]
    known = [i for i in wanted if i < len(view.rows)]
    found = step.paired(known)
    return [[["paired", name, i], either(one)] for i, one in zip(known, found, strict=True)]


def either(found: Item | ExpressionError) -> Json:
    """Return an item as JSON, an error in its place, or that there is none (n8n: undefined)."""
    if isinstance(found, ExpressionError) and found.kind == NOWHERE:
        return {"$none": True}
    return {"$error": failure(found)} if isinstance(found, ExpressionError) else whole(found)


def no_item() -> ExpressionError:
    """Say that the item index has no input item."""
    return ExpressionError(
        "Can’t get data for expression",
        kind="paired_item_intermediate_nodes",
        hint="The item asked for is not among the items of the input.",
    )


def failure(error: NodekitError) -> dict[str, Json]:
    """Return an error as JSON."""
    return {"message": error.message, "kind": getattr(error, "kind", None), "hint": error.hint}


def known(view: View, name: str) -> Json:
    """Return what is known of another step."""
    step = view.step(name)
    if step is None:
        return None
    return {
        "executed": step.executed,
        "runs": step.runs,
        "output": step.default_output,
        "params": step.params,
        "context": step.context,
        "connected": step.connected,
    }


def put_out(view: View, name: str, output: object, run: object) -> Items:
    """Return the items of one output of one run of a step; none where there is no such."""
    step = view.step(name)
    if step is None or not isinstance(run, int) or not 0 <= run < step.runs:
        return Items()
    outputs = step.outputs(run)
    if not isinstance(output, int) or not 0 <= output < len(outputs):
        return Items()
    return outputs[output]


def one_of(view: View, at: int, *place: Any) -> Json:
    """Return the first or the last item of an output; ``None`` where it has none."""
    items = put_out(view, *place)
    return whole(items[at]) if len(items) else None


PARTS: Mapping[str, Sequence[str]] = {
    "dates": (
        *("zones", "calendar", "dateformat", "dateparse", "duration"),
        *("datetime", "datemath", "interval", "dates"),
    ),
    "intl": ("intlnumber", "intldate"),
}
"""The parts of the prelude that are several files, in the order they are read."""


def part(name: str) -> str:
    """Return a part of the prelude. The files open with a directive, so each gets its own block."""
    return "\n".join(f"(() => {{{script(file)}\n}})();" for file in PARTS.get(name, (name,)))


def given(view: View, sort: str, rest: Sequence[Any]) -> Json:
    """Return what a key stands for that is not particular to the items at hand."""
    match sort:
        case "part":
            return part(rest[0])
        case "zone":
            return transitions(rest[0])
        case "input":
            return wholes(view.everything())
        case "step":
            return known(view, rest[0])
        case "all":
            return wholes(put_out(view, *rest))
        case _:
            return one_of(view, 0 if sort == "first" else -1, *rest)


def wholes(items: Iterable[Item]) -> list[Json]:
    """Return items as JSON."""
    return [whole(item) for item in items]


def whole(item: Item) -> dict[str, Json]:
    """Return an item as n8n shows it: json, binary without its bytes, and what it came from."""
    shown: dict[str, Json] = {"json": item.json}
    if item.binary:
        shown["binary"] = {name: described(binary) for name, binary in item.binary.items()}
    if item.links is not None:
        shown["pairedItem"] = linked(item.links)
    return shown


def linked(links: Link) -> Json:
    """Return links in n8n's form: one object, or a list of them."""
    listed = [{"item": link.item} for link in links or ()]
    return listed[0] if len(listed) == 1 else listed


def described(binary: Binary) -> dict[str, Json]:
    """Return what is known of a file, in n8n's words."""
    name = binary.file_name
    shown: dict[str, Json] = {
        "mimeType": binary.media_type,
        "fileType": file_type(binary.media_type),
        "fileExtension": name.rsplit(".", 1)[-1] if name and "." in name else "",
        "fileSize": size_text(binary.size),
        "bytes": binary.size,
    }
    return shown if name is None else {**shown, "fileName": name}


def file_type(media_type: str) -> str:
    """Return n8n's sort of a media type."""
    if media_type == "application/json":
        return "json"
    if media_type == "application/pdf":
        return "pdf"
    if media_type == "text/html":
        return "html"
    sort = media_type.split("/", 1)[0]
    return sort if sort in ("image", "audio", "video", "text") else ""


def size_text(size: int) -> str:
    """Return a size for people: ``1.5 kB``."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.3g} {unit}"
