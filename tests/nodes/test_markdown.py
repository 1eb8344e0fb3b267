"""The node markdown, run through the engine."""

import builtins
import sys
from typing import Any

import pytest
from nodekit_nodes_core.markdown import Markdown
from nodekit_nodes_core.markdown_writing import reader_of

from nodekit import Binary, Item, RunFailed
from nodekit.testing import check_node_contract, raises_node_error, run_node


async def html(markdown: str, **params: Any) -> Any:
    """Return Markdown as HTML."""
    result = await run_node(Markdown, {"markdown": markdown, **params}, [{}])
    return result.json[0]["html"]


async def markdown(source: str, **params: Any) -> Any:
    """Return HTML as Markdown."""
    given = {"do": "to_markdown", "html": source, **params}
    return (await run_node(Markdown, given, [{}])).json[0]["markdown"]


async def test_the_contract_is_kept() -> None:
    await check_node_contract(Markdown, {"markdown": "={{ $json.name }}"})
    await check_node_contract(Markdown, {"do": "to_markdown", "html": "={{ $json.name }}"})


@pytest.mark.parametrize(
    ("source", "params", "result"),
    [
        pytest.param(
            "# Hi\n\n- a\n- b\n\n**bold** [l](http://x.y)",
            {},
            '<h1 id="hi">Hi</h1>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n'
            '<p><strong>bold</strong> <a href="http://x.y">l</a></p>',
            id="text",
        ),
        pytest.param(
            "# My *T!*\n# My T",
            {},
            '<h1 id="myt">My <em>T!</em></h1>\n<h1 id="myt-1">My T</h1>',
            id="ids",
        ),
        pytest.param(
            "## My T!",
            {"ids": "github", "id_prefix": "x-"},
            '<h2 id="x-my-t">My T!</h2>',
            id="github's ids",
        ),
        pytest.param("# A", {"ids": "none", "heading_from": 3}, "<h3>A</h3>", id="no ids"),
        pytest.param("##### A", {"ids": "none", "heading_from": 3}, "<h6>A</h6>", id="lowest"),
        pytest.param("#A", {}, "<p>#A</p>", id="no heading"),
        pytest.param("#A", {"loose_headings": True}, '<h1 id="a">A</h1>', id="loose heading"),
        pytest.param(
            "```\n#A\n```\n#B",
            {"loose_headings": True, "ids": "none"},
            "<pre><code>#A\n</code></pre>\n<h1>B</h1>",
            id="loose heading, not in code",
        ),
        pytest.param(
            "|a|b|\n|-|-|\n|1|2|",
            {},
            "<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n"
            "<td>1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table>",
            id="table",
        ),
        pytest.param("|a|\n|-|", {"tables": False}, "<p>|a|\n|-|</p>", id="no table"),
        pytest.param("~~a~~", {}, "<p><del>a</del></p>", id="struck"),
        pytest.param("~~a~~", {"strikethrough": False}, "<p>~~a~~</p>", id="not struck"),
        pytest.param(
            "- [x] a",
            {},
            '<ul class="contains-task-list">\n<li class="task-list-item">'
            '<input class="task-list-item-checkbox" checked="checked" disabled="disabled" '
            'type="checkbox"> a</li>\n</ul>',
            id="task",
        ),
        pytest.param("- [x] a", {"task_lists": False}, "<ul>\n<li>[x] a</li>\n</ul>", id="no task"),
        pytest.param("a\nb", {"line_breaks": True}, "<p>a<br>\nb</p>", id="line breaks"),
        pytest.param(
            "[l](u)",
            {"new_window": True},
            '<p><a href="u" rel="noopener noreferrer" target="_blank">l</a></p>',
            id="new window",
        ),
        pytest.param("<b>a</b>", {}, "<p>&lt;b&gt;a&lt;/b&gt;</p>", id="HTML shown"),
        pytest.param("<b>a</b>", {"raw_html": True}, "<p><b>a</b></p>", id="HTML passed"),
        pytest.param("[a](javascript:x)", {}, "<p>[a](javascript:x)</p>", id="no script"),
        pytest.param(
            "```py\na < b\n```",
            {},
            '<pre><code class="language-py">a &lt; b\n</code></pre>',
            id="code",
        ),
        pytest.param(
            "```py x\na\n```\n```\nb\n```",
            {"code_class": "both"},
            '<pre><code class="py language-py">a\n</code></pre>\n<pre><code>b\n</code></pre>',
            id="both classes",
        ),
        pytest.param(
            'He said "hi" & [x](u "t\'s \\"")',
            {},
            '<p>He said "hi" &amp; <a href="u" title="t\'s &quot;">x</a></p>',
            id="quotes",
        ),
        pytest.param(
            "a",
            {"document": True},
            '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n</head>\n<body>\n<p>a</p>\n'
            "</body>\n</html>",
            id="document",
        ),
    ],
)
async def test_markdown_becomes_html(source: str, params: Any, result: str) -> None:
    assert (await html(source, **params)).replace(" />", ">") == result


