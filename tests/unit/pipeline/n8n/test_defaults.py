"""What expressions see of parameters that an export leaves out."""

from typing import Any

import pytest

from nodekit import load, run_sync
from nodekit.pipeline.n8n.defaults import KNOWN, with_defaults
from nodekit.pipeline.n8n.node import N8nNode
from nodekit.pipeline.n8n.table import CORE

from .flows import link, node, workflow

SEEN: list[tuple[str, float, dict[str, Any], dict[str, Any]]] = [
    ("limit", 1, {}, {"maxItems": 1, "keep": "firstItems"}),
    ("limit", 1, {"maxItems": 3}, {"maxItems": 3, "keep": "firstItems"}),
    ("set", 2, {}, {"keepOnlySet": False, "values": {}, "options": {}}),
    (
        "set",
        3.4,
        {"includeOtherFields": True},
        {
            "mode": "manual",
            "duplicateItem": False,
            "includeOtherFields": True,
            "include": "all",
            "options": {},
        },
    ),
    ("splitInBatches", 1, {}, {"batchSize": 10, "options": {}}),
    ("splitInBatches", 3, {}, {"batchSize": 1, "options": {}}),
    ("wait", 1.1, {}, {"resume": "timeInterval", "amount": 5, "unit": "seconds"}),
    ("wait", 1, {"resume": "webhook"}, {"resume": "webhook"}),
    ("merge", 3, {}, {"mode": "append", "numberInputs": 2}),
    (
        "merge",
        3.2,
        {"mode": "combine"},
        {
            "mode": "combine",
            "combineBy": "combineByFields",
            "advanced": False,
            "joinMode": "keepMatches",
            "outputDataFrom": "both",
            "options": {},
        },
    ),
    ("switch", 3.2, {"mode": "expression"}, {"mode": "expression", "numberOutputs": 4}),
    ("sort", 1, {"type": "={{ 1 }}"}, {"type": "={{ 1 }}", "options": {}}),
    ("unheard", 1, {"a": 1}, {"a": 1}),
]


@pytest.mark.parametrize(
    ("kind", "version", "stated", "seen"),
    SEEN,
    ids=[f"{kind} {version:g} {sorted(stated)}" for kind, version, stated, _ in SEEN],
)
def test_parameters_have_their_defaults(
    kind: str, version: float, stated: dict[str, Any], seen: dict[str, Any]
) -> None:
    assert with_defaults(N8nNode("A", f"n8n-nodes-base.{kind}", version, stated)) == seen


def test_defaults_are_of_types_that_are_translated() -> None:
    assert KNOWN.keys() - CORE.keys() == set()


def test_expressions_see_the_defaults() -> None:
    told = "={{ $('L').params.keep + $('L').params.maxItems + $parameter.mode }}"
    fields = {"assignments": [{"name": "a", "value": told, "type": "string"}]}
    nodes = [node("L", "limit"), node("S", "set", 3.4, parameters={"assignments": fields})]
    found = run_sync(load(workflow(nodes, link("Start > L", "L > S")))).items.json
    assert found == [{"a": "firstItems1manual"}]
