"""n8n's data functions for text, numbers, lists and objects."""

import hashlib
import json
from base64 import b64encode

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nodekit.expressions import Worker, compile_value
from nodekit.expressions.evaluation import evaluate_now
from tests.support.scene import scene
from tests.unit.expressions.conftest import Value

TEXT = [
    ("'hello big World of the NASA'.toTitleCase()", "Hello Big World of the NASA"),
    ("'the end of it'.toTitleCase()", "The End of It"),
    ("'HELLO THERE. and you? fine'.toSentenceCase()", "Hello there. And you? Fine"),
    ("'Hello big-World fooBar, x!'.toSnakeCase()", "hello_big_world_foobar_x"),
    ("'it\\'s \"x\"'.quote()", '"it\'s \\"x\\""'),
    ("'x'.quote('`')", "`x`"),
    ("'n8n'.hash('base64')", "bjhu"),
    (
        "'x'.hash('crc')",
        "! Unknown algorithm crc. Available algorithms are: md5, sha1, sha224, sha256, "
        "sha384, sha512, sha3, and Base64.",
    ),
    ("'<p>hi <b>you</b></p'.removeTags()", "hi you"),
    ("'**bold** [link](http://x.y) `c` ~~s~~ _e_'.removeMarkdown()", "bold link c s e"),
    (
        "'# Head\\n> quote\\n* one\\n2. two\\n![alt](x.png)'.removeMarkdown()",
        "Head\nquote\none\ntwo\nalt",
    ),
    ("'Crème Brûlée ñ ß Ærø Łódź'.replaceSpecialChars()", "Creme Brulee n ss AEro Lodz"),
    ("'Привет Щука Ωμέγα “x” 漢'.replaceSpecialChars()", 'Privet Schuka Omega "x" ?'),
    ("'a b&c=d/é'.urlEncode()", "a%20b%26c%3Dd%2F%C3%A9"),
    ("'http://x.y/a b?c=é'.urlEncode(true)", "http://x.y/a%20b?c=%C3%A9"),
    ("'a%20b%26c'.urlDecode()", "a b&c"),
    ("'a%20b%26c'.urlDecode(true)", "a b%26c"),
    ("'{\"a\": [1]}'.parseJson()", {"a": [1]}),
    ("'{a'.parseJson()", "! Parsing failed"),
    ("\"{'a': 1}\".parseJson()", "! Parsing failed. Check you're using double quotes"),
    ("'a\"b'.toJsonString()", '"a\\"b"'),
    ("'abc'.length()", 3),
    ("['', ' '].map(t => [t.isEmpty(), t.isNotEmpty()])", [[True, False], [False, True]]),
    (
        "['a.b@c.de', 'a@b', 'x y@z.de', 'ä@ö.de'].map(t => t.isEmail())",
        [True, False, False, False],
    ),
    (
        "['n8n.io', 'www.a-b.co.uk', 'localhost', 'a b.de', '-a.de'].map(t => t.isDomain())",
        [True, True, False, False, False],
    ),
    (
        "['https://n8n.io/a?b#c', 'ftp://a.de', 'http://a.b', 'n8n.io',"
        " 'see http://a.de'].map(t => t.isUrl())",
        [True, True, False, False, False],
    ),
    (
        "['12.5', '12px', '', '1e3', ' 1', '-4', 'Infinity'].map(t => t.isNumeric())",
        [True, False, False, True, False, True, True],
    ),
    ("'mail me: ann@ex.org, now'.extractEmail()", "ann@ex.org"),
    ("'nothing'.extractEmail()", "undefined"),
    ("'https://u@www.sub.example.co.uk:80/p?q=1'.extractDomain()", "www.sub.example.co.uk"),
    (
        "['ann@ex.org', 'ex.org', 'go to http://ex.org now', 'none'].map(t => t.extractDomain())",
        ["ex.org", "ex.org", "ex.org", None],
    ),
    ("'see http://a.bc/c?d=1 ok'.extractUrl()", "http://a.bc/c?d=1"),
    ("'see http://a.b/c'.extractUrl()", "undefined"),
    (
        "['https://a.b/c/d?e=1', 'https://a.bc', 'nope'].map(t => t.extractUrlPath())",
        ["/c/d", "/", None],
    ),
    ("['42.5', '', '€ 12', '0x10', '-1e3'].map(t => t.toNumber())", [42.5, 0, 12, 16, -1000]),
    ("'x'.toNumber()", "! cannot convert to number"),
    ("['42.9', '7px', '$3'].map(t => t.toInt())", [42, 7, 3]),
    ("'ff'.toInt(16) + 'z'.toWholeNumber(36)", 290),
    ("'x'.toInt()", "! cannot convert to integer"),
    ("'1.5x'.toFloat() + '2.25'.toDecimalNumber()", 3.75),
    ("'1,5'.toFloat()", "! cannot convert to float: a comma in a number is not understood"),
    (
        "['false', 'no', '0', '', 'No', 'off', 'x'].map(t => t.toBoolean())",
        [False, False, False, False, False, True, True],
    ),
    ("'2024-03-10'.toDate()", "2024-03-10T00:00:00.000Z"),
    ("'2024-03-10T10:00:00Z'.toDate()", "2024-03-10T10:00:00.000Z"),
    ("'x'.toDate()", "! cannot convert to date"),
    ("'héllo €'.base64Encode()", "aMOpbGxvIOKCrA=="),
    ("'aMOpbGxvIOKCrA=='.base64Decode()", "héllo €"),
    ("'ab'.format('x')", '! format() is only callable on types "Date", and "Number"'),
]

