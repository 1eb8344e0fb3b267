"""Documents that are read as n8n reads workflows: what is wrong fails where it is come to."""

from typing import Any

import pytest

from nodekit import PipelineError, RunFailed, load, run_sync

Json = Any


def document(steps: list[dict[str, Json]], **settings: Json) -> dict[str, Json]:
    return {"settings": settings, "steps": steps}


def setting(value: str, **more: Json) -> dict[str, Json]:
    return {"name": "A", "type": "set", "params": {"fields": {"v": value}}, **more}


@pytest.mark.parametrize(
    ("value", "code", "message"),
    [
        ("={{ 1 + }}", "bad-expression", "invalid syntax"),
        ("={{ }}", "bad-expression", "invalid syntax"),
        ("={{ $('B').first().json.v }}", "unknown-step", "Referenced node doesn't exist"),
    ],
)
def test_a_wrong_expression_fails_when_it_is_come_to(value: str, code: str, message: str) -> None:
    with pytest.raises(PipelineError) as caught:
        load(document([setting(value)]))
    assert [problem.code for problem in caught.value.problems] == [code]
    pipeline = load(document([setting(value)], expressions="lenient"))
    assert [(one.code, one.level) for one in pipeline.warnings] == [(code, "warning")]
    with pytest.raises(RunFailed, match=message):
        run_sync(pipeline)


def test_what_is_not_listed_is_undefined() -> None:
    pipeline = load(document([setting("={{ $vars.gone }}-{{ gone }}")], expressions="lenient"))
    assert [one.code for one in pipeline.warnings] == ["unknown-variable"]
    assert list(run_sync(pipeline).items.json) == [{"v": "-"}]


def test_a_step_may_wait_in_vain() -> None:
    merge = {
        "name": "M",
        "type": "merge",
        "input": {"a": ".start", "b": None},
        "params": {"how": "choose", "require": ["a", "b"]},
    }
    with pytest.raises(PipelineError, match="missing-input"):
        load(document([merge]))
    run = run_sync(load(document([merge], expressions="lenient")))
    assert [step.step for step in run.steps] == []


@pytest.mark.parametrize("lenient", [True, False])
def test_names_may_begin_with_a_dot(lenient: bool) -> None:
    steps = [setting("x", name=".a"), setting("y", name="b", input=".main:.a")]
    value = document(steps, expressions="lenient" if lenient else "strict")
    if lenient:
        assert list(run_sync(load(value)).items.json) == [{"v": "y"}]
        return
    with pytest.raises(PipelineError, match="begins with a dot"):
        load(value)


@pytest.mark.parametrize("name", [".start", ".last"])
def test_keywords_are_no_names(name: str) -> None:
    with pytest.raises(PipelineError, match="begins with a dot"):
        load(document([setting("x", name=name)], expressions="lenient"))


def test_expressions_may_ask_what_a_step_was() -> None:
    origin = {"version": 3.4, "id": "n1", "parameters": {"mode": "manual"}}
    value = "={{ [$nodeVersion, $nodeId, $parameter.mode, $execution.mode] }}"
    run = run_sync(load(document([setting(value, origin=origin)], mode="test")))
    assert list(run.items.json) == [{"v": [3.4, "n1", "manual", "test"]}]


def test_pinned_files_must_be_base64() -> None:
    more = [{"files": {"a": {"data": "?"}}}]
    with pytest.raises(PipelineError, match="the pinned file None is not in base64"):
        load(document([setting("x", pin=[{}], pin_more=more)]))
