"""``nodekit schema``: the JSON Schema of pipeline files, for editors."""

import orjson
import typer

from nodekit.describe import file_schema
from nodekit.registry import Registry

from .words import complain, print_line


def schema() -> None:
    """Print the JSON Schema (draft-07) of pipeline files with every installed node.

    Exit status: 0 done, 1 nodes are missing in it because they cannot be used.
    """
    made, broken = file_schema(Registry.installed())
    print_line(orjson.dumps(made, option=orjson.OPT_INDENT_2).decode())
    for error in broken:
        complain(error.message, error.hint)
    if broken:
        raise typer.Exit(1)
