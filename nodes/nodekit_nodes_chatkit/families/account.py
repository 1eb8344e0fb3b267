"""The account of an OpenAI-like service: its address, its headers, its sessions' place."""

from collections.abc import Mapping

from nodekit_nodes_chatkit.credentials import OpenAI
from nodekit_nodes_chatkit.sessions import Ctx

BETA = {"OpenAI-Beta": "chatkit_beta=v1"}
JSON_TYPE = {"Content-Type": "application/json"}


class Account:
    """Where requests with an API key go, and what they carry.

    Raises:
        CredentialError: The step has no such credential, or the credential no key.
    """

    def __init__(self, ctx: Ctx, api: str) -> None:
        self.credential = ctx.credential(OpenAI)
        self.root = self.credential.root
        self.place: tuple[str, ...] = (
            api,
            self.root,
            self.credential.organization,
            self.credential.project_id,
        )
        self._signed = dict(self.credential.headers())

    def headers(self, *, writes: bool = True) -> Mapping[str, str]:
        """Return the headers of a request; one that only reads has no content type."""
        accept = {"Accept": "application/json"}
        return {**self._signed, **BETA, **accept, **(JSON_TYPE if writes else {})}
