"""What Python makes of an expression is what a real JavaScript engine makes of it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import quickjs  # type: ignore[import-untyped]  # it brings no types
from hypothesis import HealthCheck, given, settings, strategies as st

from nodekit.expressions.expression import Expression, compile_value
from nodekit.expressions.native import ASK, generate
from nodekit.expressions.template import Code
from nodekit.expressions.values import INHERITED, OBJECT
from nodekit.params import UNDEFINED

ENGINE = quickjs.Context()
ENGINE.eval(
    """
    function run(sources, text) {
      const $json = JSON.parse(text), shown = []
      for (const source of JSON.parse(sources)) {
        let value
        try {
          const code = new Function('$json', '$data', '$input', `return (${source})`)
          value = code($json, $json, {item: {json: $json}})
        } catch (error) {
          if (error instanceof SyntaxError) throw error
        }
        shown.push(value)
      }
      return shown
    }
    function single(sources, text) {
      const value = run(sources, text)[0]
      if (typeof value === 'function') return 'function'
      return value === undefined ? 'undefined' : JSON.stringify(value)
    }
    function joined(sources, text) {
      return JSON.stringify(run(sources, text).map(
        (value) => String(value || value === 0 || value === false ? value : '')))
    }
    """
)


def in_javascript(expression: Expression, item: Mapping[str, Any]) -> Any:
    """Return what the engine makes of an expression, by n8n's rules."""
    sources = json.dumps(list(expression.sources))
    if expression.template.single:
        found = ENGINE.get("single")(sources, json.dumps(item))
        return UNDEFINED if found == "undefined" else json.loads(found)
    texts = iter(json.loads(ENGINE.get("joined")(sources, json.dumps(item))))
    parts = expression.template.parts
    return "".join(next(texts) if isinstance(part, Code) else part for part in parts)


def in_python(text: str, item: Mapping[str, Any]) -> Any:
    """Return what Python makes of an expression for one item."""
    ((value,),) = generate([compile_value(text)])([item])
    return value


def plain(value: Any) -> Any:
    """Return a value so that equality tells its JSON types apart, and numbers are JavaScript's."""
    if isinstance(value, bool) or value is None or value is UNDEFINED:
        return repr(value)
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, list):
        return [plain(member) for member in value]
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    return value


ITEM: dict[str, Any] = {
    "s": "Ada", "t": "10", "e": "", "u": "é\U0001f600", "w": "\ufeff\u3000 x \u00a0\n", "n": 3,
    "z": 0, "m": -2, "f": 1.5, "g": 3.0, "h": 1e21, "i": 1e-7, "j": 0.1, "p": 2**53 - 1,
    "q": 2**60, "y": True, "x": False, "k": None, "l": [1, "two", None, [3]], "o": {"a": {"b": 7}},
    "el": [], "eo": {}, "odd key": 1, "toString": 5, "length": 9, "0": "zero", "nz": -0.0,
}  # fmt: skip

