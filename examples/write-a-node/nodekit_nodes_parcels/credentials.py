"""The account at the carrier."""

from collections.abc import Mapping

from pydantic import SecretStr

from nodekit import Credential, Request


class Parcels(Credential):
    """Access to the carrier's tracking service."""

    key: SecretStr
    """The key of your account."""

    base_url: str = "https://parcels.example.com"
    """The address of the service."""

    def headers(self) -> Mapping[str, str]:
        """Return the header that signs a request."""
        return {"X-Api-Key": self.key.get_secret_value()}

    def probe(self) -> Request:
        """Return the request that tries the key out, for `nodekit creds check`."""
        return Request("GET", f"{self.base_url}/account")
