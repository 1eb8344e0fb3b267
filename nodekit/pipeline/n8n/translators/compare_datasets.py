"""Compare Datasets: which items two inputs share, and how those differ."""

from collections.abc import Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft
from nodekit.pipeline.n8n.node import N8nNode

from .fields import dots, failing, names

INPUTS = ("left", "right")
OUTPUTS = ("left_only", "same", "different", "right_only")

PUT_OUT: Mapping[str, str] = {
    "includeBoth": "both",
    "preferInput1": "left",
    "preferInput2": "right",
    "mix": "mix",
}


def translate(node: N8nNode) -> StepDraft:
    """Return a step that compares two inputs."""
    rows = node.rows("mergeByFields.values")
    pairs: list[Json] = [
        {"left": row.get("field1", ""), "right": row.get("field2", "")} for row in rows
    ]
    if not rows or any("" in (row.get("field1", ""), row.get("field2", "")) for row in rows):
        return failing("You need to define at least one pair of fields to match on")
    params: dict[str, Json] = {"on": pairs, **dots(node), **put_out(node)}
    if node.text("options.multipleMatches", node.text("multipleMatches", "first")) == "all":
        params["multiple"] = "all"
    if node.get("fuzzyCompare", node.get("options.fuzzyCompare", False)):
        params["fuzzy"] = True
    if node.has("options.skipFields"):
        params["skip"] = names(node.get("options.skipFields"))
    params["labels"] = ["input1", "input2"] if node.version < 2 else ["inputA", "inputB"]
    if node.version < 2.2:
        params |= {"must_exist": True, "keep_empty": True}
    return StepDraft("compare_datasets", params, inputs=INPUTS, outputs=OUTPUTS)


def put_out(node: N8nNode) -> dict[str, Json]:
    """Return what is put out where two items differ."""
    usual = "includeBoth" if node.version >= 2.1 else "preferInput2"
    way = node.text("resolve", usual)
    params: dict[str, Json] = {"put_out": PUT_OUT.get(way, way)}
    if way == "mix":
        other = node.text("preferWhenMix", "input1") == "input2"
        params["prefer"] = "right" if other else "left"
        params["except"] = names(node.get("exceptWhenMix", ""))
    return params
