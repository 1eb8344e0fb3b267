"""The nodes and connections of a workflow, and which node it starts from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from nodekit.items import Json
from nodekit.pipeline.problem import PipelineError, Problem
from nodekit.pipeline.values import is_list, is_mapping

from .node import N8nNode, sequence
from .options import WorkflowOptions
from .triggers import CALLED_STARTS, DEFAULT_STARTS, ON_FAILURE, TRIGGERS

NOTE = "n8n-nodes-base.stickyNote"


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection, from an output of a node to an input of another, both by number."""

    source: str
    output: int
    target: str
    input: int


@dataclass(frozen=True)
class Graph:
    """The nodes by name, in declared order, and their main connections, in declared order.

    ``dangling`` names what connections lead to that is not there.
    """

    nodes: Mapping[str, N8nNode]
    connections: Sequence[Connection]
    dangling: Sequence[str]

    @cached_property
    def _leaving(self) -> Mapping[str, Sequence[Connection]]:
        found: dict[str, list[Connection]] = {}
        for row in self.connections:
            found.setdefault(row.source, []).append(row)
        return found

    @cached_property
    def _entering(self) -> Mapping[str, Sequence[Connection]]:
        found: dict[str, list[Connection]] = {}
        for row in self.connections:
            found.setdefault(row.target, []).append(row)
        return found

    def leaving(self, name: str) -> Sequence[Connection]:
        """Return the connections that leave a node."""
        return self._leaving.get(name, ())

    def entering(self, name: str) -> Sequence[Connection]:
        """Return the connections that enter a node."""
        return self._entering.get(name, ())

    def reached(self, start: str) -> set[str]:
        """Return the nodes that data can reach from a node, itself included."""
        found, todo = {start}, [start]
        while todo:
            for row in self.leaving(todo.pop()):
                if row.target not in found:
                    found.add(row.target)
                    todo.append(row.target)
        return found


def types_above(graph: Graph, name: str) -> frozenset[str]:
    """Return the types of the nodes that data can come from to a node, its own aside."""
    found: set[str] = set()
    todo = [name]
    while todo:
        for row in graph.entering(todo.pop()):
            if row.source not in found:
                found.add(row.source)
                todo.append(row.source)
    return frozenset(graph.nodes[source].type for source in found - {name})


def refused(message: str, file: str | None, hint: str | None = None) -> PipelineError:
    """Return the error for a workflow that cannot be read."""
    return PipelineError([Problem(file, None, None, "error", "n8n-workflow", message, hint)])


def read_graph(value: Mapping[str, Json], file: str | None) -> Graph:
    """Read the nodes and connections of a workflow.

    Raises:
        PipelineError: They do not have the form of a workflow.
    """
    if not is_list(value["nodes"]) or not is_mapping(value["connections"]):
        raise refused(
            "this is no n8n workflow: `nodes` wants a list, `connections` a mapping", file
        )
    nodes: dict[str, N8nNode] = {}
    for place, raw in enumerate(value["nodes"]):
        node = read_node(place, raw, file)
        if node.type == NOTE:
            continue
        if node.name in nodes:
            raise refused(f'two nodes are called "{node.name}"', file)
        nodes[node.name] = node
    rows = list(read_connections(value["connections"], file))
    known = [row for row in rows if is_known(row, nodes)]
    dangling = [f"{row.source} -> {row.target}" for row in rows if not is_known(row, nodes)]
    return Graph(counted(nodes, known), known, dangling)


def is_known(row: Connection, nodes: Mapping[str, N8nNode]) -> bool:
    """Whether both ends of a connection are there."""
    return row.source in nodes and row.target in nodes


def counted(nodes: Mapping[str, N8nNode], rows: Sequence[Connection]) -> dict[str, N8nNode]:
    """Return the nodes with the number of inputs and outputs that are connected."""
    slots: dict[str, int] = {}
    out_slots: dict[str, int] = {}
    for row in rows:
        slots[row.target] = max(slots.get(row.target, 0), row.input + 1)
        out_slots[row.source] = max(out_slots.get(row.source, 0), row.output + 1)
    return {
        name: replace(node, slots=slots.get(name, 0), out_slots=out_slots.get(name, 0))
        for name, node in nodes.items()
    }


