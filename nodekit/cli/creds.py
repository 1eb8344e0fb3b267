"""``nodekit creds``: the credentials of a credentials file; their values are never shown."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

import anyio
import typer

from nodekit.credentials import CredentialRow, Secrets, list_credentials
from nodekit.engine.clock import Clock
from nodekit.errors import CredentialError, did_you_mean
from nodekit.http import Session, Trial, try_credential
from nodekit.items import Json
from nodekit.registry import Registry

from .kept import AsJson, group, print_row, reading_words
from .words import complain, print_line, say

creds = group("Look at and try credentials.")

USUAL = ("credentials.toml", "credentials.json")
"""The credentials file where none is given: the first of these that is here."""

ENV = ".env"

CredentialsFile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--credentials", metavar="FILE", help="The credentials file; else credentials.toml."
    ),
]

EnvFile: TypeAlias = Annotated[
    str | None,
    typer.Option("--env-file", metavar="FILE", help="More variables; else .env."),
]


def usual(names: Sequence[str]) -> Path | None:
    """Return the first of these files that is here."""
    return next((Path(name) for name in names if Path(name).is_file()), None)


def sources(credentials: str | None, env_file: str | None) -> Secrets:
    """Return where credentials come from: the given files, else the usual ones, where they are.

    Raises:
        CredentialError: A file cannot be read, or is not what it should be.
    """
    return Secrets(
        os.environ,
        usual([ENV]) if env_file is None else Path(env_file),
        usual(USUAL) if credentials is None else Path(credentials),
    )


def rows(credentials: str | None, env_file: str | None) -> list[CredentialRow]:
    """Return the credentials; where they cannot be read, say why and end with status 2."""
    try:
        return list_credentials(sources(credentials, env_file), Registry.installed().credential)
    except CredentialError as error:
        complain(error.message, error.hint)
        raise typer.Exit(2) from error


@creds.command()
def ls(credentials: CredentialsFile = None, env_file: EnvFile = None, json: AsJson = False) -> None:
    """List credentials: their types, the variables they need, and what is wrong.

    Exit status: 0 done, 2 a file cannot be read.
    """
    found = rows(credentials, env_file)
    width = max((len(row.name) for row in found), default=0)
    for row in found:
        if reading_words(json):
            print_line(f"{row.name.ljust(width)}  {row.type or '?'}  {row.problem or 'complete'}")
        else:
            print_row(as_json(row))
    if not found:
        say("there are no credentials")


def as_json(row: CredentialRow) -> dict[str, Json]:
    """Return a credential as JSON, without its values."""
    return {
        "name": row.name,
        "type": row.type,
        "variables": list(row.variables),
        "missing": list(row.missing),
        "problem": row.problem,
    }


@creds.command()
def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Credentials; else all.", show_default=False),
    ] = None,
    credentials: CredentialsFile = None,
    env_file: EnvFile = None,
    json: AsJson = False,
) -> None:
    """Try credentials out, each with the harmless request it declares.

    Exit status: 0 none is bad, 1 some are, 2 the call is wrong.
    """
    chosen = choose(rows(credentials, env_file), names or [])
    if not chosen:
        say("there are no credentials")
    trials = anyio.run(tried, chosen)
    for row, trial in zip(chosen, trials, strict=True):
        word = {True: "good", False: "bad", None: "unknown"}[trial.good]
        if reading_words(json):
            print_line(f"{word.ljust(7)}  {row.name}: {trial.message}")
        else:
            print_row({"name": row.name, "good": trial.good, "message": trial.message})
    if any(trial.good is False for trial in trials):
        raise typer.Exit(1)


def choose(found: Sequence[CredentialRow], names: Sequence[str]) -> list[CredentialRow]:
    """Return the credentials of these names, or all; for an unknown one end with status 2."""
    known = {row.name: row for row in found}
    for name in names:
        if name not in known:
            complain(f'there is no credential "{name}"{did_you_mean(name, known)}')
            raise typer.Exit(2)
    return [known[name] for name in names] if names else list(found)


async def tried(found: Sequence[CredentialRow]) -> list[Trial]:
    """Try credentials one after another."""
    session, clock = Session(), Clock()
    try:
        return [await trial_of(row, session, clock) for row in found]
    finally:
        with anyio.CancelScope(shield=True):
            await session.aclose()


async def trial_of(row: CredentialRow, session: Session, clock: Clock) -> Trial:
    """Try one credential; an incomplete one is bad."""
    if row.credential is None:
        return Trial(False, row.problem or "it is incomplete")
    return await try_credential(row.credential, session, clock)
