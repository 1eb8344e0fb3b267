"""What every node keeps, as one check."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from nodekit.described import descriptions
from nodekit.engine import RunFailed
from nodekit.items import Fields, Json
from nodekit.node import BatchNode, Node
from nodekit.params import Params
from nodekit.registry import NodeType

from .running import run_node
from .trials import Hides, canceled, without_items


async def check_node_contract(
    node: type[Node[Any, Any, Any]],
    params: Mapping[str, Json] | None = None,
    items: Sequence[Fields] = ({"id": 1, "name": "Ada"},),
) -> None:
    """Check what every node keeps.

    It has a docstring; every parameter is described; examples fit their parameters; a schema can be
    made. With ``params`` to run it with: it does not change the items it is given; given none it
    puts out none; and when it is canceled it ends.

    Raises:
        AssertionError: It does not; the message lists everything that is wrong.
        RegistryError: It is no node, or does not declare its params.
    """
    found = [*faults(NodeType(node.__name__, node))]
    if params is not None:
        found += await faults_at_work(node, params, items)
    assert not found, f"{node.__name__}: " + "; ".join(found)


def faults(node_type: NodeType) -> Iterator[str]:
    """Yield what is wrong with a declaration.

    Raises:
        RegistryError: A parameter is of a type that pydantic cannot read.
    """
    node_type.build()
    if not node_type.description:
        yield "has no docstring"
    for model in node_type.form.models:
        yield from faults_of_model(model, model.__name__)
        model.model_json_schema()


def faults_of_model(model: type[BaseModel], place: str) -> Iterator[str]:
    """Yield what is wrong with the fields of a params model, and of the models in it."""
    for name, info in model.model_fields.items():
        if name not in descriptions(model) and name not in ("api", "resource", "operation"):
            yield f"{place}.{name} is not described"
        for inner in models_in(info.annotation):
            yield from faults_of_model(inner, f"{place}.{name}")
        if info.examples and model.model_config.get("extra") == "forbid":
            yield from misfits(model, name, info.examples, place)


def misfits(
    model: type[BaseModel], name: str, examples: Sequence[Json], place: str
) -> Iterator[str]:
    """Yield the examples of a field that do not fit it."""
    for example in examples:
        try:
            model.__pydantic_validator__.validate_assignment(model.model_construct(), name, example)
        except ValidationError as error:
            # An error without a place is about fields that go together, not about this one.
            if any(row["loc"] and row["type"] != "frozen_instance" for row in error.errors()):
                yield f"{place}.{name}: the example {example!r} does not fit"


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the params models that a type mentions."""
    if isinstance(annotation, type) and issubclass(annotation, Params):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


async def faults_at_work(
    node: type[Node[Any, Any, Any]], params: Mapping[str, Json], items: Sequence[Fields]
) -> list[str]:
    """Return what is wrong with what a node does."""
    found: list[str] = []
    given = [dict(row) for row in items]
    before = deepcopy(given)
    await run_node(node, params, given)
    if given != before:
        found.append("changed the items it was given")
    if issubclass(node, BatchNode) and await put_out(without_items(node), params, items):
        found.append("put out items although it was given none")
    if await hides(node, params, items):
        found.append("went on although it was canceled")
    return found


async def put_out(
    node: type[Node[Any, Any, Any]], params: Mapping[str, Json], items: Sequence[Fields]
) -> bool:
    """Whether a node puts out items."""
    try:
        ran = await run_node(node, params, items)
    except RunFailed:
        return False
    return any(len(rows) for rows in ran.outputs.values())


async def hides(
    node: type[Node[Any, Any, Any]], params: Mapping[str, Json], items: Sequence[Fields]
) -> bool:
    """Whether a node goes on when it is canceled."""
    try:
        await run_node(canceled(node), params, items)
    except RunFailed as failed:
        return isinstance(failed.cause, Hides)
    return False
