"""Small pipelines of nodes that a test brings along."""

from collections.abc import Mapping, Sequence
from typing import Any

from nodekit import Context, Item, ItemNode, Json, Params, Pipeline, Registry, Step, load
from nodekit.node import Node


class Nothing(Params):
    """No parameters."""


class Pass(ItemNode[Nothing]):
    """Pass items on."""

    def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
        """Pass it on."""
        return item


def flow(
    steps: Sequence[Mapping[str, Json]],
    nodes: Mapping[str, type[Node[Any, Any, Any]]] | None = None,
    **top: Json,
) -> Pipeline:
    """Load a pipeline whose steps pass items on, unless they say another type.

    Args:
        steps: The steps; ``name`` will do.
        nodes: Further node types, by name.
        top: What else stands at the top of the file.
    """
    registry = Registry()
    known: dict[str, type[Node[Any, Any, Any]]] = {"pass": Pass, **(nodes or {})}
    for name, node in known.items():
        registry.add(name, node)
    filled = [{"type": "pass", **step} for step in steps]
    return load({"nodekit": 1, "name": "test", **top, "steps": filled}, registry=registry)


def single(node: type[Node[Any, Any, Any]] = Pass, **settings: Json) -> Step:
    """Return one bound step of a node."""
    return flow([{"name": "Here", "type": "node", **settings}], {"node": node}).step("Here")
