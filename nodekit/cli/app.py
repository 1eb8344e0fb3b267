"""The whole command line: an application of typer's, and the verbs that stand in it."""

import os
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from . import COMPLETE

VERBS = ("run", "check", "convert", "nodes", "schema", "runs", "state", "creds")

DISTRIBUTION = "nodekit-runtime"


def called(args: Sequence[str]) -> str | None:
    """Return the verb that is called, or whose arguments a shell wants completed."""
    words = args
    if COMPLETE in os.environ:
        line = os.environ.get("_TYPER_COMPLETE_ARGS") or os.environ.get("COMP_WORDS", "")
        words = line.split()[1:]
    return words[0] if words else None


def application(wanted: str | None) -> typer.Typer:
    """Return the application: with the wanted verb alone if there is such, else with all."""
    app = typer.Typer(
        name="nodekit",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(nodekit)
    if wanted in VERBS:
        add_verb(app, wanted)
        return app
    from .plugins import add_plugin, add_stub, plugins

    found = plugins()
    if wanted in found:
        add_plugin(app, wanted, found[wanted])
        return app
    for verb in VERBS:
        add_verb(app, verb)
    for name, points in found.items():
        if name not in VERBS:
            add_stub(app, name, points)
    return app


def add_verb(app: typer.Typer, verb: str) -> None:
    """Add one of our own verbs: the function, or the group, of its name in its module."""
    module = import_module(f".{verb}", __package__)
    found = getattr(module, verb)
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=verb)
    else:
        app.command(verb, cls=getattr(module, "Command", None))(found)


def show_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        from importlib import metadata

        typer.echo(f"nodekit {metadata.version(DISTRIBUTION)}")
        raise typer.Exit


def nodekit(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=show_version, is_eager=True, help="Print the version and end."
        ),
    ] = False,
) -> None:
    """Run pipelines of nodes over items, with n8n's semantics."""
