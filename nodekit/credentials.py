"""A declared secret: its fields, and how it signs a request."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict


class Credential(BaseModel):
    """Access to a service. Declare the fields; secrets are ``SecretStr``.

    A pipeline names a credential and gives its fields; secrets come from the environment, as
    ``${NAME}``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    def headers(self) -> Mapping[str, str]:
        """Return the headers that sign a request."""
        return {}

    def query(self) -> Mapping[str, str]:
        """Return the query parameters that sign a request."""
        return {}
