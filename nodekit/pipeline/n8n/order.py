"""In which order nodes stand in the file: it says which follower of a step runs first."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from .graph import Connection, Graph


def file_order(graph: Graph, start: str, v1: bool) -> list[str]:
    """Return the nodes in the order of the file.

    The followers of a node stand in the order in which n8n runs them: from top to bottom of the
    canvas, then from left to right, at equal places the last connected first; in the old order as
    they are connected. As far as that allows, sources stand above what they feed.
    """
    after = wanted_order(graph, v1)
    place = visited(graph, start, v1)
    sources = {name: {row.source for row in graph.entering(name)} for name in graph.nodes}
    done: dict[str, None] = {}
    left = sorted(graph.nodes, key=place.__getitem__)
    while left:
        name = next_of(left, done, after, sources)
        done[name] = None
        left.remove(name)
    return list(done)


def wanted_order(graph: Graph, v1: bool) -> dict[str, set[str]]:
    """Return for every node those that must stand above it: its fellow followers that run first."""
    after = {name: set[str]() for name in graph.nodes}
    for name in graph.nodes:
        followers = ranked(graph, graph.leaving(name), v1)
        for upper, lower in pairwise(followers):
            after[lower].add(upper)
    return after


def undecided(graph: Graph, v1: bool) -> frozenset[str]:
    """Return the nodes that no order of the file suits, because other nodes want opposite ones.

    That needs nodes at equal places, or the old order.
    """
    below = wanted_order(graph, v1)
    above: dict[str, set[str]] = {name: set() for name in below}
    for lower, uppers in below.items():
        for upper in uppers:
            above[upper].add(lower)
    left = set(below)
    while free := {name for name in left if not (below[name] & left and above[name] & left)}:
        left -= free
    return frozenset(left)


def next_of(
    left: Sequence[str],
    done: Mapping[str, None],
    after: Mapping[str, set[str]],
    sources: Mapping[str, set[str]],
) -> str:
    """Return the node to stand next: the first that may, best with all its sources above it."""
    free = [name for name in left if after[name] <= done.keys()] or left
    fed = (name for name in free if sources[name] <= done.keys() and sources[name])
    return next(fed, free[0])


def ranked(graph: Graph, rows: Sequence[Connection], v1: bool) -> list[str]:
    """Return the targets of connections, each once, in the order in which they run."""
    listed = list(rows)
    if v1:
        at = {id(row): i for i, row in enumerate(listed)}
        listed.sort(key=lambda row: (*canvas(graph, row.target), -at[id(row)]))
    return list(dict.fromkeys(row.target for row in listed))


def canvas(graph: Graph, name: str) -> tuple[float, float]:
    """Return where a node stands on the canvas, y before x."""
    x, y = graph.nodes[name].position
    return (y, x)


def visited(graph: Graph, start: str, v1: bool) -> dict[str, int]:
    """Return when each node is come to first, depth first from the start; the others at the end."""
    found: dict[str, int] = {}
    todo = [start]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found[name] = len(found)
        todo += reversed(ranked(graph, graph.leaving(name), v1))
    for name in graph.nodes:
        found.setdefault(name, len(found))
    return found
