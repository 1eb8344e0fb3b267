"""What nodes of n8n's become, by type and version."""

from typing import Any

import pytest

from nodekit.pipeline.n8n.draft import ParameterIssue, StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode
from nodekit.pipeline.n8n.table import TRANSLATORS

Json = Any


def draft(kind: str, version: float, parameters: dict[str, Json], slots: int = 1) -> StepDraft:
    full = f"n8n-nodes-base.{kind}"
    return TRANSLATORS[full].translate(N8nNode("A", full, version, parameters, slots=slots))


def field(name: str, value: Json, type: str = "string") -> Json:
    return {"name": name, "value": value, "type": type}


def assigned(*fields: Json, **more: Json) -> dict[str, Json]:
    return {"assignments": {"assignments": list(fields)}, **more}


SETS: list[tuple[str, float, dict[str, Json], dict[str, Json]]] = [
    (
        "values by type, truth first",
        1,
        {"values": {"string": [{"name": "s", "value": "x"}], "boolean": [{"name": "b"}]}},
        {"fields": {"b": False, "s": "x"}, "types": {"b": "truth"}, "keep": "all"},
    ),
    (
        "numbers of version 2",
        2,
        {"keepOnlySet": True, "values": {"number": [{"name": "n", "value": "1"}]}},
        {"fields": {"n": "1"}, "types": {"n": "numeric"}},
    ),
    (
        "expressions of version 1 may give nothing",
        1,
        {"keepOnlySet": True, "values": {"string": [{"name": "s", "value": "={{ $json.a }}"}]}},
        {"computed": [{"name": "s", "value": "={{ $json.a }}"}], "missing": "skip"},
    ),
    (
        "fields of version 3",
        3,
        {
            "include": "selected",
            "includeFields": "a, b",
            "fields": {"values": [{"name": "s", "stringValue": "x"}]},
        },
        {"fields": {"s": "x"}, "types": {"s": "text"}, "keep": ["a", "b"], "binary": "drop"},
    ),
    (
        "null is text from 3.2 on",
        3.2,
        {"include": "none", "fields": {"values": [{"name": "s", "stringValue": "x"}]}},
        {"fields": {"s": "x"}, "types": {"s": "string"}, "binary": "drop"},
    ),
    (
        "all but some",
        3.2,
        {"include": "except", "excludeFields": "a"},
        {"fields": {}, "drop": ["a"], "binary": "drop"},
    ),
    (
        "assignments",
        3.4,
        assigned(field("a.b", 1, "number"), includeOtherFields=True),
        {"fields": {"a.b": 1}, "types": {"a.b": "number"}, "keep": "all"},
    ),
    (
        "a name twice",
        3.4,
        assigned(field("a", 1, "number"), field("a", "={{ $json.b }}")),
        {
            "computed": [
                {"name": "a", "value": 1, "type": "number"},
                {"name": "a", "value": "={{ $json.b }}", "type": "string"},
            ]
        },
    ),
    (
        "options",
        3.4,
        assigned(
            options={"dotNotation": False, "ignoreConversionErrors": True, "stripBinary": True},
            duplicateItem=True,
            duplicateCount=2,
        ),
        {
            "fields": {},
            "dots": False,
            "ignore_conversion_errors": True,
            "binary": "drop",
            "duplicates": 2,
        },
    ),
    ("raw", 3.4, {"mode": "raw", "jsonOutput": '{"a": 1}'}, {"json": '{"a": 1}'}),
    ("raw value", 3.4, {"mode": "raw", "jsonOutput": "={{ $json }}"}, {"json": "={{ $json }}"}),
    ("raw, empty chunk", 3.4, {"mode": "raw", "jsonOutput": "={{ }}"}, {"json": "={{ }}"}),
]


@pytest.mark.parametrize(
    ("version", "parameters", "params"), [row[1:] for row in SETS], ids=[row[0] for row in SETS]
)
def test_set(version: float, parameters: dict[str, Json], params: dict[str, Json]) -> None:
    assert draft("set", version, parameters).params == params


