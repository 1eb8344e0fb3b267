"""What expressions come to: types, swallowed and raised errors, other steps' items."""

import json
import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nodekit.errors import ExpressionError
from nodekit.expressions import Expression, Worker, compile_value, evaluate
from nodekit.expressions.evaluation import evaluate_now
from nodekit.expressions.worker import Line
from nodekit.items import Binary, Item, Items, Json
from nodekit.links import Arrival
from nodekit.params import UNDEFINED
from tests.support.scene import Other, scene
from tests.unit.expressions.conftest import Value

JSON = {"n": 3, "s": "txt", "b": True, "nul": None, "l": [3, 1, 2], "o": {"a": {"b": 1}}}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("={{ $json.n.toFixed(1) }}", "3.0"),
        ("={{ [1, null, undefined, NaN, Infinity, -0] }}", [1, None, None, None, None, 0]),
        ("={{ ({ a: undefined, b: new Date(0) }) }}", {"b": "1970-01-01T00:00:00.000Z"}),
        ("={{ new Date(NaN) }}", None),
        ("={{ (() => null)() }}", None),
        ("={{ (() => undefined)() }}", "undefined"),
        ("={{ new Map([[1, 2]]) }}", {}),
        ("={{ /a/g.test('cat') }}", True),
        ("={{ [10n] }}", ["10"]),
        ("={{ 2 ** 53 + 2 }}", 9007199254740994),
        ("={{ 1e21 * [1][0] }}", 1e21),
        ("={{ '\\ud83d\\ude00'.length + '😀'[0].length }}", 3),
        ("= {{ [1].length }}", " 1"),
        ("=a{{ [1, [2, null]] }}b{{ ({}) }}", "a1,2,b[object Object]"),
        (
            "={{ [null].at(0) }}|{{ [].x }}|{{ 0 / [0] }}|{{ [0][0] }}|{{ [].includes(1) }}",
            "|||0|false",
        ),
        (
            "=d {{ new Date(0) }}",
            "d Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)",
        ),
        ("={{ $json.l.sort() }}", [1, 2, 3]),
        ("={{ `a${ `b${ $json.l.first() }` }c` }}", "ab3c"),
        ("={{ 'x.first()' + /first\\(\\)/.source }}", "x.first()first\\(\\)"),
        ("={{ $json.n > 2 ? 1 / $json.l.length : /3/ }}", 1 / 3),
        ("={{ $if($json.n > 2, [1].length, missing.x) }}", 1),
        ("={{ $if([].length, 'yes') }}", False),
        ("={{ $if(1) }}", "! invalid syntax"),
    ],
)
def test_a_value_keeps_its_meaning(value: Value, text: str, wanted: object) -> None:
    assert value(text, JSON) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "={{ $json.nope.deep.deeper }}",
        "={{ $json.n() }}",
        "={{ JSON.parse('{') }}",
        "={{ (() => { throw new Error('boom') })() }}",
        "={{ (() => { throw null })() }}",
        "={{ missing() }}",
        "={{ missing }}",
        "={{ console.log(1) }}",
        "={{ fetch('x') }}",
        "={{ Object['define' + 'Property']({}, 'a', {}) }}",
    ],
)
def test_errors_of_javascript_come_to_nothing(value: Value, text: str) -> None:
    assert value(text, JSON) == "undefined"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("=a {{ $json.nope.deep }} b{{ $json.l.length }}", "a  b3"),
        ("=a{{ 10n + 1 }}b", None),
        ("={{ 10n + 1 }}", None),
        ("={{ typeof globalThis + typeof require + typeof btoa }}", "objectobjectundefined"),
    ],
)
def test_what_is_swallowed_leaves_the_rest(value: Value, text: str, wanted: object) -> None:
    assert value(text, JSON) == wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("={{ () => 1 }}", "this is a function, please add ()"),
        ("={{ DateTime }}", "this is a DateTime, please access its methods"),
        ("=a {{ $json.l.map }}", "this is a function, please add ()"),
        ("={{ ({ v: () => 1 }) }}", "() => 1 could not be cloned"),
        ("={{ [Symbol('x')] }}", "Symbol(x) could not be cloned"),
        ("={{ Symbol('x') }}", "Symbol(x) could not be cloned"),
        ("={{ null.first() }}", "first() can't be used on null value"),
        ("={{ $json.nope.toTitleCase() }}", "toTitleCase() can't be used on undefined value"),
        ("={{ 'a'.sum() }}", 'sum() is only callable on type "Array"'),
        (
            "={{ (1).toNumber() }}",
            'toNumber() is only callable on types "Date", "String", and "Boolean"',
        ),
        ("={{ $json['__proto__'] }}", 'Cannot access "__proto__" due to security concerns'),
        (
            "={{ $json.l.constructor('x') }}",
            "Expression contains invalid constructor function call",
        ),
        ("={{ $json['__pro' + 'to__'] }}", 'Cannot access "__proto__" due to security concerns'),
        ("={{ $('Nowhere').first() }}", "Referenced node doesn't exist"),
        ("={{ $node['Nowhere'].json }}", "Referenced node doesn't exist"),
        ("={{ $env.PATH }}", "access to env vars denied"),
        ("={{ $input.first(0) }}", "$input.first() should have no arguments"),
        ("={{ (() => { const a = {}; a.a = a; return a })() }}", "circular reference"),
    ],
)
def test_errors_that_are_raised(value: Value, text: str, message: str) -> None:
    assert value(text, JSON) == f"! {message}"


