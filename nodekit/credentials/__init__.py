"""Credentials: what they hold, how they sign, and where their values come from.

A name is loaded when it is first used: a run without credentials does without all of this.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .credential import Credential
    from .listing import CredentialRow, list_credentials
    from .request import Part, Request
    from .sources import Secrets, read_credential

__all__ = [
    "Credential",
    "CredentialRow",
    "Part",
    "Request",
    "Secrets",
    "list_credentials",
    "read_credential",
]

_HOME_OF = {
    "Credential": "credential",
    "CredentialRow": "listing",
    "Part": "request",
    "Request": "request",
    "Secrets": "sources",
    "list_credentials": "listing",
    "read_credential": "sources",
}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
    globals()[name] = value
    return value
