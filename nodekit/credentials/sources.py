"""Where the values of credentials come from: the environment, an env file, a credentials file.

``${NAME}`` is read here and nowhere else. A value is a whole reference or text with references in
it; ``$${`` stands for ``${``.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from nodekit.errors import CredentialError, did_you_mean
from nodekit.json_values import is_list, is_object
from nodekit.wording import listed, sentence

from .credential import Credential

C = TypeVar("C", bound=Credential)

REFERENCE = re.compile(r"\$(\$\{|\{([^}]*)\})")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*\Z")


class Secrets:
    """Looks values up: first in the environment, then in an env file.

    Args:
        environ: The environment.
        env_file: A file of lines ``NAME=value``, read now.
        credentials_file: A TOML or JSON file with the fields of credentials by name, read now.

    Raises:
        CredentialError: A file cannot be read, or is not what it should be.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        env_file: Path | None = None,
        credentials_file: Path | None = None,
    ) -> None:
        lines: dict[str, str] = {} if env_file is None else env_lines(env_file)
        self.environ: Mapping[str, str] = {**lines, **environ}
        """The variables: those of the environment, and of the env file what the former has not."""
        self.declared: Mapping[str, Mapping[str, Any]] = (
            {} if credentials_file is None else credential_tables(credentials_file)
        )
        """The fields of the credentials file, by the name of the credential."""

    def __call__(self, name: str) -> dict[str, Any] | None:
        """Return the type and the fields that the credentials file gives for a credential.

        Raises:
            CredentialError: A variable it refers to is set nowhere.
        """
        given = self.declared.get(name)
        return None if given is None else filled_fields(name, given, self)

    def fill(self, text: str) -> str:
        """Return text with its references filled.

        Raises:
            CredentialError: A variable is set nowhere, or a reference has no name.
        """

        def value(found: re.Match[str]) -> str:
            if found[1] == "${":
                return "${"
            if not NAME.match(found[2]):
                raise CredentialError(f"{found[0]!r} is not a reference to a variable")
            held = self.environ.get(found[2])
            if held is None:
                raise CredentialError(
                    f"the variable {found[2]} is not set",
                    hint=f"Set {found[2]} in the environment or in the env file.",
                )
            return held

        return REFERENCE.sub(value, text)


def env_lines(path: Path) -> dict[str, str]:
    """Read an env file: ``NAME=value``, with ``#`` comments, ``export`` and quotes allowed.

    Raises:
        CredentialError: It cannot be read, or a line is something else.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(contents(path).splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        parts = LINE.match(line)
        if parts is None:
            raise CredentialError(f"{path.name}:{number}: not a line NAME=value")
        found[parts[1]] = unquoted(parts[2])
    return found


def unquoted(text: str) -> str:
    """Return the value of an env line: without its quotes, or without its trailing comment."""
    quoted = re.match(r"""(["'])(.*)\1\s*(#.*)?\Z""", text)
    if quoted is None:
        return re.sub(r"\s+#.*\Z", "", text)
    if quoted[1] == "'":
        return quoted[2]
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], quoted[2])


def credential_tables(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Read a credentials file: a mapping from the name of a credential to its fields.

    Raises:
        CredentialError: It cannot be read, or is something else.
    """
    text = contents(path)
    try:
        tables = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        place = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        form = "JSON" if path.suffix == ".json" else "TOML"
        raise CredentialError(f"{path.name}{place}: the file is not {form}") from error
    if is_object(tables) and all(is_object(table) for table in tables.values()):
        return tables
    raise CredentialError(f"{path.name}: wants a mapping of fields for each credential")


def contents(path: Path) -> str:
    """Return the text of a file.

    Raises:
        CredentialError: It cannot be read.
    """
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise CredentialError(f"cannot read {path.name!r}: it is not UTF-8") from error
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise CredentialError(f"cannot read {path.name!r}: {why}") from error


def filled(value: Any, secrets: Secrets) -> Any:
    """Return a value of any shape with the references in its texts filled."""
    if isinstance(value, str):
        return secrets.fill(value)
    if is_object(value):
        return {key: filled(part, secrets) for key, part in value.items()}
    if is_list(value):
        return [filled(part, secrets) for part in value]
    return value


def filled_fields(name: str, given: Mapping[str, Any], secrets: Secrets) -> dict[str, Any]:
    """Return the fields of a credential with their references filled.

    Raises:
        CredentialError: A variable is set nowhere; the message names the field.
    """
    values: dict[str, Any] = {}
    for key, value in given.items():
        try:
            values[key] = filled(value, secrets)
        except CredentialError as error:
            text = f'credential "{name}", field "{key}": {error.message}'
            raise CredentialError(text, hint=error.hint) from None
    return values


def read_credential(kind: type[C], name: str, fields: Mapping[str, Any]) -> C:
    """Make a credential of its fields, references filled.

    Raises:
        CredentialError: A field is missing, unknown or does not fit. The message holds no value.
    """
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise CredentialError(misfit(kind, name, error)) from None


def misfit(kind: type[Credential], name: str, error: ValidationError) -> str:
    """Say what is wrong with the first field that does not fit, without its value."""
    row = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(map(str, row["loc"]))
    known = listed(kind.model_fields, "and")
    if row["type"] == "extra_forbidden":
        near = did_you_mean(field, kind.model_fields) or f"; it has {known}"
        return f'credential "{name}" has no field "{field}"{near}'
    if row["type"] == "missing":
        return f'credential "{name}" needs the field "{field}"'
    said = sentence({**row, "input": None}).split(", found")[0]
    return f'credential "{name}", field "{field}" {said}'


def variables_in(value: Any) -> Iterator[str]:
    """Yield the names of the variables that a value of any shape refers to."""
    if isinstance(value, str):
        yield from (found[2] for found in REFERENCE.finditer(value) if found[1] != "${")
    elif is_object(value):
        for part in value.values():
            yield from variables_in(part)
    elif is_list(value):
        for part in value:
            yield from variables_in(part)
