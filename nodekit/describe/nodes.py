"""A node type as data: what it does, its inputs and outputs, its parameters by operation."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from inspect import cleandoc
from typing import Literal, get_args

from nodekit.forms import literals
from nodekit.items import Json
from nodekit.node import declared
from nodekit.params import Params
from nodekit.registry import NodeType

from .declared import EACH, FIXED, declaration, resolved
from .kinds import Kind, choices_of, kind_of, plain, words_of


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation.

    ``words`` is its type for people. ``fixed``: it cannot be an expression. ``each``: it has a
    value for every item. ``fields`` are those of a nested model, or of each of a list of them.
    """

    name: str
    kind: Kind
    words: str
    description: str
    required: bool
    default: Json = None
    options: tuple[Json, ...] = ()
    examples: tuple[Json, ...] = ()
    fixed: bool = False
    each: bool = False
    secret: bool = False
    fields: tuple["Parameter", ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One of the things a node can do: what selects it, and its other parameters.

    ``selectors`` maps each selecting parameter to the values that mean this operation. A node that
    does one thing has one operation with no selectors.
    """

    title: str
    description: str
    selectors: Mapping[str, tuple[Json, ...]]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class NodeDescription:
    """What can be said of a node type without running it.

    ``inputs`` is ``"*"`` where a step names them. ``varies``: the outputs depend on the parameters;
    ``outputs`` are then those the class names, if it names any.
    """

    type: str
    version: int
    title: str
    description: str
    kind: Literal["item", "batch"]
    inputs: tuple[str, ...] | Literal["*"]
    outputs: tuple[str, ...]
    varies: bool
    credentials: tuple[str, ...]
    selectors: tuple[str, ...]
    operations: tuple[Operation, ...]


def describe(node_type: NodeType) -> NodeDescription:
    """Return what can be said of a node type.

    Raises:
        RegistryError: A parameter is of a type that pydantic cannot read.
    """
    node_type.build()
    node, form = node_type.node, node_type.form
    models: tuple[type[Params], ...] = form.models
    return NodeDescription(
        type=node_type.name,
        version=node_type.version,
        title=title_of(node_type.name),
        description=node_type.description,
        kind="item" if node_type.is_item_node else "batch",
        inputs="*" if node_type.depends("inputs_of") else node.inputs,
        outputs=get_args(declared(node)[2]),
        varies=node_type.depends("outputs_of"),
        credentials=tuple(kind.__name__ for kind in node.credentials),
        selectors=form.selectors,
        operations=tuple(operation(node_type, model) for model in models),
    )


def operation(node_type: NodeType, model: type[Params]) -> Operation:
    """Describe one model of a node's parameters."""
    chosen = literals(model)
    selectors = {name: chosen[name] for name in node_type.form.selectors if name in chosen}
    schema, defs = declaration(model)
    doc = model.__doc__ if model.__doc__ and len(node_type.form.models) > 1 else ""
    return Operation(
        title=node_type.form.title(model),
        description=cleandoc(doc or ""),
        selectors=selectors,
        parameters=tuple(
            found for found in parameters(schema, defs) if found.name not in selectors
        ),
    )


def parameters(
    schema: Mapping[str, Json], defs: Mapping[str, Json], above: tuple[str, ...] = ()
) -> Iterator[Parameter]:
    """Yield the parameters of a model. ``above`` names the models it stands in."""
    for name, raw in schema.get("properties", {}).items():
        yield parameter(name, raw, name in schema.get("required", ()), defs, above)


def parameter(
    name: str,
    raw: Mapping[str, Json],
    required: bool,
    defs: Mapping[str, Json],
    above: tuple[str, ...],
) -> Parameter:
    """Describe one property of a model's schema."""
    found = plain(resolved(raw, defs), defs)
    kind = kind_of(found, defs)
    inner = resolved(found["items"], defs) if kind == "objects" else found
    model = inner.get("title", "") if kind in ("object", "objects") else ""
    nested = () if model in above else parameters(inner, defs, (*above, model))
    return Parameter(
        name=name,
        kind=kind,
        words=words_of(raw, defs),
        description=cleandoc(raw.get("description", "")),
        required=required,
        default=raw.get("default"),
        options=choices_of(found),
        examples=tuple(raw.get("examples", ())),
        fixed=marked(raw, FIXED) or FIXED in found,
        each=marked(raw, EACH) or EACH in found,
        secret=found.get("format") == "password",
        fields=tuple(nested),
    )


def marked(schema: Mapping[str, Json], mark: str) -> bool:
    """Whether a schema, or a form it may have, bears a mark."""
    return mark in schema or any(mark in form for form in schema.get("anyOf", ()))


ACRONYMS = {"id": "ID", "url": "URL", "http": "HTTP", "api": "API", "json": "JSON", "ms": "(ms)"}


def title_of(name: str) -> str:
    """Return a name as a title: ``workflow_id`` is ``Workflow ID``."""
    words = name.replace(".", " ").replace("_", " ").split()
    return " ".join(ACRONYMS.get(word, word[:1].upper() + word[1:]) for word in words)


def as_json(description: NodeDescription) -> dict[str, Json]:
    """Return a description as JSON."""
    return asdict(description)
