"""Credentials: what they hold, how they sign, and where their values come from.

A name is loaded when it is first used: a run without credentials does without all of this.
"""

from typing import TYPE_CHECKING

from nodekit.late import late_names

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

__getattr__ = late_names(__name__, _HOME_OF)
