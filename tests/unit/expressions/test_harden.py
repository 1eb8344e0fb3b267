"""What JavaScript shares is frozen: no code changes what other code sees."""

import pytest

from nodekit.errors import ExpressionError
from nodekit.expressions import Worker, run_code
from nodekit.expressions.process import EngineFault
from tests.support.scene import Other, scene

from .conftest import Value

ITEM = {"a": 1, "s": " t ", "l": [1]}
REFUSED = "! Expression contains invalid constructor function call"
GLOBAL = "(function () { return this })()"

ATTEMPTS = [
    ("Math.max = () => 42", "Math.max(1, 2)", 2),
    ("JSON.parse = () => 1", "({a: 1})", {"a": 1}),
    ("JSON.stringify = () => 'x'", "[$json.a]", [1]),
    ("[].map.call = 3", "[1].map((x) => x)", [1]),
    ("Array['proto' + 'type'].map = () => 9", "[1].map((x) => x)", [1]),
    ("Array['proto' + 'type'][Symbol.iterator] = 5", "[...[1]]", [1]),
    ("String['proto' + 'type'].trim = () => 9", "$json.s.trim() + ''", "t"),
    ("Object['proto' + 'type'].extra = 5", "({}).extra ?? 'none'", "none"),
    ("Object['proto' + 'type'].toString = () => 5", "'' + {}", "[object Object]"),
    ("Object.assign(Object['proto' + 'type'], {extra: 1})", "({}).extra ?? 'none'", "none"),
    ("DateTime.now = () => 5", "DateTime.now().isValid", True),
    ("DateTime['proto' + 'type'].toISO = 5", "typeof DateTime.now().toISO()", "string"),
    ("Duration['proto' + 'type'].as = 5", "Duration.fromMillis(1000).as('seconds')", 1),
    ("Intl.NumberFormat = 5", "new Intl.NumberFormat('en-US').format(1)", "1"),
    ("$input.first = 5", "$input.first().json.a", 1),
    ("$.extra = 5", "typeof $.extra", "undefined"),
    ("$ifEmpty.extra = 5", "typeof $ifEmpty.extra", "undefined"),
    ("$jmespath.extra = 5", "typeof $jmespath.extra", "undefined"),
    ("$workflow.name = 5", "$workflow.name", "flow"),
    ("$prevNode.name = 5", "$prevNode.name", "Before"),
    ("$env.HOME_TOWN = 5", "$env.HOME_TOWN", "Ulm"),
    ("$execution.customData.get = 5", "typeof $execution.customData.get", "function"),
    ("$json.a = 9", "$json.a + 0", 1),
    ("(() => { for ($json.a of [5]); })()", "$json.a + 0", 1),
    ("$json.l['push'](9)", "$json.l.length + 0", 1),
    ("$json.l['pu' + 'sh'](9)", "$json.l.length + 0", 1),
    ("((k) => [9].forEach([][k], $json.l))('pu' + 'sh')", "$json.l.length + 0", 1),
    ("(({push}) => push)([]).call($json.l, 9)", "$json.l.length + 0", 1),
    ("(({['pu' + 'sh']: p}) => p)([]).call($json.l, 9)", "$json.l.length + 0", 1),
    ("$json.l.p\\u0075sh(9)", "$json.l.length + 0", 1),
    ("$('X').first().json.v = 9", "$('X').first().json.v", 7),
    ("$('X').all()[0].json['l']['pu' + 'sh'](9)", "$('X').first().json.l", [1]),
    ("\\u0024nk_.first = 5", "[1].first()", 1),
    (f"{GLOBAL}.Math = 5", "Math.max(1, 2)", 2),
    (f"{GLOBAL}.leak = 5", f"typeof {GLOBAL}.leak", "undefined"),
    ("leak = 5", f"typeof {GLOBAL}.leak", "undefined"),
    ("Date = 5", "new Date(0).getTime()", 0),
]


