"""What the durable tests share: a pipeline, the server it calls, a process to be killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from urllib.request import Request, urlopen

from tests.support.plugin import install

ROOT = Path(__file__).parents[2]

CONCURRENCY = 16

PIPELINE = """\
nodekit: 1
name: durable
steps:
  - name: Number
    type: set
    params: {keep: all, fields: {double: "={{ $json.n * 2 }}"}}
  - name: Call
    type: http_request
    concurrency: CONCURRENCY
    params:
      url: "URL"
      method: POST
      body: {json: {step: Call, n: "={{ $json.n }}"}}
  - name: Join
    type: set
    params:
      fields:
        n: "={{ $('Number').item.json.n }}"
        double: "={{ $('Number').item.json.double }}"
        answer: "={{ $json.answer }}"
  - name: Total
    type: acme.total
    params: {n: "={{ $json.answer }}"}
  - name: Sort
    type: sort
    params: {by: [{field: answer}, {field: n, order: desc}]}
  - name: Ask
    type: acme.ask
    concurrency: CONCURRENCY
    params: {url: "URL", n: "={{ $json.n }}"}
"""

NODES = """\
    from nodekit import Context, Item, ItemNode, Params, State

    class TotalParams(Params):
        n: int
        "A number."

    class Sum(State):
        total: int = 0
        calls: int = 0

    class Total(ItemNode[TotalParams, Sum]):
        "Put the sum so far on every item."

        def run_item(self, item: Item, params: TotalParams, ctx: Context[Sum]) -> Item:
            ctx.state.total += params.n
            return item.with_json(total=ctx.state.total)

    class AskParams(Params):
        url: str
        "Whom to ask."
        n: int
        "What to ask."

    class Ask(ItemNode[AskParams, Sum]):
        "Ask the world, and remember how often."

        async def run_item(self, item: Item, params: AskParams, ctx: Context[Sum]) -> Item:
            body = {"step": "Ask", "n": params.n}
            found = await ctx.http.json("POST", params.url, json=body, reach="any")
            ctx.state.calls += 1
            ctx.state.total += found["answer"]
            return item.with_json(asked=found["answer"])
"""

POINTS = {"nodekit.nodes": {"acme.total": "acme_durable:Total", "acme.ask": "acme_durable:Ask"}}


@dataclass(frozen=True)
class Call:
    """A call, as the server saw it: when it began and was answered."""

    began: float
    answered: float


@dataclass(frozen=True)
class Kill:
    """When a process was sent the signal, and when it was known to be dead."""

    sent: float
    dead: float


class Server:
    """The server in its process."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/"

    def count(self) -> int:
        """Return how many calls there were."""
        with urlopen(f"{self.url}count") as answer:
            return int(answer.read())

    def take(self) -> dict[str, list[Call]]:
        """Return the calls for each item, and let it begin anew."""
        with urlopen(Request(f"{self.url}take", method="POST")) as answer:
            times: dict[str, list[list[float]]] = json.loads(answer.read())
        return {
            name: [Call(*(*found, inf)[:2]) for found in calls] for name, calls in times.items()
        }


@contextmanager
def serving() -> Generator[Server, None, None]:
    """Run the server for the time of a block."""
    command = (sys.executable, "-m", "tests.durable.server")
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            yield Server(int(child.stdout.readline()))
        finally:
            child.kill()


class Place:
    """A folder with the pipeline, its items, and the runs in it."""

    def __init__(self, folder: Path, server: Server, items: int) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        text = PIPELINE.replace("URL", server.url).replace("CONCURRENCY", str(CONCURRENCY))
        (folder / "flow.yaml").write_text(text)
        rows = (json.dumps({"n": n, "text": "x" * 100}) for n in range(items))
        (folder / "in.jsonl").write_text("".join(f"{row}\n" for row in rows))
        install(folder, "acme_durable", NODES, POINTS)

    def start(self, *args: str) -> "subprocess.Popen[str]":
        """Start a run."""
        return subprocess.Popen(
            [sys.executable, "-m", "nodekit", "run", "flow.yaml", "--no-progress", *args],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *args: str) -> str:
        """Run to the end; return what it said.

        Raises:
            AssertionError: It failed.
        """
        with self.start(*args) as child:
            out, err = child.communicate(timeout=600)
        assert child.returncode == 0, err + out
        return err

    def killed(self, server: Server, calls: int, *args: str) -> Kill | None:
        """Run until so many calls have been made, then kill it.

        Return when that was; ``None`` if it came to its end before.
        """
        with self.start(*args) as child:
            while server.count() < calls:
                if child.poll() is not None:
                    assert child.returncode == 0, child.communicate()[1]
                    return None
                time.sleep(0.002)
            sent = time.monotonic()
            child.send_signal(signal.SIGKILL)
            child.wait()
            dead = time.monotonic()
            child.communicate()
        return Kill(sent, dead)

    @property
    def output(self) -> bytes:
        """The output."""
        return (self.folder / "out.jsonl").read_bytes()

    def states(self) -> Sequence[tuple[str, object]]:
        """Return what the steps remember."""
        shown = subprocess.run(
            [sys.executable, "-m", "nodekit", "state", "show", "--json", "flow.yaml"],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
            check=True,
        )
        rows = map(json.loads, shown.stdout.splitlines())
        return sorted((row["step"], row["state"]) for row in rows)
