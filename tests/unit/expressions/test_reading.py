"""What an expression is seen to ask for."""

import json
from typing import Any

import pytest
import quickjs  # type: ignore[import-untyped]  # it brings no types
from hypothesis import given, settings, strategies as st

from nodekit.expressions.expression import compile_value
from nodekit.expressions.reading import Reading, read
from nodekit.expressions.template import parse


def reading(code: str) -> Reading:
    return read(parse("={{ " + code.replace("}}", "\\}}") + " }}"))


FIELDS: list[tuple[str, set[str] | None]] = [
    ("1 + Math.PI", set()),
    ("$json.a", {"a"}),
    ("$json.a.b.c", {"a"}),
    ("$json['a b'].c", {"a b"}),
    ('$json["a\\"b"]', {'a"b'}),
    ("$json[`a`]", {"a"}),
    ("$json[0]", {"0"}),
    ("$json?.a", {"a"}),
    ("$json?.['a']", {"a"}),
    ("$json\n  .a", {"a"}),
    ("$json /* all */ . a", {"a"}),
    ("$data.a + $json.b", {"a", "b"}),
    ("$input.item.json.a", {"a"}),
    ("$input?.item?.json?.a", {"a"}),
    ("$input['item']['json']['a']", {"a"}),
    ("$input.item.json", None),
    ("$input.item.json()", None),
    ("$input.item", None),
    ("$input.item.binary.file", set()),
    ("$input.params.a", set()),
    ("$input", None),
    ("$json", None),
    ("f($json)", None),
    ("({...$json})", None),
    ("({$json})", None),
    ("({$json: 1})", set()),
    ("{$json: 1}", set()),
    ("true ? $json : 1", None),
    ("(({a}) => a)($json)", None),
    ("$json[$json.k]", None),
    ("$json['a' + 'b']", None),
    ("$json[1.5]", None),
    ("$json[`a${1}`]", None),
    ("$json['\\400']", None),
    ("$json.keys()", None),
    ("$json.keys?.()", None),
    ("$json.keys`x`", None),
    ("($json.hasOwnProperty)('a')", None),
    ("f(($json.a), 1)", {"a"}),
    ("$json.a.map(x => x.b)", {"a"}),
    ("[1].map($json => $json.a)", None),
    ("x.$json", set()),
    ("`${$json.a} $json.b ${`${$json.c}`}`", {"a", "c"}),
    ("'$json.a' + /$json.b/", set()),
    ("1 / $json.a / $json.b", {"a", "b"}),
    ("(1) / $json.a / 2", {"a"}),
    ("[1] / $json.a / 2", {"a"}),
    ("[x => { if (x) /'/.test(x); return /[/']/.test($json.a) }]", {"a"}),
    ("({}) / $json.a", {"a"}),
    ("({a: {} / $json.a})", {"a"}),
    ("$json.a; $json.b", {"a"}),
    ("$json.a // $json.b", {"a"}),
    ("$if($json.a, $json.b)", {"a", "b"}),
    ("\\u0024json.a", None),
    ("$json.\\u0061", None),
    ("$evaluateExpression('$json.a')", None),
    ("$parameter.a", None),
    ("this.$json", None),
    ("$fromAI('a')", None),
    ("$thisItem", None),
    ("$item(0).$json.a", None),
    ("$items()", None),
    ("$items('X')", set()),
    ("$('X').item.json.a", set()),
]


@pytest.mark.parametrize(("code", "fields"), FIELDS, ids=[code for code, _ in FIELDS])
def test_the_fields_asked_for_are_seen(code: str, fields: set[str] | None) -> None:
    assert reading(code).fields == fields


STEPS: list[tuple[str, set[str], set[str], bool, bool]] = [
    # code, steps, linked, computed, across
    ("$('X').item.json.a", {"X"}, {"X"}, False, False),
    ('$("X y").item', {"X y"}, {"X y"}, False, False),
    ("$(`X`)?.item", {"X"}, {"X"}, False, False),
    ("$('X')['item']", {"X"}, {"X"}, False, False),
    ("$('Ann\\'s').item", {"Ann's"}, {"Ann's"}, False, False),
    ("$('X').pairedItem()", {"X"}, {"X"}, False, False),
    ("$('X').pairedItem(1)", {"X"}, {"X"}, False, True),
    ("$('X').itemMatching(0)", {"X"}, {"X"}, False, True),
    ("$('X').first().json", {"X"}, set(), False, True),
    ("$('X').all()", {"X"}, set(), False, True),
    ("$('X').last()", {"X"}, set(), False, True),
    ("$('X').isExecuted", {"X"}, set(), False, False),
    ("$('X').params.a", {"X"}, set(), False, False),
    ("$('X').context.a", {"X"}, set(), False, False),
    ("$('X')", {"X"}, {"X"}, False, True),
    ("$('X')[f]", {"X"}, {"X"}, False, True),
    ("$('X' + 1).item", set(), set(), True, False),
    ("$(`X${1}`).all()", set(), set(), True, True),
    ("$()", set(), set(), True, True),
    ("f($)", set(), set(), True, True),
    ('$node["X"].json.a', {"X"}, set(), False, True),
    ("$node.X.json.a", {"X"}, set(), False, True),
    ("$node[x]", set(), set(), True, True),
    ("$node", set(), set(), True, True),
    ("$items('X')", {"X"}, set(), False, True),
    ("$items('X', 0, 1)", {"X"}, set(), False, True),
    ("$items(x)", set(), set(), True, True),
    ("$items()", set(), set(), False, True),
    ("$items", set(), set(), True, True),
    ("$item(0)", set(), set(), True, True),
    ("$input.all()", set(), set(), False, True),
    ("$input.first()", set(), set(), False, True),
    ("$getPairedItem(a, b)", set(), set(), True, True),
    ("$json.a", set(), set(), False, False),
    ("a.$('X')", set(), set(), False, False),
    ("'$(\"X\")'", set(), set(), False, False),
]