NATIVE = [
    # paths
    ("$json.s", "Ada"),
    ("$json", ITEM),
    ("$data.s", "Ada"),
    ("$input.item.json.s", "Ada"),
    ("$json.nope", UNDEFINED),
    ("$json.nope.deep", UNDEFINED),
    ("$json.k", None),
    ("$json.k.x", UNDEFINED),
    ("$json.o.a.b", 7),
    ("$json['odd key']", 1),
    ("$json[`s`]", "Ada"),
    ('$json["\\u0073"]', "Ada"),
    ("$json[0]", "zero"),
    ("$json['0']", "zero"),
    ("$json.l[1]", "two"),
    ("$json.l['1']", "two"),
    ("$json.l['01']", UNDEFINED),
    ("$json.l[9]", UNDEFINED),
    ("$json.l[3][0]", 3),
    ("$json.l[$json.n]", [3]),
    ("$json['n']", 3),
    ("$json.l.length", 4),
    ("$json.s.length", 3),
    ("$json.u.length", 3),
    ("$json.n.length", UNDEFINED),
    ("$json.s[0]", "A"),
    ("$json.s.nope", UNDEFINED),
    ("$json.toString", 5),
    ("$json.o.length", UNDEFINED),
    ("$json.length", 9),
    # optional chains
    ("$json.o?.a?.b", 7),
    ("$json?.s", "Ada"),
    ("$json.nope?.deep.er.still", UNDEFINED),
    ("$json.nope?.['deep']", UNDEFINED),
    ("($json.nope?.deep).er", UNDEFINED),
    ("$json.nope?.toUpperCase()", UNDEFINED),
    ("$json.k?.a ?? 'none'", "none"),
    # text
    ("$json.s + ' ' + $json.n", "Ada 3"),
    ("$json.n + 1", 4),
    ("$json.n + $json.s", "3Ada"),
    ("$json.s + $json.f + $json.y + $json.k + $json.nope", "Ada1.5truenullundefined"),
    ("`<${$json.s}|${$json.k}|${$json.n}>`", "<Ada|null|3>"),
    ("`a\\`b\\n${`in ${$json.n}`}`", "a`b\nin 3"),
    ("$json.s.toUpperCase()", "ADA"),
    ("$json.s.toLowerCase()", "ada"),
    ("$json.w.trim()", "x"),
    ("$json.s.includes('d')", True),
    ("$json.l.includes('two')", True),
    ("$json.l.includes(null)", True),
    ("$json.s.startsWith('A') && $json.s.endsWith('A')", False),
    ("$json.n.toUpperCase()", UNDEFINED),
    ("$json.nope.trim()", UNDEFINED),
    ("$json.n.startsWith('a')", UNDEFINED),
    ("$json.o.endsWith('a')", UNDEFINED),
    ("$json.o.includes('a')", UNDEFINED),
    ("typeof $json.o.a.b === 'number' && typeof $json.y", "boolean"),
    ("$json.y == $json.n", False),
    ("$json.s != 'x'", True),
    ("$json.k == $json.nope", True),
    ("$json.k == $json.o", False),
    ("$json.k === $json.nope", False),
    ("$json.f !== $json.g", True),
    ("$json.n != $json.m", True),
    ("($json.y ? 1 : 'a') + 1", 2),
    # numbers
    ("$json.n * 2.5", 7.5),
    ("$json.n * 2", 6),
    ("$json.f * 2", 3),
    ("$json.n / 2", 1.5),
    ("$json.j + 0.2", 0.30000000000000004),
    ("$json.m % 2", 0),
    ("-5 % 3", -2),
    ("5.5 % -2", 1.5),
    ("-$json.n - +$json.y", -4),
    ("0x1f + 1_000 + .5", 1031.5),
    ("$json.n / 3 * $json.k", 0),
    # comparisons
    ("$json.n === 3", True),
    ("$json.n !== 3", False),
    ("$json.g === 3", True),
    ("$json.y === 1", False),
    ("$json.y == 1", True),
    ("$json.s === 'Ada'", True),
    ("$json.s !== 'Ada'", False),
    ("$json.s == 'Ada'", True),
    ("$json.k == undefined", True),
    ("$json.k === undefined", False),
    ("null != $json.nope", False),
    ("$json.o == null", False),
    ("$json.y === true", True),
    ("$json.s < 'B'", True),
    ("'\\uffff' > '\U0001f600'", True),
    ("$json.n >= 3 && $json.n <= 3", True),
    ("$json.k >= 0", True),
    ("$json.nope >= 0", False),
    ("$json.n > $json.m", True),
    # logic
    ("!$json.el", False),
    ("!!$json.eo", True),
    ("!$json.e", True),
    ("$json.z || 'zero'", "zero"),
    ("$json.z ?? 'zero'", 0),
    ("$json.e && 1", ""),
    ("$json.el && 1", 1),
    ("$json.y ? 'yes' : $json.x ? 'maybe' : 'no'", "yes"),
    ("($json.k || $json.nope) ?? 1", 1),
    ("typeof $json.nope + typeof $json.k + typeof $json.n", "undefinedobjectnumber"),
    # collections
    ("[1, $json.s, [$json.k],]", [1, "Ada", [None]]),
    ("({a: $json.n, 'b c': {d: $json.nope}, if: 1})", {"a": 3, "b c": {}, "if": 1}),
    ("{a: 1}", {"a": 1}),
    ("[1, 2].length", 2),
    ("{a: {b: 2} }.a.b", 2),
]  # fmt: skip

