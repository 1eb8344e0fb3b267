"""The verbs of the plugin: ``nodekit chatkit emulate`` and ``nodekit chatkit check``."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import anyio
import typer

from .check import Api, Finding, Target, findings
from .emulator import Emulator, Fault, Settings, serving
from .kinds import is_list

OPENAI = "https://api.openai.com"

commands = typer.Typer(
    name="chatkit",
    help="Try ChatKit without a network, and find out whether a service can be used.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@commands.command()
def emulate(
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1; 0 is any free one.")] = 8765,
    faults: Annotated[
        Path | None, typer.Option(help="A JSON file with things that go wrong.")
    ] = None,
    key: Annotated[str, typer.Option(help="The API key to accept; empty is any.")] = "sk-emulator",
    seconds: Annotated[
        float | None, typer.Option(help="Stop by itself after so many seconds.")
    ] = None,
) -> None:
    """Serve an offline twin of the three ChatKit APIs on loopback."""
    emulator = Emulator(Settings(api_key=key))
    if faults is not None:
        emulator.faults.rows += read_faults(faults)
    try:
        anyio.run(serve, emulator, port, seconds)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


async def serve(emulator: Emulator, port: int, seconds: float | None) -> None:
    """Serve an emulator, and say where."""
    async with serving(emulator, port) as url:
        typer.echo(f"base URL    {url}   (api: chat_sessions and chatkit)", err=True)
        typer.echo(f"server URL  {url}/chatkit   (api: server)", err=True)
        typer.echo(f"API key     {emulator.settings.api_key or '(any)'}", err=True)
        with anyio.move_on_after(seconds):
            await anyio.sleep_forever()


def read_faults(path: Path) -> list[Fault]:
    """Return the faults in a file; ends the command if they cannot be used."""
    try:
        rows = json.loads(path.read_text())
        return [Fault.of(row) for row in (rows if is_list(rows) else [rows])]
    except (OSError, ValueError, AttributeError) as error:
        typer.echo(f"{path}: {error}", err=True)
        raise typer.Exit(2) from error


@commands.command()
def check(
    api: Annotated[str, typer.Option(help="server, chatkit or chat_sessions.")] = "server",
    url: Annotated[
        str, typer.Option(help="The server's address, or the base URL of the API.")
    ] = "",
    workflow: Annotated[str, typer.Option(help="The workflow, wf_….")] = "",
    user: Annotated[str, typer.Option(help="The end user of the test.")] = "nodekit-check",
    secret: Annotated[
        str, typer.Option("--secret-from", help="The environment variable with key or token.")
    ] = "",
    turn: Annotated[bool, typer.Option(help="Whether to say hello and wait for a reply.")] = True,
) -> None:
    """Check address, key, workflow, clock and one turn; say what to do about each fault."""
    target = Target(known_api(api), *place(api, url, secret), workflow, user, turn)
    if anyio.run(report, findings(target)):
        raise typer.Exit(1)


def known_api(api: str) -> Api:
    """Return an API by its name; ends the command if there is none."""
    match api:
        case "server" | "chatkit" | "chat_sessions":
            return api
        case _:
            typer.echo(f'--api wants server, chatkit or chat_sessions, found "{api}"', err=True)
            raise typer.Exit(2)


def place(api: str, url: str, secret: str) -> tuple[str, str]:
    """Return the address and the secret; ends the command if one is missing."""
    name = secret or ("CHATKIT_TOKEN" if api == "server" else "OPENAI_API_KEY")
    found = os.environ.get(name, "")
    address = url or ("" if api == "server" else OPENAI)
    if not address:
        typer.echo("--url is missing: the server's address", err=True)
        raise typer.Exit(2)
    if not found and api != "server":
        typer.echo(f"the environment variable {name} is not set: the API key", err=True)
        raise typer.Exit(2)
    return address, found


async def report(rows: AsyncIterator[Finding]) -> int:
    """Print what is found as it is found, and return how much of it is a fault."""
    faults = 0
    async for row in rows:
        faults += not row.passed
        typer.echo(f"{'ok  ' if row.passed else 'FAIL'}  {row.what}: {row.text}")
        if row.cure:
            typer.echo(f"      {row.cure}")
    return faults
