"""The node html_extract, run through the engine."""

import builtins
from typing import Any

import pytest
from nodekit_nodes_core.html_extract import HtmlExtract

from nodekit import Binary, Item, PipelineError, RunFailed
from nodekit.testing import check_node_contract, raises_node_error, run_node

PAGE = (
    '<html><head><title>T</title></head><body><h1 class="t"> Title </h1><ul>'
    '<li data-k="1">One <b>bold</b></li><li data-k="2">Two</li></ul>'
    '<a href="/p?q=1">link</a><p></p><div>a\n  b<br>c<p>d <i>e</i></p><script>x()</script></div>'
    "<table><tr><th>h</th><td>1</td><td>2</td></tr></table>"
    "<input value=typed><textarea> long\ntext</textarea>"
    "<select id=s><option value=1>x</option><option selected>  y </option></select>"
    "<select id=f><option value=1>x</option></select><select id=e></select></body></html>"
)


async def extract(field: dict[str, Any], **params: Any) -> Any:
    """Take one value out of the page."""
    fields = [{"as": "it", **field}]
    result = await run_node(HtmlExtract, {"html": PAGE, "fields": fields, **params}, [{}])
    return result.json[0].get("it", "not there")


async def test_the_contract_is_kept() -> None:
    await check_node_contract(HtmlExtract, {"html": PAGE, "fields": [{"as": "a", "select": "a"}]})


@pytest.mark.parametrize(
    ("field", "params", "value"),
    [
        pytest.param({"select": "h1"}, {}, "Title", id="text"),
        pytest.param({"select": "li"}, {}, "One bold", id="the first"),
        pytest.param({"select": "li", "which": "all"}, {}, ["One bold", "Two"], id="all"),
        pytest.param({"select": "li", "which": "joined"}, {}, "One boldTwo", id="joined"),
        pytest.param({"select": "ul"}, {}, "One bold\nTwo", id="blocks"),
        pytest.param({"select": "div"}, {}, "a b\nc\nd e", id="lines"),
        pytest.param({"select": "div"}, {"tidy": True}, "a b c d e", id="one line"),
        pytest.param({"select": "table"}, {}, "h 1 2", id="cells"),
        pytest.param({"select": "div", "skip": ["p", "i"]}, {}, "a b\nc", id="some skipped"),
        pytest.param({"select": "h1"}, {"text": "raw", "trim": False}, " Title ", id="raw"),
        pytest.param({"select": "div"}, {"text": "raw"}, "a\n  bcd ex()", id="raw, with all in it"),
        pytest.param({"select": ".nope"}, {}, "", id="no text"),
        pytest.param({"select": ".nope", "which": "all"}, {}, [], id="no texts"),
        pytest.param({"select": ".nope", "take": "html"}, {}, "not there", id="no HTML"),
        pytest.param({"select": "li", "take": "html"}, {}, "One <b>bold</b>", id="html"),
        pytest.param(
            {"select": "a", "take": "attribute", "attribute": "href"}, {}, "/p?q=1", id="attribute"
        ),
        pytest.param(
            {"select": "a", "take": "attribute", "attribute": "x"}, {}, "not there", id="no such"
        ),
        pytest.param(
            {"select": "li, a", "take": "attribute", "attribute": "data-k", "which": "all"},
            {},
            ["1", "2"],
            id="attributes, where they are",
        ),
        pytest.param({"select": "input", "take": "value"}, {}, "typed", id="value"),
        pytest.param({"select": "textarea", "take": "value"}, {}, "long\ntext", id="textarea"),
        pytest.param({"select": "#s", "take": "value"}, {}, "y", id="selected"),
        pytest.param({"select": "#f", "take": "value"}, {}, "1", id="the first option"),
        pytest.param({"select": "#e", "take": "value"}, {}, "not there", id="no option"),
        pytest.param({"select": 'li:contains("Two")'}, {}, "Two", id="contains"),
        pytest.param({"select": "ul > li:nth-child(2)"}, {}, "Two", id="by place"),
    ],
)
async def test_values_are_taken_out(field: Any, params: Any, value: Any) -> None:
    assert await extract(field, **params) == value


