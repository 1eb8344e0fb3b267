"""Credentials: what they hold, how they sign, and where their values come from."""

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
