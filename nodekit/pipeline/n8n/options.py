"""How an n8n workflow is to be read and run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from nodekit.items import Json

NOTHING = MappingProxyType[str, Json]({})


class WorkflowOptions(NamedTuple):
    """What a workflow does not say itself.

    ``start`` is the node to start from; without it n8n's rules choose. ``pins`` is whether pinned
    data counts, as in n8n's manual runs. ``stubs`` replaces nodes by the items they would put out.
    ``workflows`` holds other workflows, for calls by id: a folder, or the workflows by id.
    ``credentials`` maps an id or name of a credential to its type and fields; ``variables`` is what
    ``$vars`` holds, ``env`` what ``$env`` may read. ``allow_python`` lets Code nodes run Python.
    ``called`` is whether another workflow calls this one, and ``failed`` whether it is run because
    another one failed, which choose its start. ``production`` runs it as n8n does in production:
    pinned data does not count, ``$execution.mode`` says so, and a failed run starts the error
    workflow; otherwise runs are manual ones.
    """

    start: str | None = None
    pins: bool = True
    stubs: Mapping[str, Sequence[Json]] = NOTHING
    workflows: Path | Mapping[str, Mapping[str, Json]] | None = None
    credentials: Mapping[str, Mapping[str, Json]] = NOTHING
    variables: Mapping[str, Json] = NOTHING
    env: Sequence[str] = ()
    allow_python: bool = False
    called: bool = False
    failed: bool = False
    production: bool = False
