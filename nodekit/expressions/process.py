"""A JavaScript child as the parent sees it: start, deadline, kill, texts over a pipe."""

import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from .child import REPLY, REQUEST
from .wire import dumps, loads

if TYPE_CHECKING:
    from .expression import Expression

FORGET = 5000
"""How many expressions a child keeps compiled before it starts over."""
FIRST = ("core", "extend", "rewrite", "scope", "run", "harden")
"""The files of the prelude that every child needs, in order."""
START = 30.0
"""Seconds that a child may take to start: more than any machine needs."""

Limit: TypeAlias = Literal["time", "memory"]


class Overrun(Exception):
    """A request took more than it may; the child is gone or as good as new."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit)
        self.limit: Limit = limit


class EngineFault(RuntimeError):
    """The engine refused our own JavaScript: a bug in nodekit."""


def script(name: str) -> str:
    """Return one file of the prelude."""
    return files("nodekit.expressions").joinpath("prelude", f"{name}.js").read_text("utf-8")


class Child:
    """A running child, spoken to by one thread at a time.

    Args:
        memory: How many bytes the engine may use.
    """

    def __init__(self, memory: int) -> None:
        self.memory = memory
        self._known: dict[str, int] = {}
        spec = find_spec("_quickjs")
        if spec is None or spec.origin is None:
            raise EngineFault("the package quickjs-ng is not installed")
        self._process = subprocess.Popen(
            [
                sys.executable,
                *("-I", "-S", str(Path(__file__).with_name("child.py"))),
                *(str(Path(spec.origin).parent), str(memory)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"TZ": "UTC"},
            cwd="/",
            bufsize=0,
            start_new_session=True,
        )
        self.process = self._process.pid
        for name in FIRST:
            self._exchange(b"S", script(name).encode(), START)

    def ask(
        self, request: Mapping[str, Any], expressions: "Sequence[Expression]", deadline: float
    ) -> Any:
        """Send a request about these expressions and wait for its reply.

        Args:
            request: What the JavaScript side is to do, as JSON.
            expressions: Expressions it is about; each is sent once, and known by a number after.
            deadline: Seconds until the child is killed.

        Raises:
            Overrun: It took too long or too much memory.
        """
        if len(self._known) > FORGET:
            self._known.clear()
            request = {**request, "forget": True}
        new = [e for e in dict.fromkeys(expressions) if e.text not in self._known]
        for expression in new:
            self._known.setdefault(expression.text, len(self._known))
        define = [[self._known[e.text], described(e)] for e in new]
        ids = [self._known[e.text] for e in expressions]
        body = dumps({**request, "define": define, "ids": ids})
        return loads(self._exchange(b"R", body, deadline))

    def _exchange(self, tag: bytes, body: bytes, deadline: float) -> bytes:
        end = time.monotonic() + deadline
        try:
            self._write(REQUEST.pack(tag, deadline, len(body)) + body)
            status, length = REPLY.unpack(self._read(REPLY.size, end))
            reply = self._read(length, end)
        except TimeoutError:
            self.kill()
            raise Overrun("time") from None
        except (EOFError, BrokenPipeError):
            self.kill()
            raise Overrun("memory") from None
        if status == b"e":
            self.kill()
            raise EngineFault(reply.decode())
        if status != b"o":
            raise Overrun("time" if status == b"t" else "memory")
        return reply

    def _write(self, message: bytes) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        left = memoryview(message)
        while left:
            left = left[os.write(stdin.fileno(), left) :]

    def _read(self, size: int, end: float) -> bytes:
        """Read exactly so many bytes.

        Raises:
            TimeoutError: The end has come.
            EOFError: The child is gone.
        """
        stdout = self._process.stdout
        assert stdout is not None
        poll = select.poll()
        poll.register(stdout, select.POLLIN)
        got = bytearray()
        while len(got) < size:
            if not poll.poll(max(0.0, end - time.monotonic()) * 1000):
                raise TimeoutError
            block = os.read(stdout.fileno(), size - len(got))
            if not block:
                raise EOFError
            got += block
        return bytes(got)

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return self._process.poll() is None

    def interrupt(self) -> None:
        """Make it end; the thread that reads from it meets the end of the pipe."""
        self._process.kill()

    def kill(self) -> None:
        """End it at once and clear it away."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def described(expression: "Expression") -> dict[str, Any]:
    """Return an expression as the JavaScript side compiles it."""
    sources = iter(expression.sources)
    parts = [
        p if isinstance(p, str) else {"code": next(sources)} for p in expression.template.parts
    ]
    return {
        "single": expression.template.single,
        "parts": parts,
        "names": sorted(expression.reading.names),
    }


class Call:
    """One request, made by a thread that may be left alone while it waits.

    Whoever comes last, the thread or the task that gave up waiting, clears the child away: a pipe
    that was half read is of no use to anybody.
    """

    def __init__(self, child: Child | None) -> None:
        self._child = child
        self._lock = threading.Lock()
        self._begun = False
        self._finished = False
        self._left = False

    def run(
        self,
        memory: int,
        request: Mapping[str, Any],
        expressions: "Sequence[Expression]",
        deadline: float,
    ) -> Any:
        """Start a child if there is none, and ask it; nothing if nobody waits any more."""
        with self._lock:
            if self._left:
                return None
            self._begun = True
        try:
            return self._ready(memory).ask(request, expressions, deadline)
        finally:
            with self._lock:
                self._finished = True
                if self._left and self._child is not None:
                    self._child.kill()

    def _ready(self, memory: int) -> Child:
        child = self._child
        if child is None or not child.alive:
            if child is not None:
                child.kill()
            child = Child(memory)
            with self._lock:
                self._child = child
        return child

    def leave(self) -> Child | None:
        """Stop waiting; return the child if it can be used again."""
        with self._lock:
            self._left = True
            child, idle = self._child, self._finished or not self._begun
            if child is None or (idle and child.alive):
                return child
            if idle:
                child.kill()
            else:
                child.interrupt()
            return None
