"""A declared secret: its fields, how it signs a request, how it is renewed and tried out."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from pydantic import ConfigDict, SecretStr

from nodekit.described import Described
from nodekit.errors import CredentialError
from nodekit.items import Json
from nodekit.json_values import is_list, is_object

from .request import Request


class Credential(Described):
    """Access to a service. Declare the fields; secrets are ``SecretStr``.

    A pipeline names a credential and gives its fields; secrets come from the environment, as
    ``${NAME}``. Most credentials define :meth:`headers` or :meth:`query`. One that must first get a
    token defines :meth:`renewal` and :meth:`granted`; one that signs the whole request defines
    :meth:`sign`.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        coerce_numbers_to_str=True,
        hide_input_in_errors=True,
    )

    def headers(self) -> Mapping[str, str]:
        """Return the headers that sign a request."""
        return {}

    def query(self) -> Mapping[str, str]:
        """Return the query parameters that sign a request."""
        return {}

    def fields(self) -> Mapping[str, Json]:
        """Return the fields that sign a request in its body, where that is JSON or a form."""
        return {}

    def sign(self, request: Request) -> Request:
        """Return the request signed: with the headers, the query and the fields."""
        signed = request.with_headers(self.headers())
        return signed.with_query(self.query()).with_fields(self.fields())

    def digest(self) -> tuple[str, str] | None:
        """Return user and password for digest access authentication (RFC 7616), if it is that."""
        return None

    def renewal(self) -> Request | None:
        """Return the request that fetches what expires, a token; ``None`` if nothing does.

        It is sent before the first signed request, shortly before the token expires, and once
        after a service said 401; callers wait for one renewal.
        """
        return None

    def granted(self, answer: Json) -> tuple[Mapping[str, str], float | None]:
        """Read the answer to :meth:`renewal`: headers that sign, and for how many seconds.

        Raises:
            CredentialError: The answer holds no token.
        """
        raise NotImplementedError

    def probe(self) -> Request | None:
        """Return a harmless request that succeeds only if the credential is good (n8n: test)."""
        return None

    def secrets(self) -> Iterator[str]:
        """Yield every text that must not be seen: the secret fields, and what is made of them."""
        for name in type(self).model_fields:
            yield from held(getattr(self, name))
        with suppress(CredentialError):  # an incomplete credential signs nothing
            for header in self.headers().values():
                scheme, _, rest = header.partition(" ")
                yield rest if rest and scheme.isalpha() else header
            yield from self.query().values()
            yield from leaves(self.fields())


def held(value: object) -> Iterator[str]:
    """Yield the secrets in the value of a field, at any depth."""
    if isinstance(value, SecretStr):
        if value.get_secret_value():
            yield value.get_secret_value()
    elif is_object(value):
        for part in value.values():
            yield from held(part)
    elif is_list(value):
        for part in value:
            yield from held(part)


def leaves(value: object) -> Iterator[str]:
    """Yield the texts in a JSON value, at any depth, but for the names of fields."""
    if isinstance(value, str):
        yield value
    elif is_object(value):
        for part in value.values():
            yield from leaves(part)
    elif is_list(value):
        for part in value:
            yield from leaves(part)