def test_an_error_that_is_caught_by_the_expression_is_its_own_affair(value: Value) -> None:
    assert value("={{ (() => { try { return $('No').first() } catch { return 7 } })() }}") == 7


def test_a_hint_says_what_to_do(shared: Worker) -> None:
    ((error,),) = evaluate_now([compile_value("={{ null.first() }}")], scene({}), [0], shared)
    assert isinstance(error, ExpressionError)
    assert error.hint == (
        "To ignore this error, add a ? to the variable before this function, e.g. my_var?.first"
    )
    assert (error.kind, error.text) == ("extension", "={{ null.first() }}")


async def test_native_and_javascript_stand_side_by_side(shared: Worker) -> None:
    texts = ["={{ $json.n }}", "={{ $json.n + $json.n }}", "={{ $json.n.toFixed(0) }}", "=abc"]
    rows = [{"n": 1}, {"n": "x"}, {"n": 2**60}, {}]
    found = await evaluate(
        [compile_value(t) for t in texts], scene(*rows), range(4), shared, chunk=2
    )
    assert found[0] == [1, "x", 2**60, UNDEFINED]
    assert found[1] == [2, "xx", 2305843009213694000, None]
    assert found[2] == ["1", UNDEFINED, "1152921504606846976", UNDEFINED]
    assert found[3] == ["abc"] * 4


async def test_items_are_chosen_by_index(shared: Worker) -> None:
    expression = compile_value(
        "={{ $itemIndex + ':' + $json.n.toFixed(0) + ':' + $input.item.json.n }}"
    )
    rows = [{"n": i} for i in range(10)]
    (found,) = await evaluate([expression], scene(*rows), [7, 3, 5], shared, chunk=2)
    assert found == ["7:7:7", "3:3:3", "5:5:5"]


async def test_an_expression_that_cannot_be_read_fails_where_it_is_come_to(shared: Worker) -> None:
    fault = ExpressionError("invalid syntax")
    both = [Expression.failing("={{ 1 + }}", fault), compile_value("={{ [$json.n].length }}")]
    found = await evaluate(both, scene({}, {}), range(2), shared)
    assert found == [[fault, fault], [1, 1]]


async def test_whoever_asks_without_end_is_stopped(
    monkeypatch: pytest.MonkeyPatch, shared: Worker
) -> None:
    monkeypatch.setattr("nodekit.expressions.evaluation.ROUNDS", 2)
    text = "={{ [$item(1).$json, $item(2).$json, $item(3).$json] }}"
    with pytest.raises(ExpressionError, match="an expression asked for more than 2 other things"):
        await evaluate([compile_value(text)], scene(*({} for _ in range(5))), [0], shared)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("=abc", "abc"),
        ("={{ 1 }}", 1),
        ("={{ $json.n }}", "! Node 'Before' hasn't been executed"),
        ("={{ $json.n.toFixed() }}", "! Node 'Before' hasn't been executed"),
        ("={{ $input.item.json }}", "! Node 'Before' hasn't been executed"),
        ("={{ $input.all() }}", "! No execution data available"),
        ("={{ $items().length }}", 0),
        ("={{ [$binary] }}", [{}]),
    ],
)
def test_an_empty_input(value: Value, text: str, wanted: object) -> None:
    assert value(text, view=scene()) == wanted


