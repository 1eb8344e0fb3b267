"""Finds out whether a ChatKit service can be used from here, with a cure for each fault.

Every step is a run of the node itself, so what passes here works in a pipeline.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from nodekit import Context, Item, ItemError, ItemNode, NodeError, Params, Registry, Runtime, load

from .families.chat_sessions import NOT_PUBLISHED

JsonObject = dict[str, Any]

Api = Literal["server", "chatkit", "chat_sessions"]

MOST_SKEW = 30

HELLO = "Hello from nodekit chatkit check."


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be checked; ``secret`` is the API key, or the server's token."""

    api: Api
    url: str
    secret: str = ""
    workflow: str = ""
    user: str = "nodekit-check"
    turn: bool = True

    @property
    def credential(self) -> JsonObject:
        """The credential as a pipeline has it."""
        if self.api != "server":
            return {"type": "openai", "api_key": "${SECRET}", "base_url": self.url}
        kind = "bearer" if self.secret else "none"
        token = {"token": "${SECRET}"} if self.secret else {}
        return {"type": "chatkit_server", "url": self.url, "authentication": kind, **token}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one step found: whether it passed, what was seen, and what to do if it did not."""

    what: str
    passed: bool
    text: str
    cure: str = ""


class ClockParams(Params):
    """What the clock is compared with."""

    url: str
    """An address of the service."""


class CompareClock(ItemNode[ClockParams]):
    """Say how many seconds the service's clock is ahead of ours."""

    async def run_item(self, item: Item, params: ClockParams, ctx: Context) -> Item:
        """Ask the service for anything, and read the date of its answer."""
        answer = await ctx.http.request("GET", params.url, check=False, reach="host", redirects=0)
        date = answer.headers.get("Date")
        if not date:
            raise NodeError("the service does not say what time it is")
        return item.derive({"ahead": parsedate_to_datetime(date).timestamp() - ctx.now()})


class Probe:
    """Runs the node against one target.

    Args:
        target: What is checked.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self.registry = Registry.installed()
        self.registry.add("chatkit.clock", CompareClock)

    async def run(
        self, params: Mapping[str, Any], kind: str = "chatkit"
    ) -> tuple[list[JsonObject], ItemError | None]:
        """Run one step and return what it put out, and its error."""
        step = {"name": "Check", "type": kind, "params": dict(params), "on_error": "continue"}
        document: JsonObject = {"nodekit": 1, "name": "chatkit check", "steps": [step]}
        if kind == "chatkit":
            step["credential"] = "account"
            document["credentials"] = {"account": self.target.credential}
        environ = {"SECRET": self.target.secret}
        pipeline = load(document, registry=self.registry, environ=environ)
        async with Runtime() as runtime:
            run = await runtime.run(pipeline, [{}])
        errors = run.step("Check").errors
        return [dict(item.json) for item in run.items], errors[0] if errors else None


async def findings(target: Target) -> AsyncIterator[Finding]:
    """Yield what every step finds; after a fault, the steps that need it are left out."""
    probe = Probe(target)
    yield await clock(probe)
    if target.api == "chat_sessions" and urlsplit(target.url).hostname == "api.openai.com":
        yield Finding("base URL", False, "api.openai.com does not offer this API", NOT_PUBLISHED)
        return
    reached = await access(probe)
    yield reached
    if not reached.passed:
        return
    if target.api != "server":
        opened = await workflow(probe)
        yield opened
        if not opened.passed:
            return
    if target.turn:
        yield await turn(probe)


async def clock(probe: Probe) -> Finding:
    """Compare our clock with the service's."""
    rows, error = await probe.run({"url": probe.target.url}, "chatkit.clock")
    if error is not None:
        cure = "Check the address, and that it can be reached from here."
        return Finding("reach", False, error.message, cure)
    ahead = round(rows[0]["ahead"])
    if abs(ahead) > MOST_SKEW:
        cure = "Set this machine's clock, best by NTP. Sessions work all the same."
        return Finding("clock", False, f"the service's clock is {ahead:+} s from ours", cure)
    return Finding("clock", True, f"{abs(ahead)} s apart")


async def access(probe: Probe) -> Finding:
    """List one thread: the address and the key are right."""
    api = "server" if probe.target.api == "server" else "chatkit"
    params = {"api": api, "resource": "thread", "operation": "list", "limit": 1, "max_retries": 0}
    _, error = await probe.run(params)
    if error is None:
        return Finding("access", True, f"{probe.target.url} answers")
    if error.status == 404 and api == "chatkit":
        return Finding("access", True, "this base URL does not offer the published API")
    return Finding("access", False, error.message, cure_of(error))


async def workflow(probe: Probe) -> Finding:
    """Open a session of the workflow."""
    target = probe.target
    if not target.workflow:
        return Finding("workflow", False, "none was given", "Name one with --workflow wf_….")
    params = {"api": target.api, "workflow_id": target.workflow, "user_id": target.user}
    rows, error = await probe.run(params)
    if error is not None:
        return Finding("workflow", False, error.message, cure_of(error))
    session = rows[0]["session"]["id"]
    if target.api == "chatkit":
        await probe.run(
            {
                "api": "chatkit",
                "operation": "cancel",
                "session_source": "manual",
                "manual_session_id": session,
            }
        )
    return Finding("workflow", True, f"opened session {session}")


async def turn(probe: Probe) -> Finding:
    """Say hello and wait for the reply."""
    target = probe.target
    params: JsonObject = {"api": target.api, "resource": "message", "input_text": HELLO}
    match target.api:
        case "chatkit":
            params |= {"workflow_id": target.workflow, "user_id": target.user}
        case "chat_sessions":
            params |= {"message_workflow_id": target.workflow, "auto_create": True}
        case "server":
            pass
    rows, error = await probe.run(params)
    if error is not None:
        return Finding("test turn", False, error.message, cure_of(error))
    if thread_id := rows[0].get("threadId"):
        await probe.run(
            {
                "api": target.api,
                "resource": "thread",
                "operation": "delete",
                "thread_id": thread_id,
            }
        )
    said = str(rows[0].get("text") or rows[0].get("output") or "")
    return Finding("test turn", True, f"it says {said[:60]!r}")


def cure_of(error: ItemError) -> str:
    """Return what to do about an error."""
    if error.hint:
        return error.hint
    cures = {
        401: "Check the key or token, and that it belongs to this service.",
        403: "The key is known but may not do this; check its project and rights.",
        404: "Check the address, and that the workflow exists and is published.",
        429: "Wait, or ask for a higher limit.",
        500: "Look into the log of the server.",
    }
    return cures.get(error.status or 0, "Check the address and the network.")
