"""The node code with JavaScript, run through the engine."""

from typing import Any

import pytest
from nodekit_nodes_core.code import Code, StaticData

from nodekit import Binary, Item, NodeType
from nodekit.testing import NodeRun, check_node_contract, raises_node_error, run_node

ROWS = [{"a": 1}, {"a": 2}, {"a": 3}]

NO_ITEMS = "Code doesn't return items properly"
FILE = Binary(b"abc", media_type="text/plain", file_name="a.txt")


async def javascript(body: str, items: Any = ROWS, **more: Any) -> NodeRun:
    """Run the body of a function."""
    each = more.pop("each", False)
    return await run_node(Code, {"javascript": body, "each": each}, items, **more)


def places(result: NodeRun) -> list[list[int] | None]:
    """Return where each item came from."""
    return [None if i.links is None else [link.item for link in i.links] for i in result.items]


async def test_the_contract_is_kept() -> None:
    await check_node_contract(Code, {"javascript": "return items"})
    await check_node_contract(Code, {"javascript": "return item", "each": True})


@pytest.mark.parametrize(
    ("body", "json", "sources"),
    [
        pytest.param(
            "return items.map(i => ({ json: { b: i.json.a * 2 } }))",
            [{"b": 2}, {"b": 4}, {"b": 6}],
            [[0], [1], [2]],
            id="items",
        ),
        pytest.param(
            "return [{ b: 1 }, { b: 2 }]", [{"b": 1}, {"b": 2}], [None, None], id="plain objects"
        ),
        pytest.param("return { b: 1 }", [{"b": 1}], [[0]], id="one object"),
        pytest.param("return { json: { b: 1 } }", [{"b": 1}], [[0]], id="one item"),
        pytest.param("return []", [], [], id="nothing"),
        pytest.param("return null", [], [], id="null"),
        pytest.param(
            "return $input.all().reverse()", ROWS[::-1], [[2], [1], [0]], id="items of the input"
        ),
        pytest.param(
            "return [{ json: {}, pairedItem: { item: 2 } }, { json: {}, pairedItem: 1 },"
            " { json: {}, pairedItem: [0, { item: 2 }, { input: 0 }, -1] }]",
            [{}, {}, {}],
            [[2], [1], [0, 2]],
            id="links that it gives",
        ),
        pytest.param(
            "const found = await Promise.resolve($json.a); return { found }",
            [{"found": 1}],
            [[0]],
            id="awaits",
        ),
    ],
)
async def test_what_code_for_all_returns_are_items(
    body: str, json: list[Any], sources: list[Any]
) -> None:
    result = await javascript(body)
    assert result.json == json
    assert places(result) == sources


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param("const x = 1", NO_ITEMS, id="undefined"),
        pytest.param("return 5", NO_ITEMS, id="number"),
        pytest.param("return ['x']", NO_ITEMS, id="texts"),
        pytest.param(
            "return [{ json: { a: 1 } }, { b: 2 }]",
            "item 1: Unknown top-level item key: b [item 1]",
            id="mixed",
        ),
        pytest.param(
            "return [{ json: 5 }]", "item 0: A 'json' property isn't an object [item 0]", id="json"
        ),
        pytest.param(
            "return [{ json: {}, binary: 5 }]",
            "item 0: A 'binary' property isn't an object [item 0]",
            id="binary",
        ),
        pytest.param("\nthrow new Error('bad')", "bad [line 2]", id="raises"),
        pytest.param(
            "return { json: {}, binary: { f: { mimeType: 'x' } } }",
            "the binary 'f' is none of the input, and has no content",
            id="unknown binary",
        ),
        pytest.param(
            "return { json: {}, binary: { f: 5 } }",
            "the binary 'f' is none of the input, and has no content",
            id="binary that is no object",
        ),
        pytest.param(
            "return { json: {}, binary: { f: { data: 'abc' } } }",
            "the content of the binary 'f' is no base64",
            id="bad base64",
        ),
    ],
)
async def test_what_are_no_items_fails_the_step(body: str, message: str) -> None:
    with raises_node_error(message):
        await javascript(body)


async def test_what_code_for_all_raises_goes_on_as_one_item() -> None:
    result = await javascript("throw new Error('bad')", on_error="continue")
    assert result.json == [{"error": "bad [line 1]"}]
    assert places(result) == [[0]]


async def test_what_is_no_item_lets_the_input_go_on() -> None:
    result = await javascript("return 5", on_error="continue")
    assert result.json == ROWS


