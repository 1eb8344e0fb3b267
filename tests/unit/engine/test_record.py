"""The record of a run, in parts."""

from base64 import b64decode

from nodekit import Binary, Item, ItemError, Items, PairedItem
from nodekit.engine.record import (
    INLINE,
    binary_record,
    error_record,
    items_record,
    source_record,
    timestamp,
)
from nodekit.engine.schedule import Source
from nodekit.pipeline.wiring import START


def test_items_stand_with_their_links_binaries_and_errors() -> None:
    items = Items.of(
        [
            Item({"a": 1}, links=(PairedItem(3), PairedItem(0, "left", "L", "loop", 2))),
            Item({"b": 2}, error=ItemError("no", item=4)),
            Item({}, links=(), binary={"f": Binary(b"x", media_type="text/plain")}),
        ]
    )
    rows = items_record(items)
    assert rows[0] == {
        "json": {"a": 1},
        "from": [
            {"input": "main", "item": 3},
            {"input": "left", "item": 0, "step": "L", "output": "loop", "run": 2},
        ],
    }
    assert rows[1] == {
        "json": {"b": 2},
        "from": None,
        "error": {"type": "NodeError", "message": "no", "item": 4},
    }
    assert rows[2]["from"] == []
    assert rows[2]["binary"]["f"]["size"] == 1


def test_a_small_binary_stands_with_its_content() -> None:
    row = binary_record(Binary(b"hello", media_type="text/plain", file_name="a.txt"))
    assert b64decode(row.pop("data")) == b"hello"
    assert row == {
        "media_type": "text/plain",
        "file_name": "a.txt",
        "size": 5,
        "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    }


def test_a_large_binary_stands_without_its_content() -> None:
    assert "data" in binary_record(Binary(bytes(INLINE)))
    assert "data" not in binary_record(Binary(bytes(INLINE + 1)))


def test_an_error_says_what_is_known() -> None:
    assert error_record(ItemError("no")) == {"type": "NodeError", "message": "no"}
    full = ItemError(
        "no", type="ApiError", hint="Wait.", item=1, status=429, details={"a": 1}, outcome="unknown"
    )
    assert error_record(full) == {
        "type": "ApiError",
        "message": "no",
        "hint": "Wait.",
        "item": 1,
        "status": 429,
        "details": {"a": 1},
        "outcome": "unknown",
    }


def test_the_start_of_a_run_has_no_source() -> None:
    assert source_record(None) is None
    assert source_record(Source(START, "main", 0)) is None
    assert source_record(Source("A", "yes", 2)) == {"step": "A", "output": "yes", "run": 2}


def test_a_time_is_text_with_milliseconds() -> None:
    assert timestamp(1767600000.0) == "2026-01-05T08:00:00.000Z"
    assert timestamp(0.1239) == "1970-01-01T00:00:00.123Z"
