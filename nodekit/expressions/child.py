"""The JavaScript child: a script that runs the engine and nothing else.

It is started by :mod:`nodekit.expressions.process` with an empty environment, apart from the rest
of nodekit, of which it imports nothing. Texts come in over standard input and go out over standard
output, each with its length before it; what they mean is known to the two sides of JavaScript and
Python that write and read them. Limits that the engine does not keep by itself are kept by the
operating system (address space, processor time) and by the parent (wall clock).

A request is ``<tag: 1 byte> <seconds: 8-byte float> <length: 4 bytes> <text>``. The tag ``S`` hands
in a script, ``R`` a request for the function that the scripts left as ``nodekit``. A reply is
``<status: 1 byte> <length: 4 bytes> <text>``; the status is ``o`` (the text is the reply), ``t``
(too much time), ``m`` (too much memory) or ``e`` (the text is the engine's error).
"""

import resource
import struct
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

REQUEST = struct.Struct("<cdI")
REPLY = struct.Struct("<cI")
STACK = 1 << 20
SLACK = 96 << 20
"""What Python, the engine's own code and texts in passing may take besides the engine's memory."""


def main() -> None:
    """Answer requests until standard input ends."""
    packages, memory = sys.argv[1], int(sys.argv[2])
    sys.path.append(packages)
    engine = import_module("_quickjs")
    context = engine.Context()
    context.set_memory_limit(memory)
    context.set_max_stack_size(STACK)
    limit_space(memory)
    serve(engine, context, sys.stdin.buffer, sys.stdout.buffer)


def limit_space(memory: int) -> None:
    """Bound the address space: some loops inside the engine allocate past its own limit."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return
    used = int(status.read_text().split()[0]) * resource.getpagesize()
    limit = used + 2 * memory + SLACK
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def limit_time(seconds: float) -> None:
    """Bound the processor time of one request, in case nobody is left to watch the clock."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    bound = int(used.ru_utime + used.ru_stime + 2 * seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (bound, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def serve(engine: Any, context: Any, source: BinaryIO, sink: BinaryIO) -> None:
    """Read requests and write replies."""
    entry = None
    while len(head := source.read(REQUEST.size)) == REQUEST.size:
        tag, seconds, length = REQUEST.unpack(head)
        text = source.read(length).decode()
        limit_time(seconds)
        context.set_time_limit(seconds)
        if tag == b"R" and entry is None:
            entry = taken(context)
        status, reply = answer(engine, context, entry, text)
        body = reply.encode()
        sink.write(REPLY.pack(status, len(body)) + body)
        sink.flush()


def taken(context: Any) -> Any:
    """Return the function that the scripts left for requests, and hide it from all other code."""
    found = context.get("nodekit")
    context.eval("delete globalThis.nodekit")
    return found


def answer(engine: Any, context: Any, entry: Any, text: str) -> tuple[bytes, str]:
    """Run a script, or a request where there is an entry; give the status and the reply."""
    try:
        if entry is None:
            context.eval(text)
            return b"o", ""
        reply = entry(text)
        while not isinstance(reply, str):  # promises are to be settled, or a timer is to be awaited
            time.sleep((reply or 0) / 1000)
            while context.execute_pending_job():
                pass
            reply = entry("")
        return b"o", reply
    except (engine.JSException, MemoryError) as error:
        words = str(error)
        if "interrupted" in words:
            return b"t", ""
        if isinstance(error, MemoryError) or "out of memory" in words or words.strip() == "null":
            return b"m", ""
        return b"e", words


if __name__ == "__main__":
    main()
