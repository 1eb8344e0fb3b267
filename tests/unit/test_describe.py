"""A node type as data, JSON Schema, Markdown and in n8n's shape: all from one declaration."""

from datetime import datetime
from textwrap import dedent
from typing import Any, Literal

import pytest
from jsonschema import Draft7Validator
from pydantic import Field, SecretStr

from nodekit import (
    BatchNode,
    Context,
    Credential,
    Each,
    Fixed,
    Inputs,
    Item,
    ItemNode,
    Items,
    Json,
    NodeType,
    Params,
    Registry,
    always,
)
from nodekit.describe import (
    Operation,
    Parameter,
    as_json,
    describe,
    file_schema,
    n8n_description,
    overview,
    page,
)
from nodekit.describe.files import schema_of
from nodekit.describe.nodes import title_of


class Account(Credential):
    """Access."""

    key: SecretStr


class Talk(Params):
    """Words with a service."""

    api: Literal["talk"] = "talk"
    """Which API."""


class CreateSession(Talk):
    """Open a session."""

    resource: Literal["session"] = "session"
    operation: Literal["create"] = "create"
    user_id: str = Field(min_length=1, examples=["u_1"])
    """Who talks."""


class EndSession(Talk):
    """Close a session."""

    resource: Literal["session"] = "session"
    operation: Literal["end"] = "end"
    force: bool = False
    """Whether to interrupt."""


class SendMessage(Talk):
    """Say something."""

    resource: Literal["message"] = "message"
    operation: Literal["send"] = "send"
    text: str
    """What is said | written."""
    wait_ms: int = Field(default=30_000, ge=1_000)
    """How long to wait."""
    user_id: str = Field(min_length=1, examples=["u_1"])
    """Who talks."""


class Call(Params):
    """Anything else."""

    api: Literal["raw"] = "raw"
    """Which API."""
    password: SecretStr | None = None
    """A secret."""


class Chat(ItemNode[CreateSession | EndSession | SendMessage | Call]):
    """Talk to people.

    More about it.
    """

    credentials = (Account,)
    version = 2

    def run_item(self, item: Item, params: Any, ctx: Context) -> Item:
        return item


class Rule(Params):
    to: Fixed[str]
    """Where to."""
    condition: Each[bool]
    """When."""
    inner: "Rule | None" = None
    """A rule in the rule."""


class RouteParams(Params):
    rules: list[Rule]
    """The rules."""
    match_mode: Fixed[Literal["first", "every"]] = "first"
    """How many fit."""
    strict: Fixed[Rule | None] = None
    """One rule that is known beforehand."""
    fields: dict[str, Each[int]] = Field(default={}, description="Numbers.")
    on: Each[bool] = always(True)
    """Whether."""
    pair: tuple[str, int] | None = None
    """Two things."""
    by: Literal["all"] | list[str] = "all"
    """By what."""
    anything: Json = None
    """Whatever."""
    form: Literal["auto"] | Literal["csv", "json"] | None = None
    """Which of two lists."""
    many: Literal[tuple(range(20))] = 0  # type: ignore[valid-type]  # a long list
    """One of many."""
    ending: str = "\n"
    """What follows."""
    since: datetime | None = None
    """When."""
    per_day: dict[str, list[int]] = Field(default={})
    """Lists by name."""


class Route(BatchNode[RouteParams, None, Literal["main", "rest"]]):
    """Send items somewhere."""

    @classmethod
    def inputs_of(cls, params: RouteParams) -> tuple[str, ...]:
        return ("main",)

    def run_batch(self, inputs: Inputs, params: RouteParams, ctx: Context) -> Items:
        return inputs.main


class NoParams(Params):
    pass


class Quiet(ItemNode[NoParams]):
    """Do nothing."""

    def run_item(self, item: Item, params: NoParams, ctx: Context) -> Item:
        return item


CHAT = NodeType("acme.chat", Chat)
ROUTE = NodeType("route", Route)
QUIET = NodeType("quiet", Quiet)