@pytest.mark.parametrize(
    ("body", "json", "sources"),
    [
        pytest.param(
            "return { json: { v: $json.a + $itemIndex } }",
            [{"v": 1}, {"v": 3}, {"v": 5}],
            [[0], [1], [2]],
            id="item",
        ),
        pytest.param(
            "return { v: item.json.a }", [{"v": 1}, {"v": 2}, {"v": 3}], [[0], [1], [2]], id="plain"
        ),
        pytest.param("return $json.a === 2 ? null : item", ROWS[::2], [[0], [2]], id="null drops"),
        pytest.param("if ($json.a === 2) return item", [ROWS[1]], [[1]], id="undefined drops"),
        pytest.param(
            "item.json.extra = true; return item",
            [{**row, "extra": True} for row in ROWS],
            [[0], [1], [2]],
            id="changed in place",
        ),
    ],
)
async def test_what_code_for_each_returns_is_an_item(
    body: str, json: list[Any], sources: list[Any]
) -> None:
    result = await javascript(body, each=True)
    assert result.json == json
    assert places(result) == sources
    assert ROWS == [{"a": 1}, {"a": 2}, {"a": 3}]


async def test_an_item_that_fails_fails_alone() -> None:
    body = "if ($json.a === 2) throw new Error('two'); return item"
    result = await javascript(body, each=True, on_error="error_output")
    assert result.json == ROWS[::2]
    assert [dict(row) for row in result.outputs["error"].json] == [
        {"a": 2, "error": "two [line 1, for item 1]"}
    ]
    with raises_node_error("item 1: two [line 1, for item 1]"):
        await javascript(body, each=True)


@pytest.mark.parametrize("value", ["5", "[{ json: { a: 1 } }]"])
async def test_what_is_no_object_fails_the_step_for_each(value: str) -> None:
    with raises_node_error("item 0: A 'json' property isn't an object [item 0]"):
        await javascript(f"return {value}", each=True)


async def test_an_item_may_say_that_it_failed() -> None:
    body = "return [{ json: {}, error: { message: 'so' } }, { json: {}, error: true }]"
    result = await javascript(body, on_error="continue")
    assert result.json == [{"error": "so"}, {"error": "an item failed"}]


async def test_binaries_of_the_input_pass_through() -> None:
    items = [Item({}, binary={"f": FILE}), Item({"b": 1})]
    result = await javascript("return items", items)
    assert result.items[0].binary == {"f": FILE}
    assert result.items[1].binary == {}
    body = "return { json: {}, binary: { g: items[0].binary.f } }"
    assert (await javascript(body, items)).items[0].binary == {"g": FILE}


async def test_a_binary_of_its_own_is_base64() -> None:
    body = "return { json: {}, binary: { f: { data: 'aGk=', mimeType: 'a/b', fileName: 'n' } } }"
    (file,) = (await javascript(body)).items[0].binary.values()
    assert (file.bytes(), file.media_type, file.file_name) == (b"hi", "a/b", "n")
    body = "return { json: {}, binary: { f: { data: 'aGk=' } } }"
    (file,) = (await javascript(body)).items[0].binary.values()
    assert (file.media_type, file.file_name) == ("application/octet-stream", None)


async def test_static_data_is_kept() -> None:
    body = (
        "const own = $getWorkflowStaticData('node'); own.n = (own.n ?? 0) + 1;"
        "$getWorkflowStaticData('global').seen = own.n; return items"
    )
    result = await javascript(body, state=StaticData.model_validate({"n": 4}))
    assert result.state == StaticData.model_validate({"n": 5})
    assert result.run.state == {"pipeline": {"seen": 5}, "steps": {"Code": {"n": 5}}}


async def test_static_data_may_be_emptied() -> None:
    body = "delete $getWorkflowStaticData('node').n; return items"
    result = await javascript(body, state=StaticData.model_validate({"n": 4}))
    assert result.state == StaticData()


async def test_what_it_says_goes_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", "nodekit.step.Code"):
        await javascript("console.log('a', { b: 1 }, '%s'); return items")
    assert [(r.levelname, r.getMessage()) for r in caplog.records if r.name.endswith("Code")] == [
        ("DEBUG", 'a {"b":1} %s')
    ]


async def test_code_that_never_ends_is_stopped() -> None:
    with raises_node_error("timed out after 0.5 s"):
        await javascript("while (true) {}", timeout="500ms")


async def test_javascript_may_look_across_items() -> None:
    code = NodeType("code", Code)
    assert code.slices_of({"javascript": "return item", "each": True}) == "all"
