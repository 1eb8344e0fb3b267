"""Expressions that run away or break out, wherever an expression may stand."""

from collections.abc import AsyncIterator, Mapping
from functools import partial
from itertools import cycle, islice
from time import monotonic

import pytest

from nodekit import Runtime
from nodekit.engine import runtime as engine
from nodekit.expressions import Worker
from tests.hostile.runs import Json, assert_right, ending

LIMIT = 0.3
RUNAWAYS: Mapping[str, str] = {
    "list as text": "new Array(1e9) + ''",
    "join": "Array(4e9).join('')",
    "concat": "[].concat(Array(4e9))",
    "reverse": "Array(4e9).reverse()",
    "stringify": "JSON.stringify(Array(1e9))",
    "loop": "(() => { while (true); })()",
    "repeat": "'a'.repeat(1e9)",
    "recursion": "(function f() { return f() + 1 })()",
    "backtracking": "/^(a+)+$/.test('a'.repeat(40) + 'b')",
    "growing list": "(() => { const l = []; for (;;) l.push(l.slice()) })()",
    "getter": "({ get a() { for (;;); } })['a']",
    "toJSON": "({ toJSON: () => { for (;;); } })",
    "toString": "'' + ({ toString: () => { for (;;); } })",
    "caught": "(() => { for (;;) { try { for (;;); } catch { } } })()",
}
ENDS = ("took longer than", "used more memory than", "called itself too deeply", "timed out after")

Step = Mapping[str, Json]


def given(name: str, **params: Json) -> Step:
    """Return a step of a type with an expression in one of its parameters."""
    return {"name": "S", "type": name, "params": params}


def places(code: str) -> Mapping[str, Step]:
    """Return steps with an expression in every kind of parameter."""
    text = f"={{{{ {code} }}}}"
    return {
        "value": given("set", fields={"v": text}),
        "text": given("set", fields={"v": f"=a{{{{ {code} }}}}b"}),
        "object": given("set", json=text),
        "deep": given("set", fields={"v": {"w": [1, text]}}),
        "condition": given("if", condition=text),
        "operand": given("filter", all=[{"left": text, "is": "string.equals", "right": "x"}]),
        "output": given("switch", outputs=["a"], output=text),
        "number": given("limit", count=text),
        "list": given("split_out", fields=text),
        "path": given("read_file", path=text),
        "request": given("http_request", url=text),
        "message": given("stop_with_error", message=text),
        "wait": given("wait", until=text),
        "key": given("remove_duplicates", seen={"value": text}),
        "sort": {**given("sort", javascript=f"return {code}"), "timeout": LIMIT},
        "code": {**given("code", javascript=f"return {code}"), "timeout": LIMIT},
    }


@pytest.fixture
async def runtime(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Runtime]:
    monkeypatch.setattr(engine, "Worker", partial(Worker, deadline=LIMIT, memory=64 << 20))
    async with Runtime() as made:
        yield made


PLACES = list(places("1"))
PAIRS = [
    *((name, "value") for name in RUNAWAYS),
    *(
        (name, place)
        for name, place in zip(islice(cycle(RUNAWAYS), 40), cycle(PLACES), strict=False)
    ),
]


@pytest.mark.parametrize(("name", "place"), sorted(set(PAIRS)))
async def test_an_expression_that_runs_away_ends_and_is_named(
    name: str, place: str, runtime: Runtime
) -> None:
    items = [{"a": 1}] * (2 if place == "sort" else 1)
    began = monotonic()
    said = await ending(runtime, {"steps": [places(RUNAWAYS[name])[place]]}, items)
    seconds = monotonic() - began
    assert said.startswith('step "S"'), said
    assert any(end in said for end in ENDS), said
    assert seconds < 10
    await assert_right(runtime)


@pytest.mark.parametrize("place", ["value", "condition", "request"])
async def test_only_the_item_at_fault_fails(place: str, runtime: Runtime) -> None:
    step = {**places("$json.bad ? (() => { for (;;); })() : 'no'")[place], "on_error": "continue"}
    steps = [step, {"name": "Count", "type": "aggregate", "params": {"into": "all"}}]
    items = [{"n": 1}, {"n": 2, "bad": True}, {"n": 3}]
    assert await ending(runtime, {"steps": steps}, items) == "success"
    await assert_right(runtime)


BREAKOUTS = [
    "''.constructor.constructor('return process')()",
    "''['const' + 'ructor']['const' + 'ructor']('return this')()",
    "(async () => {})['const' + 'ructor']('return this')()",
    "$json.__proto__.polluted = 'yes'",
    "Object.getPrototypeOf($json).polluted = 'yes'",
    "Object['proto' + 'type'].extra = 'yes'",
    "Array['proto' + 'type'].map = () => 'no'",
    "JSON.stringify = JSON.parse = Math.max = () => 'no'",
    "DateTime['fromMillis'] = () => 'no'",
    "Object.assign(Math, { max: () => 'no' })",
    "[].sum = () => 'no'",
    "(function () { this.Math = this.JSON = this.Object = null })()",
    '(function () { return this.nodekit(\'{"work": "columns"}\') })()',
    "\\u0024nk.state.facts.timezone = 'no'",
    "\\u0024nk_.sum = 'no'",
    "Symbol.iterator in Array['proto' + 'type'] && delete Array['proto' + 'type'][Symbol.iterator]",
    "({ [Symbol.toPrimitive]() { throw { toString: null } } }) + ''",
    "({ toJSON() { Math.max = null; return Symbol('x') } })",
    "({ get a() { throw null } })",
    "({ valueOf: () => { throw new (class extends Error {})() } }) * 1",
    "(() => { throw null })()",
    "(() => { const a = {}; a.a = a; return a })()",
    "import('fs')",
    "require('fs').readFileSync('/etc/passwd')",
    "process.mainModule.require('fs')",
    "globalThis.process.exit()",
    "$env.HOME",
    "$evaluateExpression('{{ $evaluateExpression }}')",
    "'\\ud800'",
    "({ __proto__: { a: 1 }, ['__proto__']: 2 })",
]


@pytest.mark.parametrize("code", BREAKOUTS)
@pytest.mark.parametrize("place", ["value", "text", "condition", "sort", "code"])
async def test_nothing_breaks_out_or_reaches_the_next_run(
    code: str, place: str, runtime: Runtime
) -> None:
    items = [{"n": 1}, {"n": 2}]
    steps = [places(code)[place], {"name": "After", "type": "set", "params": {"fields": AFTER}}]
    said = await ending(runtime, {"steps": steps, "settings": LENIENT}, items)
    assert said == "success" or said.startswith('step "S"')
    assert "root:" not in said
    await assert_right(runtime)


LENIENT = {"expressions": "lenient"}
AFTER = {"v": "={{ $if([1, 2].map((x) => x + 1).sum() === 5 && !({}).extra, 'right', $json.a()) }}"}