def test_an_operation_is_described_with_what_selects_it() -> None:
    node = describe(CHAT)
    assert node.operations[2] == Operation(
        title="message / send",
        description="Say something.",
        selectors={"api": ("talk",), "resource": ("message",), "operation": ("send",)},
        parameters=(
            Parameter(
                name="text",
                kind="text",
                words="text",
                description="What is said | written.",
                required=True,
            ),
            Parameter(
                name="wait_ms",
                kind="integer",
                words="whole number",
                description="How long to wait.",
                required=False,
                default=30_000,
            ),
            Parameter(
                name="user_id",
                kind="text",
                words="text",
                description="Who talks.",
                required=True,
                examples=("u_1",),
            ),
        ),
    )
    assert node.selectors == ("api", "resource", "operation")
    assert (node.type, node.version, node.kind) == ("acme.chat", 2, "item")
    assert (node.inputs, node.outputs, node.varies) == (("main",), ("main",), False)
    assert node.credentials == ("Account",)
    assert node.operations[3].parameters[0].secret


def test_parameters_say_what_is_fixed_and_what_is_for_each_item() -> None:
    (operation,) = describe(ROUTE).operations
    found = {parameter.name: parameter for parameter in operation.parameters}
    rules = found["rules"]
    assert [(field.name, field.fixed, field.each) for field in rules.fields] == [
        ("to", True, False),
        ("condition", False, True),
        ("inner", False, False),
    ]
    assert rules.fields[2].fields == ()
    assert (rules.fixed, found["match_mode"].fixed, found["strict"].fixed) == (False, True, True)
    assert (found["on"].each, found["on"].default) == (True, True)
    assert found["match_mode"].options == ("first", "every")


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("rules", "objects", "list of objects"),
        ("match_mode", "choice", '"first" or "every"'),
        ("strict", "object", "object"),
        ("fields", "mapping", "mapping to whole number"),
        ("on", "boolean", "true or false"),
        ("pair", "list", "list"),
        ("by", "any", '"all" or list of text'),
        ("anything", "any", "any value"),
        ("form", "choice", '"auto", "csv" or "json"'),
        ("many", "choice", "0, 1, 2 … (20 choices)"),
        ("ending", "text", "text"),
        ("since", "time", "date and time"),
        ("per_day", "mapping", "mapping to list of whole number"),
    ],
)
def test_types_have_kinds_and_words(name: str, kind: str, words: str) -> None:
    (operation,) = describe(ROUTE).operations
    found = {parameter.name: parameter for parameter in operation.parameters}[name]
    assert (found.kind, found.words) == (kind, words)


def test_inputs_that_depend_on_the_parameters_are_open() -> None:
    assert describe(ROUTE).inputs == "*"


def test_a_description_is_json() -> None:
    assert as_json(describe(QUIET)) == {
        "type": "quiet",
        "version": 1,
        "title": "Quiet",
        "description": "Do nothing.",
        "kind": "item",
        "inputs": ("main",),
        "outputs": ("main",),
        "varies": False,
        "credentials": (),
        "selectors": (),
        "operations": ({"title": "", "description": "", "selectors": {}, "parameters": ()},),
    }


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("workflow_id", "Workflow ID"),
        ("acme.http_request", "Acme HTTP Request"),
        ("timeout_ms", "Timeout (ms)"),
    ],
)
def test_names_become_titles(name: str, title: str) -> None:
    assert title_of(name) == title


def properties(name: str) -> list[dict[str, Json]]:
    return [p for p in n8n_description(describe(CHAT))["properties"] if p["name"] == name]


def test_n8n_shape_of_the_node() -> None:
    made = n8n_description(describe(CHAT))
    assert {key: value for key, value in made.items() if key != "properties"} == {
        "displayName": "Acme Chat",
        "name": "acme.chat",
        "group": ["transform"],
        "version": 2,
        "description": "Talk to people.",
        "defaults": {"name": "Acme Chat"},
        "inputs": ["main"],
        "outputs": ["main"],
        "credentials": [{"name": "Account", "required": True}],
    }
    assert n8n_description(describe(ROUTE))["outputNames"] == ["main", "rest"]