NUMBERS = [
    ("[(3.14159).round(2), (1.005).round(2), (-1.5).round(), (2.5).round()]", [3.14, 1, -2, 3]),
    ("[(-5.5).abs(), (1.2).ceil(), (1.8).floor()]", [5.5, 2, 1]),
    (
        "[(4).isEven(), (3).isEven(), (-3).isOdd(), (5).isInteger(), (5.5).isInteger()]",
        [True, False, True, True, False],
    ),
    ("(1.5).isEven()", "! isEven() is only callable on integers"),
    ("[(0).toBoolean(), (-1).toBoolean(), (1.6).toInt(), (1.6).toFloat()]", [False, True, 2, 1.6]),
    ("[true.toNumber(), false.toInt(), true.toFloat(), false.toBoolean()]", [1, 0, 1, False]),
    ("true.toDateTime()", "undefined"),
    ("[(1).isEmpty(), true.isNotEmpty()]", [False, True]),
    ("(1234567.891).format()", "1,234,567.891"),
    ("(1234567.891).format('de-DE')", "1.234.567,891"),
    ("(1234.5).format('fr-FR')", "1\u202f234,5"),
    ("(1234.5).format('es')", "1234,5"),
    ("(1234567.5).format('en-IN')", "12,34,567.5"),
    ("(1234.5).format('en-US', { style: 'currency', currency: 'USD' })", "$1,234.50"),
    ("(-1234.5).toLocaleString('de-DE', { style: 'currency', currency: 'EUR' })", "-1.234,50\xa0€"),
    ("(0.256).toLocaleString('en-US', { style: 'percent' })", "26%"),
    ("(5).toLocaleString('en-US', { minimumIntegerDigits: 2, minimumFractionDigits: 1 })", "05.0"),
    (
        "[1234, 1500000, 999999, 12].map(n => n.toLocaleString('en-US', { notation: 'compact' }))",
        ["1.2K", "1.5M", "1M", "12"],
    ),
    ("(123456).toLocaleString('en-US', { maximumSignificantDigits: 2 })", "120,000"),
    ("(0.00123456).toLocaleString('en-US', { maximumSignificantDigits: 3 })", "0.00123"),
    (
        "new Intl.NumberFormat('en-US', { signDisplay: 'always',"
        " useGrouping: false }).format(12345)",
        "+12345",
    ),
    (
        "(1e21).toLocaleString() + (1/0).toLocaleString() + NaN.toLocaleString()",
        "1,000,000,000,000,000,000,000∞NaN",
    ),
    ("(1).format('xx')", '! the locale "xx" is not known here'),
    (
        "(1).toLocaleString('en', { style: 'unit', unit: 'mile' })",
        '! the number style "unit" is not known here',
    ),
    ("Intl.Collator", "! Intl.Collator is not known here"),
]

