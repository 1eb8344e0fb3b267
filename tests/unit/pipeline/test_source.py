"""Where a pipeline comes from: a path, a text, a mapping."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nodekit import PipelineError, Registry, check, load

TEXT = "steps:\n  - {name: A, type: set}\n"


def test_a_path_gives_its_name_and_folder(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "clean-up.yaml"
    path.write_text(TEXT, encoding="utf-8-sig")
    for source in (path, str(path)):
        pipeline = load(source, registry=registry)
        assert (pipeline.name, pipeline.base, pipeline.key) == ("clean-up", tmp_path, "clean-up")


def test_a_given_base_and_name_win(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(f"id: p1\nname: Clean up\n{TEXT}", encoding="utf-8")
    pipeline = load(path, registry=registry, base=tmp_path / "sub")
    assert (pipeline.name, pipeline.base, pipeline.key) == ("Clean up", tmp_path / "sub", "p1")


@pytest.mark.parametrize(
    "text", [TEXT, "steps: [{name: A, type: set}]", '{"steps": [{"name": "A", "type": "set"}]}']
)
def test_a_text_is_a_pipeline(text: str, registry: Registry) -> None:
    pipeline = load(text, registry=registry)
    assert [step.name for step in pipeline.steps] == ["A"]
    assert (pipeline.name, pipeline.base) == ("pipeline", Path.cwd())


def test_a_mapping_is_a_pipeline(registry: Registry) -> None:
    pipeline = load({"steps": ({"name": "A", "type": "set"},)}, registry=registry)
    assert [step.name for step in pipeline.steps] == ["A"]


def test_a_file_that_looks_like_a_text_is_a_file(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a: b").write_text(TEXT, encoding="utf-8")
    assert load("a: b", registry=registry).name == "a: b"


def circle() -> dict[str, Any]:
    step: dict[str, Any] = {"name": "A", "type": "set"}
    step["params"] = {"fields": step}
    return {"steps": [step]}


def bomb() -> dict[str, Any]:
    rows: list[Any] = [1]
    for _ in range(60):
        rows = [rows, rows]
    return {"steps": [{"name": "A", "type": "set", "params": {"fields": {"a": rows}}}]}


def with_fields(fields: Any) -> dict[str, Any]:
    return {"steps": [{"name": "A", "type": "set", "params": {"fields": fields}}]}


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (
            lambda: {"steps": [{"name": "A", "type": "iff"}]},
            'steps[0].type: error[unknown-type] step "A": there is no node type "iff"; '
            'did you mean "if"?\n  `nodekit nodes` lists what is installed.',
        ),
        (
            lambda: with_fields({"a": object}),
            "steps[0].params.fields.a: error[bad-value] wants a JSON value, found <class 'object'>",
        ),
        (
            lambda: with_fields({"a": [1, float("nan")]}),
            "steps[0].params.fields.a[1]: error[bad-number] nan is no JSON number",
        ),
        (
            lambda: with_fields({1: 2}),
            "steps[0].params.fields: error[bad-key] a key must be text, found number 1",
        ),
        (
            circle,
            "steps[0].params: error[deep-nesting] mappings and lists are nested more than 100 deep",
        ),
        (
            bomb,
            "steps[0].params: error[alias-bomb] "
            "one mapping or list stands in more than 100000 places",
        ),
        (dict, 'steps: error[missing-key] needs the key "steps"'),
    ],
    ids=["type", "no json", "number", "key", "circle", "bomb", "empty"],
)
def test_findings_of_a_mapping_name_the_path(
    make: Callable[[], dict[str, Any]], found: str, registry: Registry
) -> None:
    assert "\n".join(map(str, check(make(), registry=registry))) == found


def test_an_n8n_workflow_is_recognised(registry: Registry) -> None:
    with pytest.raises(PipelineError) as caught:
        load({"nodes": [], "connections": {}}, registry=registry)
    assert [problem.code for problem in caught.value.problems] == ["n8n-workflow"]


def test_json_that_is_no_workflow_is_read_with_its_places(registry: Registry) -> None:
    text = '{"steps": [\n\t{"name": "A", "type": "iff"}\n]}\n'
    assert [problem.place for problem in check(text, registry=registry)] == ["<text>:2:24"]


def test_a_text_that_begins_like_json_may_be_yaml(registry: Registry) -> None:
    assert load("{steps: [{name: A, type: set}]}\n", registry=registry).steps[0].name == "A"


def test_the_text_of_an_n8n_workflow_is_recognised(registry: Registry) -> None:
    (problem,) = check('{"nodes": [], "connections": {}}\n', registry=registry)
    assert (problem.file, problem.code) == ("<text>", "n8n-workflow")