def test_n8n_shape_of_selecting_parameters() -> None:
    assert properties("operation") == [
        {
            "displayName": "Operation",
            "name": "operation",
            "type": "options",
            "noDataExpression": True,
            "options": [{"name": "Create", "value": "create"}, {"name": "End", "value": "end"}],
            "default": "create",
            "displayOptions": {"show": {"api": ["talk"], "resource": ["session"]}},
        },
        {
            "displayName": "Operation",
            "name": "operation",
            "type": "options",
            "noDataExpression": True,
            "options": [{"name": "Send", "value": "send"}],
            "default": "send",
            "displayOptions": {"show": {"api": ["talk"], "resource": ["message"]}},
        },
    ]
    assert "displayOptions" not in properties("api")[0]


def test_n8n_shape_of_parameters() -> None:
    assert properties("waitMs") == [
        {
            "displayName": "Wait (ms)",
            "name": "waitMs",
            "type": "number",
            "default": 30_000,
            "description": "How long to wait.",
            "displayOptions": {
                "show": {"api": ["talk"], "resource": ["message"], "operation": ["send"]}
            },
        }
    ]
    assert properties("password") == [
        {
            "displayName": "Password",
            "name": "password",
            "type": "string",
            "default": "",
            "description": "A secret.",
            "typeOptions": {"password": True},
            "displayOptions": {"show": {"api": ["raw"]}},
        }
    ]


def test_n8n_shape_does_not_join_conditions_that_differ_twice() -> None:
    shows = [p["displayOptions"]["show"] for p in properties("userId")]
    assert shows == [
        {"api": ["talk"], "resource": ["session"], "operation": ["create"]},
        {"api": ["talk"], "resource": ["message"], "operation": ["send"]},
    ]


def test_n8n_shape_of_nested_parameters() -> None:
    found = {p["name"]: p for p in n8n_description(describe(ROUTE))["properties"]}
    assert found["rules"]["type"] == "fixedCollection"
    assert found["rules"]["typeOptions"] == {"multipleValues": True}
    assert [p["name"] for p in found["rules"]["options"][0]["values"]] == [
        "to",
        "condition",
        "inner",
    ]
    assert found["strict"]["type"] == "collection"
    assert found["matchMode"]["options"] == [
        {"name": "First", "value": "first"},
        {"name": "Every", "value": "every"},
    ]
    assert found["fields"] == {
        "displayName": "Fields",
        "name": "fields",
        "type": "json",
        "default": "{}",
        "description": "Numbers.",
    }


class First(Params):
    do: Literal["a"] = "a"
    """What."""
    size: int = 1
    """How much."""


class Second(Params):
    do: Literal["b"] = "b"
    """What."""
    size: int = 1
    """How much."""


class Either(ItemNode[First | Second]):
    """Do either."""

    def run_item(self, item: Item, params: First | Second, ctx: Context) -> Item:
        return item


def test_n8n_shape_has_a_shared_parameter_once() -> None:
    made = n8n_description(describe(NodeType("either", Either)))["properties"]
    assert [p["name"] for p in made] == ["do", "size"]
    assert made[1]["displayOptions"] == {"show": {"do": ["a", "b"]}}


def test_the_page_of_a_node_with_operations() -> None:
    assert page(describe(CHAT)) == dedent(
        """\
        # acme.chat

        Talk to people.

        More about it.

        * Runs over each item for itself.
        * Inputs: `main`.
        * Outputs: `main`.
        * Credentials: `Account`.
        * Version: 2.

        The operation is chosen by `api`, `resource`, `operation`, which cannot be expressions.

        ## session / create

        Open a session.

        Chosen by `api: talk`, `resource: session`, `operation: create`.

        | parameter | type | default | meaning |
        |---|---|---|---|
        | `user_id` | text | required | Who talks. Example: `u_1` |

        ## session / end

        Close a session.

        Chosen by `api: talk`, `resource: session`, `operation: end`.

        | parameter | type | default | meaning |
        |---|---|---|---|
        | `force` | true or false | `false` | Whether to interrupt. |

        ## message / send

        Say something.

        Chosen by `api: talk`, `resource: message`, `operation: send`.

        | parameter | type | default | meaning |
        |---|---|---|---|
        | `text` | text | required | What is said \\| written. |
        | `wait_ms` | whole number | `30000` | How long to wait. |
        | `user_id` | text | required | Who talks. Example: `u_1` |

        ## raw

        Anything else.

        Chosen by `api: raw`.

        | parameter | type | default | meaning |
        |---|---|---|---|
        | `password` | text | `null` | A secret. |
        """
    )


