"""Finds node types by entry point.

One entry point in the group ``nodekit.nodes`` is one node; its name is the type name used in
pipelines. Listing imports nothing; a node is imported when it is first used, and a broken plugin
breaks only itself.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import EntryPoint, distributions
from inspect import cleandoc, iscoroutinefunction
from typing import TYPE_CHECKING, Any, TypeGuard

from pydantic import PydanticUserError
from pydantic_core import SchemaError

from . import credentials as access  # its names are loaded when they are first used
from .errors import RegistryError, did_you_mean
from .forms import Examined, Form
from .node import BatchNode, ItemNode, Node, declared
from .sketch import sketch
from .state import State

if TYPE_CHECKING:
    from .credentials import Credential

NODES = "nodekit.nodes"
CREDENTIALS = "nodekit.credentials"
N8N = "nodekit.n8n"

NO_LANE = ItemNode[Any, Any, Any].lane


def is_node(found: object) -> TypeGuard[type[Node[Any, Any, Any]]]:
    """Whether what stands under the name of a node is one; an entry point may name anything."""
    return isinstance(found, type) and issubclass(found, ItemNode | BatchNode)


class NodeType:
    """A node class with the type name it is registered under.

    Raises:
        RegistryError: The class is not a node, or does not declare what a node declares.
    """

    def __init__(self, name: str, node: type[Node[Any, Any, Any]]) -> None:
        if not is_node(node):
            raise RegistryError(
                f'node type "{name}": {node!r} is not a node',
                hint="A node is a class derived from ItemNode or BatchNode.",
            )
        try:
            params, state, _ = declared(node)
            self.form: Form[Any] = Form(params)
        except TypeError as error:
            raise RegistryError(f'node type "{name}": {error}') from error
        self.name = name
        self.node = node
        self.params = params
        self.state: type[State] | None = state
        self.version = node.version

    def build(self) -> None:
        """Build the models of its parameters now; else each is when it is first needed.

        Raises:
            RegistryError: A parameter is of a type that pydantic cannot read.
        """
        with self._readable():
            for model in self.form.models:
                model.model_rebuild()

    def examine(self, raw: Mapping[str, Any]) -> Examined:
        """Find everything that is wrong with raw parameters, whatever expressions will give.

        Raises:
            RegistryError: A parameter is of a type that pydantic cannot read.
        """
        with self._readable():
            return self.form.examine(raw)

    @contextmanager
    def _readable(self) -> Generator[None, None, None]:
        try:
            yield
        except (PydanticUserError, SchemaError) as error:
            why = str(error).partition("\n")[0]
            raise RegistryError(
                f'node type "{self.name}" cannot be used: {type(error).__name__}: {why}',
                hint="This is a fault of the node, not of the file.",
            ) from error

    @property
    def description(self) -> str:
        """What the node does: its docstring."""
        return cleandoc(self.node.__doc__ or "")

    @property
    def is_item_node(self) -> bool:
        """Whether the node sees one item at a time."""
        return issubclass(self.node, ItemNode)

    @cached_property
    def waits(self) -> bool:
        """Whether the node awaits something: its ``run_item`` or ``run_batch`` is ``async``."""
        run = "run_item" if self.is_item_node else "run_batch"
        return iscoroutinefunction(getattr(self.node, run))

    @property
    def folds(self) -> bool:
        """Whether the node can take slices in order, with what it remembers of those before."""
        return self.node.slices == "fold"

    @cached_property
    def has_lanes(self) -> bool:
        """Whether items of one lane must run one after another."""
        return issubclass(self.node, ItemNode) and self.node.lane is not NO_LANE

    def inputs_of(self, raw: Mapping[str, Any]) -> tuple[str, ...] | str:
        """Return the names of the inputs of a step with these raw params, or ``"*"``."""
        return self.node.inputs_of(self._sketch(raw, "inputs_of"))

    def outputs_of(self, raw: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the names of the outputs of a step with these raw params, without ``error``."""
        return self.node.outputs_of(self._sketch(raw, "outputs_of"))

    def required_of(self, raw: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the inputs without which a step with these raw params never runs."""
        return self.node.required_of(self._sketch(raw, "required_of"))

    def slices_of(self, raw: Mapping[str, Any]) -> str:
        """Return what a step with these raw params needs of a long input: any, fold or all."""
        return self.node.slices_of(self._sketch(raw, "slices_of"))

    def depends(self, method: str) -> bool:
        """Whether the node computes something from its params: its ``inputs_of`` or the like."""
        own = getattr(getattr(self.node, method), "__func__", None)
        return own is not getattr(Node, method).__func__

    def _sketch(self, raw: Mapping[str, Any], method: str) -> Any:
        """Return raw params as far as a method may ask for them; ``None`` if it does not ask."""
        return sketch(self.form.select(raw)[0], raw) if self.depends(method) else None

    def versions(self) -> dict[int, "NodeType"]:
        """Return this version and the ones before it, by number, newest first."""
        found: dict[int, NodeType] = {self.version: self}
        older = self.node.previous
        while older is not None:
            found[older.version] = NodeType(self.name, older)
            older = older.previous
        return found

    def __repr__(self) -> str:
        return f"NodeType({self.name!r}, {self.node.__qualname__})"


class Registry:
    """The node types and credential types that pipelines can name.

    Args:
        nodes: Entry points of nodes.
        credentials: Entry points of credential types.
        n8n: Entry points that say which node an n8n type is, whose parameters are the node's.
    """

    _installed: "Registry | None" = None

    def __init__(
        self,
        nodes: Iterable[EntryPoint] = (),
        credentials: Iterable[EntryPoint] = (),
        n8n: Iterable[EntryPoint] = (),
    ) -> None:
        self._nodes = grouped(nodes)
        self._credentials = grouped(credentials)
        self._n8n = grouped(n8n)
        self._types: dict[str, NodeType] = {}
        self._added: set[str] = set()
        self._kinds: dict[str, type[Credential]] = {}

    @classmethod
    def installed(cls) -> "Registry":
        """Return the registry of everything installed; one for the process."""
        if cls._installed is None:
            points = list(our_points())
            groups = (NODES, CREDENTIALS, N8N)
            cls._installed = cls(*([p for p in points if p.group == group] for group in groups))
        return cls._installed

    def add(self, name: str, node: type[Node[Any, Any, Any]]) -> None:
        """Add a node class without packaging it; it takes the place of an installed one."""
        self._types[name] = NodeType(name, node)
        self._added.add(name)

    def add_credential(self, name: str, kind: "type[Credential]") -> None:
        """Add a credential class without packaging it."""
        self._kinds[name] = kind

    def names(self) -> list[str]:
        """Return the type names of all nodes, sorted. Imports nothing."""
        return sorted({*self._nodes, *self._types})

    def n8n_names(self) -> dict[str, str]:
        """Return what n8n workflows may call nodes: their own names, and n8n's types. Imports
        nothing.

        An n8n type that two packages claim, or whose node is not registered, is left out.
        """
        ours = {point.value: name for name, points in self._nodes.items() for point in points}
        known = {name: name for name in self.names()}
        for kind, points in self._n8n.items():
            if len(points) == 1 and points[0].value in ours:
                known[kind] = ours[points[0].value]
        return known

    def origin(self, name: str) -> str:
        """Return the distribution a node type comes from, with its version; empty if added."""
        points = () if name in self._added else self._nodes.get(name, ())
        dists = [point.dist for point in points if point.dist is not None]
        return f"{dists[0].name} {dists[0].version}" if dists else ""

    def get(self, name: str) -> NodeType:
        """Return the node type of this name, ``chatkit``, or of a version, ``chatkit@1``.

        Raises:
            RegistryError: It is unknown, claimed by two packages, or cannot be imported.
        """
        plain, _, number = name.partition("@")
        newest = self._newest(plain)
        if not number:
            return newest
        versions = newest.versions()
        if not number.isdigit() or int(number) not in versions:
            known = ", ".join(str(version) for version in versions)
            raise RegistryError(f'node type "{plain}" has no version {number}; it has {known}')
        return versions[int(number)]

    def _newest(self, name: str) -> NodeType:
        if name not in self._types:
            point = self._only(name, self._nodes, "node type")
            self._types[name] = NodeType(name, imported(point, f'node type "{name}"'))
        return self._types[name]

    def credential(self, name: str) -> "type[Credential]":
        """Return the credential class of this name.

        Raises:
            RegistryError: It is unknown, claimed by two packages, or cannot be imported.
        """
        if name not in self._kinds:
            point = self._only(name, self._credentials, "credential type")
            kind = imported(point, f'credential type "{name}"')
            if not (isinstance(kind, type) and issubclass(kind, access.Credential)):
                raise RegistryError(f'credential type "{name}": {kind!r} is not a Credential')
            self._kinds[name] = kind
        return self._kinds[name]

    def _only(
        self, name: str, points: Mapping[str, tuple[EntryPoint, ...]], what: str
    ) -> EntryPoint:
        found = points.get(name, ())
        if len(found) == 1:
            return found[0]
        if not found:
            known = self.names() if points is self._nodes else [*points, *self._kinds]
            raise RegistryError(
                f'there is no {what} "{name}"{did_you_mean(name, known)}',
                hint="`nodekit nodes` lists what is installed." if points is self._nodes else None,
            )
        owners = " and ".join(sorted(f'"{owner(point)}"' for point in found))
        raise RegistryError(
            f'{what} "{name}" is claimed by {owners}', hint="Uninstall one of them."
        )

    def problems(self) -> Iterator[RegistryError]:
        """Import everything and yield what is wrong with what is installed."""
        for name in self.names():
            try:
                self.get(name).build()
            except RegistryError as error:
                yield error


def our_points() -> Iterator[EntryPoint]:
    """Yield the entry points of the packages that have some for us.

    Most packages have none, and of those nothing is parsed: every start of a run waits for this.
    """
    for package in distributions():
        if "[nodekit." in (package.read_text("entry_points.txt") or ""):
            yield from package.entry_points


def grouped(points: Iterable[EntryPoint]) -> dict[str, tuple[EntryPoint, ...]]:
    """Return entry points by name; a package that is on the path twice counts once."""
    found: dict[str, list[EntryPoint]] = {}
    for point in points:
        found.setdefault(point.name, []).append(point)
    return {name: distinct(rows) for name, rows in found.items()}


def distinct(points: Sequence[EntryPoint]) -> tuple[EntryPoint, ...]:
    """Return entry points of one name, of each package the one that comes first on the path.

    To tell the name of a package, one reads all of its metadata: not where there is only one.
    """
    if len(points) == 1:
        return (points[0],)
    first: dict[str, EntryPoint] = {}
    for point in points:
        first.setdefault(owner(point), point)
    return tuple(first.values())


def owner(point: EntryPoint) -> str:
    """Return the distribution an entry point belongs to."""
    return point.dist.name if point.dist is not None else point.value


def imported(point: EntryPoint, what: str) -> Any:
    """Import what an entry point names.

    Raises:
        RegistryError: It cannot be imported, for whatever reason a plugin may have.
    """
    try:
        return point.load()
    except Exception as error:
        raise RegistryError(
            f'{what} of "{owner(point)}" cannot be imported: {type(error).__name__}: {error}',
            hint="Reinstall the package, or uninstall it.",
        ) from error