JAVASCRIPT = [
    "$json.n ** 2",
    "$json.l.map(x => x)",
    "$now",
    "new Date(0)",
    "$json.a ?? $json.b || 1",
    "$json.a || $json.b ?? 1",
    "$json.a && ($json.b) ?? 1",
    "$json.a ?? $json.b && ($json.c)",
    "$json.s.replace('a', 'b')",
    "$json.s.trim('a')",
    "[,1]",
    "({a})",
    "({a: 1, a: undefined})",
    "({1: 1})",
    "({['a']: 1})",
    "10n",
    "010",
    "/a/",
    "1, 2",
    "$json.a = 1",
    "$json.a[1.5]",
    "'\\400'",
    "'\\ud800'",
    "`\\ud800${1}`",
    "0x20000000000001",
    "1e999",
    "1e308 * 10",
    "$json.[0]",
    "$input.first().json.a",
    "$input.item.binary",
    "$json.\\u0061",
    "f`x`",
    "$json.a?.(1)",
    "`${1, 2}`",
    "(" * 30 + "1" + ")" * 30,
    "!" * 30 + "1",
    "$json" + "?.a" * 30,
    "1" + "+1" * 300,
]


@pytest.mark.parametrize(("code", "expected"), NATIVE, ids=[code for code, _ in NATIVE])
def test_python_says_what_javascript_says(code: str, expected: Any) -> None:
    text = f"={{{{ {code} }}}}"
    found = in_python(text, ITEM)
    assert plain(found) == plain(expected)
    if code != "$json":
        assert plain(found) == plain(in_javascript(compile_value(text), ITEM))


@pytest.mark.parametrize("code", JAVASCRIPT)
def test_what_python_cannot_say_has_no_tree(code: str) -> None:
    assert compile_value(f"={{{{ {code} }}}}").native is None


ASKED = [
    "$json.u.toUpperCase()",
    "$json.u.toLowerCase()",
    "$json.u[0]",
    "$json.s.trim",
    "$json.o.toString",
    "$json.valueOf",
    "$json.l.map",
    "$json.n.toFixed",
    "$json.q + 1",
    "$json.q === $json.q",
    "1 / $json.z",
    "$json.z / 0",
    "$json.n % 0",
    "$json.n * 'x'",
    "$json.nope + 1",
    "$json.t * 2",
    "$json.t == 10",
    "$json.t < 11",
    "$json.l == 'x'",
    "$json.o === $json.o",
    "$json.l + ''",
    "`${$json.o}`",
    "-$json.s",
    "+$json.t",
    "$json.h + ''",
    "$json.i + ''",
    "[$json.nope]",
    "$json.s.includes(1)",
    "$json.s.startsWith($json.n)",
    "$json.s.endsWith($json.k)",
    "$json.l.includes(1)",
    "$json.l[$json.f]",
    "$json.p + 2",
    "$json.h + 1",
    "$json.h * $json.h",
]


@pytest.mark.parametrize("code", ASKED)
def test_a_failing_guard_asks_javascript(code: str) -> None:
    assert in_python(f"={{{{ {code} }}}}", ITEM) is ASK
    assert in_python(f"=a{{{{ {code} }}}}b", ITEM) is ASK


