"""The credentials that the nodes of a workflow name, which its export does not hold."""

from collections.abc import Mapping
from dataclasses import dataclass

from nodekit.items import Json
from nodekit.pipeline.values import is_list, is_mapping

from .build import read
from .covering import Known
from .node import credential_name

TYPES: Mapping[str, str] = {
    "httpBasicAuth": "basic",
    "httpBearerAuth": "bearer",
    "httpCustomAuth": "custom",
    "httpDigestAuth": "digest",
    "httpHeaderAuth": "header",
    "httpQueryAuth": "query",
    "oAuth2Api": "oauth2",
    "openAiApi": "openai",
    "crypto": "crypto",
    "cryptoApi": "crypto",
}
"""Our types of credential by n8n's."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A credential that a step of a workflow will use: n8n's type, and ours, where it is known."""

    name: str
    kind: str
    type: str | None


def wanted_credentials(value: Mapping[str, Json], known: Known = ()) -> list[Wanted]:
    """Return the credentials that the steps of a workflow will use, each once.

    Raises:
        PipelineError: The workflow cannot be read.
    """
    workflow = read(value, None, None, known)
    found: dict[str, Wanted] = {}
    for name, covered in workflow.covered.items():
        wanted = covered.draft.credential
        stated = workflow.graph.nodes[name].raw.get("credentials")
        for kind, held in stated.items() if is_mapping(stated) else ():
            if wanted is not None and credential_name(held) == wanted:
                found.setdefault(wanted, Wanted(wanted, kind, TYPES.get(kind)))
    return list(found.values())


def credential_ids(value: Mapping[str, Json]) -> dict[str, str]:
    """Return the ids of the credentials that a workflow names, by their names."""
    found: dict[str, str] = {}
    nodes = value.get("nodes")
    for node in nodes if is_list(nodes) else ():
        stated = node.get("credentials") if is_mapping(node) else None
        for held in stated.values() if is_mapping(stated) else ():
            name, known = credential_name(held), held.get("id") if is_mapping(held) else None
            if name is not None and isinstance(known, str) and known:
                found.setdefault(name, known)
    return found
