"""Compiling an expression: what it becomes, and what Python refuses."""

import pytest

from nodekit.errors import ExpressionError
from nodekit.expressions.expression import compile_value


def sources(code: str) -> tuple[str, ...]:
    return compile_value(f"={{{{ {code} }}}}").sources


SOURCES = [
    (" $json.a ", "$json.a"),
    ("1; 2", "1"),
    ("1;", "1"),
    ("1 // one", "1"),
    ("/* a */ 1 /* b */", "1"),
    ("1, 2", "1, 2"),
    ("(1; 2)", "(1; 2)"),
    ("1\n2", "1"),
    ("a\nb", "a"),
    ("a\n'b'", "a"),
    ("a()\n!b", "a()"),
    ("a\n++b", "a"),
    ("a\n+ b", "a\n+ b"),
    ("a\n.b", "a\n.b"),
    ("a\n(b)", "a\n(b)"),
    ("a\nin b", "a\nin b"),
    ("a +\nb", "a +\nb"),
    ("typeof\na", "typeof\na"),
    ("x.of\ny", "x.of"),
    ("a /* \n */ b", "a"),
    ("{a: 1}", "{a: 1}"),
    ("{a: 1};", "{a: 1}"),
    ("let", "let"),
    ("async () => 1", "async () => 1"),
    ("new class\nA {}", "new class\nA {}"),
    ("'use strict'", "'use strict'"),
    ("$if(a, b)", "((a) ? (b) : (false))"),
    ("$if(a, b, c, d)", "((a) ? (b) : (c))"),
    ("$if(a, b, c,)", "((a) ? (b) : (c))"),
    ("1 + $if(a, [b, c], $if(d, e)) + 2", "1 + ((a) ? ([b, c]) : (((d) ? (e) : (false)))) + 2"),
    ("`${$if(a, 'b')}`", "`${((a) ? ('b') : (false))}`"),
    ("$if(a // x\n, b)", "((a) ? (b) : (false))"),
    ("a.$if(1)", "a.$if(1)"),
    ("$if", "$if"),
]


@pytest.mark.parametrize(("code", "source"), SOURCES, ids=[code for code, _ in SOURCES])
def test_the_first_statement_is_taken(code: str, source: str) -> None:
    assert sources(code) == (source,)


INVALID = [
    ("let x = 1", 0),
    ("let [a] = b", 0),
    ("const x = 1", 0),
    ("throw 1", 0),
    ("if (a) b", 0),
    ("function f() {}", 0),
    ("async function f() {}", 0),
    ("class A {}", 0),
    ("; 1", 0),
    ("// nothing", -1),
    ("$json.a( ", 7),
    ("1)", 1),
    ("[1)", 2),
    ("`a", 0),
    ("`${1", 0),
    ("'a", 0),
    ("'a\nb'", 0),
    ("1 + \u00a7", 4),
    ("a + $if(b)", 4),
    ("$if()", 0),
    ("(}", 1),
]  # fmt: skip


@pytest.mark.parametrize(("code", "position"), INVALID, ids=[code for code, _ in INVALID])
def test_what_is_no_expression_is_refused(code: str, position: int) -> None:
    text = f"=x {{{{ {code} }}}}"
    with pytest.raises(ExpressionError) as caught:
        compile_value(text)
    error = caught.value
    assert (error.message, error.text, error.kind) == ("invalid syntax", text, "syntax")
    assert error.position == 6 + position


CALL = "Expression contains invalid constructor function call"
FORBIDDEN = [
    ("a.constructor", CALL, 1),
    ("a?. constructor", CALL, 2),
    ("a['constructor']", 'Cannot access "constructor" due to security concerns', 2),
    ("a.__proto__", 'Cannot access "__proto__" due to security concerns', 2),
    ("a[`__proto__`]", 'Cannot access "__proto__" due to security concerns', 2),
    ("a['\\x5f_proto__']", 'Cannot access "__proto__" due to security concerns', 2),
    ("a.\\u005f_proto__", 'Cannot access "__proto__" due to security concerns', 2),
    ("a.prototype", 'Cannot access "prototype" due to security concerns', 2),
    ("Object.getPrototypeOf(a)", 'Cannot access "getPrototypeOf" due to security concerns', 7),
    ("({__proto__: a})", 'Cannot access "__proto__" due to security concerns', 2),
    ("(({constructor: c}) => c)(a)", 'Cannot access "constructor" due to security concerns', 3),
]


@pytest.mark.parametrize(("code", "message", "position"), FORBIDDEN, ids=[r[0] for r in FORBIDDEN])
def test_what_leads_out_of_the_sandbox_is_refused(code: str, message: str, position: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_value(f"={{{{ {code} }}}}")
    assert caught.value.message == message
    assert caught.value.position == 4 + position
    assert caught.value.kind == "security"


def test_words_about_it_are_harmless() -> None:
    assert compile_value("=the .constructor and __proto__").native is not None
    assert sources("'__proto__'") == ("'__proto__'",)
    assert sources("$json.constructors") == ("$json.constructors",)


def test_an_expression_knows_its_parts() -> None:
    expression = compile_value("=a {{ $json.a }} b {{ $now }}")
    assert expression.text == "=a {{ $json.a }} b {{ $now }}"
    assert expression.sources == ("$json.a", "$now")
    assert expression.native is None
    assert expression.reading.fields == frozenset("a")
    assert expression.template.single is False
    assert repr(expression) == "Expression('=a {{ $json.a }} b {{ $now }}')"


def test_one_text_is_compiled_once() -> None:
    assert compile_value("={{ $json.once }}") is compile_value("={{ $json.once }}")


@pytest.mark.parametrize(
    "code",
    [
        "/a/.test(b) / c / d",
        "[/[/]/, /\\//g]",
        "a / b / c",
        "a++ / 2 / '1'",
        "(() => { if (a) /'/.test(b) })()",
        "(() => { {} /'/.test(b) })()",
        "x => { return /`/ }",
        "a ?.5 : 1",
        "`a${`b${{c: 1}.c}`}` + `}`",
        "`\\`$ $\\{`",
        "0x1f + 1e3 + .5 + 1_000 + 5n",
        "a >>>= b ** c",
        "a\u2028+ b",
        "größe + 变量",
        "class_ => class_",
    ],
)
def test_tokens_are_told_apart(code: str) -> None:
    text = "={{ " + code.replace("}}", "\\}}") + " }}"
    assert compile_value(text).sources == (code,)
