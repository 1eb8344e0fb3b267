"""The credentials of a pipeline. Here, and nowhere else, ``${NAME}`` reads the environment."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, get_args

from pydantic import SecretBytes, SecretStr, ValidationError

from nodekit.errors import RegistryError, did_you_mean
from nodekit.items import Json
from nodekit.registry import Registry
from nodekit.wording import wanted

from .document import Document
from .draft import Draft
from .places import Findings
from .problem import Path

if TYPE_CHECKING:
    from nodekit.credentials import Credential

    from .n8n import WorkflowOptions  # few runs say how a workflow is to be read

Secrets: TypeAlias = Callable[[str], Mapping[str, str] | None]
"""Where credentials without fields come from: a name to ``type`` and fields, or ``None``."""

VARIABLE = r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}"


class Surroundings(NamedTuple):
    """What a pipeline is loaded in: node types, environment, kept credentials.

    ``strict`` makes it an error, not a warning, if a credential cannot be had here and now.
    ``n8n`` is how a workflow of n8n's is to be read, where that is said.
    """

    registry: Registry
    environ: Mapping[str, str]
    secrets: Secrets | None = None
    strict: bool = True
    n8n: "WorkflowOptions | None" = None


class Accounts:
    """Reads the credentials of a document, and notes what is wrong with them.

    ``kinds`` and ``ready`` are their types and values by name, where they could be had.
    """

    def __init__(self, around: Surroundings, findings: Findings) -> None:
        self.around = around
        self.findings = findings
        self.kinds: dict[str, type[Credential]] = {}
        self.ready: dict[str, Credential] = {}

    def read(self, document: Document) -> None:
        """Read all credentials."""
        for name, entry in document.credentials.items():
            stated = dict(entry or {})
            if stated.keys() - {"type"}:
                self._stated(name, stated)
            else:
                self._kept(name, stated)

    def _stated(self, name: str, fields: dict[str, Json]) -> None:
        """Read a credential whose fields stand in the file."""
        path: Path = ("credentials", name)
        if "type" not in fields:
            message = f'credential "{name}" needs the key "type"'
            self.findings.error(path, "missing-key", message, at_key=True)
            return
        kind = self._kind((*path, "type"), name, fields.pop("type"))
        if kind is None:
            return
        lacking = [field for field in fields if not self._fill(path, field, fields)]
        self._refuse_literals(path, kind, self._written(name))
        self._make(path, name, kind, fields, lacking)

    def _written(self, name: str) -> Mapping[str, Json]:
        entry: Mapping[str, Json] = self.findings.raw["credentials"][name]
        return entry

    def _kept(self, name: str, stated: Mapping[str, Json]) -> None:
        """Read a credential that is only named: its fields are kept elsewhere."""
        path: Path = ("credentials", name)
        found = self.around.secrets(name) if self.around.secrets else None
        fields: dict[str, Json] = {**(found or {}), **stated}
        type_name = fields.pop("type", None)
        kind = None if type_name is None else self._kind((*path, "type"), name, type_name)
        if found is None and (kind is None or needs_fields(kind)):
            if type_name is None or kind is not None:
                self._not_kept(path, name)
        elif kind is None and type_name is None:
            self._not_kept(path, name)
        elif kind is not None:
            self._make(path, name, kind, fields, [])

    def _not_kept(self, path: Path, name: str) -> None:
        note = self.findings.error if self.around.strict else self.findings.warning
        note(
            path,
            "missing-credential",
            f'credential "{name}" has no fields here, and the credentials file does not have it',
            hint="Give its type and fields, secrets as `${NAME}` from the environment.",
            at_key=True,
        )

    def _kind(self, path: Path, name: str, type_name: Json) -> "type[Credential] | None":
        if not isinstance(type_name, str):
            self.findings.error(path, "bad-value", '"type" wants the name of a credential type')
            return None
        try:
            self.kinds[name] = self.around.registry.credential(type_name)
        except RegistryError as error:
            code = "unknown-type" if error.message.startswith("there is no") else "broken-type"
            self.findings.error(path, code, error.message, hint=error.hint)
        return self.kinds.get(name)

    def _fill(self, path: Path, field: str, fields: dict[str, Json]) -> bool:
        """Put the environment's values into one field; tell whether they are all there."""
        value = fields[field]
        if not isinstance(value, str):
            return True
        environ = self.around.environ
        lacking = [name for name in re.findall(VARIABLE, value) if name not in environ]
        for name in lacking:
            note = self.findings.error if self.around.strict else self.findings.warning
            note(
                (*path, field),
                "missing-variable",
                f"the environment variable {name} is not set",
                hint=f"Set it before the run: export {name}=…",
            )
        if not lacking:
            fields[field] = re.sub(VARIABLE, lambda found: environ[found[1]], value)
        return not lacking

    def _refuse_literals(
        self, path: Path, kind: "type[Credential]", written: Mapping[str, Json]
    ) -> None:
        for field in secret_fields(kind) & written.keys():
            value = written[field]
            if value not in (None, "") and not (
                isinstance(value, str) and re.search(VARIABLE, value)
            ):
                self.findings.error(
                    (*path, field),
                    "literal-secret",
                    f'"{field}" is a secret and must not stand in the file',
                    hint=f"Write ${{{field.upper()}}} and set that environment variable.",
                )

    def _make(
        self,
        path: Path,
        name: str,
        kind: "type[Credential]",
        fields: Mapping[str, Json],
        lacking: list[str],
    ) -> None:
        try:
            self.ready[name] = kind.model_validate(fields)
        except ValidationError as error:
            for row in error.errors(include_url=False, include_input=False):
                if not row["loc"] or row["loc"][0] not in lacking:
                    self._misfit(path, kind, row)
        if lacking:
            self.ready.pop(name, None)

    def _misfit(self, path: Path, kind: "type[Credential]", row: Mapping[str, Any]) -> None:
        """Note what is wrong with a field. Its value may be secret and is never shown."""
        field = ".".join(map(str, row["loc"]))
        owner = f'credential "{path[-1]}"'
        message = (
            f'{owner}: "{field}" wants {wanted(row) or "another value"}'
            if field
            else f"{owner} does not fit"
        )
        unknown = row["type"] == "extra_forbidden"
        if unknown:
            near = did_you_mean(field, kind.model_fields)
            message = f'{owner} has no field "{field}"{near}'
        elif row["type"] == "missing":
            message = f'{owner} needs the field "{field}"'
        self.findings.error((*path, *row["loc"]), "bad-credential", message, at_key=unknown)

    def check_use(self, drafts: list[Draft], document: Document) -> None:
        """Note steps with a credential that is not there or does not fit, and those nobody uses."""
        for draft in drafts:
            if draft.entry.credential is not None:
                self._check_step(draft, draft.entry.credential, document)
        used = {draft.entry.credential for draft in drafts}
        for name in document.credentials:
            if name not in used:
                message = f'credential "{name}" is not used by any step'
                path = ("credentials", name)
                self.findings.warning(path, "unused-credential", message, at_key=True)

    def _check_step(self, draft: Draft, name: str, document: Document) -> None:
        path = (*draft.path, "credential")
        if name not in document.credentials:
            near = did_you_mean(name, document.credentials)
            message = f'there is no credential "{name}"{near}'
            self.findings.error(path, "unknown-credential", message)
            return
        kind = self.kinds.get(name)
        if draft.type is None or kind is None:
            return
        if not issubclass(kind, draft.type.node.credentials):
            taken = ", ".join(one.__name__ for one in draft.type.node.credentials) or "none"
            message = f'cannot use the credential "{name}": it is of the kind {kind.__name__}'
            hint = f'The node type "{draft.type.name}" takes: {taken}.'
            self.findings.error(path, "unknown-credential", message, hint=hint)


def secret_fields(kind: "type[Credential]") -> set[str]:
    """Return the fields of a credential that hold secrets."""
    return {
        name
        for name, info in kind.model_fields.items()
        if {SecretStr, SecretBytes} & {info.annotation, *get_args(info.annotation)}
    }


def needs_fields(kind: "type[Credential]") -> bool:
    """Whether a credential has a field that must be given."""
    return any(info.is_required() for info in kind.model_fields.values())
