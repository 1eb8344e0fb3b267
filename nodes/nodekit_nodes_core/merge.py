"""Merge: items of several inputs, put together."""

from collections.abc import AsyncGenerator, Awaitable, Mapping
from typing import Literal, assert_never

from nodekit import BatchNode, Context, Inputs, Items, NeedsAll, Stream

from .buckets import stream_by_key
from .merge_params import All, Append, Choose, Key, MergeParams, Position, Sql
from .merge_streams import sides, stream_all, stream_by_position, stream_chosen, stream_pairs
from .merge_whole import by_key, by_position, by_query, chosen, every_pair

SIDES = ("left", "right")


class Merge(BatchNode[MergeParams]):
    """Put the items of several inputs together.

    The step runs once its inputs have come, or at the end with those that have.
    """

    inputs = "*"
    slices = "stream"

    @classmethod
    def inputs_of(cls, params: MergeParams) -> tuple[str, ...] | Literal["*"]:
        return SIDES if isinstance(params, Key | All) else "*"

    @classmethod
    def required_of(cls, params: MergeParams) -> tuple[str, ...]:
        return tuple(params.require) if isinstance(params, Choose) else ()

    @classmethod
    def slices_of(cls, params: MergeParams) -> Literal["any", "fold", "stream", "all"]:
        return "all" if isinstance(params, Sql) else "stream"

    def run_batch(
        self, inputs: Inputs, params: MergeParams, ctx: Context
    ) -> Items | Awaitable[Items]:
        match params:
            case Append():
                return Items.join(inputs.values())
            case Position():
                return by_position(inputs, params)
            case All():
                return every_pair(*both(inputs), params)
            case Key():
                return by_key(*both(inputs), params)
            case Choose():
                return chosen(inputs, params)
            case Sql():
                return by_query(inputs, params, ctx)
            case _:
                assert_never(params)

    def run_stream(
        self, inputs: Mapping[str, Stream], params: MergeParams, ctx: Context
    ) -> AsyncGenerator[Items, None]:
        match params:
            case Append():
                return stream_all(inputs)
            case Position():
                return stream_by_position(inputs, params)
            case All():
                return stream_pairs(*sides(inputs), params)
            case Key():
                return stream_by_key(*sides(inputs), params, ctx)
            case Choose():
                return stream_chosen(inputs, params)
            case Sql():
                raise NeedsAll
            case _:
                assert_never(params)


def both(inputs: Inputs) -> tuple[Items, Items]:
    """Return the left and the right items; none where nothing is connected."""
    return inputs.get("left", Items()), inputs.get("right", Items())
