"""The node xml, run through the engine."""

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from nodekit_nodes_core.xml import Xml
from nodekit_nodes_core.xml_reading import Reading, read_xml
from nodekit_nodes_core.xml_writing import Writing, write_xml

from nodekit import Binary, Item, PipelineError
from nodekit.testing import check_node_contract, raises_node_error, run_node

ROOT = (
    '<root a="1"><item id="x">one</item><item id="y">two</item><empty/><deep><n>5</n></deep></root>'
)


async def parse(xml: str, **params: Any) -> Any:
    """Return XML as JSON."""
    return (await run_node(Xml, params, [{"data": xml}])).json[0]


async def build(fields: dict[str, Any], **params: Any) -> Any:
    """Return JSON as XML."""
    return (await run_node(Xml, {"do": "build", **params}, [fields])).json[0]["data"]


async def test_the_contract_is_kept() -> None:
    await check_node_contract(Xml, {}, [{"data": "<a/>"}])
    await check_node_contract(Xml, {"do": "build"})


@pytest.mark.parametrize(
    ("xml", "params", "result"),
    [
        pytest.param(
            ROOT,
            {},
            {
                "root": {
                    "a": "1",
                    "item": [{"_": "one", "id": "x"}, {"_": "two", "id": "y"}],
                    "empty": "",
                    "deep": {"n": "5"},
                }
            },
            id="as it is",
        ),
        pytest.param(
            ROOT,
            {"lists": True, "merge_attributes": False},
            {
                "root": {
                    "$": {"a": "1"},
                    "item": [{"_": "one", "$": {"id": "x"}}, {"_": "two", "$": {"id": "y"}}],
                    "empty": [""],
                    "deep": [{"n": ["5"]}],
                }
            },
            id="lists",
        ),
        pytest.param('<r a="1"><a>2</a></r>', {}, {"r": {"a": ["1", "2"]}}, id="both names"),
        pytest.param(
            '<r a="1"/>',
            {"merge_attributes": False, "attributes": "@"},
            {"r": {"@": {"a": "1"}}},
            id="attributes",
        ),
        pytest.param('<r a="1">t</r>', {"ignore_attributes": True}, {"r": "t"}, id="none"),
        pytest.param('<r a="1">t</r>', {"text": "#"}, {"r": {"#": "t", "a": "1"}}, id="text"),
        pytest.param("<r><b>x</b></r>", {"root": False}, {"b": "x"}, id="no root"),
        pytest.param("<r>x</r>", {"root": False}, {"_": "x"}, id="no root, text"),
        pytest.param("<r> x  y </r>", {}, {"r": " x  y "}, id="white space"),
        pytest.param("<r> x  y </r>", {"trim": True}, {"r": "x  y"}, id="trimmed"),
        pytest.param("<r> x  y </r>", {"normalize": True}, {"r": "x y"}, id="normalized"),
        pytest.param("<r> <a/> \n </r>", {}, {"r": {"a": ""}}, id="white space between"),
        pytest.param("<r> </r>", {}, {"r": " "}, id="nothing but white space"),
        pytest.param("<r><![CDATA[ <b> ]]></r>", {}, {"r": " <b> "}, id="CDATA"),
        pytest.param("<r><![CDATA[ ]]></r>", {}, {"r": " "}, id="CDATA with a space"),
        pytest.param("<R><B/></R>", {"lower_case": True}, {"r": {"b": ""}}, id="lower case"),
        pytest.param(
            '<?xml version="1.0" encoding="latin-1"?><!DOCTYPE r><!-- c --><r>é &lt; &#65;</r>',
            {},
            {"r": "é < A"},
            id="prolog",
        ),
        pytest.param(
            '<s:r xmlns:s="urn:s"><s:b s:c="1"/></s:r>',
            {},
            {"s:r": {"xmlns:s": "urn:s", "s:b": {"s:c": "1"}}},
            id="namespaces",
        ),
        pytest.param("<r>a<b/>c</r>", {}, {"r": {"_": "ac", "b": ""}}, id="mixed"),
    ],
)
async def test_xml_becomes_json(xml: str, params: dict[str, Any], result: Any) -> None:
    assert await parse(xml, **params) == result


