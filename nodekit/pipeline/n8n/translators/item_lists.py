"""Item Lists: split out, aggregate, drop duplicates, limit, sort and summarize in one node.

Its operations are today's nodes of these names; the first versions list names of fields in rows.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode

from . import aggregate, limit, remove_duplicates, sort, split_out, summarize

OPERATIONS: Mapping[str, Callable[[N8nNode], StepDraft]] = {
    "splitOutItems": split_out.translate,
    "aggregateItems": aggregate.translate,
    "concatenateItems": aggregate.translate,
    "removeDuplicates": remove_duplicates.within,
    "limit": limit.translate,
    "sort": sort.translate,
    "summarize": summarize.translate,
}
"""How each operation becomes a step; version 3 calls ``aggregateItems`` differently."""


def translate(node: N8nNode) -> StepDraft:
    """Return the step for the operation of a node.

    Raises:
        Unsupported: There is no such operation.
    """
    operation = node.fixed("operation", "splitOutItems")
    if operation not in OPERATIONS:
        raise Unsupported(f'there is no operation "{operation}"')
    draft = OPERATIONS[operation](node)
    if "into" in draft.params and node.version < 2:
        linked: dict[str, Json] = {**draft.params, "linked_to": "first"}
        return replace(draft, params=linked)
    return draft