async def test_each_text_of_a_list_gives_an_item() -> None:
    params = {"html": "={{ $json.pages }}", "fields": [{"as": "b", "select": "b"}]}
    rows: list[dict[str, Any]] = [{"pages": ["<b>1", "<b>2"]}, {"pages": []}, {"pages": "<b>3"}]
    result = await run_node(HtmlExtract, params, rows)
    assert result.json == [{"b": "1"}, {"b": "2"}, {"b": "3"}]
    assert [i.links and i.links[0].item for i in result.items] == [0, 0, 2]


async def test_html_may_stand_in_a_binary() -> None:
    item = Item({"a": 1}, binary={"f": Binary("<b>é".encode("latin-1"))})
    fields = [{"as": "b", "select": "b"}]
    params = {"binary": "f", "encoding": "latin-1", "fields": fields, "keep": "all"}
    result = await run_node(HtmlExtract, params, [item])
    assert result.json == [{"a": 1, "b": "é"}]
    assert list(result.items[0].binary) == ["f"]
    with raises_node_error(
        "item 0: the binary 'f' is not text in utf-8: 'utf-8' codec can't decode byte 0xe9 in "
        "position 3: unexpected end of data"
    ):
        await run_node(HtmlExtract, {"binary": "f", "fields": fields}, [item])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        pytest.param({"html": 5}, "what should be HTML is not text", id="number"),
        pytest.param({"html": ["x", None]}, "what should be HTML is not text", id="null in a list"),
        pytest.param({"binary": "f"}, "has no binary 'f' with HTML in it", id="no binary"),
        pytest.param(
            {"html": "", "fields": [{"as": "a", "select": "a >"}]},
            "'a >' is no CSS selector",
            id="selector",
        ),
    ],
)
async def test_what_cannot_be_done_fails_its_item(params: Any, message: str) -> None:
    fields = [{"as": "a", "select": "a"}]
    with raises_node_error(f"item 0: {message}"):
        await run_node(HtmlExtract, {"fields": fields, **params}, [{}])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        pytest.param({}, 'give either "html" or "field" or "binary"', id="no source"),
        pytest.param(
            {"html": "", "fields": [{"as": "a", "select": "a", "take": "attribute"}]},
            '"take: attribute" and "attribute" go together',
            id="no name",
        ),
    ],
)
async def test_bad_parameters_are_found_before_the_run(params: Any, message: str) -> None:
    fields = [{"as": "a", "select": "a"}]
    with pytest.raises(PipelineError, match=message):
        await run_node(HtmlExtract, {"fields": fields, **params}, [{}])


async def test_a_deep_document_is_no_trouble() -> None:
    fields = [{"as": "t", "select": "body"}]
    html = "<div>" * 20_000 + "x"
    assert (await run_node(HtmlExtract, {"html": html, "fields": fields}, [{}])).json == [
        {"t": "x"}
    ]


async def test_a_missing_library_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("selectolax"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RunFailed) as caught:
        await extract({"select": "h1"})
    assert str(caught.value) == (
        'step "HtmlExtract", item 0: needs a library that is not installed: selectolax.lexbor'
    )
    assert caught.value.hint == "Install it with `pip install 'nodekit-runtime[html]'`."


async def test_html_can_be_that_of_a_field_named_literally() -> None:
    fields = [{"as": "t", "select": "b"}]
    run = await run_node(HtmlExtract, {"field": "a.b", "fields": fields}, [{"a.b": "<b>x</b>"}])
    assert run.json == [{"t": "x"}]
    with raises_node_error("item 0: has no field 'a.b' with HTML in it"):
        await run_node(HtmlExtract, {"field": "a.b", "fields": fields}, [{"a": 1}])


@pytest.mark.parametrize(
    ("tidy", "want"), [(False, " a\n  b "), (True, " a b "), ("joined", "a b")]
)
async def test_tidied_text(tidy: Any, want: str) -> None:
    params = {"html": "<b> a\n  b </b>", "text": "raw", "trim": False, "tidy": tidy}
    fields = [{"as": "t", "select": "b"}]
    run = await run_node(HtmlExtract, {**params, "fields": fields}, [{}])
    assert run.json == [{"t": want}]


async def test_lines_that_are_joined_run_into_each_other() -> None:
    params = {"html": "<p>a<br>b</p>", "tidy": "joined", "fields": [{"as": "t", "select": "p"}]}
    assert (await run_node(HtmlExtract, params, [{}])).json == [{"t": "ab"}]
