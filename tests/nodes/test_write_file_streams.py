"""Write_file over an input too long to hold: the same as over all items at once."""

import codecs
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import anyio
import pytest
from hypothesis import assume, given, settings, strategies as st
from nodekit_nodes_core.file_appending import Held
from nodekit_nodes_core.file_writers import writer_of
from nodekit_nodes_core.write_file import WriteFile
from nodekit_nodes_core.write_file_params import WriteFileParams

from nodekit import (
    Binary,
    Context,
    Inputs,
    Item,
    ItemNode,
    Items,
    Json,
    Params,
    Pipeline,
    PipelineError,
    Registry,
    RunFailed,
    Runtime,
    Stream,
    load,
)

Row = dict[str, Json]

WAYS: list[str] = []
"""In what ways a node has got its items."""


class Nothing(Params):
    """No parameters."""


class Dealt(ItemNode[Nothing]):
    """Put out the fields and the files that a row holds; several items of some rows, or none."""

    def run_item(self, item: Item, params: Nothing, ctx: Context) -> list[Item]:
        """Put them out."""
        files = {name: Binary(text.encode()) for name, text in item.json["files"].items()}
        return [item.derive(item.json["row"]).with_binary(**files)] * item.json["times"]


class Watched(WriteFile):
    """Write_file, which tells in what ways it gets its items."""

    async def run_batch(self, inputs: Inputs, params: WriteFileParams, ctx: Context) -> Items:
        """Take note of it."""
        WAYS.append("whole")
        return await super().run_batch(inputs, params, ctx)

    async def run_stream(
        self, inputs: Mapping[str, Stream], params: WriteFileParams, ctx: Context
    ) -> AsyncGenerator[Items, None]:
        """Take note of it."""
        WAYS.append("stream")
        async with aclosing(super().run_stream(inputs, params, ctx)) as parts:
            async for part in parts:
                yield part


def pipeline(params: Mapping[str, Json], base: Path, node: type[WriteFile] = Watched) -> Pipeline:
    """Return a pipeline that deals the rows of the start, then writes them."""
    registry = Registry()
    registry.add("dealt", Dealt)
    registry.add("write", node)
    steps = [
        {"name": "Dealt", "type": "dealt"},
        {"name": "Node", "type": "write", "params": dict(params)},
    ]
    document = {"nodekit": 1, "name": "p", "steps": steps, "output": "Node"}
    return load(document, registry=registry, base=base)


@dataclass
class Outcome:
    """What came of a run, and in what ways the node got its items."""

    error: str = ""
    hints: list[str] = field(default_factory=list[str])
    json: list[str] = field(default_factory=list[str])
    links: list[Any] = field(default_factory=list[Any])
    binary: list[dict[str, bytes]] = field(default_factory=list[dict[str, bytes]])
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    ways: list[str] = field(default_factory=list[str])


async def outcome(
    params: Mapping[str, Json], rows: list[Row], held: Mapping[str, bytes], size: int | None
) -> Outcome:
    """Return what comes of a run in a directory of its own, in slices or in one piece."""
    WAYS.clear()
    error, items = "", Items()
    with TemporaryDirectory() as directory:
        base = Path(directory)
        for name, content in held.items():
            (base / name).write_bytes(content)
        flow = pipeline(params, base)
        async with Runtime() as runtime:
            try:
                result = await (
                    runtime.run(flow, rows)
                    if size is None
                    else runtime.run_batches(flow, [rows], size=size)
                )
                items = result.items
            except RunFailed as failed:
                result, error = failed.run, str(failed).replace(directory, "BASE")
        return Outcome(
            error,
            [hint for step in result.step("Node") for hint in step.hints],
            [repr(dict(row)) for row in items.json],
            [None if item.links is None else tuple(item.links) for item in items],
            [{name: file.bytes() for name, file in item.binary.items()} for item in items],
            {str(path.relative_to(base)): path.read_bytes() for path in files_in(base)},
            [*WAYS],
        )


def files_in(base: Path) -> list[Path]:
    """Return the files below a directory."""
    return sorted(path for path in base.rglob("*") if path.is_file())


def dealt(row: Row, files: Mapping[str, str] | None = None, times: int = 1) -> Row:
    """Return a row of the start that is dealt as an item with such fields."""
    return {"row": row, "files": dict(files or {}), "times": times}


