"""Where the credentials of a run come from: the environment, an env file, a credentials file."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from nodekit.pipeline import Secrets

ENV = ".env"

USUAL = ("credentials.toml", "credentials.json")
"""The credentials file where none is given: the first of these that is here."""


class Lookup(NamedTuple):
    """The variables, and where credentials are that a pipeline only names."""

    environ: Mapping[str, str]
    secrets: Secrets | None = None


def with_ids(secrets: Secrets, ids: Mapping[str, str]) -> Secrets:
    """Return where credentials come from that may also be given by their ids in n8n, by name."""

    def found(name: str) -> Mapping[str, str] | None:
        stated = secrets(name)
        return secrets(ids[name]) if stated is None and name in ids else stated

    return found


def usual(*names: str) -> Path | None:
    """Return the first of these files that is here."""
    return next((Path(name) for name in names if Path(name).is_file()), None)


def lookup_of(credentials: str | None, env_file: str | None) -> Lookup:
    """Return where credentials come from: the given files, else the usual ones, where they are.

    Raises:
        CredentialError: A file cannot be read, or is not what it should be.
    """
    given = Path(credentials) if credentials is not None else usual(*USUAL)
    lines = Path(env_file) if env_file is not None else usual(ENV)
    if given is None and lines is None:
        return Lookup(os.environ)
    from nodekit.credentials import Secrets as Found  # pydantic's models of credentials

    found = Found(os.environ, lines, given)
    return Lookup(found.environ, found)
