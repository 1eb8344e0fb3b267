"""An HTTP request as data: what a credential signs, and what it asks for by itself."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from nodekit.items import Binary, Json
from nodekit.json_values import is_object
from nodekit.params import UNDEFINED

Part: TypeAlias = tuple[str, str | bytes | Binary]
"""One part of a multipart body: its name and its content."""


class Request(NamedTuple):
    """An HTTP request, not yet encoded.

    At most one of ``json``, ``form``, ``multipart`` and ``content`` is the body. A value of
    ``query`` or ``form`` that is a list gives the name once for each element; ``None`` leaves it
    out.
    """

    method: str
    url: str
    query: Mapping[str, Json] = {}
    headers: Mapping[str, str] = {}
    json: Json = UNDEFINED
    form: Mapping[str, Json] | None = None
    multipart: Sequence[Part] | None = None
    content: bytes | Binary | None = None

    def with_headers(self, headers: Mapping[str, str]) -> "Request":
        """Return the request with these headers; those of the same name are replaced."""
        if not headers:
            return self
        given = {name.lower() for name in headers}
        kept = {k: v for k, v in self.headers.items() if k.lower() not in given}
        return self._replace(headers={**kept, **headers})

    def with_query(self, query: Mapping[str, Json]) -> "Request":
        """Return the request with these query parameters; those of the same name are replaced."""
        return self._replace(query={**self.query, **query}) if query else self

    def with_fields(self, fields: Mapping[str, Json]) -> "Request":
        """Return the request with these fields in its body, where that is JSON or a form."""
        if not fields:
            return self
        if self.form is not None:
            return self._replace(form={**self.form, **fields})
        if is_object(self.json):
            return self._replace(json={**self.json, **fields})
        if self.json is UNDEFINED and self.content is None and self.multipart is None:
            return self._replace(json=dict(fields))
        return self
