"""Verbs of plugins: a typer application under an entry point of the group ``nodekit.commands``.

A plugin is imported only when its verb is called; a broken one breaks only itself.
"""

from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points

import typer

from nodekit.errors import RegistryError
from nodekit.registry import grouped, imported, owner

from .words import complain

COMMANDS = "nodekit.commands"


def plugins() -> dict[str, tuple[EntryPoint, ...]]:
    """Return the verbs of plugins, by name, sorted. Imports nothing."""
    found = grouped(entry_points(group=COMMANDS))
    return dict(sorted(found.items()))


def add_plugin(app: typer.Typer, name: str, points: Sequence[EntryPoint]) -> None:
    """Add the verb of a plugin that was called; one that cannot be used ends the process."""
    try:
        app.add_typer(commands(name, points), name=name)
    except RegistryError as error:
        complain(error.message, error.hint)
        raise SystemExit(2) from error


def commands(name: str, points: Sequence[EntryPoint]) -> typer.Typer:
    """Return the application of a plugin.

    Raises:
        RegistryError: It is claimed by two packages, cannot be imported, or is something else.
    """
    if len(points) > 1:
        owners = " and ".join(sorted(f'"{owner(point)}"' for point in points))
        raise RegistryError(
            f'command "{name}" is claimed by {owners}', hint="Uninstall one of them."
        )
    found = imported(points[0], f'command "{name}"')
    if not isinstance(found, typer.Typer):
        raise RegistryError(
            f'command "{name}" of "{owner(points[0])}" is {type(found).__name__}, '
            "wanted a typer application"
        )
    return found


def add_stub(app: typer.Typer, name: str, points: Sequence[EntryPoint]) -> None:
    """Add a verb that stands in lists and is not meant to be called."""
    origins = ", ".join(sorted(owner(point) for point in points))
    app.command(name, help=f"Verbs of {origins}.")(nothing)


def nothing() -> None:
    """Stand for the verbs of a plugin in lists."""
