"""Nodes in situations that a run brings about seldom: without items, and as they are canceled."""

import asyncio
from collections.abc import Iterator
from inspect import isawaitable
from typing import Any, cast

import anyio
from pydantic import BaseModel

from nodekit.columns import Column
from nodekit.context import Context
from nodekit.items import Item, Items
from nodekit.json_values import is_list, is_object
from nodekit.node import BatchNode, Inputs, ItemNode, Node


class Hides(Exception):
    """A node went on although it was canceled."""


def without_items(node: type[BatchNode[Any, Any, Any]]) -> type[Node[Any, Any, Any]]:
    """Return the node as one that is given no items, whatever its step gets.

    The motor does so where no item of a step has all its values, and where one of several inputs
    got nothing.
    """

    def run_batch(self: Any, inputs: Inputs, params: Any, ctx: Context[Any]) -> Any:
        for column in columns_in(params):
            column.keep([])
        return node.run_batch(self, Inputs({name: Items() for name in inputs}), params, ctx)

    return type(node.__name__, (node,), {"run_batch": run_batch, "__doc__": node.__doc__})


def canceled(node: type[Node[Any, Any, Any]]) -> type[Node[Any, Any, Any]]:
    """Return the node as one that is canceled as soon as it waits for something.

    It raises :class:`Hides` if it goes on all the same, and else gives nothing.
    """

    async def run_item(self: Any, item: Item, params: Any, ctx: Context[Any]) -> None:
        await told(node.run_item(self, item, params, ctx))  # type: ignore[attr-defined]  # one of both

    async def run_batch(self: Any, inputs: Inputs, params: Any, ctx: Context[Any]) -> None:
        await told(node.run_batch(self, inputs, params, ctx))  # type: ignore[attr-defined]  # one of both

    run: dict[str, Any] = (
        {"run_item": run_item} if issubclass(node, ItemNode) else {"run_batch": run_batch}
    )
    made = type(node.__name__, (node,), run | {"__doc__": node.__doc__})
    return cast("type[Node[Any, Any, Any]]", made)


async def told(result: Any) -> None:
    """Await what a node gives under a scope that is canceled.

    Raises:
        Hides: It was canceled, and came to its end like any other.
    """
    if not isawaitable(result):
        return
    task = asyncio.current_task()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await result
        if task is not None and task.cancelling():
            raise Hides


def columns_in(value: object) -> Iterator[Column[Any]]:
    """Yield the columns in the params of a node."""
    if isinstance(value, Column):
        yield value
    elif isinstance(value, BaseModel):
        yield from columns_in(dict(value))
    elif is_object(value):
        for part in value.values():
            yield from columns_in(part)
    elif is_list(value):
        for part in value:
            yield from columns_in(part)
