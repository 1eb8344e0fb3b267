"""The node code, run through the engine."""

import sys
from pathlib import Path
from typing import Any

import pytest
from nodekit_nodes_core.code import Code

from nodekit import Binary, Item, NodeError, NodeType, PipelineError, RunFailed
from nodekit.testing import NodeRun, check_node_contract, raises_node_error, run_node

ROWS = [{"a": 1}, {"a": 2}, {"a": 3}]

REPORT = """\
from dataclasses import dataclass
from nodekit import NodeError

@dataclass
class Total:
    sum: int

def totals(items, start=0):
    return {"sum": Total(start + sum(item["a"] for item in items)).sum}

def odd(item):
    if item["a"] == 2:
        raise ValueError("no  even\\nnumbers")
    return item

async def later(items):
    return items[:1]

async def twice(item, by=2):
    if item["a"] == 2:
        raise KeyError("a")
    return [item, {"a": item["a"] * by}]

def given_up(items):
    raise NodeError("nothing to do", hint="Give it something.")

LIMIT = 5
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Return a directory with a file of functions."""
    (tmp_path / "report.py").write_text(REPORT)
    return tmp_path


def places(result: NodeRun) -> list[list[int] | None]:
    """Return where each item came from."""
    return [None if i.links is None else [link.item for link in i.links] for i in result.items]


async def python(text: str, items: Any = ROWS, **params: Any) -> NodeRun:
    """Run the body of a function."""
    return await run_node(Code, {"python": text, **params}, items)


async def test_the_contract_is_kept() -> None:
    await check_node_contract(Code, {"python": "items[0]['new'] = 1\nreturn items"})


@pytest.mark.parametrize(
    ("params", "want"),
    [
        pytest.param({"call": "report.py:totals"}, [{"sum": 6}], id="file"),
        pytest.param(
            {"call": "report.py:totals", "args": {"start": "={{ $json.a * 10 }}"}},
            [{"sum": 16}],
            id="arguments are those of the first item",
        ),
        pytest.param({"call": "report.py:later"}, [{"a": 1}], id="async"),
        pytest.param({"call": "copy:deepcopy"}, ROWS, id="package"),
        pytest.param({"python": "return items[::-1]"}, ROWS[::-1], id="text"),
        pytest.param(
            {
                "python": "import asyncio\nawait asyncio.sleep(0)\nreturn {'x': x}",
                "args": {"x": [1]},
            },
            [{"x": [1]}],
            id="text that awaits",
        ),
        pytest.param(
            {"python": "async def f(): return {'b': 1}\nreturn f()"}, [{"b": 1}], id="awaitable"
        ),
        pytest.param({"python": "return None"}, [], id="nothing"),
        pytest.param({"python": "pass"}, [], id="no return"),
        pytest.param({"python": "return ({'t': (1, 2)},)"}, [{"t": [1, 2]}], id="tuples"),
    ],
)
async def test_all_items_at_once(
    base: Path, params: dict[str, Any], want: list[dict[str, Any]]
) -> None:
    assert (await run_node(Code, params, ROWS, base=base)).json == want


async def test_items_are_linked_by_position_where_the_numbers_agree() -> None:
    assert places(await python("return items")) == [[0], [1], [2]]
    assert places(await python("return items[:2]")) == [None, None]
    assert places(await python("return items * 2", [{"a": 1}])) == [[0], [0]]


@pytest.mark.parametrize(
    ("params", "want", "links"),
    [
        pytest.param(
            {"python": "return {**item, 'n': n}", "args": {"n": "={{ $json.a * 2 }}"}},
            [{"a": 1, "n": 2}, {"a": 2, "n": 4}, {"a": 3, "n": 6}],
            [[0], [1], [2]],
            id="arguments of each",
        ),
        pytest.param(
            {"python": "return None if item['a'] == 2 else [item] * item['a']"},
            [{"a": 1}, {"a": 3}, {"a": 3}, {"a": 3}],
            [[0], [2], [2], [2]],
            id="none and several",
        ),
    ],
)
async def test_each_item_by_itself(
    params: dict[str, Any], want: list[dict[str, Any]], links: list[list[int]]
) -> None:
    result = await run_node(Code, {**params, "each": True}, ROWS)
    assert result.json == want
    assert places(result) == links


async def test_one_item_fails_alone(base: Path) -> None:
    message = "report.py:13: ValueError: no even numbers"
    params = {"call": "report.py:odd", "each": True}
    with raises_node_error(f"item 1: {message}"):
        await run_node(Code, params, ROWS, base=base)
    result = await run_node(Code, params, ROWS, base=base, on_error="error_output")
    assert result.json == [{"a": 1}, {"a": 3}]
    assert result.outputs["error"].json == [{"a": 2, "error": message}]
    assert isinstance(result.errors[0].cause, NodeError)
    assert isinstance(result.errors[0].cause.__cause__, ValueError)


