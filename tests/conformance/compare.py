"""Comparing what happened with what n8n did, by the rules of the corpus."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = Any

WORDED = ("message", "name", "description")
"""The parts of an error whose wording is the engine's own."""


@dataclass(frozen=True)
class Difference:
    """One thing that is not as n8n had it."""

    path: str
    expected: Json
    got: Json

    def __str__(self) -> str:
        return f"{self.path}: expected {shown(self.expected)}, got {shown(self.got)}"


def shown(value: Json) -> str:
    """Return a value as short text."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 300 else f"{text[:299]}…"


@dataclass(frozen=True)
class Supplied:
    """The texts a workflow supplies for errors: an error may carry one of them.

    ``nodes`` are those whose every error is the workflow's own (StopAndError).
    """

    texts: Sequence[str]
    nodes: Sequence[str]

    def needed(self, wanted: str, node: str | None = None) -> str | None:
        """Return what a text must contain in place of this one; ``None`` if its wording is free."""
        if node in self.nodes:
            return wanted
        return next((text for text in self.texts if text and text in wanted), None)


class Comparison:
    """Finds what differs in one case.

    Args:
        supplied: The texts that must be found in errors.
        full_responses: Whether items may be whole HTTP responses.
    """

    def __init__(self, supplied: Supplied) -> None:
        self.supplied = supplied

    def differences(
        self, wanted: Mapping[str, Json], got: Mapping[str, Json]
    ) -> Iterator[Difference]:
        """Yield every difference, the most telling first."""
        if wanted["status"] != got["status"]:
            said = (got.get("error") or {}).get("message")
            yield Difference("status", wanted["status"], f"{got['status']} ({said})")
        yield from exact("order", wanted.get("order", []), got.get("order", []))
        yield from self.all_runs(wanted.get("runs") or {}, got.get("runs") or {})
        if wanted["status"] == "refused":
            return
        node = (wanted.get("error") or {}).get("node")
        yield from self.error("error", wanted.get("error"), got.get("error"), node)
        if "lastNode" in wanted:
            yield from exact("lastNode", wanted["lastNode"], got["lastNode"])
        yield from self.value("staticData", wanted.get("staticData") or {}, got["staticData"])
        if "requests" in wanted:
            yield from requests(wanted["requests"], got.get("requests", []))

    def all_runs(self, wanted: Mapping[str, Json], got: Mapping[str, Json]) -> Iterator[Difference]:
        """Compare the runs of every node."""
        yield from exact("runs", sorted(wanted), sorted(got))
        for node, runs in wanted.items():
            other = got.get(node, [])
            yield from exact(f"runs.{node}.length", len(runs), len(other))
            for i, (one, two) in enumerate(zip(runs, other, strict=False)):
                yield from self.run(f"runs.{node}[{i}]", node, one, two)

    def run(
        self, path: str, node: str, wanted: Mapping[str, Json], got: Mapping[str, Json]
    ) -> Iterator[Difference]:
        """Compare one run of a node."""
        yield from exact(f"{path}.status", wanted["status"], got["status"])
        yield from self.error(f"{path}.error", wanted.get("error"), got.get("error"), node)
        yield from exact(f"{path}.source", wanted.get("source", []), got["source"])
        if wanted.get("outputs") is None or got["outputs"] is None:
            yield from exact(f"{path}.outputs", wanted.get("outputs"), got["outputs"])
            return
        one, two = trimmed(wanted["outputs"]), trimmed(got["outputs"])
        sizes = [[len(rows) for rows in outputs] for outputs in (one, two)]
        if sizes[0] != sizes[1]:
            yield Difference(f"{path}.outputs", one, two)
            return
        for i, (left, right) in enumerate(zip(one, two, strict=True)):
            for j, (item, other) in enumerate(zip(left, right, strict=True)):
                here = f"{path}.outputs[{i}][{j}]"
                yield from self.item(here, item, other)
                left_links, right_links = links(item, wanted), links(other, got)
                yield from exact(f"{here}.pairedItem", left_links, right_links)

    def item(
        self, path: str, wanted: Mapping[str, Json], got: Mapping[str, Json]
    ) -> Iterator[Difference]:
        """Compare two items."""
        yield from self.json(f"{path}.json", wanted["json"], got["json"])
        yield from self.binary(f"{path}.binary", wanted.get("binary"), got.get("binary"))
        if wanted.get("error") is not None and got.get("error") is None:
            yield Difference(f"{path}.error", wanted["error"], None)

    def json(self, path: str, wanted: Json, got: Json) -> Iterator[Difference]:
        """Compare the json of two items: the text of an error is free, as is most of a response."""
        if isinstance(wanted, dict) and isinstance(got, dict):
            if "error" in wanted and "error" in got:
                yield from self.failure(f"{path}.error", wanted["error"], got["error"])
                wanted = {name: value for name, value in wanted.items() if name != "error"}
                got = {name: value for name, value in got.items() if name != "error"}
            if {"headers", "statusCode", "body"} <= wanted.keys():
                wanted, got = told(wanted), told(got)
        yield from self.value(path, wanted, got)

    def failure(self, path: str, wanted: Json, got: Json) -> Iterator[Difference]:
        """Compare what an item says of its error."""
        if isinstance(wanted, str):
            yield from self.text(path, wanted, got)
        elif isinstance(wanted, dict) and isinstance(got, dict) and "message" in wanted:
            yield from exact(path, sorted(wanted), sorted(got))
            for name, value in wanted.items():
                if name in WORDED and isinstance(value, str):
                    yield from self.text(f"{path}.{name}", value, got.get(name))
                else:
                    yield from self.value(f"{path}.{name}", value, got.get(name))
        else:
            yield from self.value(path, wanted, got)

    def text(
        self, path: str, wanted: str, got: Json, node: str | None = None
    ) -> Iterator[Difference]:
        """Compare the text of an error."""
        needed = self.supplied.needed(wanted, node)
        if not isinstance(got, str) or (needed is not None and needed not in got):
            yield Difference(path, wanted, got)

    def error(self, path: str, wanted: Json, got: Json, node: str | None) -> Iterator[Difference]:
        """Compare two errors: whether and where they occur, and the text a workflow supplies."""
        if wanted is None or got is None:
            yield from exact(path, wanted, got)
            return
        yield from self.text(f"{path}.message", wanted["message"], got["message"], node)
        for name in ("itemIndex", "httpCode", "node"):
            if wanted.get(name) is not None:
                yield from exact(f"{path}.{name}", wanted[name], got.get(name))

    def binary(self, path: str, wanted: Json, got: Json) -> Iterator[Difference]:
        """Compare the files of two items."""
        yield from exact(path, sorted(wanted or {}), sorted(got or {}))
        for name in (wanted or {}).keys() & (got or {}).keys():
            for key in ("mimeType", "fileType", "fileExtension", "fileName", "fileSize", "bytes"):
                yield from exact(f"{path}.{name}.{key}", wanted[name].get(key), got[name].get(key))
            if "data" in wanted[name]:
                data = got[name].get("data")
                yield from exact(f"{path}.{name}.data", wanted[name]["data"], data)

    def value(self, path: str, wanted: Json, got: Json) -> Iterator[Difference]:
        """Compare two JSON values."""
        wanted, got = plain(wanted), plain(got)
        if isinstance(wanted, dict) and isinstance(got, dict):
            for name in dict.fromkeys([*wanted, *got]):
                if name not in wanted or name not in got:
                    missing = "(nothing)"
                    yield Difference(
                        f"{path}.{name}", wanted.get(name, missing), got.get(name, missing)
                    )
                else:
                    yield from self.value(f"{path}.{name}", wanted[name], got[name])
        elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
            for i, (one, two) in enumerate(zip(wanted, got, strict=True)):
                yield from self.value(f"{path}[{i}]", one, two)
        elif not same(wanted, got):
            yield Difference(path, wanted, got)


def exact(path: str, wanted: Json, got: Json) -> Iterator[Difference]:
    """Compare two values that must be equal."""
    if wanted != got:
        yield Difference(path, wanted, got)


def trimmed(outputs: Sequence[Json]) -> list[Json]:
    """Return outputs as lists, without empty ones at the end."""
    rows = [list(items or []) for items in outputs]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def links(item: Mapping[str, Json], run: Mapping[str, Json]) -> Json:
    """Return what an item is paired with, as a sorted list of places; ``None`` where unknown.

    A place is an input, an item, and the node, output and run that the item was put out by.
    """
    paired = item.get("pairedItem")
    if paired is None:
        return None
    listed = paired if isinstance(paired, list) else [paired]
    found = {place_of(link if isinstance(link, dict) else {"item": link}, run) for link in listed}
    return [list(place) for place in sorted(found)]


def place_of(link: Mapping[str, Json], run: Mapping[str, Json]) -> tuple[Json, ...]:
    """Return the place that a link of a run leads to."""
    number = link.get("input") or 0
    over = link.get("sourceOverwrite")
    if over:
        source = (over["previousNode"], over["previousNodeOutput"], over["previousNodeRun"])
    else:
        sources = run.get("source") or []
        near = sources[number] if number < len(sources) else None
        source = (near["node"], near["output"], near["run"]) if near else ("", 0, 0)
    return (number, link["item"], *source)


def told(response: Mapping[str, Json]) -> dict[str, Json]:
    """Return a full HTTP response with the headers that count."""
    headers = response.get("headers")
    if not isinstance(headers, dict):
        return dict(response)
    kept = {n: v for n, v in headers.items() if n == "content-type" or n.startswith("x-")}
    return {**response, "headers": kept}


def plain(value: Json) -> Json:
    """Return a number that JSON does not know as null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def same(one: Json, two: Json) -> bool:
    """Whether two values are equal; numbers as numbers, true and false as neither."""
    if isinstance(one, bool) or isinstance(two, bool):
        return one is two
    if isinstance(one, int | float) and isinstance(two, int | float):
        return one == two or math.isclose(one, two, rel_tol=1e-9)
    return type(one) is type(two) and bool(one == two)


def requests(wanted: Sequence[str], got: Sequence[str]) -> Iterator[Difference]:
    """Compare the requests a server saw, in whatever order."""
    if Counter(wanted) != Counter(got):
        yield Difference("requests", sorted(wanted), sorted(got))
