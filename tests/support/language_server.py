"""A YAML language server as an editor runs it: opened texts, findings, completions."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from queue import Queue
from threading import Thread
from types import TracebackType
from typing import IO, Any, Self

Message = dict[str, Any]

PATIENCE = 60.0
"""How long an answer may take, in seconds."""


class LanguageServer:
    """A server in a process of its own; use it as a context manager.

    Args:
        command: What starts it.
        folder: The folder that is open in the editor.
        settings: The settings of the editor, by section.
    """

    def __init__(self, command: list[str], folder: Path, settings: Mapping[str, Any]) -> None:
        self.folder = folder
        self.settings = settings
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._answers: Queue[Message] = Queue()
        self._reader = Thread(target=self._read, daemon=True)
        self._asked = 0

    def __enter__(self) -> Self:
        self._reader.start()
        capabilities = {
            "workspace": {"configuration": True},
            "textDocument": {"completion": {"completionItem": {"snippetSupport": False}}},
        }
        self.ask(
            "initialize",
            processId=None,
            rootUri=self.folder.as_uri(),
            workspaceFolders=None,
            capabilities=capabilities,
        )
        self.tell("initialized")
        self.tell("workspace/didChangeConfiguration", settings=self.settings)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._stream(self._process.stdin).close()
        self._stream(self._process.stdout).close()

    def _stream(self, stream: IO[bytes] | None) -> IO[bytes]:
        assert stream is not None
        return stream

    def _send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream = self._stream(self._process.stdin)
        stream.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        stream.flush()

    def _read(self) -> None:
        stream = self._stream(self._process.stdout)
        while size := self._size(stream):
            message: Message = json.loads(stream.read(size))
            if message.get("method") == "workspace/configuration":
                asked = [self.settings.get(row["section"]) for row in message["params"]["items"]]
                self._send({"id": message["id"], "result": asked})
            elif "id" in message and "method" in message:
                self._send({"id": message["id"], "result": None})
            else:
                self._answers.put(message)

    def _size(self, stream: IO[bytes]) -> int:
        """Return how long the next message is; 0 at the end."""
        size = 0
        while line := stream.readline().strip():
            name, _, value = line.partition(b":")
            size = int(value) if name.lower() == b"content-length" else size
        return size

    def tell(self, method: str, **params: Any) -> None:
        """Tell the server something."""
        self._send({"method": method, "params": params})

    def ask(self, method: str, **params: Any) -> Any:
        """Ask the server something and return its answer."""
        self._asked += 1
        self._send({"id": self._asked, "method": method, "params": params})
        while (answer := self._answers.get(timeout=PATIENCE)).get("id") != self._asked:
            pass
        return answer["result"]

    def opened(self, name: str, text: str) -> str:
        """Open a text and return its address."""
        uri = (self.folder / name).as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", textDocument=document)
        return uri

    def findings(self, name: str, text: str) -> list[tuple[str, str]]:
        """Open a text and return what is marked in it, and why."""
        uri = self.opened(name, text)
        while True:
            answer = self._answers.get(timeout=PATIENCE)
            params = answer.get("params", {})
            if answer.get("method") == "textDocument/publishDiagnostics" and params["uri"] == uri:
                return [
                    (f"{row['range']['start']['line'] + 1}: {marked(text, row['range'])}",
                        row["message"])
                    for row in params["diagnostics"]
                ]  # fmt: skip

    def completions(self, name: str, text: str) -> set[str]:
        """Open a text with a ``|`` in it and return what the server offers there."""
        before = text.partition("|")[0]
        uri = self.opened(name, text.replace("|", ""))
        line, column = before.count("\n"), len(before.rpartition("\n")[2])
        answer = self.ask(
            "textDocument/completion",
            textDocument={"uri": uri},
            position={"line": line, "character": column},
        )
        return {row["label"] for row in answer["items"]}


def marked(text: str, place: Mapping[str, Mapping[str, int]]) -> str:
    """Return the text of a range, as far as it goes in its first line."""
    start, end = place["start"], place["end"]
    line = text.split("\n")[start["line"]]
    return line[start["character"] : end["character"] if end["line"] == start["line"] else None]
