"""How an expression is cut into text and code."""

import pytest
from hypothesis import given, strategies as st

from nodekit.errors import ExpressionError
from nodekit.expressions.template import Code, parse

CUTS: list[tuple[str, tuple[str | Code, ...], bool]] = [
    ("=", (), False),
    ("=abc", ("abc",), False),
    ("==", ("=",), False),
    ("={{ 1 }}", (Code(" 1 ", 3),), True),
    ("={{ 1", (Code(" 1", 3),), True),
    ("= {{ 1 }}", (" ", Code(" 1 ", 4)), False),
    ("={{ 1 }}\n", (Code(" 1 ", 3), "\n"), False),
    ("={{1}}{{2}}", (Code("1", 3), Code("2", 8)), False),
    ("=a{{1}}b{{2", ("a", Code("1", 4), "b", Code("2", 10)), False),
    (r"=\{{ 1 }}", (r"\{{ 1 }}",), False),
    (r"=\{{{ 1 }}", (r"\{{{ 1 }}",), False),
    ("={{{a:1}}}", (Code("{a:1", 3), "}"), False),
    (r'={{ "\}}" }}', (Code(' "}}" ', 3),), True),
    ('={{ "}}" }}', (Code(' "', 3), '" }}'), False),
    ("=plain {not} }} end", ("plain {not} }} end",), False),
    ('={{ "{{" }}', (Code(' "{{" ', 3),), True),
]


@pytest.mark.parametrize(("text", "parts", "single"), CUTS, ids=[text for text, _, _ in CUTS])
def test_it_is_cut_as_n8n_cuts_it(text: str, parts: tuple[str | Code, ...], single: bool) -> None:
    template = parse(text)
    assert template.parts == parts
    assert template.single is single
    assert template.text == text


@pytest.mark.parametrize(
    ("text", "position"), [("={{ }}", 1), ("={{}}", 1), ("=a {{ 1 }} {{\n}}", 11), ("={{", 1)]
)
def test_an_empty_chunk_is_an_error(text: str, position: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.message == "invalid syntax"
    assert caught.value.position == position
    assert caught.value.text == text
    assert caught.value.kind == "syntax"


@given(st.text(st.sampled_from("ab{}\\ "), max_size=12))
def test_nothing_of_the_text_is_lost(text: str) -> None:
    try:
        parts = parse("=" + text).parts
    except ExpressionError:
        return
    at = 1
    for part in parts:
        if isinstance(part, Code):
            assert part.start == at + 2
            at = part.start + len(part.text) + part.text.count("}}") + 2
        else:
            assert ("=" + text)[at : at + len(part)] == part
            at += len(part)
    assert at in (len(text) + 1, len(text) + 3)