@pytest.mark.parametrize(
    ("code", "steps", "linked", "computed", "across"), STEPS, ids=[row[0] for row in STEPS]
)
def test_the_steps_asked_for_are_seen(
    code: str, steps: set[str], linked: set[str], computed: bool, across: bool
) -> None:
    found = reading(code)
    assert (set(found.steps), set(found.linked), found.computed, found.across) == (
        steps, linked, computed, across,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "indexed", "binary"),
    [
        ("$itemIndex", True, False),
        ("$position + 1", True, False),
        ("$binary.data.fileName", False, True),
        ("$input.item.binary", False, True),
        ("$json.a", False, False),
        ("$evaluateExpression(x)", True, True),
    ],
)
def test_index_and_files_are_seen(code: str, indexed: bool, binary: bool) -> None:
    assert (reading(code).indexed, reading(code).binary) == (indexed, binary)


NAMES = [
    ("$json.a + nope", {"$json", "nope"}),
    ("Math.max(1, undefined, null, true)", {"Math"}),
    ("x => x + y", {"y"}),
    ("(x, {a: b, c = d}, ...e) => [x, b, c, e, d]", {"d"}),
    ("f(x => x, x)", {"f", "x"}),
    ("async x => x", set()),
    ("(function g(x) { const y = x, [z, q] = w; return g(y, z, q) })(1)", {"w"}),
    ("(() => { for (const x of l) { x } try { t() } catch (e) { e } })()", {"l", "t"}),
    ("(() => { let $json = 1; return $json })()", {"$json"}),
    ("(class A { m() { return A } })", {"m"}),
    ("({a: 1, b, 'c': d})", {"b", "d"}),
    ("a.b?.c", {"a"}),
    ("typeof a in b", {"a", "b"}),
    ("`${a}`", {"a"}),
    ("(() => { try { } catch { } })()", set()),
    ("(DateTime, x => f(DateTime))", {"DateTime", "f"}),
    ("(() => { const x = f(DateTime); return x })()", {"f", "DateTime"}),
]


@pytest.mark.parametrize(("code", "names"), NAMES, ids=[code for code, _ in NAMES])
def test_the_free_names_are_seen(code: str, names: set[str]) -> None:
    assert set(reading(code).names) == names


def test_chunks_count_together() -> None:
    found = read(parse("=a {{ $json.a }} b {{ $('X').item.json.b }} {{ $json.c }}"))
    assert found.fields == frozenset(("a", "c"))
    assert found.names == {"$json", "$"}
    assert found.steps == found.linked == {"X"}
    assert read(parse("=text")) == Reading()


# --- the law: an expression gives the same with the fields it was seen to ask for -----------------

ENGINE = quickjs.Context()
ENGINE.eval(
    """
    function run(source, text) {
      const $json = JSON.parse(text)
      try {
        const code = new Function('$json', '$data', '$input', 'f', `return (${source})`)
        const value = code($json, $json, {item: {json: $json}}, (...all) => all)
        return JSON.stringify([typeof value, value])
      } catch (error) {
        if (error instanceof SyntaxError) return 'syntax'
        return 'thrown'
      }
    }
    """
)

ATOMS = st.sampled_from(
    ["$json", "$json.a", "$json['b']", "$json[`c`]", "$json?.a", "$data.b", "$input.item.json",
     "$input.item.json.c", "$json[0]", "$json[x]", "1", "'$json.a'", "`${$json.b}`", "/[/]$json.c/",
     "$json.hasOwnProperty('a')", "Object.keys($json)", "JSON.stringify($json)",
     "(({a, ...r}) => r)($json)", "(x => x.b)($json)", "$json.constructors", "({$json})",
     "$json\n.a", "$json/**/.b", "(() => { const {a} = $json; return a })()"]
)  # fmt: skip
CODES = st.recursive(
    ATOMS,
    lambda below: st.one_of(
        st.builds(
            lambda a, op, b: f"{a} {op} {b}",
            below, st.sampled_from(["+", "/", "||", "??", ",", "\n/", "in"]), below,
        ),
        st.builds(lambda a, b: f"[{a}, ...[{b}]]", below, below),
        st.builds(lambda a: f"({a}).a", below),
        st.builds(lambda a: f"({a})['b']", below),
        st.builds(lambda a, b: f"({{a: {a}, b: {b}}})", below, below),
        st.builds(lambda a, b: f"(x => {{ if (x) /'/.test('a'); return {a} }})({b})", below, below),
        st.builds(lambda a, b: f"`<${{{a}}}${{{b}}}>`", below, below),
        st.builds(lambda a: f"({a})('b')", below),
        st.builds(lambda a, b, c: f"$if({a}, {b}, {c})", below, below, below),
    ),
    max_leaves=5,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(CODES, st.dictionaries(st.sampled_from(["a", "b", "c", "0"]), st.integers(0, 3)))
def test_an_expression_gives_the_same_with_only_the_fields_it_asks_for(
    code: str, item: dict[str, Any]
) -> None:
    expression = compile_value("={{ " + code.replace("}}", "\\}}") + " }}")
    fields, (source,) = expression.reading.fields, expression.sources
    seen = item if fields is None else {key: item[key] for key in item if key in fields}
    run = ENGINE.get("run")
    assert run(source, json.dumps(seen)) == run(source, json.dumps(item))
