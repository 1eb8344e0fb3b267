"""The node ``run_pipeline``."""

from typing import Any, Literal

from pydantic import Field, model_validator

from nodekit import (
    BatchNode,
    Context,
    Each,
    Fields,
    Fixed,
    Inputs,
    Item,
    ItemError,
    Items,
    Json,
    NodeError,
    Params,
    always,
)

from .alternatives import one_of
from .columns import links_of
from .rows import place_of


class RunPipelineParams(Params):
    """Which pipeline to run, and with what."""

    file: Each[str] = Field(default=always(""), examples=["other.yaml"])
    """The file of the pipeline, below this one's directory; or the id of one that is known."""

    text: Each[str] = always("")
    """Or what such a file would hold: YAML, or the JSON of an n8n workflow."""

    each: Fixed[bool] = False
    """Whether it runs for every item by itself, one after another; else once, with all of them and
    what the first item says of `file` and `text`."""

    fields: dict[str, Each[Json]] = Field(default={}, examples=[{"id": "={{ $json.order.id }}"}])
    """Fields to set in the items it gets."""

    drop: list[str] = Field(default=[])
    """Fields that the items it gets are to lack."""

    put_out: Literal["result", "input"] = "result"
    """What to put out: what the pipeline puts out, or the input, unchanged."""

    @model_validator(mode="before")
    @classmethod
    def one_source(cls, raw: Any) -> Any:
        """Refuse two pipelines, and none."""
        one_of(raw, "file", "text")
        return raw


class RunPipeline(BatchNode[RunPipelineParams]):
    """Run another pipeline with the items, and put out what it puts out.

    It sees the items and nothing else of this run; its state is its own. Items are linked to those
    they were made from. A pipeline that runs itself, also by way of others, is refused.
    """

    async def run_batch(self, inputs: Inputs, params: RunPipelineParams, ctx: Context) -> Items:
        rows = inputs.main
        if not len(rows):
            return rows
        given = rows.with_json([prepared(rows.json[i], i, params) for i in range(len(rows))])
        if params.each:
            result = await for_each(given, rows, params, ctx)
        else:
            result = await for_all(given, rows, params, ctx)
        return rows if params.put_out == "input" and not result.errors else result


def prepared(json: Fields, index: int, params: RunPipelineParams) -> Fields:
    """Return the fields of an item as the pipeline gets them."""
    if not params.fields and not params.drop:
        return json
    merged = {**json, **{name: values[index] for name, values in params.fields.items()}}
    return {name: value for name, value in merged.items() if name not in params.drop}


async def for_all(given: Items, rows: Items, params: RunPipelineParams, ctx: Context) -> Items:
    """Run the pipeline once; where it fails, that is one item made from all (n8n)."""
    every = links_of(rows)
    try:
        found = await ctx.run_pipeline(params.file[0], given, text=params.text[0])
    except NodeError as error:
        return Items([{}], links=[every], errors={0: failed(error, None)})
    traced = found.links or ()
    links = [
        rows[link[0].item].links
        if (link := traced[i])
        else rows[i].links
        if len(found) == len(rows)
        else every
        for i in range(len(found))
    ]
    return Items(found.json, links=links, binary=found.binary)


async def for_each(given: Items, rows: Items, params: RunPipelineParams, ctx: Context) -> Items:
    """Run the pipeline for one item after another; where it fails, that item fails alone."""
    results: list[Item] = []
    for i in range(len(rows)):
        row = rows[i]
        try:
            found = await ctx.run_pipeline(params.file[i], given[i : i + 1], text=params.text[i])
        except NodeError as error:
            results.append(row.failed(failed(error, place_of(rows, i))))
            continue
        results += [row.derive(item.json, binary=item.binary) for item in found]
    return Items.of(results)


def failed(error: NodeError, item: int | None) -> ItemError:
    """Return why a run failed, of one item or of all."""
    return ItemError(error.message, hint=error.hint, item=item, cause=error)