@pytest.mark.parametrize(
    ("source", "params", "result"),
    [
        pytest.param("<h2>Head</h2><p>Text <em>em</em></p>", {}, "## Head\n\nText _em_", id="text"),
        pytest.param("<b>a </b><i>b</i> <del>c</del>", {}, "**a** _b_ ~~c~~", id="marks"),
        pytest.param(
            "<strong>a</strong><em>b</em><s>c</s><em> </em>",
            {"strong": "__", "emphasis": "*", "strike": "~"},
            "__a__*b*~c~",
            id="other marks",
        ),
        pytest.param("<ul><li>a<li>b</ul>", {}, "* a\n* b", id="list"),
        pytest.param("<ul><li>a</ul>", {"bullet": "-"}, "- a", id="other bullet"),
        pytest.param(
            '<pre><code class="language-py">a = 1\n</code></pre><pre></pre>',
            {},
            "```py\na = 1\n```",
            id="code",
        ),
        pytest.param("<pre>a_b <b>c</b></pre>", {"fence": "~~~"}, "~~~\na_b c\n~~~", id="fence"),
        pytest.param('<a href="http://x.y">l</a>', {}, "[l](http://x.y)", id="link"),
        pytest.param('<img src="u" alt="i">', {}, "![i](u)", id="image"),
        pytest.param('a<img src="data:x">', {}, "a", id="image in it"),
        pytest.param(
            '<img src="data:x" alt="i">', {"data_images": True}, "![i](data:x)", id="image kept"
        ),
        pytest.param("a<script>x</script><style>y</style>", {}, "a", id="scripts"),
        pytest.param("<nav>n</nav><p>a</p>", {"ignore": ["nav"]}, "a", id="ignored"),
        pytest.param("a<br>b", {}, "a  \nb", id="line break"),
        pytest.param("<pre>a\n\n\n\n\nb</pre>", {"blank_lines": 1}, "```\na\n\nb\n```", id="lines"),
    ],
)
async def test_html_becomes_markdown(source: str, params: Any, result: str) -> None:
    assert await markdown(source, **params) == result


async def test_where_the_result_goes() -> None:
    item = Item({"a": "x"}, binary={"f": Binary(b"")})
    params = {"markdown": "={{ $json.a }}", "as": "b.c"}
    result = await run_node(Markdown, params, [item])
    assert result.json == [{"a": "x", "b": {"c": "<p>x</p>"}}]
    assert list(result.items[0].binary) == ["f"]
    result = await run_node(Markdown, {**params, "keep": "none"}, [item])
    assert (result.json, result.items[0].binary) == ([{"b": {"c": "<p>x</p>"}}], {})


async def test_html_that_is_too_deep_fails_its_item() -> None:
    with raises_node_error("item 0: the HTML has elements too deep in each other"):
        await markdown("<div>" * 5000)


@pytest.mark.parametrize("do", ["to_html", "to_markdown"])
async def test_a_missing_library_is_explained(do: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] in ("markdown_it", "bs4"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *args, **kwargs)

    reader_of.cache_clear()
    monkeypatch.delitem(sys.modules, "nodekit_nodes_core.markdown_converter", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RunFailed, match="needs a library that is not installed: ") as caught:
        await run_node(Markdown, {"do": do, "markdown" if do == "to_html" else "html": ""}, [{}])
    assert caught.value.hint == "Install it with `pip install 'nodekit-runtime[markdown]'`."
