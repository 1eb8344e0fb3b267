"""A node's reference page, and the list of all nodes, as Markdown."""

import json
from collections.abc import Iterable, Iterator, Sequence

from nodekit.items import Json

from .nodes import NodeDescription, Operation, Parameter


def page(node: NodeDescription) -> str:
    """Return the reference page of a node."""
    return "\n\n".join(part.strip("\n") for part in sections(node)) + "\n"


def sections(node: NodeDescription) -> Iterator[str]:
    """Yield the parts of a node's page."""
    yield f"# {node.type}"
    if node.description:
        yield node.description
    yield "\n".join(facts(node))
    if not node.selectors:
        yield "## Parameters"
        yield parameter_table(node.operations[0])
        return
    names = ", ".join(f"`{name}`" for name in node.selectors)
    yield f"The operation is chosen by {names}, which cannot be expressions."
    for operation in node.operations:
        yield f"## {operation.title}"
        if operation.description:
            yield operation.description
        yield "Chosen by " + ", ".join(chosen(operation)) + "."
        yield parameter_table(operation)


def facts(node: NodeDescription) -> Iterator[str]:
    """Yield what holds for the whole node, as a list."""
    runs = "each item for itself" if node.kind == "item" else "all items at once"
    yield f"* Runs over {runs}."
    yield f"* Inputs: {'as named in the file' if node.inputs == '*' else code_list(node.inputs)}."
    yield f"* Outputs: {'depend on the parameters' if node.varies else code_list(node.outputs)}."
    if node.credentials:
        yield f"* Credentials: {code_list(node.credentials)}."
    if node.version > 1:
        yield f"* Version: {node.version}."


def code_list(names: Iterable[str]) -> str:
    """Return names as code, with commas between them."""
    return ", ".join(f"`{name}`" for name in names)


def chosen(operation: Operation) -> Iterator[str]:
    """Yield what selects an operation: ``resource: session``."""
    for name, values in operation.selectors.items():
        yield " or ".join(f"`{name}: {value}`" for value in values)


def parameter_table(operation: Operation) -> str:
    """Return the parameters of an operation as a table."""
    rows = list(rows_of(operation.parameters))
    if not rows:
        return "No parameters."
    lines = ["| parameter | type | default | meaning |", "|---|---|---|---|"]
    lines += ["| " + " | ".join(cells) + " |" for cells in rows]
    if any(fixed(parameter) for parameter in operation.parameters):
        lines += ["", "Parameters marked ! cannot be expressions."]
    return "\n".join(lines)


def fixed(parameter: Parameter) -> bool:
    """Whether a parameter, or one inside it, cannot be an expression."""
    return parameter.fixed or any(fixed(field) for field in parameter.fields)


def rows_of(
    parameters: Sequence[Parameter], before: str = "", held: bool = False
) -> Iterator[tuple[str, str, str, str]]:
    """Yield the cells of each parameter; those of nested models follow it, with its name before.

    ``held``: what they stand in cannot be an expression, so they cannot either.
    """
    for parameter in parameters:
        name = before + parameter.name
        closed = held or parameter.fixed
        yield (
            f"`{name}`{' !' if closed else ''}",
            escaped(parameter.words),
            "required" if parameter.required else f"`{escaped(as_text(parameter.default))}`",
            escaped(meaning(parameter)),
        )
        inside = "[]." if parameter.kind == "objects" else "."
        yield from rows_of(parameter.fields, name + inside, closed)


def meaning(parameter: Parameter) -> str:
    """Return what a parameter means: its description, whether it is for each item, an example."""
    parts = [parameter.description] if parameter.description else []
    if parameter.each:
        parts.append("One value for each item.")
    if parameter.examples:
        parts.append(f"Example: `{as_text(parameter.examples[0])}`")
    return " ".join(parts)


def as_text(value: Json) -> str:
    """Return a value as JSON; text as it is, unless its ends would not show."""
    if isinstance(value, str) and value and value.strip() == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def escaped(text: str) -> str:
    """Return text that can stand in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def overview(nodes: Iterable[NodeDescription]) -> str:
    """Return a table of nodes: the type, and the first sentence of what it does."""
    lines = ["| node | does |", "|---|---|"]
    lines += [f"| `{node.type}` | {escaped(first_line(node))} |" for node in nodes]
    return "\n".join(lines) + "\n"


def first_line(node: NodeDescription) -> str:
    """Return the first paragraph of a node's description, as one line."""
    return " ".join(node.description.partition("\n\n")[0].split())
