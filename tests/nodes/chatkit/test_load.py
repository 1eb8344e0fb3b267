"""Many items, many users, 2 % faults: case 72. ``NODEKIT_LOAD=10000`` runs it in full."""

import os
import tracemalloc
from collections import Counter, defaultdict
from random import Random
from typing import Any

from aiohttp import web
from nodekit_nodes_chatkit.emulator import Fault
from nodekit_nodes_chatkit.emulator.faults import Faults
from nodekit_nodes_chatkit.sessions import MOST_SESSIONS

from tests.support.chatkit import HOSTED_SEND, Bench, state_of

ITEMS = int(os.environ.get("NODEKIT_LOAD", "600"))
USERS = ITEMS // 25
FULL = ITEMS >= 10_000
SHARE = 0.02

KINDS: list[tuple[str, dict[str, Any]]] = [
    ("rate_limit", {"retry_after_ms": 20}),
    ("status", {"status": 500}),
    ("drop", {"where": "after_events", "events": 4}),
    ("drop", {"where": "before_request"}),
    ("expire_secret", {}),
]


class Gremlins(Faults):
    """Strikes a share of the messages with one of several faults."""

    def __init__(self, first: Faults) -> None:
        super().__init__(first.settings)
        self.dice = Random(7)
        self.struck = Counter[str]()

    def strike(self, request: web.Request, body: Any) -> Fault | None:
        """Strike, or not."""
        if not request.path.endswith("/conversation") or self.dice.random() >= SHARE:
            return None
        name, options = self.dice.choice(KINDS)
        self.struck[f"{name} {options.get('where', '')}".strip()] += 1
        return Fault(name, options=options)


PARAMS: dict[str, Any] = {
    **HOSTED_SEND,
    "user_id": "={{ $json.user }}",
    "session_scope": "user",
    "session_config": {"max_requests_per_minute": 100_000},
    "thread_mode": "key",
    "thread_key": "={{ $json.user }}",
    "send_options": {"output": "text"},
}


def tickets() -> list[dict[str, Any]]:
    """Return the items: half of them of one user, the others spread."""
    rows = [{"user": "u0", "text": f"u0 {n}"} for n in range(ITEMS // 2)]
    dice, counts = Random(3), Counter[str]()
    for _ in range(ITEMS - len(rows)):
        user = f"u{dice.randrange(1, USERS)}"
        rows.append({"user": user, "text": f"{user} {counts[user]}"})
        counts[user] += 1
    return rows


def said_in(bench: Bench) -> dict[str, list[int]]:
    """Return the numbers of the messages that arrived, by user, in their order."""
    found: dict[str, list[int]] = defaultdict(list)
    for thread in bench.emulator.store.threads.values():
        for row in thread.items:
            if row["type"] == "user_message":
                user, number = row["content"][0]["text"].split(" ")
                found[user].append(int(number))
    return found


async def test_case_72_nothing_is_lost_doubled_or_out_of_order(bench: Bench) -> None:
    bench.emulator.settings.enforce_limits = False
    gremlins = bench.emulator.faults = Gremlins(bench.emulator.faults)
    items = tickets()
    if FULL:
        tracemalloc.start()
    run = await bench.run(PARAMS, items, concurrency=64, on_error="continue")
    peak = tracemalloc.get_traced_memory()[1] if FULL else 0
    tracemalloc.stop()
    arrived = said_in(bench)
    failed = {error.item for error in run.errors}
    assert all(error.outcome == "unknown" for error in run.errors)
    assert len(run.json) == len(items)
    for place, (item, row) in enumerate(zip(items, run.json, strict=True)):
        user, number = item["text"].split(" ")
        times = arrived[user].count(int(number))
        if place in failed:
            assert times <= 1, "a message whose outcome is unknown is not repeated"
        else:
            assert row["text"] == f"You said: {item['text']}"
            assert times == 1
    for user, numbers in arrived.items():
        assert numbers == sorted(numbers), f"the thread of {user} is out of order"
    assert len(failed) <= ITEMS * SHARE
    assert len(state_of(run).sessions) <= MOST_SESSIONS
    assert peak < 40_000 * ITEMS, "memory grows with the items and their log, and no faster"
    assert sum(gremlins.struck.values()) > 0
