"""The body of a code node."""

import pytest

from nodekit.errors import ExpressionError
from nodekit.expressions import Returned, Worker, run_code
from nodekit.items import Items
from nodekit.params import UNDEFINED
from tests.support.scene import Other, scene

ROWS = [{"a": 1}, {"a": 2}]


async def run(worker: Worker, body: str, *, each: bool = False, **more: object) -> Returned:
    view = scene(*ROWS, steps={"X": Other(put=[[[{"v": 7}]]])})
    return await run_code(body, view, worker, each=each, items=view.rows, deadline=5, **more)  # type: ignore[arg-type]  # passed through


def shown(found: Returned) -> list[object]:
    return [f"! {v.message}" if isinstance(v, ExpressionError) else v for v in found.values]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (
            "return $input.all().map(i => ({ json: { b: i.json.a * 2 } }))",
            [{"json": {"b": 2}}, {"json": {"b": 4}}],
        ),
        ("return items.length + $input.last().json.a", 4),
        ("return null", None),
        ("const x = 1;", UNDEFINED),
        (
            "return [new Date(0), NaN, undefined, new Map()]",
            ["1970-01-01T00:00:00.000Z", None, None, {}],
        ),
        ("return await Promise.resolve(3)", 3),
        ("await new Promise(done => setTimeout(done, 20)); return 'waited'", "waited"),
        ("let n = 0; const t = setTimeout(() => n++, 1); clearTimeout(t); return n", 0),
        ("return $('X').first().json.v + $json.a", 8),
        ("return DateTime.fromISO('2024-01-02', { zone: 'utc' }).toISODate()", "2024-01-02"),
        ("return $getNodeParameter('mode')", "manual"),
        (
            "return [btoa('a'), atob('YQ=='), Buffer.from('é').toString('hex')]",
            ["YQ==", "a", "c3a9"],
        ),
        ("return [typeof fetch, typeof require, typeof nodekit]", ["undefined"] * 3),
        ("return $if(1, 2, 3)", 2),
        ("const i = $input.all(); i[0].json.a = 9; return $input.first().json.a", 9),
    ],
)
async def test_all_items_at_once(shared: Worker, body: str, wanted: object) -> None:
    assert shown(await run(shared, body)) == [wanted]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("return { v: $json.a + $itemIndex }", [{"v": 1}, {"v": 3}]),
        ("return $json.a === 2 ? null : item", [{"json": {"a": 1}}, None]),
        (
            "$input.item.json.extra = 1; return $input.item.json",
            [{"a": 1, "extra": 1}, {"a": 2, "extra": 1}],
        ),
        (
            "await null; if ($json.a > 1) throw new Error('bad'); return 1",
            [1, "! bad [line 1, for item 1]"],
        ),
        (
            "return $input.all()",
            [f"! Can't use .all() here [line 1, for item {i}]" for i in (0, 1)],
        ),
    ],
)
async def test_each_item_for_itself(shared: Worker, body: str, wanted: list[object]) -> None:
    assert shown(await run(shared, body, each=True)) == wanted


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("\n\nthrow new TypeError('bad')", "bad [line 3]"),
        ("throw 'text'", "text"),
        ("throw { message: 'thing' }", "thing"),
        ("return missing", "missing is not defined [line 1]"),
        (
            "const x = 1;\nreturn x.y.z",
            "Cannot read properties of undefined (reading 'z') [line 2]",
        ),
        ("$json.b.c = 1", "Cannot set properties of undefined (setting 'c') [line 1]"),
        ("return $('Nowhere').first()", "Referenced node doesn't exist [line 1]"),
        ("return [", "unexpected token in expression: '}' [line 2]"),
        ("return new Promise(() => {})", "a promise was never settled"),
        ("const a = {}; a.a = a; return a", "circular reference"),
        (
            "return $getWorkflowStaticData('x')",
            'Unknown static data type "x": it is "global" or "node" [line 1]',
        ),
    ],
)
async def test_what_goes_wrong_has_its_line(shared: Worker, body: str, message: str) -> None:
    assert shown(await run(shared, body)) == [f"! {message}"]


async def test_the_input_of_others_is_not_changed(shared: Worker) -> None:
    view = scene({"a": {"n": 1}})
    body = "$input.first().json.a.n = 99; return $json.a.n"
    for _ in range(2):
        found = await run_code(body, view, shared, each=False, items=view.rows, deadline=5)
        assert found.values == [99]
    assert view.rows.json[0] == {"a": {"n": 1}}


async def test_other_items_than_the_views_may_be_given(shared: Worker) -> None:
    items = Items([{"z": 1}, {"z": 2}, {"z": 3}])
    found = await run_code(
        "return items.map(i => i.json.z)", scene(), shared, each=False, items=items, deadline=5
    )
    assert found.values == [[1, 2, 3]]


async def test_the_console_is_heard(shared: Worker) -> None:
    lines: list[str] = []
    await run(
        shared,
        "console.log('a', { b: [1] }, undefined, 2); console.error('c')",
        console=lines.append,
    )
    assert lines == ['a {"b":[1]} undefined 2', "c"]


async def test_static_data_comes_back(shared: Worker) -> None:
    body = """
        const s = $getWorkflowStaticData('node')
        s.n = (s.n ?? 0) + 1
        $getWorkflowStaticData('global').g = 1
    """
    found = await run(shared, body, each=True, node_static={"n": 5})
    assert (found.node_static, found.global_static) == ({"n": 7}, {"g": 1})


async def test_an_error_of_ours_keeps_its_hint_and_kind(shared: Worker) -> None:
    (error,) = (await run(shared, "return $env.X")).values
    assert isinstance(error, ExpressionError)
    assert (error.kind, error.hint) == (
        "env",
        'Name "X" under settings.env to let expressions read it.',
    )


@pytest.mark.parametrize(
    ("body", "deadline", "message"),
    [
        ("while (true) { }", 0.3, "the code took longer than 0.3 s"),
        (
            "await new Promise(done => setTimeout(done, 60000))",
            0.3,
            "the code took longer than 0.3 s",
        ),
        ("const l = []; for (;;) l.push([1, 2, 3]);", 9, "the code used more memory than 32 MiB"),
    ],
)
async def test_a_runaway_is_stopped(body: str, deadline: float, message: str) -> None:
    worker = Worker(memory=32 << 20)
    view = scene(*ROWS)
    try:
        with pytest.raises(ExpressionError) as caught:
            await run_code(body, view, worker, each=False, items=view.rows, deadline=deadline)
        assert caught.value.message == message
    finally:
        await worker.aclose()