def test_the_page_of_a_node_with_nested_parameters() -> None:
    lines = page(describe(ROUTE)).splitlines()
    assert "* Runs over all items at once." in lines
    assert "* Inputs: as named in the file." in lines
    assert "| `rules[].to` ! | text | required | Where to. |" in lines
    assert (
        "| `rules[].condition` | true or false | required | When. One value for each item. |"
        in lines
    )
    assert (
        "| `strict.condition` ! | true or false | required | When. One value for each item. |"
        in (lines)
    )
    assert '| `ending` | text | `"\\n"` | What follows. |' in lines
    assert lines[-1] == "Parameters marked ! cannot be expressions."


def test_a_node_without_parameters_says_so() -> None:
    assert page(describe(QUIET)).endswith("## Parameters\n\nNo parameters.\n")


def test_the_overview_is_a_table() -> None:
    assert overview([describe(CHAT), describe(QUIET)]) == dedent(
        """\
        | node | does |
        |---|---|
        | `acme.chat` | Talk to people. |
        | `quiet` | Do nothing. |
        """
    )


SCHEMA = schema_of([CHAT, ROUTE, QUIET])


def complaints(type: str, params: Json) -> list[str]:
    """Return what is wrong with the params of a step, as paths."""
    document = {"steps": [{"name": "s", "type": type, "params": params}]}
    found: list[str] = []

    def leaves(error: Any) -> None:
        if error.validator == "allOf" or (error.validator == "if" and error.context):
            for inner in error.context:
                leaves(inner)
            return
        found.append(".".join(str(part) for part in list(error.absolute_path)[2:]))

    for error in Draft7Validator(SCHEMA).iter_errors(document):
        leaves(error)
    return found


def test_the_schema_is_a_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"


