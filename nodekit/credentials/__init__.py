"""Credentials: what they hold, how they sign, and where their values come from."""

from .credential import Credential
from .request import Part, Request
from .sources import Secrets, literal_secrets, read_credential

__all__ = [
    "Credential",
    "Part",
    "Request",
    "Secrets",
    "literal_secrets",
    "read_credential",
]
