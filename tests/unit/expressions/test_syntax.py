"""What is wrong with an expression, found without a run."""

import pytest

from nodekit.errors import ExpressionError
from nodekit.expressions import Expression, Worker, compile_value, faults, try_expression
from nodekit.params import UNDEFINED


def compiled(text: str) -> Expression | None:
    try:
        return compile_value(text)
    except ExpressionError:
        return None


def test_faults_stand_where_their_expressions_stand() -> None:
    texts = ["={{ $json.a }}", "={{ $json.a.map(x => ) }}", "={{ [1, 2].map(x => x) }}"]
    expressions = [e for e in map(compiled, texts) if e is not None]
    assert len(expressions) == 3
    first, second, third = faults(expressions)
    assert (first, third) == (None, None)
    assert second is not None
    assert (second.message, second.text, second.kind) == ("invalid syntax", texts[1], "syntax")
    assert second.hint == "JavaScript says: unexpected token in expression: ')'."


def test_no_child_is_started_where_all_is_native(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a child was started")

    monkeypatch.setattr(Worker, "ask_now", refuse)
    assert faults([compile_value("={{ $json.a }}"), compile_value("=text")]) == [None, None]


def test_one_expression_tried() -> None:
    assert try_expression("={{ $json.a.toFixed(1) }}", {"a": 1}) == "1.0"
    assert try_expression("={{ $json.b }}", {}) is UNDEFINED
    assert (
        try_expression("={{ $vars.x + $now.zoneName }}", {}, facts={"vars": {"x": "a"}}) == "aUTC"
    )
    with pytest.raises(ExpressionError, match="Referenced node doesn't exist"):
        try_expression("={{ $('X').first() }}", {})