async def test_one_item_of_an_async_function_fails_alone(base: Path) -> None:
    params = {"call": "report.py:twice", "each": True, "args": {"by": 3}}
    result = await run_node(Code, params, ROWS, base=base, on_error="continue")
    assert result.json == [
        {"a": 1},
        {"a": 3},
        {"error": "report.py:21: KeyError: 'a'"},
        {"a": 3},
        {"a": 9},
    ]
    assert places(result) == [[0], [0], [1], [2], [2]]


async def test_a_failing_item_keeps_its_binaries() -> None:
    file = Binary(b"x")
    params = {"python": "return 1 / 0 if item['a'] else item", "each": True}
    items = [Item({"a": 0}, binary={"f": file}), Item({"a": 1}, binary={"f": file})]
    result = await run_node(Code, params, items, on_error="error_output")
    assert [item.binary for item in result.items] == [{}]
    assert [item.binary for item in result.outputs["error"]] == [{"f": file}]


async def test_items_cannot_be_changed_in_place() -> None:
    rows = [{"a": {"n": 1}, "l": [{"m": 1}]}]
    result = await python("items[0]['a']['n'] = items[0]['l'][0]['m'] = 99\nreturn items", rows)
    assert result.json == [{"a": {"n": 99}, "l": [{"m": 99}]}]
    assert rows == [{"a": {"n": 1}, "l": [{"m": 1}]}]


async def test_what_is_returned_is_detached_from_the_function() -> None:
    text = "shared = {'n': 0}\nout = []\nfor i in items:\n  out.append(shared)\nreturn out"
    result = await python(text)
    assert len({id(json) for json in result.items.json}) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "return 5",
            "returned int 5, wanted a dictionary, a list of dictionaries or None",
            id="number",
        ),
        pytest.param(
            "return [{}, 'x']", "entry 1 of the result is str 'x', wanted a dictionary", id="entry"
        ),
        pytest.param(
            "return [{'a': {'b': [1, {2}]}}]",
            'entry 0 of the result, field "a.b[1]" is set {2}, which JSON cannot hold',
            id="set",
        ),
        pytest.param(
            "return {'a': float('nan')}", 'field "a" is float nan, which JSON cannot hold', id="nan"
        ),
        pytest.param(
            "return {'a': {1: 2}}", 'field "a.(key)" is int 1, which JSON cannot hold', id="key"
        ),
        pytest.param(
            "a = {}\na['a'] = a\nreturn a",
            "the dictionary is nested too deeply, or holds itself",
            id="circle",
        ),
        pytest.param(
            "x = 1\nreturn x / 0", "python:2: ZeroDivisionError: division by zero", id="raised"
        ),
        pytest.param("raise ValueError", "python:1: ValueError", id="no words"),
        pytest.param(
            "import json\njson.loads('{')",
            "python:2: JSONDecodeError: Expecting property name enclosed in double quotes:"
            " line 1 column 2 (char 1)",
            id="the last line of the author's own",
        ),
        pytest.param("break", "python:1: 'break' outside loop", id="no function"),
    ],
)
async def test_what_goes_wrong_is_named(text: str, message: str) -> None:
    with raises_node_error(message):
        await python(text)


async def test_each_names_the_item_too() -> None:
    with raises_node_error(
        "item 1: returned bool True, wanted a dictionary, a list of dictionaries or None"
    ):
        await python("return item['a'] == 2 or None", each=True)


async def test_subclasses_of_json_types_are_plain_afterwards() -> None:
    text = (
        "import enum\n"
        "class Word(str): pass\n"
        "class Size(enum.IntEnum):\n  BIG = 3\n"
        "return {'w': Word('x'), 's': Size.BIG, 't': True, 'f': 1.5, 'n': None}"
    )
    json = (await python(text, [{}])).json[0]
    assert json == {"w": "x", "s": 3, "t": True, "f": 1.5, "n": None}
    assert [type(value) for value in json.values()] == [str, int, bool, float, type(None)]


async def test_an_author_may_raise_node_errors(base: Path) -> None:
    with pytest.raises(RunFailed) as failed:
        await run_node(Code, {"call": "report.py:given_up"}, ROWS, base=base)
    error = failed.value.run.error
    assert error is not None
    assert (error.message, error.hint) == ("nothing to do", "Give it something.")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("none.py:f", "cannot read 'none.py': no such file or directory"),
        ("report.py:total", 'report.py has no function "total"; did you mean "totals"?'),
        ("report.py:LIMIT", 'report.py has no function "LIMIT"'),
        ("broken.py:f", "broken.py:2: SyntaxError: invalid syntax"),
        ("raising.py:f", "raising.py:1: ZeroDivisionError: division by zero"),
        (
            "no_such_package.x:f",
            "cannot import no_such_package.x: ModuleNotFoundError:"
            " No module named 'no_such_package'",
        ),
    ],
)
async def test_a_function_that_cannot_be_had_is_named(base: Path, call: str, message: str) -> None:
    (base / "broken.py").write_text("x = 1\nif\n")
    (base / "raising.py").write_text("1 / 0\n")
    with raises_node_error(message):
        await run_node(Code, {"call": call}, ROWS, base=base)