LISTS = [
    ("[[1, 2].first(), [1, 2].last(), [].first() ?? 'none']", [1, 2, "none"]),
    ("[7].randomItem()", 7),
    (
        "[[3, 1].sum(), [3, 1].min(), [3, 1].max(), [3, 1].average(), [].sum(), [].average()]",
        [4, 1, 3, 2, 0, 0],
    ),
    ("['1'].sum()", "! sum(): all array elements must be numbers"),
    ("[3, 1, 3, { a: 1, b: 2 }, { b: 2, a: 1 }, [1], [1]].unique()", [3, 1, {"a": 1, "b": 2}, [1]]),
    (
        "[{ a: 1, b: 1 }, { a: 1, b: 2 }, { a: 2 }].removeDuplicates('a')",
        [{"a": 1, "b": 1}, {"a": 2}],
    ),
    ("[{ a: 1, b: 2 }, { b: 3 }, 4].pluck('b', 'a')", [[1, 2], 3]),
    ("[{ a: 1 }, { b: 3 }].pluck('a')", [1]),
    ("[{ a: 1 }].pluck()", [{"a": 1}]),
    ("[1, 2, 3].chunk(2)", [[1, 2], [3]]),
    ("[1].chunk(0)", "! chunk(): expected non-zero numeric arg, e.g. .chunk(5)"),
    (
        "[0, '', null, undefined, 'nil', {}, [], { a: null, b: [1] }, false].compact()",
        [0, {"b": {"0": 1}}, False],
    ),
    ("[{ k: 'a', v: 1 }, { k: 'b', v: 2 }, { k: 'c' }].smartJoin('k', 'v')", {"a": 1, "b": 2}),
    (
        "[1].smartJoin('k')",
        '! smartJoin(): expected two string args, e.g. .smartJoin("name", "value")',
    ),
    ("[{ a: 1, b: 2 }, 5].renameKeys('a', 'z')", [{"b": 2, "z": 1}, 5]),
    (
        "[1].renameKeys('a')",
        "! renameKeys(): expected an even amount of args: from1, to1 [, from2, to2, ...]. "
        'e.g. .renameKeys("name", "title")',
    ),
    ("[{ a: 1 }, { a: 2, b: 3 }].merge()", {"a": 1, "b": 3}),
    (
        "[{ a: 1 }, { b: 2 }].merge([{ a: 9 }, { c: 3 }, { d: 4 }])",
        {"a": 1, "b": 2, "c": 3, "d": 4},
    ),
    ("[1].merge('x')", "! merge(): expected array arg, e.g. .merge([{ id: 1, otherValue: 3 }])"),
    ("[1, { a: 1 }].union([1, 2, { a: 1 }])", [1, {"a": 1}, 2]),
    ("[1, 2, { a: 1 }].difference([{ a: 1 }, 1])", [2]),
    ("[3, 1, 3, 2].intersection([2, 3])", [3, 2]),
    ("[1].union(1)", "! union(): expected array arg, e.g. .union([1, 2, 3, 4])"),
    ("[1].append(2, [3])", [1, 2, [3]]),
    ("[[].isEmpty(), [0].isNotEmpty()]", [True, True]),
    ("[1, 'a'].toJsonString()", '[1,"a"]'),
    ("[[1].toInt(), [1].toDateTime()]", [None, None]),
    ("(l => [l.reverse(), l])([1, 2])", [[2, 1], [1, 2]]),
    ("[1, 2].keys().next().value", 0),
    ("new Set([1, 2]).size + new Map([[1, 2]]).keys().length", 2),
]

OBJECTS = [
    ("$json.o.keys()", ["a", "b", "c", "d", "e"]),
    ("({ x: 1, y: 2 }).values()", [1, 2]),
    ("[$json.o.hasField('a'), $json.o.hasField('zz')]", [True, False]),
    ("$json.o.removeField('e')", {"a": 1, "b": None, "c": "", "d": "keep me"}),
    ("$json.o.removeFieldsContaining('keep')", {"a": 1, "b": None, "c": "", "e": {"f": 1}}),
    ("$json.o.keepFieldsContaining('keep')", {"d": "keep me"}),
    (
        "$json.o.keepFieldsContaining('')",
        "! keepFieldsContaining(): expected non-empty string arg,"
        ' e.g. .keepFieldsContaining("value")',
    ),
    ("$json.o.compact()", {"a": 1, "d": "keep me", "e": {"f": 1}}),
    ("({ a: 1, b: 'x y&é', c: \"it's\" }).urlEncode()", "a=1&b=x+y%26%C3%A9&c=it%27s"),
    ("[({}).isEmpty(), $json.o.isNotEmpty(), null?.isEmpty() ?? 'none']", [True, True, "none"]),
    ("({ a: [1] }).toJsonString()", '{"a":[1]}'),
    ("({ a: 1 }).toInt()", "undefined"),
    ("Object.keys($json.o).length + Math.round(1.4) + Math.min(3, 2)", 8),
    ("$json.keys", "undefined"),
    ("$json.o?.keys()?.first()", "a"),
]

JSON = {"o": {"a": 1, "b": None, "c": "", "d": "keep me", "e": {"f": 1}}}


@pytest.mark.parametrize(("code", "wanted"), TEXT + NUMBERS + LISTS + OBJECTS)
def test_a_data_function(value: Value, code: str, wanted: object) -> None:
    assert value(f"={{{{ {code.replace('}}', '} }').replace('{{', '{ {')} }}}}", JSON) == wanted


HASHES = {
    "md5": hashlib.md5,
    "sha1": hashlib.sha1,
    "sha224": hashlib.sha224,
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
    "sha3": hashlib.sha3_512,
}


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
@given(st.text(max_size=300))
def test_hashes_and_base64_are_pythons(shared: Worker, text: str) -> None:
    names = [*HASHES, "base64"]
    expression = compile_value(f"={{{{ {json.dumps(names)}.map(n => $json.t.hash(n)) }}}}")
    back = compile_value("={{ $json.t.base64Encode().base64Decode() }}")
    (hashes,), (same,) = evaluate_now([expression, back], scene({"t": text}), [0], shared)
    data = text.encode()
    assert hashes == [*(h(data).hexdigest() for h in HASHES.values()), b64encode(data).decode()]
    assert same == text
