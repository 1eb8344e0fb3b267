"""Nodes of other packages for n8n whose parameters are those of a node here, as they stand."""

from nodekit.items import Json
from nodekit.pipeline.values import is_mapping

from .draft import StepDraft
from .node import N8nNode

OPTIONS = "options"
"""The collection in which n8n's nodes have what is seldom changed."""

SETTINGS = ("concurrency",)
"""Parameters that are settings of a step here."""


def as_it_stands(node: N8nNode, ours: str) -> StepDraft:
    """Return a step with the parameters of a node.

    Args:
        node: The node.
        ours: The type of the step.
    """
    params: dict[str, Json] = dict(node.parameters)
    if ours != node.type and is_mapping(params.get(OPTIONS)):
        params |= params.pop(OPTIONS)
    settings: dict[str, Json] = {}
    for name in SETTINGS:
        if ours != node.type and isinstance(params.get(name), int):
            settings[name] = params.pop(name)
    stated = node.raw.get("credentials")
    kinds = tuple(stated) if is_mapping(stated) else ()
    return StepDraft(ours, params, settings=settings, credential=node.credential(*kinds))