def test_chunks_of_raw_text_give_json() -> None:
    text = '={"a": {{ $json.a; }}, "b": {{ ({c: {d: 1\\}}) }}}'
    written = draft("set", 3.4, {"mode": "raw", "jsonOutput": text}).params["json"]
    wrapper = "v => typeof v === 'object' && v !== null ? JSON.stringify(v) : String(v)"
    assert written == (
        f'={{"a": {{{{ ({wrapper})($json.a\n) }}}}, "b": {{{{ ({wrapper})(({{c: {{d: 1\\}}}})'
        "\n) }}}"
    )


def test_raw_text_that_is_no_object_is_refused() -> None:
    with pytest.raises(ParameterIssue, match="'jsonOutput' expects an object but we got '\\[1\\]'"):
        draft("set", 3.4, {"mode": "raw", "jsonOutput": "[1]"})


FILTERS: list[tuple[str, Json, dict[str, Json]]] = [
    ("nothing", None, {"all": [], "rules": 1}),
    ("any", {"combinator": "or", "conditions": []}, {"any": [], "rules": 1}),
    (
        "options that say nothing",
        {"options": {}, "conditions": []},
        {"all": [], "case": False, "loose": True, "rules": 1},
    ),
    (
        "all options",
        {"options": {"caseSensitive": True, "typeValidation": "strict", "version": 3}},
        {"all": [], "rules": 3},
    ),
    (
        "comparisons",
        {
            "conditions": [
                {
                    "leftValue": 1,
                    "rightValue": 2,
                    "operator": {"type": "number", "operation": "gt"},
                },
                {"leftValue": "", "operator": {"type": "boolean", "operation": "true"}},
            ]
        },
        {
            "all": [
                {"left": 1, "is": "number.gt", "right": 2},
                {"left": "", "is": "boolean.true"},
            ],
            "rules": 1,
        },
    ),
]


@pytest.mark.parametrize(
    ("value", "params"), [row[1:] for row in FILTERS], ids=[row[0] for row in FILTERS]
)
def test_filters(value: Json, params: dict[str, Json]) -> None:
    assert draft("if", 2.2, {"conditions": value}).params == params
    assert draft("filter", 2.2, {"conditions": value}).params == params


def test_the_first_if_and_filter() -> None:
    conditions = {"string": [{"value1": "a", "operation": "isEmpty"}], "number": [{"value2": 3}]}
    comparisons = [
        {"left": 0, "is": "number.lt", "right": 3},
        {"left": "a", "is": "string.empty"},
    ]
    first = draft("if", 1, {"conditions": conditions, "combineOperation": "any"})
    assert first.params == {"any": comparisons, "rules": 0}
    assert draft("filter", 1, {"conditions": conditions}).params == {"all": comparisons, "rules": 0}


@pytest.mark.parametrize(
    ("keys", "fallback", "outputs"),
    [
        (["a", "b"], {}, ("a", "b")),
        (["a", "a"], {}, ("0", "1")),
        (["error", "drop"], {}, ("0", "1")),
        (["a", "={{ 1 }}"], {}, ("a", "1")),
        (["a"], {"fallbackOutput": "extra"}, ("a", "Fallback")),
        (["a"], {"fallbackOutput": "extra", "renameFallbackOutput": "a"}, ("0", "1")),
        (["a", "5"], {}, ("0", "1")),
    ],
)
def test_outputs_of_switch(keys: list[str], fallback: Json, outputs: tuple[str, ...]) -> None:
    rules = [{"renameOutput": True, "outputKey": key} for key in keys]
    found = draft("switch", 3.2, {"rules": {"values": rules}, "options": fallback})
    assert found.outputs == outputs


def test_a_switch_by_number_wants_a_number_of_outputs() -> None:
    found = draft("switch", 3, {"mode": "expression", "numberOutputs": 2, "output": "={{ 1 }}"})
    assert found.params == {"outputs": ["0", "1"], "output": "={{ 1 }}", "link_failures": False}
    with pytest.raises(Unsupported, match="the number of outputs is computed"):
        draft("switch", 3, {"mode": "expression", "numberOutputs": "={{ 2 }}"})


