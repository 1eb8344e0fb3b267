"""The credentials of a credentials file, as rows to look at; no row holds a value."""

from collections.abc import Callable
from dataclasses import dataclass

from nodekit.errors import NodekitError

from .credential import Credential
from .sources import Secrets, read_credential, variables_in


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """One credential: its name and type, the variables it needs, and what is wrong with it."""

    name: str
    type: str
    variables: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    problem: str | None = None
    credential: Credential | None = None


def list_credentials(
    secrets: Secrets, kind_of: Callable[[str], type[Credential]]
) -> list[CredentialRow]:
    """Return a row for each credential of the credentials file, in its order.

    Args:
        secrets: The sources.
        kind_of: Finds the class of a credential type, as ``Registry.credential`` does.
    """
    return [row_of(name, secrets, kind_of) for name in secrets.declared]


def row_of(
    name: str, secrets: Secrets, kind_of: Callable[[str], type[Credential]]
) -> CredentialRow:
    """Return the row of one credential."""
    given = secrets.declared[name]
    kind = given.get("type")
    variables = tuple(dict.fromkeys(variables_in(given)))
    missing = tuple(one for one in variables if one not in secrets.environ)
    if not isinstance(kind, str):
        return CredentialRow(name, "", variables, missing, f'credential "{name}" has no type')
    try:
        fields = {key: value for key, value in (secrets(name) or {}).items() if key != "type"}
        credential = read_credential(kind_of(kind), name, fields)
    except NodekitError as error:
        return CredentialRow(name, kind, variables, missing, error.message)
    return CredentialRow(name, kind, variables, missing, None, credential)
