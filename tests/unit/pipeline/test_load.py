"""Loading: what of a file stands where in the pipeline."""

from typing import Any

import pytest

from nodekit import Items, Pipeline, PipelineError, Registry, check, load
from nodekit.params import Hole
from nodekit.pipeline.steps import RetryPolicy
from nodekit.pipeline.wiring import Wire


def wires(pipeline: Pipeline) -> list[str]:
    return [f"{w.source}.{w.output} > {w.target}.{w.input}" for w in pipeline.wiring.wires]


def step(name: str, type: str = "set", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type, **more}


IF: dict[str, Any] = {"type": "if", "params": {"condition": True}}


def test_what_is_not_said_has_its_default(registry: Registry) -> None:
    pipeline = load({"steps": [step("A")]}, registry=registry)
    assert (pipeline.id, pipeline.description, pipeline.timeout, pipeline.timezone) == (
        None,
        "",
        None,
        "UTC",
    )
    assert (pipeline.order, pipeline.env, pipeline.vars, pipeline.on_failure) == (
        "v1",
        (),
        {},
        None,
    )
    assert (pipeline.output, pipeline.warnings) == (("A", "main"), ())
    (one,) = pipeline.steps
    assert (one.on_error, one.retry, one.timeout, one.concurrency) == (
        "stop",
        RetryPolicy(),
        None,
        8,
    )
    assert (one.once, one.always_output, one.disabled) == (False, False, False)
    assert (one.pin, one.credential, one.notes, one.outputs) == (None, None, "", ("main",))
    assert wires(pipeline) == [".start.main > A.main"]


def test_what_is_said_arrives(registry: Registry) -> None:
    pipeline = load(
        {
            "id": "p1",
            "name": "all",
            "description": "words",
            "settings": {
                "timeout": "10m",
                "timezone": "Europe/Berlin",
                "order": "v0",
                "env": ["HOME"],
                "vars": {"limit": 3},
                "on_failure": "failed.yaml",
                "concurrency": 4,
            },
            "steps": [
                step(
                    "A",
                    on_error="error_output",
                    retry={
                        "tries": 5,
                        "wait": "250ms",
                        "backoff": 2,
                        "jitter": 0.1,
                        "max_wait": "1m",
                        "on": ["timeout", 503],
                        "of": "step",
                    },
                    timeout=1.5,
                    concurrency=2,
                    once=True,
                    always_output=True,
                    disabled=True,
                    notes="why",
                    pin=[{"a": 1}, {}],
                ),
                step("B", retry={}),
            ],
            "output": "A.error",
        },
        registry=registry,
    )
    assert (pipeline.id, pipeline.name, pipeline.key) == ("p1", "all", "p1")
    assert (pipeline.description, pipeline.on_failure) == ("words", "failed.yaml")
    assert (pipeline.timeout, pipeline.timezone, pipeline.order) == (600.0, "Europe/Berlin", "v0")
    assert (pipeline.env, pipeline.vars) == (("HOME",), {"limit": 3})
    assert pipeline.output == ("A", "error")
    first, second = pipeline.steps
    assert first.retry == RetryPolicy(5, 0.25, 2.0, 0.1, 60.0, frozenset({"timeout", 503}), "step")
    assert (first.on_error, first.timeout, first.concurrency) == ("error_output", 1.5, 2)
    assert (first.once, first.always_output, first.disabled) == (True, True, True)
    assert (first.notes, first.pin, first.all_outputs) == (
        "why",
        Items([{"a": 1}, {}]),
        ("main", "error"),
    )
    assert second.retry == RetryPolicy(tries=3)
    assert second.concurrency == 4


def test_expressions_become_holes(registry: Registry) -> None:
    fields = {"a": "={{ $json.x }}", "b": ["c", "=d"], "e": 1}
    pipeline = load({"steps": [step("A", params={"fields": fields})]}, registry=registry)
    template = pipeline.steps[0].template
    assert repr(template.raw) == "{'fields': {'a': ={{ $json.x }}, 'b': ['c', =d], 'e': 1}}"
    hole = template.raw["fields"]["b"][1]
    assert isinstance(hole, Hole)
    assert (hole.index, hole.path, hole.text) == (1, ("fields", "b", 1), "=d")
    assert [expression.text for expression in template.expressions] == ["={{ $json.x }}", "=d"]
    assert (template.each, template.source) == (frozenset(), {"fields": fields})