def read_node(place: int, raw: Json, file: str | None) -> N8nNode:
    """Read one node.

    Raises:
        PipelineError: It lacks a name or a type, or something has the wrong form.
    """
    if not is_mapping(raw):
        raise refused(f"nodes[{place}] is no mapping", file)
    name, kind, version = raw.get("name"), raw.get("type"), raw.get("typeVersion", 1)
    if not isinstance(name, str) or not name or not isinstance(kind, str):
        raise refused(f"nodes[{place}] needs a name and a type", file)
    if isinstance(version, bool) or not isinstance(version, int | float) or not 0 < version < 1000:
        raise refused(f'node "{name}": typeVersion wants a number', file)
    parameters = raw.get("parameters")
    if parameters is not None and not is_mapping(parameters):
        raise refused(f'node "{name}": parameters wants a mapping', file)
    return N8nNode(name, kind, version, parameters or {}, raw, position_of(raw))


def position_of(raw: Mapping[str, Json]) -> tuple[float, float]:
    """Return where a node stands on the canvas."""
    place = [p if isinstance(p, int | float) else 0 for p in sequence(raw.get("position"))]
    return (place[0], place[1]) if len(place) > 1 else (0, 0)


def read_connections(value: Mapping[str, Json], file: str | None) -> Iterator[Connection]:
    """Yield the main connections; holes in the lists are skipped.

    Raises:
        PipelineError: A connection does not have the form of one.
    """
    for source, kinds in value.items():
        if kinds and not is_mapping(kinds):
            raise refused(f'the connections of "{source}" want a mapping', file)
        main = listed(kinds["main"] if kinds and "main" in kinds else None, source, file)
        for output, targets in enumerate(main):
            for target in listed(targets, source, file):
                if target is not None:
                    yield connection(source, output, target, file)


def listed(value: Json, source: str, file: str | None) -> Sequence[Json]:
    """Return a part of the connections of a node as a list; holes are empty ones.

    Raises:
        PipelineError: It is something else.
    """
    if value is None or is_list(value):
        return value or ()
    raise refused(f'the connections of "{source}" want lists of lists', file)


def connection(source: str, output: int, target: Json, file: str | None) -> Connection:
    """Read one connection.

    Raises:
        PipelineError: It does not have the form of one.
    """
    if is_mapping(target):
        name, at = target.get("node"), target.get("index", 0)
        numbered = isinstance(at, int) and not isinstance(at, bool) and 0 <= at < 100
        if isinstance(name, str) and numbered:
            return Connection(source, output, name, at)
    raise refused(f'a connection of "{source}" names no node and input', file)


def start_of(graph: Graph, options: WorkflowOptions, file: str | None) -> str:
    """Return the node a run starts from (n8n: the start of a manual run).

    Raises:
        PipelineError: There is none, or not the one that is wanted.
    """
    wanted = options.start
    if wanted is not None:
        if wanted not in graph.nodes:
            raise refused(f'there is no node "{wanted}" to start from', file)
        return wanted
    alive = [node for node in graph.nodes.values() if not node.disabled]
    if options.failed:
        found = [node.name for node in alive if node.type == ON_FAILURE]
        return found[-1] if found else called_start(alive, file)
    if options.called:
        return called_start(alive, file)
    if len(graph.nodes) == 1 and alive:
        return alive[0].name
    for node in alive:
        if node.type in TRIGGERS and TRIGGERS[node.type].starts:
            return node.name
    ranked = [node for kind in DEFAULT_STARTS for node in alive if node.type == kind]
    if ranked:
        return ranked[0].name
    raise refused(
        "no node to start the workflow from could be found",
        file,
        "Name one with --start; webhooks and the like do not start by themselves.",
    )


def called_start(alive: Sequence[N8nNode], file: str | None) -> str:
    """Return the node from which a workflow starts that another one calls.

    Raises:
        PipelineError: There is none.
    """
    for kind in CALLED_STARTS:
        for node in alive:
            if node.type == kind:
                return node.name
    raise refused("there is no node from which a called workflow could start", file)
