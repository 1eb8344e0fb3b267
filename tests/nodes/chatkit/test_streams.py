"""Decoding and folding streams, cases 51 to 53, 57 and 58: no server needed."""

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from nodekit_nodes_chatkit.events import Decoder, events_in, parse
from nodekit_nodes_chatkit.fold import Fold

from nodekit import ApiError
from tests.support.chatkit import transcripts

STREAMS = {
    name: row for name, row in transcripts("protocol-streams.json").items() if "folded" in row
}

LINE_ENDS = ["\n", "\r\n", "\r"]


def fold_of(row: dict[str, Any]) -> Fold:
    fold = Fold(row["request"]["body"]["params"].get("thread_id"))
    for event in row["response"]["events"]:
        fold.feed(event)
    return fold


def test_case_51_there_are_24_recorded_folds() -> None:
    assert len(STREAMS) == 24


@pytest.mark.parametrize("name", STREAMS)
def test_case_51_the_recorded_folds_are_reproduced(name: str) -> None:
    row = STREAMS[name]
    fold, recorded = fold_of(row), row["folded"]
    output = fold.output()
    for field, value in recorded.items():
        match field:
            case "pending":
                assert fold.pending == value
            case "unknown":
                assert output["unknown"] == len(value)
            case _:
                assert output[field] == value, field


def encoded(
    events: list[dict[str, Any]],
    *,
    end: str = "\n",
    comment: bool = False,
    bom: bool = False,
    split: bool = False,
) -> bytes:
    """Return events as a server may write them."""
    blocks: list[str] = []
    for event in events:
        payload = json.dumps(event, ensure_ascii=False, indent=1 if split else None)
        lines = [": keep-alive"] if comment else []
        lines += ["event: x", "id: 1"] if comment else []
        lines += [f"data: {line}" for line in payload.split("\n")]
        blocks.append("".join(f"{line}\n" for line in lines) + "\n")
    text = ("\ufeff" if bom else "") + "".join(blocks)
    return text.replace("\n", end).encode()