@pytest.mark.parametrize("value", [(1, 2), {1}, b"x", object()], ids=repr)
def test_what_is_no_json_is_for_javascript(value: Any) -> None:
    codes = ("$json.v.a", "$json.v + 1", "$json.v === $json.w", "typeof $json.v", "$json.v.trim()")
    assert [in_python(f"={{{{ {code} }}}}", {"v": value}) for code in codes] == [ASK] * len(codes)


TEMPLATES = [
    ("=", ""),
    ("=abc", "abc"),
    ("==", "="),
    ("=a {{ $json.nope.deep }} b", "a  b"),
    ("= {{ $json.s }} ", " Ada "),
    ("={{ $json.s }}{{ $json.n }}", "Ada3"),
    ("=n={{ $json.n }};f={{ $json.f }};g={{ $json.g }}", "n=3;f=1.5;g=3"),
    ("=is {{ $json.y }}, {{ $json.x }}", "is true, false"),
    ("=[{{ $json.k }}{{ $json.nope }}{{ $json.e }}]", "[]"),
    ("={{ $json.z }}{{ $json.nz }}", "00"),
    ("={'quoted'} {{ $json.s }} {0} %s \\", "{'quoted'} Ada {0} %s \\"),
    ("=line1 {{ $json.n }}\nline2 {{ $json.n + 1 }}", "line1 3\nline2 4"),
]


@pytest.mark.parametrize(("text", "expected"), TEMPLATES)
def test_a_template_gives_text(text: str, expected: str) -> None:
    assert in_python(text, ITEM) == expected
    assert in_javascript(compile_value(text), ITEM) == expected


def test_a_bare_path_hands_on_what_is_there() -> None:
    value = {"deep": [object()]}
    (column,) = generate([compile_value("={{ $json.a }}")])([{"a": value}, {}])
    assert column[0] is value
    assert column[1] is UNDEFINED
    assert in_python("={{ $json.a.deep }}", {"a": value}) is value["deep"]


def test_one_function_serves_all_expressions_of_a_step() -> None:
    texts = ["={{ $json.a }}", "=<{{ $json.a }}>", "={{ 1 }}", "=x", "={{ $json.a * 2 }}"]
    columns = generate([compile_value(text) for text in texts])([{"a": 1}, {"a": "x"}])
    assert columns == [[1, "x"], ["<1>", "<x>"], [1, 1], ["x", "x"], [2, ASK]]
    assert generate([])([{"a": 1}]) == []


def test_an_expression_without_a_tree_cannot_be_generated() -> None:
    with pytest.raises(ValueError, match="has no meaning in Python"):
        generate([compile_value("={{ $now }}")])


def test_every_inherited_name_is_known() -> None:
    names = "(v) => JSON.stringify(Object.getOwnPropertyNames(Object.getPrototypeOf(v)))"
    for value, known in (("{}", OBJECT), ("''", INHERITED), ("0", INHERITED),
                         ("true", INHERITED), ("[]", INHERITED)):  # fmt: skip
        found = set(json.loads(ENGINE.eval(f"({names})({value})")))
        assert found - known - {"length"} == set()


# --- the law: whatever Python says, the engine says too -------------------------------------------

KEYS = ("a", "b", "c", "length", "toString", "0", "link", "odd key", "é")
LETTERS = st.text(st.sampled_from("ab01 .-é\uffee\U0001f600\ufeff\n\"'`${}\\"), max_size=6)
NUMBERS = st.one_of(
    st.integers(-5, 20),
    st.sampled_from([2**53 - 1, -(2**53) + 1, 2**53, 2**60, 10**15, 0.1, 1.5, -0.0, 1e21, 1e-7]),
    st.floats(allow_nan=False, allow_infinity=False),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, LETTERS)
VALUES = st.recursive(
    SCALARS,
    lambda below: st.one_of(
        st.lists(below, max_size=3), st.dictionaries(st.sampled_from(KEYS), below, max_size=4)
    ),
    max_leaves=6,
)
ITEMS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6)

