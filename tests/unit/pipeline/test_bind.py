"""From a checked document to a pipeline."""

import pytest

from nodekit import Context, Fixed, Item, ItemNode, Params, Registry, load


class BusyParams(Params):
    """How many at once, as some nodes of n8n have it."""

    concurrency: Fixed[int | None] = None
    """How many items at once."""


class Busy(ItemNode[BusyParams]):
    """Do nothing, several at once."""

    concurrency = 3

    def run_item(self, item: Item, params: BusyParams, ctx: Context) -> Item:
        """Pass it on."""
        return item


@pytest.mark.parametrize(
    ("step", "top", "expected"),
    [({}, {}, 3), ({}, {"concurrency": 5}, 5), ({"concurrency": 7}, {}, 7)],
    ids=["node", "pipeline", "step"],
)
@pytest.mark.parametrize("param", [None, 9], ids=["without", "with"])
def test_concurrency_is_the_steps_then_the_params_then_the_pipelines(
    step: dict[str, int], top: dict[str, int], expected: int, param: int | None
) -> None:
    registry = Registry()
    registry.add("busy", Busy)
    entry = {"name": "Busy", "type": "busy", "params": {"concurrency": param}, **step}
    pipeline = load({"nodekit": 1, "settings": top, "steps": [entry]}, registry=registry)
    wanted = expected if param is None or step else param
    assert pipeline.step("Busy").concurrency == wanted