def decoded(raw: bytes, sizes: list[int]) -> list[Any]:
    """Return the events in bytes that come in chunks of these sizes, again and again."""
    decoder, found, start = Decoder(), [], 0
    for n in range(len(raw) + 1):
        size = sizes[n % len(sizes)]
        found += [parse(payload) for payload in decoder.feed(raw[start : start + size])]
        start += size
        if start >= len(raw):
            break
    decoder.finish()
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("end", LINE_ENDS, ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("dressed", [False, True], ids=["plain", "comments, BOM, split data"])
def test_case_52_the_same_streams_cut_anywhere(size: int, end: str, dressed: bool) -> None:
    for name in ("threads.create", "stream.progress", "stream.annot"):
        events = STREAMS[name]["response"]["events"]
        raw = encoded(events, end=end, comment=dressed, bom=dressed, split=dressed)
        assert decoded(raw, [size]) == events


@given(
    texts=st.lists(st.text(max_size=12), min_size=1, max_size=6),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    end=st.sampled_from(LINE_ENDS),
    comment=st.booleans(),
    bom=st.booleans(),
    split=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_case_52_any_chunking_gives_the_same_events(
    texts: list[str], sizes: list[int], end: str, comment: bool, bom: bool, split: bool
) -> None:
    events = [{"type": "x", "text": text.encode("utf-8", "replace").decode()} for text in texts]
    raw = encoded(events, end=end, comment=comment, bom=bom, split=split)
    assert decoded(raw, sizes) == events


def test_case_53_emoji_and_combining_characters_are_not_cut() -> None:
    text = "👩‍👩‍👧 e\u0301 \u2028 ½ Ünï"
    raw = encoded([{"type": "x", "text": text}])
    assert decoded(raw, [1]) == [{"type": "x", "text": text}]


@pytest.mark.parametrize(
    "raw",
    [b'data: {"a": 1}', b'data: {"a": 1}\n', b"data: \xc3", b"dat"],
    ids=["no line end", "no blank line", "half a character", "half a field"],
)
def test_a_stream_that_ends_inside_an_event_is_broken(raw: bytes) -> None:
    decoder = Decoder()
    decoder.feed(raw)
    with pytest.raises(ApiError, match="closed the stream inside an event"):
        decoder.finish()


@pytest.mark.parametrize("raw", [b"", b"\n\n", b": bye", b"retry: 5\n\n", b"\xef\xbb\xbf"])
def test_a_stream_may_end_between_events(raw: bytes) -> None:
    decoder = Decoder()
    assert decoder.feed(raw) == []
    decoder.finish()


def test_events_and_lines_have_a_limit() -> None:
    with pytest.raises(ApiError, match=r"sent an event larger than 10 characters\."):
        Decoder(max_event=10).feed(b"data: 123456\ndata: 789012\n")
    with pytest.raises(ApiError, match=r"sent a line larger than 8 MiB\."):
        Decoder().feed(b"data: " + b"x" * (8 << 20))


def test_case_57_a_payload_that_is_not_json() -> None:
    with pytest.raises(ApiError) as caught:
        parse("<html>" + "x" * 300)
    assert caught.value.message == (
        "The ChatKit server sent an event that is not JSON: <html>" + "x" * 194
    )
    with pytest.raises(ApiError, match="not JSON: 5"):
        parse("5")
    assert parse("[DONE]") is None


def test_events_in_a_json_answer() -> None:
    assert events_in({"type": "a"}) == [{"type": "a"}]
    assert events_in([{"type": "a"}, {"type": "b"}]) == [{"type": "a"}, {"type": "b"}]
    assert events_in({"id": "x"}) is None
    assert events_in("x") is None


def fed(*events: dict[str, Any]) -> Fold:
    fold = Fold()
    for event in events:
        fold.feed(event)
    return fold


def added(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": "thread.item.added", "item": {"id": "i1", "type": kind, **more}}


def updated(kind: str, **more: Any) -> dict[str, Any]:
    update = {"type": kind, **more}
    return {"type": "thread.item.updated", "item_id": "i1", "update": update}


@pytest.mark.parametrize(
    "event",
    [
        {"type": "thread.sparkle"},
        {},
        {"type": "thread.item.done", "item": {"no": "id"}},
        {"type": "thread.item.removed", "item_id": "i9"},
        {"type": "thread.created", "thread": "t1"},
        {"type": "thread.item.updated", "item_id": "i9", "update": {"type": "x"}},
        {"type": "thread.item.updated", "item_id": "i1", "update": None},
        updated("glow"),
        updated("assistant_message.content_part.shine", content_index=0),
        updated("assistant_message.content_part.text_delta", content_index=-1),
        updated("assistant_message.content_part.text_delta", content_index=10**9),
        updated("workflow.task.added", task_index="x"),
        updated("widget.component.updated", component_id="c9", component={}),
        updated("widget.streaming_text.value_delta", component_id="c9"),
    ],
)
def test_case_58_what_is_unknown_is_counted(event: dict[str, Any]) -> None:
    fold = fed(added("assistant_message", content=[]), event)
    assert fold.unknown == 1
    assert fold.status == "completed"


def test_a_component_of_a_widget_is_replaced_and_extended() -> None:
    card: dict[str, Any] = {
        "type": "Card",
        "children": [{"id": "c1", "type": "Text", "value": "a"}],
    }
    fold = fed(
        added("widget", widget=card),
        updated("widget.streaming_text.value_delta", component_id="c1", delta="b"),
    )
    assert fold.items["i1"]["widget"]["children"][0]["value"] == "ab"
    fold.feed(
        updated(
            "widget.component.updated", component_id="c1", component={"id": "c1", "type": "Icon"}
        )
    )
    assert fold.items["i1"]["widget"]["children"] == [{"id": "c1", "type": "Icon"}]
    assert card["children"][0]["value"] == "a"


def test_deltas_without_a_part_and_without_an_end() -> None:
    kind = "assistant_message.content_part"
    note = {"type": "annotation", "index": 0}
    fold = fed(
        added("assistant_message", content=[], thread_id="t1"),
        updated(f"{kind}.text_delta", content_index=1, delta="he"),
        updated(f"{kind}.text_delta", content_index=1, delta="llo"),
        updated(f"{kind}.annotation_added", content_index=1, annotation_index=7, annotation=note),
    )
    assert (fold.text, fold.thread_id) == ("hello", "t1")
    assert fold.output()["annotations"] == [note]


def test_tasks_are_set_where_there_are_none_yet() -> None:
    fold = fed(
        added("workflow"),
        updated("workflow.task.updated", task_index=3, task={"title": "a"}),
        updated("workflow.task.added", task_index=0, task={"title": "b"}),
    )
    assert fold.items["i1"]["workflow"]["tasks"] == [{"title": "b"}, {"title": "a"}]


def test_messages_are_joined_by_a_blank_line() -> None:
    def message(item_id: str, *texts: str) -> dict[str, Any]:
        content = [{"type": "output_text", "text": text} for text in texts]
        item = {"id": item_id, "type": "assistant_message", "content": content}
        return {"type": "thread.item.done", "item": item}

    fold = fed(message("a", "one", " two"), message("b"), message("c", "three"))
    assert fold.text == "one two\n\nthree"
    assert fold.output()["messageIds"] == ["a", "b", "c"]


def test_only_the_first_user_message_is_ours() -> None:
    def said(item_id: str) -> dict[str, Any]:
        item = {"id": item_id, "type": "user_message", "thread_id": "t1", "content": []}
        return {"type": "thread.item.done", "item": item}

    fold = fed(said("a"), said("b"))
    assert fold.output()["userMessageId"] == "a"
    assert list(fold.items) == ["b"]
    assert fold.thread_id == "t1"