def test_an_index_beyond_the_input(value: Value) -> None:
    wanted = '! "Before" node has 1 item(s) but you\'re trying to access item 4'
    assert value("={{ $json.a.b }}", view=scene({}), index=4) == wanted


async def test_an_expression_does_not_change_what_others_see(shared: Worker) -> None:
    texts = ["={{ $json.l.reverse().concat($json.l.sort()) }}", "={{ $json.l.slice() }}"]
    texts += ["={{ $input.first().json.l.push(9) }}", "={{ $input.first().json.l.slice() }}"]
    found = await evaluate([compile_value(t) for t in texts], scene({"l": [2, 3, 1]}), [0], shared)
    assert found == [[[1, 3, 2, 1, 2, 3]], [[2, 3, 1]], [4], [[2, 3, 1]]]


async def test_other_steps_items_are_handed_over_once() -> None:
    other = Other(put=[[[{"v": 1}, {"v": 2}]]])
    view = scene(*({"n": i} for i in range(10)), steps={"X": other})
    expression = compile_value("={{ $('X').all()[$json.n % 2].json.v }}")
    worker = Worker(most=1)
    for _ in range(2):
        (found,) = await evaluate([expression], view, range(10), worker, chunk=3)
        assert found == [1, 2] * 5
    await worker.aclose()
    assert other.asked == [0]


async def test_paired_items_are_asked_for_by_chunk(shared: Worker) -> None:
    pairs: dict[int, Item | ExpressionError] = {i: Item({"v": i}) for i in range(4)}
    pairs[2] = ExpressionError("Multiple matches found", kind="paired_item_multiple_matches")
    other = Other(put=[[[{}]]], pairs=pairs)
    view = scene({}, {}, {}, {}, steps={"X": other})
    (found,) = await evaluate(
        [compile_value("={{ $('X').item.json.v }}")], view, range(4), shared, chunk=2
    )
    assert [str(v) for v in found] == ["0", "1", "Multiple matches found", "3"]
    assert other.asked == [[0, 1], [2, 3]]


ODD = ["a b", '"', "\\", "\u2028", "$nk_0", "0", "toString"]


async def test_fields_of_any_name_are_those_of_the_item(shared: Worker) -> None:
    view = scene(*({name: [i, name] for name in ODD} for i in range(3)))
    texts = [f"={{{{ [$json[{json.dumps(name)}]].flat() }}}}" for name in ODD]
    found = await evaluate([compile_value(text) for text in texts], view, range(3), shared)
    assert found == [[[i, name] for i in range(3)] for name in ODD]


async def test_where_some_items_lack_a_field_it_is_not_there(shared: Worker) -> None:
    view = scene({"a": 1}, {"b": 2}, {"a": None}, {})
    texts = ["={{ [$json.a].map((v) => v === undefined ? 'not there' : v)[0] }}"]
    found = await evaluate([compile_value(text) for text in texts], view, range(4), shared)
    assert found == [[1, "not there", None, "not there"]]


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """How many expressions and items each request is about, as they are made."""
    found: list[tuple[int, int]] = []
    ask = Line.ask

    async def noted(self: Line, request: Any, expressions: Any, deadline: float | None) -> Any:
        found.append((len(expressions), len(request.get("rows") or request["columns"][0])))
        return await ask(self, request, expressions, deadline)

    monkeypatch.setattr(Line, "ask", noted)
    return found


async def test_what_python_passes_on_throughout_goes_with_what_it_cannot(
    shared: Worker, requests: list[tuple[int, int]]
) -> None:
    texts = ["={{ [$json.n].at(0) }}", "={{ `n${[$json.n]}` }}", "={{ $json.n + 1 }}"]
    view = scene(*({"n": n} for n in range(1500)))
    expressions = [compile_value(text) for text in texts]
    assert [e.native is None for e in expressions] == [True, False, False]
    found = await evaluate(expressions, view, range(1500), shared)
    assert found == [
        list(range(1500)),
        [f"n{n}" for n in range(1500)],
        list(range(1, 1501)),
    ]
    assert sorted(requests) == [(2, 500), (2, 1000)]


