"""The accounts: OpenAI or whatever speaks like it, and self-hosted ChatKit servers."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, SecretStr, field_validator
from pydantic.alias_generators import to_camel

from nodekit import Credential, CredentialError, Json

BOTH_SPELLINGS = ConfigDict(alias_generator=to_camel, validate_by_name=True)
"""A field may be given as `api_key` or, as in n8n, as `apiKey`."""

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class OpenAI(Credential):
    """Access to the OpenAI API, or to a service that speaks like it."""

    api_key: SecretStr = SecretStr("")
    """A secret key of your project."""

    base_url: str = "https://api.openai.com"
    """Change it to use a proxy or a compatible service."""

    organization: str = ""
    """Your organization's id, if the key belongs to several."""

    project_id: str = ""
    """Your project's id, if the key belongs to several."""

    model_config = BOTH_SPELLINGS

    @property
    def root(self) -> str:
        """The address that paths begin after; people paste it with and without ``/v1``."""
        trimmed = self.base_url.strip().rstrip("/")
        return trimmed.removesuffix("/v1").rstrip("/")

    def headers(self) -> Mapping[str, str]:
        """Return the headers that sign a request.

        Raises:
            CredentialError: There is no key.
        """
        key = self.api_key.get_secret_value().strip()
        if not key:
            raise CredentialError(
                "The OpenAI ChatKit credential has no API Key.", hint="Give it an `api_key`."
            )
        named = {"OpenAI-Organization": self.organization, "OpenAI-Project": self.project_id}
        given = {name: value.strip() for name, value in named.items() if value.strip()}
        return {"Authorization": f"Bearer {key}", **given}


class ChatKitServer(Credential):
    """Access to a self-hosted ChatKit server."""

    url: str
    """The full address of the endpoint, for example https://example.test/chatkit."""

    authentication: Literal["none", "bearer", "basic", "header"] = "bearer"
    """How requests are signed."""

    token: SecretStr = SecretStr("")
    """The token, for `bearer`."""

    user: str = ""
    """The user, for `basic`."""

    password: SecretStr = SecretStr("")
    """The password, for `basic`."""

    header_name: str = ""
    """The header's name, for `header`."""

    header_value: SecretStr = SecretStr("")
    """The header's value, for `header`."""

    extra_headers: dict[str, SecretStr] = Field(default_factory=dict)
    """Further headers, as a JSON object; their values are secrets too."""

    user_header: str = ""
    """The header that tells the server who the end user is, for example X-User."""

    allow_http: bool = False
    """Allow plain http beyond this machine."""

    model_config = BOTH_SPELLINGS

    @field_validator("extra_headers", mode="before")
    @classmethod
    def from_json(cls, given: Json) -> Json:
        """Read JSON, as an environment variable holds it."""
        if not isinstance(given, str):
            return given
        try:
            return json.loads(given or "{}")
        except json.JSONDecodeError as error:
            raise ValueError("must be a JSON object") from error

    @property
    def endpoint(self) -> str:
        """The address, checked.

        Raises:
            CredentialError: It is no address that requests may be sent to.
        """
        parts = urlsplit(self.url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CredentialError("The server URL must be an https address with a host.")
        if parts.username or parts.password:
            raise CredentialError(
                "The server URL must not hold a user or a password.",
                hint="Give them as `user` and `password`, with `authentication: basic`.",
            )
        if parts.scheme == "http" and not self.allow_http and parts.hostname not in LOOPBACK:
            raise CredentialError(
                "The server URL must use https.", hint="Set `allow_http` if you must."
            )
        return self.url.strip()

    def headers(self) -> Mapping[str, str]:
        """Return the headers that sign a request."""
        extra = {name: value.get_secret_value() for name, value in self.extra_headers.items()}
        return {**self._signature(), **extra}

    def _signature(self) -> dict[str, str]:
        match self.authentication:
            case "none":
                return {}
            case "bearer":
                return {"Authorization": f"Bearer {self.token.get_secret_value()}"}
            case "basic":
                pair = f"{self.user}:{self.password.get_secret_value()}".encode()
                return {"Authorization": f"Basic {b64encode(pair).decode()}"}
            case "header":
                return {self.header_name: self.header_value.get_secret_value()}
