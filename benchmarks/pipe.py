"""Five expression fields, an If, two more fields: against the same work written by hand."""

from collections.abc import Iterator
from typing import Any

import anyio

from nodekit import Pipeline, Runtime, load

from .measure import Figure, in_turn

CHUNK = 1000

NATIVE = {
    "who": "={{ $json.first + ' ' + $json.last }}",
    "mail": "={{ $json.contact.mail }}",
    "total": "={{ $json.price * $json.count }}",
    "label": "=order {{ $json.id }} from {{ $json.country }}",
    "big": "={{ $json.count > 3 }}",
}
"""Expressions of the five fields, as people write them."""

FORCED = {
    **NATIVE,
    "who": "={{ [$json.first, $json.last].join(' ') }}",
    "mail": "={{ ((c) => c.mail)($json.contact) }}",
    "total": "={{ Math.round($json.price * $json.count * 100) / 100 }}",
    "label": "={{ `order ${[$json.id]} from ${$json.country}` }}",
    "big": "={{ [$json.count].some((n) => n > 3) }}",
}
"""The same values in a way that only JavaScript can compute."""


def rows(count: int) -> list[dict[str, Any]]:
    """Return items of about 300 bytes."""
    return [
        {
            "id": n,
            "first": f"first{n % 97}",
            "last": f"last{n % 89}",
            "contact": {"mail": f"m{n}@example.org", "phone": "+49 30 1234567"},
            "price": (n % 500) * 0.25,
            "count": n % 7,
            "country": ("DE", "FR", "US")[n % 3],
            "note": "x" * 120,
        }
        for n in range(count)
    ]


def pipeline(fields: dict[str, str]) -> Pipeline:
    """Return the pipeline with these expressions."""
    return load(
        {
            "nodekit": 1,
            "name": "pipe",
            "steps": [
                {"name": "Five", "type": "set", "params": {"fields": fields}},
                {"name": "Big", "type": "if", "params": {"condition": "={{ $json.big }}"}},
                {
                    "name": "Two",
                    "type": "set",
                    "input": "Big.true",
                    "params": {
                        "keep": "all",
                        "fields": {"kind": "big", "rest": "={{ $json.total - 1 }}"},
                    },
                },
            ],
        }
    )


def chunks(items: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield the items, a thousand at a time."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def by_hand(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Do the same work in the loop one would write."""
    done: list[dict[str, Any]] = []
    for chunk in chunks(items):
        five = [
            {
                "who": row["first"] + " " + row["last"],
                "mail": row["contact"]["mail"],
                "total": number(row["price"] * row["count"]),
                "label": f"order {row['id']} from {row['country']}",
                "big": row["count"] > 3,
            }
            for row in chunk
        ]
        big = [row for row in five if row["big"]]
        done += [{**row, "kind": "big", "rest": number(row["total"] - 1)} for row in big]
    return done


def number(value: float) -> float:
    """Return a number as JSON has it: whole ones without a point."""
    return int(value) if value == int(value) else value


def figures(smoke: bool) -> Iterator[Figure]:
    """Measure the pipe with expressions on the fast path, and with all of them in JavaScript."""
    items = rows(2_000 if smoke else 100_000)
    for name, fields, goal in (
        ("pipe / by hand", NATIVE, 0.5),
        ("pipe, all JavaScript", FORCED, 0.2),
    ):
        flow = pipeline(fields)

        async def run(flow: Pipeline = flow) -> list[dict[str, Any]]:
            async with Runtime() as runtime:
                done = await runtime.run(flow, items, retain="output")
            return list(map(dict, done.items.json))

        ours, hand = in_turn(
            lambda run=run: anyio.run(run), lambda: by_hand(items), 1 if smoke else 5
        )
        rate = f"{len(items) / ours:,.0f} against {len(items) / hand:,.0f} items/s"
        yield Figure(name, hand / ours, "ratio", at_least=goal, detail=rate)
