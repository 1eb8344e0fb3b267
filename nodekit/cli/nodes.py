"""``nodekit nodes``: what is installed, and the full description of one node."""

import sys
from collections.abc import Iterator, Sequence
from typing import Annotated

import orjson
import typer

from nodekit.describe import NodeDescription, as_json, describe, n8n_description, overview, page
from nodekit.describe.markdown import first_line
from nodekit.errors import RegistryError
from nodekit.items import Json
from nodekit.registry import Registry

from .words import complain, print_line, showing


def nodes(
    type: Annotated[
        str | None, typer.Argument(metavar="[TYPE]", help="A node type.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print descriptions as JSON.")] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the reference page, or a table of all nodes.")
    ] = False,
) -> None:
    """List the installed nodes, or describe one.

    Exit status: 0 done, 1 the node cannot be used, 2 the call is wrong.
    """
    if json and markdown:
        complain("--json and --markdown cannot both be")
        raise typer.Exit(2)
    registry = Registry.installed()
    if type is None:
        show_all(registry, json, markdown)
    else:
        show_one(registry, type, json, markdown)


def show_one(registry: Registry, name: str, json: bool, markdown: bool) -> None:
    """Print the description of one node."""
    try:
        node = describe(registry.get(name))
    except RegistryError as error:
        complain(error.message, error.hint)
        raise typer.Exit(1) from error
    if json:
        print_json(full(registry, node))
    elif markdown or not showing():
        print_line(page(node).rstrip("\n"))
    else:
        show_page(page(node))


def show_page(text: str) -> None:
    """Print Markdown as a terminal can show it."""
    from rich.console import Console
    from rich.markdown import Markdown

    Console(file=sys.stdout).print(Markdown(text))


def show_all(registry: Registry, json: bool, markdown: bool) -> None:
    """Print all nodes; those that cannot be used are named on standard error."""
    found = list(described(registry))
    if json:
        print_json([full(registry, node) for node in found])
    elif markdown:
        print_line(overview(found).rstrip("\n"))
    else:
        for line in listing(registry, found):
            print_line(line)


def described(registry: Registry) -> Iterator[NodeDescription]:
    """Yield the descriptions of all nodes that can be used; complain of the others."""
    for name in registry.names():
        try:
            yield describe(registry.get(name))
        except RegistryError as error:
            complain(error.message, error.hint)


def listing(registry: Registry, found: Sequence[NodeDescription]) -> Iterator[str]:
    """Yield a line for each node: its type, what it does, and the package it comes from."""
    width = max((len(node.type) for node in found), default=0)
    for node in found:
        origin = registry.origin(node.type)
        yield f"{node.type.ljust(width)}  {first_line(node)}{f' ({origin})' if origin else ''}"


def full(registry: Registry, node: NodeDescription) -> dict[str, Json]:
    """Return all that is known of a node, with its description in n8n's shape."""
    return {
        **as_json(node),
        "origin": registry.origin(node.type),
        "n8n": n8n_description(node),
    }


def print_json(value: Json) -> None:
    """Print a value as indented JSON."""
    print_line(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=repr).decode())