def references(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [found for part in schema for found in references(part)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if isinstance(schema.get("$ref"), str) else []
    return own + [found for part in schema.values() for found in references(part)]


def test_references_lead_somewhere_and_stand_alone() -> None:
    for reference in references(SCHEMA):
        assert set(reference) == {"$ref"}
        assert reference["$ref"].removeprefix("#/definitions/") in SCHEMA["definitions"]


RULE = {"to": "a", "condition": True}


@pytest.mark.parametrize(
    ("type", "params"),
    [
        ("acme.chat", {"user_id": "u"}),
        ("acme.chat", {"userId": "u", "operation": "create"}),
        ("acme.chat", {"operation": "end", "force": "={{ $json.x }}"}),
        ("acme.chat", {"resource": "message", "text": 5, "user_id": "u", "wait_ms": "2000"}),
        ("acme.chat", {"resource": "message", "operation": "send", "text": "t", "userId": 7}),
        ("acme.chat", {"api": "raw"}),
        ("acme.chat", {"api": "raw", "password": "={{ 1 }}"}),
        ("acme.chat@2", {"user_id": "u"}),
        ("route", {"rules": [RULE]}),
        ("route", {"rules": "={{ $json.rules }}"}),
        ("route", {"rules": ["={{ $json.rule }}"]}),
        ("route", {"rules": [{"to": "a", "condition": "={{ $json.ok }}", "inner": RULE}]}),
        ("route", {"rules": [], "matchMode": "every", "strict": RULE}),
        ("route", {"rules": [], "fields": {"a": 1, "b": "={{ 1 }}"}, "on": "={{ 1 }}"}),
        ("route", {"rules": [], "pair": ["a", 1], "by": ["x"], "anything": {"a": [None]}}),
        ("route", {"rules": [], "by": "={{ 1 }}", "pair": ["={{ 1 }}", "={{ 1 }}"]}),
        ("quiet", {}),
        ("unheard-of", {}),
    ],
)
def test_the_schema_takes_what_check_takes(type: str, params: Json) -> None:
    assert complaints(type, params) == (["type"] if type == "unheard-of" else [])


@pytest.mark.parametrize(
    ("type", "params", "places"),
    [
        ("acme.chat", {}, ["params"]),
        ("acme.chat", {"user_id": True}, ["params.user_id"]),
        ("acme.chat", {"operation": "end", "user_id": "u"}, ["params"]),
        ("acme.chat", {"operation": "={{ 1 }}"}, ["params.operation"]),
        ("acme.chat", {"resource": "message", "text": "t", "user_id": "u", "wait_ms": 5},
            ["params.wait_ms"]),
        ("route", {"rules": [{"to": "={{ 1 }}", "condition": True}]}, ["params.rules"]),
        ("route", {"rules": [], "match_mode": "={{ 1 }}"}, ["params.match_mode"]),
        ("route", {"rules": [], "strict": "={{ 1 }}"}, ["params.strict"]),
        ("route", {"rules": [], "strict": {"to": "a", "condition": "={{ 1 }}"}},
            ["params.strict"]),
        ("route", {"rules": [], "fields": {"a": "x"}}, ["params.fields"]),
        ("route", {"rules": [], "on": "yes"}, ["params.on"]),
        ("route", {"rules": [], "other": 1}, ["params"]),
        ("quiet", {"x": 1}, ["params"]),
    ],
)  # fmt: skip
def test_the_schema_marks_the_place(type: str, params: Json, places: list[str]) -> None:
    assert sorted(set(complaints(type, params))) == places


@pytest.mark.parametrize(
    ("document", "valid"),
    [
        ({"steps": []}, True),
        ({"steps": [{"name": "a", "type": "quiet"}]}, True),
        ({"steps": [{"name": "a", "type": "quiet", "retry": {"tries": 2, "on": ["timeout", 503]}}]},
            True),
        ({"steps": [], "credentials": ["account"]}, True),
        ({"steps": [], "credentials": {"account": None, "other": {"type": "x"}}}, True),
        ({"steps": [], "settings": {"timeout": "10m", "concurrency": 4}}, True),
        ({"steps": [{"name": "a", "type": "route"}]}, False),
        ({"steps": [{"name": "a"}]}, False),
        ({"steps": [], "nodekit": 2}, False),
        ({"steps": [], "settings": {"timeout": []}}, False),
        ({"steps": [], "more": 1}, False),
        ({}, False),
    ],
)  # fmt: skip
def test_the_frame_of_a_file(document: Json, valid: bool) -> None:
    assert Draft7Validator(SCHEMA).is_valid(document) is valid


def test_the_second_spelling_is_known_and_not_offered() -> None:
    properties = SCHEMA["definitions"]["route"]["properties"]
    assert properties["matchMode"] == {**properties["match_mode"], "doNotSuggest": True}


class OldQuiet(ItemNode[NoParams]):
    """Did nothing."""

    def run_item(self, item: Item, params: NoParams, ctx: Context) -> Item:
        return item


class OneParams(Params):
    one: int
    """One."""


class NewQuiet(ItemNode[OneParams]):
    """Do nothing new."""

    version = 2
    previous = OldQuiet

    def run_item(self, item: Item, params: OneParams, ctx: Context) -> Item:
        return item


def test_every_version_has_its_own_parameters() -> None:
    registry = Registry()
    registry.add("quiet", NewQuiet)
    schema, broken = file_schema(registry)
    assert broken == []
    validator = Draft7Validator(schema)

    def valid(type: str, params: Json) -> bool:
        return validator.is_valid({"steps": [{"name": "a", "type": type, "params": params}]})

    assert [valid("quiet", {"one": 1}), valid("quiet@2", {"one": 1})] == [True, True]
    assert [valid("quiet@1", {}), valid("quiet", {})] == [True, False]
    assert valid("quiet@1", {"one": 1}) is False