async def test_the_result_may_go_into_a_field() -> None:
    result = await run_node(Xml, {"field": "a.x", "into": "b.y"}, [{"a": {"x": "<r>1</r>"}}])
    assert result.json == [{"a": {"x": "<r>1</r>"}, "b": {"y": {"r": "1"}}}]


async def test_xml_may_stand_in_a_binary() -> None:
    content = '<?xml version="1.0" encoding="iso-8859-1"?><r>é</r>'.encode("latin-1")
    item = Item({"a": 1}, binary={"f": Binary(content)})
    assert (await run_node(Xml, {"binary": "f"}, [item])).json == [{"r": "é"}]


BOMB = (
    '<!DOCTYPE r [<!ENTITY a "0000000000"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><r>&b;</r>'
)


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        pytest.param("<a><b></a>", "is not XML: line 1, column 9: mismatched tag", id="tags"),
        pytest.param("", "is not XML: line 1, column 1: no element found", id="empty"),
        pytest.param(BOMB, "the XML declares the entity 'a'", id="bomb"),
        pytest.param(
            '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
            "the XML declares the entity 'x'",
            id="external",
        ),
        pytest.param(
            '<!DOCTYPE r [<!ENTITY % x SYSTEM "http://h/">%x;]><r/>',
            "the XML declares the entity 'x'",
            id="parameter",
        ),
        pytest.param(
            "<r>&nbsp;</r>", "is not XML: line 1, column 4: undefined entity", id="unknown entity"
        ),
        pytest.param(
            "<a>" * 300 + "</a>" * 300,
            "the XML has elements more than 200 deep in each other",
            id="deep",
        ),
    ],
)
async def test_what_is_not_xml_fails_its_item(xml: str, message: str) -> None:
    with raises_node_error(f"item 0: {message}"):
        await parse(xml)


@pytest.mark.parametrize(
    ("fields", "params", "message"),
    [
        pytest.param({}, {}, "has no field 'data' with XML in it", id="no field"),
        pytest.param({"data": 5}, {}, "field 'data' is not text", id="no text"),
        pytest.param({}, {"binary": "f"}, "has no binary 'f' with XML in it", id="no binary"),
        pytest.param(
            {"data": '<?xml version="1.0" encoding="klingon"?><r/>'},
            {},
            "is not XML: unknown encoding: klingon",
            id="encoding",
        ),
    ],
)
async def test_xml_must_be_there(fields: Any, params: dict[str, Any], message: str) -> None:
    if "encoding" in str(fields):
        fields = Item({}, binary={"f": Binary(fields["data"].encode())})
        params = {"binary": "f"}
    with raises_node_error(f"item 0: {message}"):
        await run_node(Xml, params, [fields])


HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


