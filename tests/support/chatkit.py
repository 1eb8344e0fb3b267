"""Running the ChatKit node against its emulator."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nodekit_nodes_chatkit import ChatKit
from nodekit_nodes_chatkit.emulator import Emulator
from nodekit_nodes_chatkit.emulator.fixture import RunningEmulator
from nodekit_nodes_chatkit.sessions import ChatKitState

from nodekit import Credential, Item, State
from nodekit.testing import FakeClock, NodeRun, run_node

JsonObject = dict[str, Any]

TRANSCRIPTS = Path(__file__).parents[1] / "nodes" / "chatkit" / "transcripts"

CREATE: JsonObject = {"workflow_id": "wf_1"}
SEND: JsonObject = {"resource": "message", "operation": "send", "input_text": "={{ $json.text }}"}
HOSTED_SEND: JsonObject = {**SEND, "api": "chatkit", "workflow_id": "wf_1", "user_id": "ada"}
SERVER_SEND: JsonObject = {"api": "server", "input_text": "={{ $json.text }}"}


def transcripts(name: str) -> dict[str, JsonObject]:
    """Return recorded exchanges, by name."""
    found: dict[str, JsonObject] = json.loads((TRANSCRIPTS / name).read_text())["transcripts"]
    return found


class Bench:
    """A running emulator, and the node in front of it.

    Args:
        running: The emulator.
        clock: The clock of runs; the emulator has the same time.
    """

    def __init__(self, running: RunningEmulator, clock: FakeClock) -> None:
        self.running = running
        self.clock = clock
        self.emulator: Emulator = running.emulator
        self.url = running.url

    async def run(
        self,
        params: Mapping[str, Any],
        items: Sequence[Mapping[str, Any]] | Sequence[Item] = ({"text": "hello"},),
        *,
        state: State | None = None,
        credential: Credential | None = None,
        **more: Any,
    ) -> NodeRun:
        """Run the node over items, with the credential that belongs to its API."""
        own = self.running.server if params.get("api") == "server" else self.running.account
        return await run_node(
            ChatKit,
            params,
            items,
            credential=credential or own,
            state=state,
            clock=self.clock,
            **more,
        )

    async def refuse(self, params: Mapping[str, Any], **more: Any) -> str:
        """Run the node and return the message of the one item that fails."""
        run = await self.run(params, on_error="continue", **more)
        (error,) = run.errors
        return error.message

    async def stored(self, **params: Any) -> ChatKitState:
        """Open a session of the original node's API and return what is remembered."""
        run = await self.run({**CREATE, **params})
        return state_of(run)

    def sent(self, ending: str = "", kind: str | None = None) -> list[JsonObject]:
        """Return the requests that reached the emulator."""
        return self.emulator.requests(ending, kind)


def state_of(run: NodeRun) -> ChatKitState:
    """Return what the node remembers."""
    assert isinstance(run.state, ChatKitState)
    return run.state


def only(values: Mapping[str, Any]) -> Any:
    """Return the one value of a mapping."""
    (value,) = values.values()
    return value