def test_the_first_switches() -> None:
    rule = {"operation": "larger", "value2": 5, "output": 2}
    first = draft(
        "switch", 1, {"value1": "={{ $json.n }}", "rules": {"rules": [rule]}, "fallbackOutput": 3}
    )
    assert first.outputs == ("0", "1", "2", "3")
    assert first.params["rest"] == "3"
    assert first.params["rules"] == [
        {
            "to": "2",
            "all": [{"left": "={{ $json.n }}", "is": "number.gt", "right": 5}],
            "rules": 0,
        }
    ]
    second = draft("switch", 2, {"rules": {"rules": [{**rule, "outputKey": "big"}]}})
    assert second.outputs == ("big",)


MERGES: list[tuple[str, float, dict[str, Json], dict[str, Json]]] = [
    ("append", 3, {}, {"how": "append"}),
    (
        "by fields",
        3,
        {"mode": "combine", "fieldsToMatchString": "id, k"},
        {"how": "key", "on": ["id", "k"], "join": "matches"},
    ),
    (
        "by fields of several names",
        3.1,
        {
            "mode": "combine",
            "advanced": True,
            "mergeByFields": {"values": [{"field1": "a", "field2": "b"}]},
            "joinMode": "keepNonMatches",
            "outputDataFrom": "input2",
            "options": {"fuzzyCompare": True, "disableDotNotation": True},
        },
        {
            "how": "key",
            "on": [{"left": "a", "right": "b"}],
            "join": "unmatched",
            "take": "right",
            "fuzzy": True,
            "dots": False,
        },
    ),
    (
        "clashes",
        3,
        {
            "mode": "combine",
            "combineBy": "combineAll",
            "options": {
                "clashHandling": {
                    "values": {
                        "resolveClash": "preferInput1",
                        "mergeMode": "shallowMerge",
                        "overrideEmpty": True,
                    }
                }
            },
        },
        {"how": "all", "clash": "left", "deep": False, "skip_empty": True},
    ),
    (
        "by position",
        3,
        {
            "mode": "combine",
            "combineBy": "combineByPosition",
            "options": {
                "includeUnpaired": True,
                "clashHandling": {"values": {"resolveClash": "preferInput2"}},
            },
        },
        {"how": "position", "clash": "input2", "unpaired": True, "inputs": 2},
    ),
    (
        "version 2",
        2,
        {"mode": "combine", "mergeByFields": {"values": [{"field1": "a", "field2": "a"}]}},
        {"how": "key", "on": ["a"], "join": "matches", "must_exist": True},
    ),
    (
        "one branch",
        3,
        {"mode": "chooseBranch", "useDataOfInput": 2},
        {"how": "choose", "take": "input2", "require": ["input1"]},
    ),
    (
        "no branch",
        3,
        {"mode": "chooseBranch", "output": "empty"},
        {"how": "choose", "take": "none", "require": ["input1"]},
    ),
    (
        "version 1 by index",
        1,
        {"mode": "mergeByIndex", "join": "outer"},
        {"how": "position", "deep": False, "unpaired": True},
    ),
    (
        "version 1 by key",
        1,
        {
            "mode": "mergeByKey",
            "propertyName1": "a",
            "propertyName2": "b",
            "overwrite": "undefined",
        },
        {
            "how": "key",
            "on": [{"left": "a", "right": "b"}],
            "join": "left",
            "multiple": "first",
            "clash": "left",
            "deep": False,
        },
    ),
    (
        "version 1 without matches",
        1,
        {"mode": "removeKeyMatches", "propertyName1": "a", "propertyName2": "a"},
        {"how": "key", "on": ["a"], "join": "unmatched", "take": "left"},
    ),
    (
        "version 1 wait",
        1,
        {"mode": "wait"},
        {"how": "choose", "take": "none", "require": ["input1"]},
    ),
]


@pytest.mark.parametrize(
    ("version", "parameters", "params"), [row[1:] for row in MERGES], ids=[row[0] for row in MERGES]
)
def test_merge(version: float, parameters: dict[str, Json], params: dict[str, Json]) -> None:
    assert draft("merge", version, parameters).params == params


def test_a_merge_that_chooses_waits_for_both_inputs_if_both_are_connected() -> None:
    found = draft("merge", 3, {"mode": "chooseBranch"}, slots=2)
    assert found.params["require"] == ["input1", "input2"]


