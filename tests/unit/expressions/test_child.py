"""The child's side of the pipe, run in this process."""

import resource
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import quickjs  # type: ignore[import-untyped]  # it brings no types

from nodekit.expressions import child


class Speaker:
    """Standard input and output of a child, as far as it uses them."""

    def __init__(self, sent: bytes) -> None:
        self.buffer = BytesIO(sent)


def request(tag: bytes, text: str) -> bytes:
    body = text.encode()
    return child.REQUEST.pack(tag, 0.5, len(body)) + body


def replies(told: bytes) -> list[tuple[bytes, str]]:
    found: list[tuple[bytes, str]] = []
    while told:
        status, length = child.REPLY.unpack_from(told)
        body, told = told[child.REPLY.size :][:length], told[child.REPLY.size + length :]
        found.append((status, body.decode()))
    return found


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Write limits down instead of setting them: they would be this process's own."""
    found: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda which, pair: found.append((which, pair[0])))
    return found


def talk(monkeypatch: pytest.MonkeyPatch, *requests: bytes) -> list[tuple[bytes, str]]:
    out = Speaker(b"")
    packages = str(Path(quickjs.__file__).parent.parent)
    monkeypatch.setattr(sys, "argv", ["child", packages, str(16 << 20)])
    monkeypatch.setattr(sys, "stdin", Speaker(b"".join(requests)))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "path", list(sys.path))
    child.main()
    return replies(out.buffer.getvalue())


ECHO = "globalThis.nodekit = (text) => eval(text)"


@pytest.mark.parametrize(
    ("code", "reply"),
    [
        ("'a' + 'é'", (b"o", "aé")),
        ("null.x", (b"e", "TypeError: cannot read property 'x' of null")),
        ("for (;;) ;", (b"t", "")),
        ("'a'.repeat(1e8)", (b"m", "")),
        ("const l = []; for (;;) l.push([1])", (b"m", "")),
    ],
)
def test_a_reply_says_how_it_went(
    monkeypatch: pytest.MonkeyPatch, code: str, reply: tuple[bytes, str]
) -> None:
    told = talk(monkeypatch, request(b"S", ECHO), request(b"R", code))
    assert [(status, text.split("\n")[0]) for status, text in told] == [(b"o", ""), reply]


def test_promises_settle_before_it_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    script = """
        let value = null
        globalThis.nodekit = (text) => {
          if (text === '') return value
          Promise.resolve().then(() => { value = 'settled' })
          return 5
        }
    """
    told = talk(monkeypatch, request(b"S", script), request(b"R", "go"))
    assert told == [(b"o", ""), (b"o", "settled")]


def test_it_ends_with_its_input(monkeypatch: pytest.MonkeyPatch) -> None:
    assert talk(monkeypatch) == []
    assert talk(monkeypatch, request(b"S", ECHO)[:5]) == []


def test_its_limits_are_the_systems_as_well(
    monkeypatch: pytest.MonkeyPatch, limits: list[tuple[int, int]]
) -> None:
    talk(monkeypatch, request(b"S", ECHO))
    kinds = [which for which, _ in limits]
    assert kinds == [resource.RLIMIT_AS, resource.RLIMIT_CPU]
    assert all(limit > 0 for _, limit in limits)


def test_where_there_is_no_proc_the_engine_keeps_its_own_limit(
    monkeypatch: pytest.MonkeyPatch, limits: list[tuple[int, int]]
) -> None:
    def nowhere(*_: Any) -> bool:
        return False

    monkeypatch.setattr(Path, "exists", nowhere)
    child.limit_space(1)
    assert limits == []
