"""What every node keeps, held against every node that is installed."""

from collections.abc import Iterator

import pytest

from nodekit import Json, NodeType, Registry
from nodekit.testing import check_node_contract


def installed() -> Iterator[NodeType]:
    """Yield every version of every node that is installed."""
    registry = Registry.installed()
    for name in registry.names():
        yield from registry.get(name).versions().values()


TYPES = list(installed())


@pytest.mark.parametrize("node", TYPES, ids=[f"{node.name}@{node.version}" for node in TYPES])
async def test_a_declaration_is_complete(node: NodeType) -> None:
    await check_node_contract(node.node)


AT_WORK: dict[str, dict[str, Json]] = {
    "aggregate": {"into": "all"},
    "code": {"python": "items[0]['tags'].append('new')\nreturn items"},
    "filter": {"condition": "={{ $json.n > 1 }}"},
    "if": {"condition": "={{ $json.n > 1 }}"},
    "limit": {"count": 1},
    "loop": {},
    "no_op": {},
    "remove_duplicates": {"by": ["n"]},
    "rename_keys": {"keys": {"name": "called"}},
    "set": {"fields": {"owner.name": "={{ $json.name }}"}, "keep": "all"},
    "sort": {"by": [{"field": "n"}]},
    "split_out": {"fields": ["tags"]},
    "summarize": {"fields": [{"field": "n", "do": "sum"}]},
    "switch": {"rules": [{"to": "small", "condition": "={{ $json.n < 2 }}"}]},
}

ROWS: list[dict[str, Json]] = [
    {"n": 2, "name": "Ada", "owner": {"name": "Bob"}, "tags": ["a", "b"]},
    {"n": 1, "name": "Eve", "owner": {"name": "Bob"}, "tags": []},
]


@pytest.mark.parametrize("name", AT_WORK)
async def test_a_node_at_work_changes_nothing_it_was_given(name: str) -> None:
    await check_node_contract(Registry.installed().get(name).node, AT_WORK[name], ROWS)