async def test_a_file_outside_the_directory_is_refused(base: Path) -> None:
    with pytest.raises(RunFailed, match="leads outside"):
        await run_node(Code, {"call": "../report.py:f"}, ROWS, base=base / "inner")


async def test_a_changed_file_is_loaded_anew(base: Path) -> None:
    for number in (1, 2):
        (base / "f.py").write_text(f"def f(items): return {{'n': {number}}}\n")
        assert (await run_node(Code, {"call": "f.py:f"}, ROWS, base=base)).json == [{"n": number}]
    assert not (base / "__pycache__").exists()


async def test_a_file_gets_a_module_name_of_its_own(base: Path) -> None:
    (base / "json.py").write_text("def f(items): return {'name': __name__}\n")
    result = await run_node(Code, {"call": "json.py:f"}, ROWS, base=base)
    name = result.json[0]["name"]
    assert name.startswith("nodekit_code_json_")
    assert name in sys.modules


@pytest.mark.parametrize(
    ("params", "message"),
    [
        pytest.param({}, 'give one of "call", "python" and "javascript"', id="none"),
        pytest.param({"call": "a.py:f", "python": "pass"}, 'give one of "call"', id="both"),
        pytest.param(
            {"call": "report"}, '"call" wants file.py:name or package.module:name', id="no name"
        ),
        pytest.param({"call": "={{ 1 }}"}, '"call" cannot be an expression', id="expression"),
        pytest.param(
            {"python": "x = 1\nreturn ("},
            "\"python\" is no Python, line 2: '\\(' was never",
            id="syntax",
        ),
        pytest.param(
            {"javascript": "return 1", "args": {"a": 1}}, '"args" go with "call" and', id="args"
        ),
        pytest.param({"python": "# nothing"}, '"python" has no statement in it', id="empty"),
    ],
)
async def test_a_bad_call_is_found_before_the_run(params: dict[str, Any], message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        await run_node(Code, params, ROWS)


@pytest.mark.parametrize("name", ["a b", "items", "class"])
async def test_an_argument_must_be_a_name(name: str) -> None:
    with raises_node_error(f"argument {name!r} cannot be the name of a variable"):
        await python("return items", args={name: 1})


async def test_each_item_needs_no_others() -> None:
    code = NodeType("code", Code)
    assert code.slices_of({"python": "return item", "each": True}) == "any"
    assert code.slices_of({"python": "return items"}) == "all"


async def test_unknown_parameters_are_named() -> None:
    with pytest.raises(PipelineError, match='has no parameter "cal"; did you mean "call"'):
        await run_node(Code, {"cal": "report.py:f"}, ROWS)


@pytest.mark.parametrize(
    ("body", "want", "places"),
    [
        pytest.param(
            "return [{'json': {'b': i['json']['a'] + 1}, 'pairedItem': n}"
            " for n, i in enumerate(_items)]",
            [{"b": 2}, {"b": 3}],
            [0, 1],
            id="items",
        ),
        pytest.param("return {'n': len(_items)}", [{"n": 2}], [0], id="plain"),
        pytest.param("return _items[::-1]", [{"a": 2}, {"a": 1}], [1, 0], id="the same items"),
    ],
)
async def test_python_may_see_whole_items(
    body: str, want: list[dict[str, Any]], places: list[int]
) -> None:
    result = await run_node(Code, {"python": body, "whole": True}, [{"a": 1}, {"a": 2}])
    assert result.json == want
    assert [[link.item for link in item.links or ()] for item in result.items] == [
        [place] for place in places
    ]


async def test_python_may_see_each_whole_item() -> None:
    body = "return None if _item['json']['a'] == 1 else _item"
    params = {"python": body, "whole": True, "each": True}
    result = await run_node(Code, params, [{"a": 1}, {"a": 2}])
    assert result.json == [{"a": 2}]
    with raises_node_error("item 0: A 'json' property isn't an object [item 0]"):
        await run_node(Code, {**params, "python": "return 5"}, [{"a": 1}])


async def test_whole_items_must_be_json() -> None:
    with raises_node_error("returned set {1}"):
        await run_node(Code, {"python": "return {1}", "whole": True}, [{}])
    with raises_node_error('field "[0].json.a" is set {1}, which JSON cannot hold'):
        await run_node(Code, {"python": "return [{'json': {'a': {1}}}]", "whole": True}, [{}])
