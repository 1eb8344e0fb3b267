"""The node ``summarize``."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from itertools import islice

from nodekit import BatchNode, Context, Inputs, Item, Items, Json, NodeError, Sources, Stream

from .columns import column
from .groups import Part, chosen, grouping, groups_of
from .paths import MISSING
from .summarize_params import SummarizeParams

PART = 1000
"""How many groups are put out at once."""


class Summarize(BatchNode[SummarizeParams]):
    """Work out sums, counts, averages, lists and extremes, over all items or for groups of them.

    Groups come in the order in which their values are first seen, field by field. A group's item
    is linked to all of its members.
    """

    slices = "stream"

    async def run_stream(
        self, inputs: Mapping[str, Stream], params: SummarizeParams, ctx: Context
    ) -> AsyncGenerator[Items, None]:
        (stream,) = inputs.values()
        summary = Summary(params)
        async for rows in stream:
            summary.add(rows)
        items = summary.items(ctx)
        while part := list(islice(items, PART)):
            yield Items.of(part)

    def run_batch(self, inputs: Inputs, params: SummarizeParams, ctx: Context) -> Items:
        summary = Summary(params)
        summary.add(inputs.main)
        return Items.of(summary.items(ctx))


class Summary:
    """What is worked out over items that come a part at a time."""

    def __init__(self, params: SummarizeParams) -> None:
        self.params = params
        self.count = 0
        self.missing = {field.field for field in params.fields}
        self.groups = groups_of(params)
        self.sources = Sources()

    def add(self, rows: Items) -> None:
        """Take some more items."""
        params = self.params
        columns = [column(rows.json, field.field, params.dots) for field in params.fields]
        found = [column(rows.json, name, params.dots) for name in params.group_by]
        members = chosen(found, len(rows), params)
        by = [grouping(values, params) for values in found]
        self.groups.add(Part(columns, by, rows), members)
        if params.layout == "one":
            self.sources.add(rows.links, members)
        self._look_for_missing(columns)
        self.count += len(rows)

    def _look_for_missing(self, columns: Sequence[Sequence[Json]]) -> None:
        """Take note of the fields that some item has."""
        for field, values in zip(self.params.fields, columns, strict=True):
            if field.field in self.missing and any(value is not MISSING for value in values):
                self.missing.remove(field.field)

    def items(self, ctx: Context) -> Iterator[Item]:
        """Yield what all items give.

        Raises:
            NodeError: No item has one of the fields, and that is to be an error.
        """
        if not self.count:
            return
        self._report_missing(ctx)
        if self.params.layout == "one":
            yield Item(self.groups.json(), links=self.sources.link())
        else:
            yield from (group.item() for group in self.groups.all())

    def _report_missing(self, ctx: Context) -> None:
        """Say which fields no item has."""
        for field in self.params.fields:
            if field.field not in self.missing:
                continue
            problem = f"no item has the field {field.field!r}"
            if self.params.missing == "fail":
                raise NodeError(
                    problem, hint="Check the spelling of the field's name, also its case."
                )
            ctx.hint(problem)