def test_a_merge_has_as_many_inputs_as_are_asked_for_or_connected() -> None:
    assert draft("merge", 3.1, {"numberInputs": 3}).inputs == ("input1", "input2", "input3")
    assert len(draft("merge", 3.1, {}, slots=4).inputs) == 4


QUERY = "SELECT * FROM input1 LEFT JOIN input2 ON input1.name = input2.id"


@pytest.mark.parametrize(
    ("version", "stated", "params"),
    [
        (3, {}, {"query": QUERY, "if_empty": "success"}),
        (3.2, {"query": "SELECT 1"}, {"query": "SELECT 1"}),
        (3.2, {"query": "SELECT {{ $json.a }}"}, {"query": "=SELECT {{ $json.a }}"}),
        (3.1, {"options": {"emptyQueryResult": "empty"}}, {"query": QUERY}),
        (
            3.2,
            {"options": {"emptyQueryResult": "success"}},
            {"query": QUERY, "if_empty": "success"},
        ),
    ],
    ids=["defaults", "a query", "a template", "nothing if empty", "success if empty"],
)
def test_a_merge_by_sql_says_what_differs(
    version: float, stated: dict[str, Json], params: dict[str, Json]
) -> None:
    found = draft("merge", version, {"mode": "combineBySql", "numberInputs": 3, **stated})
    assert found.params == {"how": "sql", **params}
    assert found.inputs == ("input1", "input2", "input3")
    assert [text.split(":")[0] for text in found.differences] == [
        "The query is answered by SQLite, not AlaSQL"
    ]


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"mode": "combine"}, "there are no fields to match on"),
        (
            {"mode": "combineBySql", "options": {"queryParameters": "1"}},
            "the option queryParameters is not supported",
        ),
    ],
)
def test_merges_that_cannot_be_honoured(parameters: dict[str, Json], reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        draft("merge", 3, parameters)


@pytest.mark.parametrize(
    ("version", "params", "outputs"),
    [
        (1, {"size": 10, "quiet": True}, ("loop",)),
        (2, {"size": 10}, ("loop", "done")),
        (3, {"size": 1}, ("done", "loop")),
    ],
)
def test_loops(version: float, params: dict[str, Json], outputs: tuple[str, ...]) -> None:
    found = draft("splitInBatches", version, {})
    assert (found.params, found.outputs) == (params, outputs)


def test_a_loop_may_be_reset() -> None:
    found = draft("splitInBatches", 3, {"batchSize": 2, "options": {"reset": "={{ true }}"}})
    assert found.params == {"size": 2, "reset": "={{ true }}"}


def test_stop_and_error() -> None:
    assert draft("stopAndError", 1, {"errorMessage": "no"}).params == {"message": "no"}
    error = {"errorType": "errorObject", "errorObject": '{"message": "no"}'}
    assert draft("stopAndError", 1, error).params == {"json": '{"message": "no"}'}


@pytest.mark.parametrize(
    ("parameters", "fields"),
    [
        ({"workflowInputs": {"values": [{"name": "a"}]}}, {"a": '={{ $json["a"] ?? null }}'}),
        (
            {"inputSource": "jsonExample", "jsonExample": '{"b": 1}'},
            {"b": '={{ $json["b"] ?? null }}'},
        ),
        ({"inputSource": "jsonExample", "jsonExample": "{"}, {}),
        ({"inputSource": "jsonExample", "jsonExample": "[1]"}, {}),
    ],
    ids=["declared", "example", "no JSON", "no object"],
)
def test_a_called_workflow_declares_its_fields(
    parameters: dict[str, Json], fields: dict[str, Json]
) -> None:
    found = draft("executeWorkflowTrigger", 1.1, parameters)
    assert found.params == {"fields": fields, "dots": False, "binary": "keep"}


def test_a_called_workflow_may_take_what_comes() -> None:
    assert draft("executeWorkflowTrigger", 1.1, {"inputSource": "passthrough"}).type == "no_op"
    assert draft("executeWorkflowTrigger", 1, {}).type == "no_op"