async def test_what_python_passes_on_here_and_there_goes_alone(
    shared: Worker, requests: list[tuple[int, int]]
) -> None:
    rows: list[Json] = [{"n": n} for n in range(3000)]
    rows[1] = {"n": 2**53}
    rows[2500] = {"n": [7]}
    (found,) = await evaluate(
        [compile_value("={{ $json.n + 1 }}")], scene(*rows), range(3000), shared
    )
    assert (found[1], found[2500]) == (2**53, "71")
    assert [found[i] for i in range(3000) if i not in (1, 2500)] == [
        n + 1 for n in range(3000) if n not in (1, 2500)
    ]
    assert requests == [(1, 2)]


class Failing(Other):
    """A step that knows no more of the items behind the tenth."""

    def paired(self, indexes: Sequence[int]) -> Sequence[Item | ExpressionError]:
        if indexes[0] >= 10:
            raise RuntimeError(f"nothing of item {indexes[0]}")
        return super().paired(indexes)


async def test_of_several_chunks_that_fail_the_first_is_told(shared: Worker) -> None:
    other = Failing(put=[[[{}]]], pairs={i: Item({"v": i}) for i in range(40)})
    view = scene(*({"n": i} for i in range(40)), steps={"X": other})
    with pytest.raises(RuntimeError, match=r"^nothing of item 10$"):
        await evaluate(
            [compile_value("={{ $('X').item.json.v }}")], view, range(40), shared, chunk=5
        )


async def test_a_step_named_by_the_data_is_fetched(shared: Worker) -> None:
    steps = {name: Other(put=[[[{"v": name}]]]) for name in ("A", "B")}
    view = scene({"from": "A"}, {"from": "B"}, {"from": "C"}, steps=steps)
    text = (
        "={{ (() => { try { return $($json.from).first().json.v } catch { return 'caught' } })() }}"
    )
    (found,) = await evaluate([compile_value(text)], view, range(3), shared)
    assert found == ["A", "B", "caught"]


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)
scalars: st.SearchStrategy[Any] = st.none() | st.booleans() | numbers | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(values)
def test_json_comes_back_as_it_went(shared: Worker, json: object) -> None:
    expression = compile_value("={{ (x => x)($json.v) }}")
    ((found,),) = evaluate_now([expression], scene({"v": json}), [0], shared)
    assert same(found, json)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() - {"__proto__"} == b.keys() - {"__proto__"} and all(
            same(a[key], b[key]) for key in a
        )
    if isinstance(a, float | int) and isinstance(b, float | int):
        return math.isclose(a, b, rel_tol=1e-15) and isinstance(a, bool) == isinstance(b, bool)
    return bool(a == b)


def test_what_json_has_no_word_for_arrives_as_null_or_as_near_as_can_be(value: Value) -> None:
    json = {"l": [math.nan, math.inf, 2**70, "\ud800", {"a": (1, 2)}]}
    assert value("={{ $json.l.slice() }}", json) == [None, None, 2**70, "\ud800", {"a": [1, 2]}]


def test_items_with_files_and_links(value: Value) -> None:
    binary = Binary(b"x" * 1500, media_type="text/plain", file_name="note.txt")
    rows = Items([{"a": 1}, {"a": 2}], binary={1: {"data": binary}}).arrived(Arrival("main"))
    view = scene()
    view.rows = rows
    assert value(
        "={{ $binary.data.fileName + $binary.data.fileExtension }}", view=view, index=1
    ) == ("note.txttxt")
    assert value("={{ Object.keys($binary).length }}", view=view, index=0) == 0
    assert value("={{ $input.last() }}", view=view) == {
        "json": {"a": 2},
        "binary": {
            "data": {
                "mimeType": "text/plain",
                "fileType": "text",
                "fileExtension": "txt",
                "fileSize": "1.5 kB",
                "bytes": 1500,
                "fileName": "note.txt",
            }
        },
        "pairedItem": {"item": 1},
    }
    assert value("={{ $input.item.pairedItem.item }}", view=view, index=1) == 1