def test_a_batch_node_knows_which_holes_are_for_every_item(registry: Registry) -> None:
    params = {"loose": "={{ $json.loose }}", "condition": "={{ $json.x }}"}
    pipeline = load({"steps": [step("A", "if", params=params)]}, registry=registry)
    assert pipeline.steps[0].template.each == {1}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (
            [step("A"), step("B"), step("C", input=".start")],
            [".start.main > A.main", "A.main > B.main", ".start.main > C.main"],
        ),
        (
            [step("A", **IF), step("B", input="A.false"), step("C", input="A")],
            [".start.main > A.main", "A.false > B.main", "A.true > C.main"],
        ),
        (
            [step("A"), step("B", input=".start"), step("M", input=["A", "B"])],
            [".start.main > A.main", ".start.main > B.main", "A.main > M.main", "B.main > M.main"],
        ),
        (
            [step("A"), step("J", "join", input={"right": [".start", "A"], "left": "A"})],
            [
                ".start.main > A.main",
                ".start.main > J.right",
                "A.main > J.right",
                "A.main > J.left",
            ],
        ),
        (
            [step("a.b", **IF), step("a", **IF, input=[]), step("C", input=["a.b", "a.b.false"])],
            [".start.main > a.b.main", "a.b.true > C.main", "a.b.false > C.main"],
        ),
        (
            [step("A", back={"main": ["B"]}), step("B", input="A", back="B")],
            [".start.main > A.main", "B.main > A.main", "A.main > B.main", "B.main > B.main"],
        ),
        (
            [step("S", "switch", params={"outputs": ["x.y", "z"]}), step("B", input="S.x.y")],
            [".start.main > S.main", "S.x.y > B.main"],
        ),
        (
            [step("A", on_error="error_output"), step("B", input="A.error")],
            [".start.main > A.main", "A.error > B.main"],
        ),
        ([step("A", "source"), step("B")], ["A.main > B.main"]),
    ],
    ids=["start", "output", "list", "mapping", "dots", "back", "computed", "error", "no input"],
)
def test_references_become_wires(
    steps: list[dict[str, Any]], expected: list[str], registry: Registry
) -> None:
    assert wires(load({"steps": steps}, registry=registry)) == expected


@pytest.mark.parametrize(
    ("type", "given", "expected"),
    [
        ("join", {"right": None, "left": "A"}, ["left", "right"]),
        ("join", {"left": "A"}, ["left"]),
        ("join", "A", ["left"]),
        ("merge", {"z": "A", "a": None, "b": "A"}, ["z", "a", "b"]),
        ("merge", "A", ["main"]),
        ("set", None, ["main"]),
    ],
    ids=["declared order", "one of two", "first", "any", "any, unnamed", "nothing"],
)
def test_inputs_are_those_the_file_mentions(
    type: str, given: Any, expected: list[str], registry: Registry
) -> None:
    steps = [step("A"), step("B", type, input=given)]
    pipeline = load({"steps": steps}, registry=registry)
    assert pipeline.wiring.inputs["B"] == expected


def test_required_inputs_and_outputs_are_known(registry: Registry) -> None:
    pipeline = load(
        {"steps": [step("A"), step("J", "join", on_error="error_output")]}, registry=registry
    )
    assert pipeline.step("J").required == ("left",)
    assert pipeline.wiring.outputs == {"A": ("main",), "J": ("main", "error")}
    assert Wire("A", "main", "J", "left") in pipeline.wiring.wires


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (None, ("B", "main")),
        ("A", ("A", "true")),
        ("A.false", ("A", "false")),
        (".last", None),
    ],
)
def test_the_output_of_a_pipeline(
    output: str | None, expected: tuple[str, str] | None, registry: Registry
) -> None:
    steps = [step("A", **IF), step("B", input="A")]
    assert load({"steps": steps, "output": output}, registry=registry).output == expected


def test_warnings_are_kept_and_do_not_prevent_loading(registry: Registry) -> None:
    pipeline = load({"steps": [step("A", **IF), step("B")]}, registry=registry)
    assert [problem.code for problem in pipeline.warnings] == ["implicit-output"]


@pytest.mark.parametrize(
    "steps",
    [
        [step("A", **IF), step("B", input="A")],
        [step("A", back="C"), step("B", input="A"), step("C", input="B"), step("D", input="A")],
        [step("A", type="gone"), step("B"), step("C", input="A.anything")],
        [step("A", on_error="wrong"), step("B", input="A.error"), step("C", input=["B", "A"])],
        [step("A"), step("B", input=5), step("C")],
        [step("A"), step("B", input="gone"), step("C")],
        [step("A", "switch", params={"outputs": 5}), step("B", input="A.x"), step("C", input="A")],
        [step("A"), "words", step("C")],
        [step("A"), {"type": "set"}, step("C")],
    ],
)
def test_nothing_is_said_about_what_cannot_be_known(steps: list[Any], registry: Registry) -> None:
    about = {
        problem.path.removeprefix("steps") for problem in check({"steps": steps}, registry=registry)
    }
    assert len(about) <= 1


def test_a_step_after_one_without_outputs_must_say_its_input(registry: Registry) -> None:
    steps = [step("A", "switch", params={"outputs": []}), step("B")]
    with pytest.raises(PipelineError) as caught:
        load({"steps": steps}, registry=registry)
    assert str(caught.value) == (
        'steps[1]: error[unknown-output] step "B": the step above, "A", has no output\n'
        "  Name the step that feeds this one with `input:`."
    )


def test_a_reference_to_a_step_without_outputs(registry: Registry) -> None:
    steps = [step("A", "switch", params={"outputs": []}), step("B", input="A.x")]
    assert [str(problem) for problem in check({"steps": steps}, registry=registry)] == [
        'steps[1].input: error[unknown-output] step "B": step "A" has no output "x"\n'
        "  It has no output."
    ]


def test_a_node_without_inputs_takes_none(registry: Registry) -> None:
    steps = [step("A"), step("B", "source", input="A")]
    assert [str(problem) for problem in check({"steps": steps}, registry=registry)] == [
        'steps[1].input: error[unknown-input] step "B": the node has no input'
    ]


def test_a_node_that_depends_on_nothing_is_known_whatever_its_params_are(
    registry: Registry,
) -> None:
    steps = [step("A", "if", params={"condition": 5}), step("B", input="A.yes")]
    assert [problem.code for problem in check({"steps": steps}, registry=registry)] == [
        "bad-param",
        "unknown-output",
    ]
