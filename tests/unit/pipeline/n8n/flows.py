"""Small n8n workflows for tests."""

from collections.abc import Mapping, Sequence
from typing import Any

Json = Any


def node(name: str, type: str = "noOp", version: float = 1, **more: Json) -> dict[str, Json]:
    """Return a node of n8n's own package; its parameters stand among ``more``."""
    full = type if "." in type else f"n8n-nodes-base.{type}"
    place = more.pop("position", [0, 0])
    parameters = more.pop("parameters", {})
    rest: dict[str, Json] = {"name": name, "type": full, "typeVersion": version}
    return {**rest, "position": place, "parameters": parameters, **more}


def link(*ends: str) -> Mapping[str, Json]:
    """Return connections for ends like ``A > B``, ``If.1 > M.0``: outputs and inputs by number."""
    found: dict[str, Json] = {}
    for end in ends:
        source, _, target = end.partition(" > ")
        name, output = numbered(source)
        aim, number = numbered(target)
        outputs = found.setdefault(name, {"main": []})["main"]
        outputs.extend([] for _ in range(output + 1 - len(outputs)))
        outputs[output].append({"node": aim, "type": "main", "index": number})
    return found


def numbered(end: str) -> tuple[str, int]:
    name, dot, number = end.rpartition(".")
    return (name, int(number)) if dot and number.isdigit() else (end, 0)


def workflow(
    nodes: Sequence[Mapping[str, Json]], connections: Mapping[str, Json], **more: Json
) -> dict[str, Json]:
    """Return a workflow that starts with the trigger ``Start``, in order v1."""
    start = node("Start", "manualTrigger", position=[-200, 0])
    settings = {"executionOrder": "v1", **more.pop("settings", {})}
    listed = [start, *nodes]
    return {"nodes": listed, "connections": connections, "settings": settings, **more}