@pytest.mark.parametrize(("attempt", "other", "wanted"), ATTEMPTS, ids=[a[0] for a in ATTEMPTS])
def test_an_expression_changes_nothing_for_the_next(
    value: Value, attempt: str, other: str, wanted: object
) -> None:
    def found(code: str) -> object:
        view = scene(ITEM, steps={"X": Other(put=[[[{"v": 7, "l": [1]}]]])})
        return value(f"={{{{ {code} }}}}", view=view)

    assert found(other) == wanted
    found(attempt)
    assert found(other) == wanted


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("''['const' + 'ructor']['const' + 'ructor']('return 1')()", REFUSED),
        ("(() => 1)['const' + 'ructor']('return 1')()", REFUSED),
        ("(async () => 1)['const' + 'ructor']('return 1')()", REFUSED),
        ("(function* () {})['const' + 'ructor']('return 1')()", REFUSED),
        ("(async function* () {})['const' + 'ructor']('return 1')()", REFUSED),
        ("''.c\\u006fnstructor.c\\u006fnstructor('return 1')()", "!"),
        ("$json.__pro\\u0074o__", "!"),
        (f"typeof {GLOBAL}.$nk", "undefined"),
        (f"typeof {GLOBAL}.nodekit", "undefined"),
        ("typeof \\u0024nk", "undefined"),
        ("Object['get' + 'PrototypeOf']", "undefined"),
        ("Object.getOwnPropertyNames($)[0]", "length"),
    ],
)
def test_nothing_leads_out(value: Value, code: str, wanted: str) -> None:
    found = value(f"={{{{ {code} }}}}", ITEM)
    assert found == wanted or (wanted == "!" and "security concerns" in str(found))


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("((o) => { o.toString = () => 'mine'; return '' + o })({})", "mine"),
        ("((o) => { o.constructor_ = 1; o.valueOf = () => 4; return o + 1 })({})", 5),
        ("((e) => { e.name = 'Mine'; e.message = 'm'; return String(e) })(new Error())", "Mine: m"),
        ("Object.keys(((o) => { o.valueOf = 1; return o })({}))", ["valueOf"]),
    ],
)
def test_own_members_may_have_the_names_of_frozen_ones(
    value: Value, code: str, wanted: object
) -> None:
    assert value(f"={{{{ {code} }}}}") == wanted


async def result(worker: Worker, body: str) -> object:
    view = scene(ITEM)
    found = await run_code(body, view, worker, each=False, items=view.rows, deadline=5)
    (value,) = found.values
    return f"! {value.message}" if isinstance(value, ExpressionError) else value


@pytest.mark.parametrize(
    "body",
    [
        "Array.prototype.map = null; return 1",
        "Object.prototype.extra = 5; return 1",
        "this.leak = 1; leak = 2; return 1",
        "$input.all()[0].json.l.push(9); return 1",
        "Promise.prototype.then = null; return 1",
        "(function () { this.JSON = null })(); return 1",
    ],
)
async def test_code_changes_nothing_for_the_next(shared: Worker, body: str) -> None:
    await result(shared, body)
    seen = "[1].map((x) => x), ({}).extra, typeof leak, $json.l, JSON.stringify(1)"
    assert await result(shared, f"return [{seen}]") == [[1], None, "undefined", [1], "1"]


async def test_code_may_use_a_variable_that_it_does_not_declare(shared: Worker) -> None:
    assert await result(shared, "total = 0; for (n of [1, 2]) total += n; return total") == 3


async def test_code_may_make_errors_of_its_own(shared: Worker) -> None:
    body = "class Mine extends TypeError { constructor(m) { super(m); this.name = 'Mine' } }"
    assert await result(shared, f"{body}; return String(new Mine('m'))") == "Mine: m"


async def test_a_child_whose_surroundings_cannot_be_mended_is_replaced() -> None:
    worker = Worker()
    outside = "const outside = (function () { return this })()"
    try:
        for code in (
            "Object.preventExtensions(outside)",
            "Object.defineProperty(outside, 'leak', { value: 1 })",
        ):
            with pytest.raises(EngineFault):
                await result(worker, f"{outside}; {code}; return 1")
            assert await result(worker, "leak = 5; return typeof leak") == "number"
            assert await result(worker, "return typeof leak") == "undefined"
    finally:
        worker.close()
