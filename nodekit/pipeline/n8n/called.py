"""Workflows that a workflow calls by their id: they are put into it, so that it stands alone."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from nodekit.items import Json
from nodekit.pipeline.values import is_list, is_mapping

from .options import WorkflowOptions

CALL = "n8n-nodes-base.executeWorkflow"

LARGEST = 5_000_000
"""How many characters the text of a called workflow may have, with all that it calls itself."""


class Uncallable(Exception):
    """A workflow that is called cannot be put in its place."""


class Circle(Uncallable):
    """Workflows call each other without end."""


def with_called(
    value: Mapping[str, Json], options: WorkflowOptions, callers: tuple[str, ...] = ()
) -> Mapping[str, Json]:
    """Return a workflow with the text of those it calls by id, as far as they are known.

    What cannot be put in is left as it is, with the reason under ``nodekitReason``. ``callers`` are
    the workflows that this one is called by.

    Raises:
        Circle: This one is called, and calls one of its callers, also by way of others.
    """
    nodes = value.get("nodes")
    if not is_list(nodes) or not any(calls(node) for node in nodes):
        return value
    name = value.get("id")
    chain = (*callers, str(name)) if name else callers
    deep = bool(callers)
    changed = [put_in(node, options, chain, deep) if calls(node) else node for node in nodes]
    return {**value, "nodes": changed}


def calls(node: Json) -> bool:
    """Whether a node calls a workflow by its id."""
    if not is_mapping(node) or node.get("type") != CALL:
        return False
    parameters = node.get("parameters")
    if not is_mapping(parameters) or "nodekitReason" in parameters:
        return False
    return bool(parameters.get("source", "database") == "database")


def put_in(
    node: Mapping[str, Json], options: WorkflowOptions, chain: tuple[str, ...], deep: bool
) -> Json:
    """Return a node with the workflow that it calls in its parameters.

    Raises:
        Circle: The node is of a called workflow, and ends in a circle.
    """
    parameters: dict[str, Json] = dict(node["parameters"])
    try:
        text = text_of(wanted_in(parameters), options, chain)
    except Uncallable as reason:
        if deep and isinstance(reason, Circle):
            raise
        return {**node, "parameters": {**parameters, "nodekitReason": str(reason)}}
    return {**node, "parameters": {**parameters, "source": "parameter", "workflowJson": text}}


def wanted_in(parameters: Mapping[str, Json]) -> str:
    """Return the id of the workflow that is called.

    Raises:
        Uncallable: There is none, or it is computed.
    """
    stated = parameters.get("workflowId")
    found = stated.get("value") if is_mapping(stated) else stated
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    if not isinstance(found, str) or not found:
        raise Uncallable("it names no workflow to call")
    if found.startswith("="):
        raise Uncallable("the id of the workflow it calls is computed")
    return found


def text_of(wanted: str, options: WorkflowOptions, chain: tuple[str, ...]) -> str:
    """Return the text of a workflow by its id, with all that it calls itself.

    Raises:
        Uncallable: It is not known, calls itself in a circle, or grows too large.
    """
    if wanted in chain:
        circle = " > ".join((*chain, wanted))
        raise Circle(f"workflows call each other in a circle: {circle}")
    found = next((value for key, value in known(options) if key == wanted), None)
    if found is None:
        raise Uncallable(f'the workflow "{wanted}" that it calls is not known')
    text = json.dumps(with_called({**found, "id": wanted}, options, chain), ensure_ascii=False)
    if len(text) > LARGEST:
        raise Uncallable(f'the workflow "{wanted}" grows beyond {LARGEST:,} characters')
    return text


def known(options: WorkflowOptions) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Yield the workflows that may be called, by id: that of a file, else its name."""
    if options.workflows is None:
        return
    if not isinstance(options.workflows, Path):
        yield from options.workflows.items()
        return
    for path in sorted(options.workflows.glob("*.json")):
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue  # a folder may hold other files; what is called and not found is said
        if is_mapping(value) and "nodes" in value:
            yield str(value.get("id") or path.stem), value
            yield path.stem, value
