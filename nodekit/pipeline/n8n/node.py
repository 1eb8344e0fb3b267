"""One node of an n8n workflow: what it says, read the way n8n reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from nodekit.items import Json
from nodekit.pipeline.values import is_list, is_mapping

T = TypeVar("T")

PACKAGE = "n8n-nodes-base."


@dataclass(frozen=True, slots=True)
class N8nNode:
    """A node: its name, its type with version, its parameters, and how it is set.

    ``slots`` is the number of inputs that something is connected to, counted to the last one
    (n8n: what the scheduler takes for the number of inputs). ``out_slots`` likewise counts outputs.
    ``above`` holds the types of the nodes that data can come from, the node's own aside. ``python``
    is whether code in Python may run. ``hosts`` are the hosts of all addresses in the workflow.
    """

    name: str
    type: str
    version: float
    parameters: Mapping[str, Json] = field(default_factory=dict[str, Json])
    raw: Mapping[str, Json] = field(default_factory=dict[str, Json])
    position: tuple[float, float] = (0, 0)
    slots: int = 0
    out_slots: int = 0
    above: frozenset[str] = frozenset()
    python: bool = False
    hosts: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The type without the name of n8n's own package."""
        return self.type.removeprefix(PACKAGE)

    @property
    def disabled(self) -> bool:
        """Whether it passes on its input."""
        return bool(self.raw.get("disabled"))

    @property
    def continues(self) -> bool:
        """Whether the run goes on when it fails."""
        return on_error_of(self.raw) != "stop"

    def get(self, path: str, default: Json = None) -> Json:
        """Return a parameter by its path; the default where it is missing or null."""
        value: Json = self.parameters
        for part in path.split("."):
            if not is_mapping(value) or part not in value:
                return default
            value = value[part]
        return default if value is None else value

    def has(self, path: str) -> bool:
        """Whether a parameter is given."""
        return self.get(path) is not None

    def text(self, path: str, default: str = "") -> str:
        """Return a parameter as text, which may be an expression."""
        value = self.get(path, default)
        return value if isinstance(value, str) else plain_text(value)

    def flag(self, path: str, default: bool = False) -> bool:
        """Return a parameter that is on or off; an expression counts as its text does."""
        return bool(self.get(path, default))

    def fixed(self, path: str, default: str = "") -> str:
        """Return a parameter that takes no expressions (n8n: ``noDataExpression``)."""
        return self.text(path, default).removeprefix("=")

    def rows(self, path: str) -> list[dict[str, Json]]:
        """Return the entries of a fixed collection: a list of mappings, or one alone."""
        value = self.get(path, [])
        listed = value if is_list(value) else [value]
        return [row for row in listed if is_mapping(row)]

    def credential(self, *kinds: str) -> str | None:
        """Return the name of the node's credential of one of n8n's types, if it has one."""
        stated = self.raw.get("credentials")
        found = stated if is_mapping(stated) else {}
        return next((name for kind in kinds if (name := credential_name(found.get(kind)))), None)

    def locator(self, path: str, default: Json = "") -> Json:
        """Return the value of a resource locator, or a parameter that is none as it is."""
        value = self.get(path, default)
        return value.get("value", default) if is_mapping(value) and "value" in value else value


def credential_name(stated: Json) -> str | None:
    """Return the name of a credential as a node holds it; very old exports have it as text."""
    name = stated.get("name") if is_mapping(stated) else stated
    return name if isinstance(name, str) and name else None


def plain_text(value: Json) -> str:
    """Return a constant as JavaScript writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def names_in(text: Json) -> list[str]:
    """Return the names in a comma list, or in a list."""
    parts = text if is_list(text) else str(text or "").split(",")
    return [name for name in (str(part).strip() for part in parts) if name]


def is_expression(value: object) -> bool:
    """Whether a value is computed."""
    return isinstance(value, str) and value.startswith("=")


def chosen(options: Mapping[str, T], value: str, default: T) -> T:
    """Return what a choice of n8n's means."""
    return options.get(value, default)


ON_ERROR: Mapping[object, str] = {
    "stopWorkflow": "stop",
    "continueRegularOutput": "continue",
    "continueErrorOutput": "error_output",
}


def on_error_of(raw: Mapping[str, Json]) -> str:
    """Return what happens when the node fails; the old flag counts where the new one is missing.

    Where the new one says stop and the old one go on, the node stops at its first failure, and its
    input goes on in place of its output.
    """
    stated = raw.get("onError")
    if stated == "stopWorkflow" and raw.get("continueOnFail"):
        return "pass_on"
    if isinstance(stated, str) and stated in ON_ERROR:
        return ON_ERROR[stated]
    return "continue" if raw.get("continueOnFail") else "stop"


def sequence(value: object) -> Sequence[Json]:
    """Return a list, or nothing for what is none."""
    return value if is_list(value) else ()