@pytest.mark.parametrize(
    ("fields", "params", "xml"),
    [
        pytest.param({"a": 1}, {}, HEAD + "<a>1</a>", id="one field"),
        pytest.param(
            {"a": 1, "b": None},
            {},
            HEAD + "<root>\n  <a>1</a>\n  <b/>\n</root>",
            id="two fields",
        ),
        pytest.param(
            {"a": {"b": [1, {"c": True}]}},
            {"declaration": False, "pretty": False},
            "<a><b>1</b><b><c>true</c></b></a>",
            id="lists",
        ),
        pytest.param(
            {"a": {"$": {"id": 'x"<\n'}, "_": "t&<>"}},
            {"declaration": False},
            '<a id="x&quot;&lt;&#xA;">t&amp;&lt;&gt;</a>',
            id="attributes and text",
        ),
        pytest.param(
            {"a": {"@": {"id": 1}, "#": "t", "b": ""}},
            {"declaration": False, "attributes": "@", "text": "#"},
            '<a id="1">\n  t\n  <b/>\n</a>',
            id="mixed",
        ),
        pytest.param(
            {"a": {"$": {"id": 1}, "_": "t", "b": ""}},
            {"declaration": False, "pretty": False},
            '<a id="1">t<b/></a>',
            id="mixed, in one line",
        ),
        pytest.param(
            {"a": 1}, {"root": "r", "declaration": False}, "<r>\n  <a>1</a>\n</r>", id="root"
        ),
        pytest.param(
            {"a": ["x<", "]]>"]},
            {"cdata": True, "declaration": False, "root": "r"},
            "<r>\n  <a><![CDATA[x<]]></a>\n  <a><![CDATA[]]]]><![CDATA[>]]></a>\n</r>",
            id="CDATA",
        ),
        pytest.param(
            {"a": [{"b": 1}, {"b": 2, "c": 3}]},
            {"declaration": False, "pretty": False},
            "<a><b>1</b><b>2</b><c>3</c></a>",
            id="a list as root",
        ),
        pytest.param({"a": [1, "x"]}, {"declaration": False}, "<a>1 x</a>", id="values as root"),
        pytest.param({}, {"declaration": False}, "<root/>", id="nothing"),
    ],
)
async def test_json_becomes_xml(fields: Any, params: dict[str, Any], xml: str) -> None:
    assert await build(fields, **params) == xml


async def test_fields_may_stay_beside_the_xml() -> None:
    params = {"do": "build", "keep": "all", "into": "x.y", "declaration": False}
    result = await run_node(Xml, params, [{"a": 1}])
    assert result.json == [{"a": 1, "x": {"y": "<a>1</a>"}}]


def nested(depth: int) -> Any:
    """Return fields so deep in each other."""
    return json.loads('{"a":' * depth + "1" + "}" * depth)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"a b": 1}, "'a b' cannot be the name of an XML element", id="name"),
        pytest.param(
            {"a": {"$": {"1": 1}}}, "'1' cannot be the name of an XML attribute", id="attribute"
        ),
        pytest.param({"a": "x\0"}, "XML does not allow the character '\\x00'", id="character"),
        pytest.param(
            nested(220), "the item has fields more than 200 deep in each other", id="deep"
        ),
    ],
)
async def test_what_cannot_be_xml_fails_its_item(fields: Any, message: str) -> None:
    with raises_node_error(f"item 0: {message}"):
        await build(fields)


async def test_attributes_and_text_are_two_fields() -> None:
    with pytest.raises(PipelineError, match='"attributes" and "text" cannot be the same field'):
        await build({}, attributes="x", text="x")


NAMES = st.sampled_from(["a", "b", "c-1", "ä:x"])
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), min_size=1)
TREES = st.recursive(
    TEXTS.filter(lambda text: bool(text.strip())),
    lambda inner: st.dictionaries(NAMES, inner | st.lists(inner, min_size=2), min_size=1),
    max_leaves=12,
)


@settings(max_examples=60)
@given(NAMES, TREES, st.booleans())
def test_what_was_written_can_be_read(name: str, tree: Any, cdata: bool) -> None:
    xml = write_xml({name: tree}, Writing(root="", cdata=cdata))
    assert read_xml(xml, Reading()) == {name: tree}


async def test_what_cannot_be_read_may_be_left_out() -> None:
    items: list[dict[str, Any]] = [{"data": "<a/>"}, {"data": "<a"}, {"b": 1}]
    run = await run_node(Xml, {"bad": "skip"}, items)
    assert (run.json, run.errors) == ([{"a": ""}], [])


async def test_dots_in_names_of_fields_can_be_part_of_them() -> None:
    read = await run_node(Xml, {"field": "a.b", "dots": False}, [{"a.b": "<x>1</x>"}])
    built = await run_node(
        Xml, {"do": "build", "into": "a.b", "dots": False, "declaration": False}, [{"x": 1}]
    )
    assert (read.json, built.json) == ([{"x": "1"}], [{"a.b": "<x>1</x>"}])