async def check_same(
    params: Mapping[str, Json], rows: list[Row], held: Mapping[str, bytes] | None = None
) -> Outcome:
    """Make sure that slices of some sizes give the same as one piece; return what that is.

    Items that are more than a slice must go through the node as a stream.
    """
    count = sum(row["times"] for row in rows)
    whole = await outcome(params, rows, held or {}, None)
    for size in (1, 2, 7):
        sliced = await outcome(params, rows, held or {}, size)
        ways = ["stream"] * len(whole.ways) if count > size else whole.ways
        assert sliced == replace(whole, ways=ways)
    return whole


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few items be many, and the parts of a stream short."""
    monkeypatch.setattr("nodekit.engine.spooling.HELD", 3)
    monkeypatch.setattr("nodekit.engine.spooling.PART", 3)
    monkeypatch.setattr("nodekit.files.BLOCK", 16)


VALUES: list[Json] = [
    *(0, -1, 2**70, 1.0, 1e16, True, None, "", "x", "é", "日本", "=1+1", 'a,"b"\r\n', "-1", "\t"),
    *([], [1, {"a": "é"}], {}, {"b": 1}, {"b": {"c": [], "d": {}}, "c": None}),
]
RARE: list[Json] = ["€", "\ud800", "か゚"]
ANY = st.sampled_from([*VALUES * 3, *RARE])

ROWS = st.lists(
    st.builds(
        dealt,
        st.fixed_dictionaries({}, optional=dict.fromkeys(("a", "a.b", "é", "=n", "data"), ANY))
        | st.fixed_dictionaries({"data": ANY, "a": ANY}),
        st.sampled_from([{"data": "x"}, {"data": "y"}, {"data": "é", "a": "z"}, {}]),
        st.sampled_from([1, 1, 1, 1, 0, 2]),
    ),
    max_size=20,
)
FULL = st.lists(
    st.builds(
        dealt,
        st.fixed_dictionaries({"data": st.sampled_from(VALUES)}),
        st.dictionaries(st.just("data"), st.sampled_from(["", "x", "é"]), min_size=1),
    ),
    min_size=1,
    max_size=20,
)
FLAG = st.booleans()
ENCODINGS = ["utf-8-sig", "utf-16", "utf-32-be", "latin-1", "ascii", "utf-7", "shift_jisx0213"]
NAMES = ["o.jsonl", "o.json", "o.csv", "o.tsv", "o.txt", "o.bin", "in/o.md"]
OLD = [b"", b"a,data\n1,2\n", b'"data","a"\n1,2', b"\xef\xbb\xbfa\n", b"a\tdata", b"x"]
MORE = st.fixed_dictionaries(
    {"path": st.sampled_from([*NAMES, "../o.txt"])},
    optional={
        "format": st.sampled_from(["auto", "auto", "jsonl", "json", "csv", "text", "binary"]),
        "mode": st.sampled_from(["append", "append", "replace", "={{ 'append' }}"]),
        "field": st.sampled_from(["data", "data", "a", "a.b"]),
        "same": st.sampled_from(["fail", "last"]),
        "file_field": st.sampled_from(["", "data", "f"]),
        "ending": st.sampled_from(["", "\n", "é", "\r\n"]),
        "columns": st.lists(st.sampled_from(["a", "a.b", "data", "no", "=n"]), max_size=3),
        "header": FLAG,
        "delimiter": st.sampled_from([";", ",", "é"]),
        "guard_formulas": FLAG,
        "encoding": st.sampled_from(ENCODINGS),
    },
)


@given(rows=ROWS | FULL, params=MORE, held=st.none() | st.sampled_from(OLD))
@settings(deadline=None, max_examples=250)
async def test_all_ways_to_write(rows: list[Row], params: Row, held: bytes | None) -> None:
    name = params["path"].split("/")[-1]
    try:
        await check_same(params, rows, {} if held is None else {name: held})
    except PipelineError:
        assume(False)


def rows_of(count: int) -> list[Row]:
    """Return rows with a text, a number and a file each."""
    return [dealt({"data": f"é{n}", "n": n}, {"data": f"b{n}"}) for n in range(count)]


ALL = "".join(f"é{n}\n" for n in range(20))


@pytest.mark.parametrize(
    ("path", "more", "want"),
    [
        ("o.jsonl", {}, "".join(f'{{"data":"é{n}","n":{n}}}\n' for n in range(20)).encode()),
        (
            "o.json",
            {},
            "[\n{}\n]\n".format(
                ",\n".join(f'  {{\n    "data": "é{n}",\n    "n": {n}\n  }}' for n in range(20))
            ).encode(),
        ),
        ("o.csv", {}, "".join(["data,n\n", *(f"é{n},{n}\n" for n in range(20))]).encode()),
        ("o.csv", {"columns": ["n"]}, "".join(["n\n", *(f"{n}\n" for n in range(20))]).encode()),
        ("o.txt", {}, ALL.encode()),
        ("o.txt", {"encoding": "utf-16"}, ALL.encode("utf-16")),
        ("o.txt", {"encoding": "utf-8-sig"}, ALL.encode("utf-8-sig")),
        ("o.txt", {"encoding": "utf-7", "ending": "é"}, ALL.replace("\n", "é").encode("utf-7")),
        ("o.txt", {"mode": "append"}, f"old\n{ALL}".encode()),
        ("o.bin", {"mode": "append"}, "".join(["old", *(f"b{n}" for n in range(20))]).encode()),
        ("o.bin", {"same": "last"}, b"b19"),
    ],
    ids=[
        "lines",
        "list",
        "table",
        "chosen columns",
        "text",
        "utf-16",
        "mark",
        "utf-7",
        "append",
        "binaries",
        "last binary",
    ],
)
async def test_what_a_file_holds(path: str, more: Row, want: bytes) -> None:
    found = await check_same({"path": path, **more}, rows_of(20), {path: b"old"})
    assert found.files == {path: want}
    assert found.hints == [f"wrote 20 items to {path}"]
    assert [[link.item for link in links] for links in found.links] == [[n] for n in range(20)]


async def test_a_column_that_only_the_last_item_has_is_in_the_header() -> None:
    rows = [*rows_of(9), dealt({"late": {"x": 1}})]
    found = await check_same({"path": "o.csv", "file_field": "f"}, rows)
    lines = [f"é{n},{n}," for n in range(9)]
    assert found.files["o.csv"].decode().splitlines() == ["data,n,late.x", *lines, ",,1"]
    assert found.json[-1] == repr({"late": {"x": 1}, "f": "o.csv"})


async def test_an_item_that_orjson_refuses_is_written_in_ascii_and_no_other() -> None:
    rows = [dealt({"a": "é"}), dealt({"a": [2**70, "é"]}), *[dealt({"a": "é"})] * 7]
    found = await check_same({"path": "o.json"}, rows)
    other = '  {\n    "a": "é"\n  }'
    long = '  {\n    "a": [\n      1180591620717411303424,\n      "\\u00e9"\n    ]\n  }'
    want = "[\n{}\n]\n".format(",\n".join([other, long, *[other] * 7]))
    assert found.files["o.json"].decode() == want


async def test_an_encoding_that_knows_no_pieces_gets_all_at_once() -> None:
    def find(name: str) -> codecs.CodecInfo | None:
        latin = codecs.lookup("latin-1")
        return (
            codecs.CodecInfo(latin.encode, latin.decode, name=name) if name == "pieceless" else None
        )

    codecs.register(find)
    try:
        found = await check_same({"path": "o.txt", "encoding": "pieceless"}, rows_of(9))
    finally:
        codecs.unregister(find)
    assert found.files["o.txt"].decode("latin-1").splitlines() == [f"é{n}" for n in range(9)]


@pytest.mark.parametrize("mode", ["replace", "append"])
@pytest.mark.parametrize(
    ("path", "late", "more", "message"),
    [
        ("o.txt", {}, {}, "item 20 has no field 'data' to write"),
        (
            "o.txt",
            {"data": "a€ß"},
            {"encoding": "latin-1"},
            "o.txt: '€' cannot be written in iso8859-1",
        ),
        ("o.csv", {"n": "\ud800"}, {}, "o.csv: '\\ud800' cannot be written in utf-8"),
    ],
    ids=["no field", "encoding", "half a character"],
)
async def test_an_item_that_cannot_be_written_leaves_the_old_file(
    mode: str, path: str, late: Row, more: Row, message: str
) -> None:
    rows = [*rows_of(20), dealt(late), *rows_of(3)]
    held = {path: b"data,n\nold"}
    found = await check_same({"path": path, "mode": mode, **more}, rows, held)
    assert found == Outcome(f'step "Node": {message}', files=held, ways=["whole"])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"path": "o.bin"}, "o.bin: items 0 and 1 would both be this file"),
        ({"path": "o.bin", "mode": "append"}, "item 20 has no binary 'data' to write"),
        ({"path": "o.bin", "same": "last"}, "item 20 has no binary 'data' to write"),
        ({"path": "a.csv", "mode": "append"}, "a.csv: has no column 'data'"),
        (
            {"path": "o.json", "mode": "append"},
            "o.json: a JSON file cannot be appended to; JSON lines can",
        ),
        ({"path": "../o.txt"}, "path '../o.txt' leads outside 'BASE'"),
        ({"path": "a.csv/o.txt"}, "cannot write 'a.csv/o.txt': file exists"),
        (
            {"path": "o.txt", "encoding": "rot13"},
            "LookupError: 'rot-13' is not a text encoding; use codecs.encode() to handle "
            "arbitrary codecs",
        ),
    ],
    ids=["two in one", "binaries", "last", "columns", "JSON", "outside", "no folder", "no text"],
)
async def test_what_cannot_be_written(params: Row, message: str) -> None:
    held = {"a.csv": b"x\n"}
    found = await check_same(params, [*rows_of(20), dealt({"data": "x"})], held)
    assert found == Outcome(f'step "Node": {message}', files=held, ways=["whole"])


class Broken(WriteFile):
    """Write_file that nobody takes a second part from."""

    async def run_stream(
        self, inputs: Mapping[str, Stream], params: WriteFileParams, ctx: Context
    ) -> AsyncGenerator[Items, None]:
        """Fail after the first part."""
        async with aclosing(super().run_stream(inputs, params, ctx)) as parts:
            yield await anext(parts)
            raise KeyError("broken")


async def stopped(node: type[WriteFile], mode: str, base: Path) -> str:
    """Run a node that does not come to its end; return the name of what ended it."""
    flow = pipeline({"path": "o.txt", "mode": mode}, base, node)
    async with Runtime() as runtime:
        with pytest.raises(RunFailed) as caught:
            await runtime.run_batches(flow, [rows_of(20)], size=2)
    return str(caught.value)


def check_old(base: Path) -> None:
    """Make sure that a directory holds the old file, and nothing else."""
    assert {path.name: path.read_bytes() for path in base.iterdir()} == {"o.txt": b"old"}


@pytest.mark.parametrize("mode", ["replace", "append"])
async def test_when_nobody_takes_its_items_the_old_file_stays(mode: str, tmp_path: Path) -> None:
    (tmp_path / "o.txt").write_bytes(b"old")
    assert await stopped(Broken, mode, tmp_path) == "step \"Node\": KeyError: 'broken'"
    check_old(tmp_path)


@pytest.mark.parametrize("mode", ["replace", "append"])
@pytest.mark.parametrize("parts", [1, 2])
async def test_a_run_that_is_canceled_leaves_the_old_file(
    mode: str, parts: int, tmp_path: Path
) -> None:
    seen: list[Items] = []

    class Canceled(WriteFile):
        async def run_stream(
            self, inputs: Mapping[str, Stream], params: WriteFileParams, ctx: Context
        ) -> AsyncGenerator[Items, None]:
            async with aclosing(super().run_stream(inputs, params, ctx)) as found:
                async for part in found:
                    seen.append(part)
                    if len(seen) == parts:
                        scope.cancel()
                    yield part

    (tmp_path / "o.txt").write_bytes(b"old")
    flow = pipeline({"path": "o.txt", "mode": mode}, tmp_path, Canceled)
    async with Runtime() as runtime:
        with anyio.CancelScope() as scope:
            await runtime.run_batches(flow, [rows_of(20)], size=2)
    assert (scope.cancelled_caught, len(seen)) == (True, parts)
    check_old(tmp_path)


@dataclass
class Parts:
    """Some parts as a stream."""

    items: Sequence[Items] = ()

    def __len__(self) -> int:
        return sum(map(len, self.items))

    async def __aiter__(self) -> AsyncIterator[Items]:
        for rows in self.items:
            yield rows


def test_parts_without_items_are_written_as_nothing() -> None:
    params = WriteFileParams.model_construct(columns=["a"])
    parts = [Items(), Items([{"a": 1}]), Items(), Items([{"a": 2}]), Items()]
    found: dict[str, bytes] = {}
    for form in ("jsonl", "json", "csv"):
        writer = writer_of(form, "o", params, [], Held())
        pieces = [piece for part in parts for piece in writer.part(part)]
        found[form] = b"".join([*pieces, *writer.end()])
    assert found == {
        "jsonl": b'{"a":1}\n{"a":2}\n',
        "json": b'[\n  {\n    "a": 1\n  },\n  {\n    "a": 2\n  }\n]\n',
        "csv": b"a\n1\n2\n",
    }


async def test_a_stream_of_no_items_is_no_file() -> None:
    params = WriteFileParams.model_construct(path=["o.json"])
    ctx = cast("Context", None)
    assert [rows async for rows in WriteFile().run_stream({"main": Parts()}, params, ctx)] == []


async def test_items_with_paths_of_their_own_are_held() -> None:
    found = await outcome({"path": "={{ $json.n % 2 }}.txt"}, rows_of(9), {}, 2)
    assert (found.ways, list(found.files)) == (["whole"], ["0.txt", "1.txt"])
