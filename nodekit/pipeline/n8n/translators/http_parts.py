"""What the versions of HTTP Request share: fields by name, credentials, batches, times."""

import re
from collections.abc import Mapping, Sequence

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import ParameterIssue, Unsupported
from nodekit.pipeline.n8n.node import N8nNode, is_expression

REDIRECTS = 21
"""How many redirects are followed where nothing is said."""

NO_CREDENTIAL = (
    "httpSslAuth",
    "oAuth1Api",
)
"""The generic kinds of credential that we do not have."""

PLAIN = ("GET", "HEAD", "OPTIONS")
"""The methods whose redirects the older versions follow."""

WRITTEN = re.compile(r"=\s*https?://[^/?#{]+[/?#]", re.IGNORECASE)
"""An expression in which the host stands."""

NOT_OBJECTS = "An entry of a JSON list that is no object stands under a field of its own."


def url_of(node: N8nNode) -> str:
    """Return the address.

    Raises:
        ParameterIssue: There is none.
    """
    url = node.text("url")
    if not url.strip():
        raise ParameterIssue('Parameter "URL" is required.')
    return url


def address(node: N8nNode) -> dict[str, Json]:
    """Return the address; where its host is computed, with the hosts it may mean.

    Raises:
        ParameterIssue: There is none.
    """
    url = url_of(node)
    if not is_expression(url) or WRITTEN.match(url) or not node.hosts:
        return {"url": url}
    return {"url": url, "hosts": list(node.hosts)}


def named(rows: Sequence[Mapping[str, Json]], repeated: bool = False) -> Json:
    """Return rows of names and values: by name, or as a list where a name is computed or repeated.

    Args:
        rows: The rows.
        repeated: Whether all values of a name count; otherwise only the last one does.
    """
    listed = [(str(row.get("name", "")), row.get("value", "")) for row in rows if row.get("name")]
    names = [name for name, _ in listed]
    twice = repeated and len(set(names)) < len(names)
    if twice or any(map(is_expression, names)):
        return [{"name": name, "value": value} for name, value in listed]
    return dict(listed)


def milliseconds(value: Json) -> Json:
    """Return a number of milliseconds as a length of time, also where it is computed."""
    if is_expression(value):
        return f"{value}ms"
    return value / 1000 if isinstance(value, int | float) else value


def batch(size: Json, wait: Json) -> dict[str, Json]:
    """Return the groups in which items are sent; a size below 0 is none."""
    if isinstance(size, int | float):
        if size < 0:
            return {}
        size = int(size) or 1
    return {"batch": {"size": size, "wait": milliseconds(wait)}}


def credential(node: N8nNode, kind: str) -> str:
    """Return the name of the credential of a kind.

    Raises:
        Unsupported: There is none, or we do not have the kind.
    """
    if kind in NO_CREDENTIAL:
        raise Unsupported(f"the credential {kind} is not supported")
    found = node.credential(kind)
    if found is None:
        raise Unsupported(f"it has no credential {kind}", "Choose one in n8n, and export it again.")
    return found