LITERALS = st.one_of(
    st.sampled_from(["true", "false", "null", "undefined", "0", "1", "2", "1.5", "1e3", "0x10",
                     "'a'", '"b"', "`c`", "''", "'é'", "'\\u{1F600}'", "' '", "'10'"]),
    LETTERS.map(json.dumps),
    st.integers(0, 100).map(str),
)  # fmt: skip
LINKS = st.sampled_from(
    [".a", ".b", ".c", ".length", ".link", "?.a", "?.b", "[0]", "[1]", "['0']", '["odd key"]',
     "[`é`]", "?.[0]", ".toString", ".trim()", ".toUpperCase()", ".toLowerCase()", "?.trim()"]
)  # fmt: skip
PATHS = st.builds(
    lambda root, links: root + "".join(links),
    st.sampled_from(["$json.a", "$json.b", "$json.c", "$json['odd key']", "$data.a",
                     "$input.item.json.b", "$json.length", "$json?.a", "$json.toString"]),
    st.lists(LINKS, max_size=3),
)  # fmt: skip
OPERATORS = st.sampled_from(
    ["+", "-", "*", "/", "%", "===", "!==", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "??"]
)


def compound(below: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return expressions made of others."""
    return st.one_of(
        st.builds(lambda a, op, b: f"({a}) {op} ({b})", below, OPERATORS, below),
        st.builds(lambda a, op, b: f"{a} {op} {b}", below, OPERATORS, below),
        st.builds(lambda a, b, c: f"({a} ? {b} : {c})", below, below, below),
        st.builds(lambda op, a: f"{op} ({a})", st.sampled_from(["!", "-", "+", "typeof"]), below),
        st.builds(lambda a, b: f"`x${{{a}}}-${{{b}}}`", below, below),
        st.builds(lambda a, b: f"[{a}, {b}]", below, below),
        st.builds(lambda a, b: f"({{a: {a}, 'b': {b}}})", below, below),
        st.builds(lambda a, link: f"({a}){link}", below, LINKS),
        st.builds(lambda a, b: f"({a})[{b}]", below, below),
        st.builds(lambda a, b: f"$if({a}, {b})", below, below),
        st.builds(
            lambda a, method, b: f"({a}).{method}({b})",
            below, st.sampled_from(["includes", "startsWith", "endsWith"]), below,
        ),
    )  # fmt: skip


CODES = st.recursive(st.one_of(PATHS, LITERALS), compound, max_leaves=6)


def is_valid(expression: Expression) -> bool:
    """Tell whether the engine takes the code."""
    try:
        for source in expression.sources:
            ENGINE.eval(f"(function () {{ return ({source}) }})")
    except quickjs.JSException:
        return False
    return True


def agree(text: str, items: list[dict[str, Any]]) -> None:
    """Check that Python, where it says something, says what the engine says."""
    expression = compile_value(text)
    if not is_valid(expression):
        assert expression.native is None, f"{text} is not valid"
        return
    if expression.native is None:
        return
    (column,) = generate([expression])(items)
    for item, value in zip(items, column, strict=True):
        if value is not ASK:
            assert plain(value) == plain(in_javascript(expression, item)), (text, item)


LAW = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def chunk(code: str) -> str:
    """Return code between braces, with the braces inside escaped."""
    return "{{ " + code.replace("}}", "\\}}") + " }}"


@LAW
@given(CODES, st.lists(ITEMS, max_size=4))
def test_whatever_python_says_the_engine_says(code: str, items: list[dict[str, Any]]) -> None:
    agree("=" + chunk(code), items)


PIECES = st.one_of(CODES.map(chunk), LETTERS.map(lambda text: text.replace("{", "(")))


@LAW
@given(st.lists(PIECES, min_size=2, max_size=4), st.lists(ITEMS, max_size=4))
def test_whatever_python_says_in_text_the_engine_says(
    pieces: list[str], items: list[dict[str, Any]]
) -> None:
    agree("=" + "".join(pieces).replace("\\{{", "/{{"), items)
