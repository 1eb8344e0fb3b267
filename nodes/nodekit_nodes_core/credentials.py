"""The common kinds of credential, for any service that is called over HTTP."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from nodekit import Credential, CredentialError, Json, Request

from .http_answer import is_object


class Tested(Credential):
    """What the common kinds share: a URL to try them out."""

    test_url: str = ""
    """An address that answers 2xx only if the credential is good; `nodekit creds check` asks it."""

    def probe(self) -> Request | None:
        """Return the request that tries the credential out, if there is an address for it."""
        return Request("GET", self.test_url) if self.test_url else None


class HeaderAuth(Tested):
    """A header that holds a secret (n8n: header auth)."""

    name: str = Field(min_length=1, examples=["X-Api-Key"])
    """The name of the header."""

    value: SecretStr
    """What it holds."""

    def headers(self) -> Mapping[str, str]:
        """Return the header."""
        return {self.name: self.value.get_secret_value()}


class QueryAuth(Tested):
    """A query parameter that holds a secret (n8n: query auth)."""

    name: str = Field(min_length=1, examples=["api_key"])
    """The name of the parameter."""

    value: SecretStr
    """What it holds."""

    def query(self) -> Mapping[str, str]:
        """Return the parameter."""
        return {self.name: self.value.get_secret_value()}


class BearerAuth(Tested):
    """A token in the header `Authorization` (n8n: bearer auth)."""

    token: SecretStr
    """The token."""

    def headers(self) -> Mapping[str, str]:
        """Return the header."""
        return {"Authorization": f"Bearer {self.token.get_secret_value()}"}


class BasicAuth(Tested):
    """User and password in the header `Authorization` (n8n: basic auth)."""

    user: str
    """The user's name."""

    password: SecretStr
    """The password."""

    def headers(self) -> Mapping[str, str]:
        """Return the header."""
        return {"Authorization": basic(self.user, self.password)}


class DigestAuth(Tested):
    """User and password, never sent in clear (n8n: digest auth)."""

    user: str
    """The user's name."""

    password: SecretStr
    """The password."""

    def digest(self) -> tuple[str, str]:
        """Return user and password."""
        return self.user, self.password.get_secret_value()


class CustomAuth(Tested):
    """Headers, query parameters and body fields of any kind, as JSON (n8n: custom auth)."""

    json_: SecretStr = Field(
        validation_alias="json", examples=['{"headers": {"X-Key": "…"}, "qs": {}, "body": {}}']
    )
    """A JSON object with `headers`, `qs` and `body`, each a mapping of texts."""

    @field_validator("json_")
    @classmethod
    def is_an_object(cls, value: SecretStr) -> SecretStr:
        """Refuse what is not such an object, without showing it."""
        try:
            found = json.loads(value.get_secret_value())
        except ValueError:
            raise ValueError("is not JSON") from None
        if not is_object(found) or not set(found) <= {"headers", "qs", "body"}:
            raise ValueError("wants an object with headers, qs and body")
        return value

    def headers(self) -> Mapping[str, str]:
        """Return the headers."""
        return {name: str(value) for name, value in self._part("headers").items()}

    def query(self) -> Mapping[str, str]:
        """Return the query parameters."""
        return {name: str(value) for name, value in self._part("qs").items()}

    def fields(self) -> Mapping[str, Json]:
        """Return the fields of the body."""
        return self._part("body")

    def _part(self, name: str) -> dict[str, Json]:
        found: dict[str, dict[str, Json]] = json.loads(self.json_.get_secret_value())
        return found.get(name, {})


class OAuth2ClientCredentials(Tested):
    """A token that a service gives for a client's id and secret (OAuth 2, client credentials)."""

    token_url: str = Field(min_length=1, examples=["https://login.example.com/oauth/token"])
    """Where tokens are given."""

    client_id: str
    """The client's id."""

    client_secret: SecretStr
    """The client's secret."""

    scope: str = ""
    """What the token is to be good for."""

    audience: str = ""
    """Whom the token is for, where the service asks."""

    send_as: Literal["header", "body"] = "header"
    """How id and secret are sent: as basic authentication, or in the body."""

    def renewal(self) -> Request:
        """Return the request for a token (RFC 6749, 4.4.2)."""
        form = {"grant_type": "client_credentials", "scope": self.scope, "audience": self.audience}
        headers = {"Accept": "application/json"}
        if self.send_as == "body":
            form["client_id"] = self.client_id
            form["client_secret"] = self.client_secret.get_secret_value()
        else:
            headers["Authorization"] = basic(self.client_id, self.client_secret)
        return Request(
            "POST", self.token_url, headers=headers, form={k: v for k, v in form.items() if v}
        )

    def granted(self, answer: Json) -> tuple[Mapping[str, str], float | None]:
        """Read the token and its life.

        Raises:
            CredentialError: The answer holds none.
        """
        found: Mapping[str, Json] = answer if is_object(answer) else {}
        token, seconds = found.get("access_token"), found.get("expires_in")
        if not isinstance(token, str) or not token:
            raise CredentialError(
                f"{self.token_url.split('?', 1)[0]} answered without an access token",
                hint="Check that `token_url` is the address of the token endpoint.",
            )
        life = float(seconds) if isinstance(seconds, int | float | str) else None
        return {"Authorization": f"Bearer {token}"}, life

    def probe(self) -> Request | None:
        """Return the request that tries it out: where there is no address, that for a token."""
        return super().probe() or self.renewal()


def basic(user: str, password: SecretStr) -> str:
    """Return the value of the header for basic authentication (RFC 7617)."""
    login = f"{user}:{password.get_secret_value()}"
    return f"Basic {b64encode(login.encode()).decode()}"
