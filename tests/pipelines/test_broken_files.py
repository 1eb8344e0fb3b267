"""What `check` says of broken files: every finding whole, with its place and its remedy."""

from pathlib import Path
from typing import Any, Literal

import pytest
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
    Params,
    PipelineError,
    Registry,
    check,
    load,
)
from tests.support.odd import ODD, Odd


class SetParams(Params):
    fields: dict[str, Json] = Field(default={})
    mode: Fixed[str] = "all"


class Set(ItemNode[SetParams]):
    """Set fields."""

    def run_item(self, item: Item, params: SetParams, ctx: Context) -> Item:
        return item


class IfParams(Params):
    condition: Each[bool]


class If(BatchNode[IfParams, None, Literal["true", "false"]]):
    """Send every item one of two ways."""

    def run_batch(self, inputs: Inputs, params: IfParams, ctx: Context) -> Items:
        return inputs.main


class JoinParams(Params):
    count: int = 1


class Join(BatchNode[JoinParams]):
    """Join two inputs."""

    inputs = ("left", "right")

    @classmethod
    def required_of(cls, params: JoinParams) -> tuple[str, ...]:
        return ("left", "right")

    def run_batch(self, inputs: Inputs, params: JoinParams, ctx: Context) -> Items:
        return inputs.main


class MergeParams(Params):
    pass


class Merge(BatchNode[MergeParams]):
    """Put any number of inputs together."""

    inputs = "*"

    def run_batch(self, inputs: Inputs, params: MergeParams, ctx: Context) -> Items:
        return inputs.main


class OpenAI(Credential):
    api_key: SecretStr
    base_url: str = ""


class Other(Credential):
    token: SecretStr


class CreateParams(Params):
    resource: Literal["session"] = "session"
    operation: Literal["create"] = "create"
    workflow_id: str


class SendParams(Params):
    resource: Literal["message"] = "message"
    operation: Literal["send"] = "send"
    text: str


class Chat(ItemNode[CreateParams | SendParams]):
    """Talk."""

    credentials = (OpenAI,)

    def run_item(self, item: Item, params: Any, ctx: Context) -> Item:
        return item


class OldTimer(ItemNode[MergeParams]):
    """The first version."""

    def run_item(self, item: Item, params: MergeParams, ctx: Context) -> Item:
        return item


class Timer(OldTimer):
    """The second version."""

    version = 2
    previous = OldTimer


class Broken(ItemNode[MergeParams]):
    """A node with a fault."""

    @classmethod
    def outputs_of(cls, params: MergeParams) -> tuple[str, ...]:
        raise RuntimeError("no idea")

    def run_item(self, item: Item, params: MergeParams, ctx: Context) -> Item:
        return item


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    registry.add("set", Set)
    registry.add("if", If)
    registry.add("join", Join)
    registry.add("merge", Merge)
    registry.add("chat", Chat)
    registry.add("timer", Timer)
    registry.add("broken", Broken)
    registry.add("odd", Odd)
    registry.add_credential("openai", OpenAI)
    registry.add_credential("other", Other)
    return registry


CASES: dict[str, tuple[str, str]] = {
    "empty file": (
        "# nothing\n",
        "broken.yaml:1:1: error[empty-file] the file is empty",
    ),
    "not a mapping": (
        "- a\n- b\n",
        "broken.yaml:1:1: error[bad-value] a pipeline is a mapping, found a list",
    ),
    "several documents": (
        "steps:\n  - {name: A, type: set}\n---\nsteps: []\n",
        "broken.yaml:3:1: error[several-documents] a second document begins here\n"
        "  Keep one pipeline in a file, and remove the line `---`.",
    ),
    "tab": (
        "steps:\n\t- name: A\n",
        "broken.yaml:2:1: error[bad-yaml] a tab cannot indent\n  Indent with spaces.",
    ),
    "bad indentation": (
        "steps:\n  - name: A\n    type: set\n   params: {}\n",
        "broken.yaml:4:4: error[bad-yaml] this does not fit what stands above\n"
        "  Give all keys of a mapping, and all entries of a list, the same indentation.",
    ),
    "indented under a value": (
        "name: x\n  id: y\nsteps:\n  - {name: A, type: set}\n",
        'broken.yaml:2:5: error[bad-yaml] found ": " where no key can stand\n'
        "  Check the indentation, or put the value in quotes.",
    ),
    "quotes not closed": (
        'name: "x\nsteps:\n  - {name: A, type: set}\n',
        "broken.yaml:1:7: error[bad-yaml] the file ends inside a text in quotes\n"
        "  Close the quotes.",
    ),
    "key without colon": (
        "name: x\nsteps\n",
        "broken.yaml:2:1: error[bad-yaml] a key without a colon\n"
        '  Write "key: value", with a space after the colon.',
    ),
    "value begins with a backtick": (
        "name: `x`\nsteps: []\n",
        "broken.yaml:1:7: error[bad-yaml] a value cannot begin with a backtick\n"
        "  Put the value in quotes.",
    ),
    "comma missing": (
        "steps:\n  - {name: A type: set}\n",
        "broken.yaml:2:18: error[bad-yaml] a comma or } is missing\n"
        "  Separate entries by commas, end with }.",
    ),
    "bracket missing": (
        "steps: [{name: A, type: set}\nname: x\n",
        "broken.yaml:2:1: error[bad-yaml] a comma or ] is missing\n"
        "  Separate entries by commas, end with ].",
    ),
    "control character": (
        "name: x\x01\n",
        "broken.yaml:1:8: error[bad-character] the character U+0001 is not allowed\n"
        '  Write it as an escape in double quotes, as in "\\u0000".',
    ),
    "duplicate key": (
        "name: x\nsteps:\n  - name: A\n    type: set\n    name: B\n",
        'broken.yaml:5:5: error[duplicate-key] key "name" is given twice, first in line 3',
    ),
    "unknown key at the top": (
        "nmae: x\nsteps:\n  - {name: A, type: set}\n",
        'broken.yaml:1:1: error[unknown-key] there is no key "nmae"; did you mean "name"?',
    ),
    "unknown key of a step": (
        "steps:\n  - name: A\n    type: set\n    onError: continue\n",
        'broken.yaml:4:5: error[unknown-key] step "A": there is no key "onError"; did you '
        'mean "on_error"?',
    ),
    "unknown key of settings": (
        "settings: {concurency: 3}\nsteps:\n  - {name: A, type: set}\n",
        'broken.yaml:1:12: error[unknown-key] there is no key "concurency"; did you mean '
        '"concurrency"?',
    ),
    "unknown key of retry": (
        "steps:\n  - name: A\n    type: set\n    retry: {trys: 3}\n",
        'broken.yaml:4:13: error[unknown-key] step "A": there is no key "trys"; did you mean '
        '"tries"?',
    ),
    "no steps": (
        "name: x\n",
        'broken.yaml:1:1: error[missing-key] needs the key "steps"',
    ),
    "empty steps": (
        "steps: []\n",
        "broken.yaml:1:8: error[bad-value] a pipeline needs at least one step",
    ),
    "step without name and type": (
        "steps:\n  - params: {}\n",
        'broken.yaml:2:5: error[missing-key] needs the key "name"\n'
        'broken.yaml:2:5: error[missing-key] needs the key "type"',
    ),
    "step that is text": (
        "steps:\n  - set\n",
        "broken.yaml:2:5: error[bad-value] a step wants a mapping, found text 'set'",
    ),
    "number as name": (
        "steps:\n  - name: 2024\n    type: set\n",
        'broken.yaml:2:11: error[bad-value] "name" wants text, found number 2024\n'
        '  Put it in quotes: "2024".',
    ),
    "wrong format version": (
        "nodekit: 2\nsteps:\n  - {name: A, type: set}\n",
        'broken.yaml:1:10: error[bad-value] "nodekit" wants 1, found number 2',
    ),
    "key that is no text": (
        "steps:\n  - name: A\n    type: set\n    params:\n      fields: {404: x}\n",
        "broken.yaml:5:16: error[bad-key] a key must be text, found 404\n"
        '  Put it in quotes: "404".',
    ),
    "merge key": (
        "steps:\n  - name: A\n    type: set\n    params:\n      fields:\n        <<: {a: 1}\n",
        "broken.yaml:6:9: error[merge-key] YAML 1.2 has no merge key `<<`\n"
        "  Write the keys out, or give the whole mapping an anchor.",
    ),
    "not a number": (
        "settings:\n  vars: {a: .nan}\nsteps:\n  - {name: A, type: set}\n",
        "broken.yaml:2:13: error[bad-number] .nan is no JSON number",
    ),
    "tag": (
        "steps:\n  - name: A\n    type: set\n    params: {fields: {d: !date 2024-01-01}}\n",
        "broken.yaml:4:26: error[bad-tag] the YAML tag !date has no meaning here\n"
        "  Remove the tag.",
    ),
    "alias of nothing": (
        "steps: *all\n",
        'broken.yaml:1:8: error[bad-yaml] there is no anchor "&all" above',
    ),
    "alias of itself": (
        "settings:\n  vars: {a: &a [*a]}\nsteps:\n  - {name: A, type: set}\n",
        'broken.yaml:2:17: error[alias-circle] the anchor "&a" contains itself',
    ),
    "unquoted expression": (
        "steps:\n"
        "  - name: A\n"
        "    type: set\n"
        "    params:\n"
        "      fields: \n"
        "        a: {{ $json.x }}\n",
        "broken.yaml:6:12: error[unquoted-expression] an expression must stand in quotes, "
        "found {{ $json.x }}\n"
        '  Write "={{ $json.x }}".',
    ),
    "unquoted expression with brackets": (
        "steps:\n"
        "  - name: A\n"
        "    type: set\n"
        "    params:\n"
        "      fields: \n"
        '        a: {{ $json["x"] }}\n',
        "broken.yaml:6:12: error[unquoted-expression] an expression must stand in quotes\n"
        "  Write '={{ $json[\"x\"] }}'.",
    ),
    "unquoted expression with a colon": (
        "steps:\n"
        "  - name: A\n"
        "    type: set\n"
        "    params:\n"
        "      fields:\n"
        "        a: ={{ $json.x ? 1 : 2 }}\n",
        "broken.yaml:6:12: error[unquoted-expression] an expression must stand in quotes\n"
        '  Write "={{ $json.x ? 1 : 2 }}".',
    ),
    "unquoted expression in braces": (
        "steps:\n"
        "  - name: A\n"
        "    type: set\n"
        "    params:\n"
        "      fields: {a: ={{ $json.x }}, b: 1}\n",
        "broken.yaml:5:19: error[unquoted-expression] an expression must stand in quotes\n"
        '  Write "={{ $json.x }}".',
    ),
    "unquoted expression with a comment": (
        "steps:\n"
        "  - name: A\n"
        "    type: set\n"
        "    params:\n"
        "      fields:\n"
        '        a: ={{ $json.x + "a #b" }}\n',
        "broken.yaml:6:12: error[unquoted-expression] an expression must stand in quotes: "
        "YAML reads ` #` as a comment\n"
        "  Write '={{ $json.x + \"a #b\" }}'.",
    ),
    "unknown type": (
        "steps:\n  - name: A\n    type: sett\n",
        'broken.yaml:3:11: error[unknown-type] step "A": there is no node type "sett"; did '
        'you mean "set"?\n'
        "  `nodekit nodes` lists what is installed.",
    ),
    "unknown version": (
        "steps:\n  - name: A\n    type: timer@3\n",
        'broken.yaml:3:11: error[unknown-type] step "A": node type "timer" has no version 3; '
        "it has 2, 1",
    ),
    "version not named": (
        "steps:\n  - name: A\n    type: timer\n",
        'broken.yaml:3:11: warning[unnamed-version] step "A": node type "timer" has the '
        "versions 1, 2, and the newest is taken\n"
        "  Write `type: timer@2`, so that it stays the same.",
    ),
    "broken node": (
        "steps:\n  - name: A\n    type: broken\n  - name: B\n    type: set\n",
        'broken.yaml:3:11: error[broken-type] step "A": node type "broken" cannot say its '
        "inputs and outputs: RuntimeError: no idea\n"
        "  This is a fault of the node, not of the file.",
    ),
    "node with odd parameters": (
        "steps:\n  - name: A\n    type: odd\n  - name: B\n    type: set\n",
        f'broken.yaml:3:11: error[broken-type] step "A": {ODD}\n'
        "  This is a fault of the node, not of the file.",
    ),
    "unknown parameter": (
        "steps:\n"
        "  - name: Open\n"
        "    type: chat\n"
        "    params:\n"
        "      resource: session\n"
        "      operation: create\n"
        "      workflow_id: a\n"
        "      workflow: b\n",
        'broken.yaml:8:7: error[unknown-param] step "Open": session / create has no '
        'parameter "workflow"; did you mean "workflow_id"?',
    ),
    "missing parameter": (
        "steps:\n  - name: Open\n    type: chat\n    params:\n      resource: session\n",
        'broken.yaml:4:5: error[missing-param] step "Open": session / create needs the '
        'parameter "workflow_id"',
    ),
    "missing params": (
        "steps:\n  - name: A\n    type: if\n",
        'broken.yaml:2:5: error[missing-param] step "A": needs the parameter "condition"',
    ),
    "unknown operation": (
        "steps:\n"
        "  - name: Open\n"
        "    type: chat\n"
        "    params:\n"
        "      resource: session\n"
        "      operation: creat\n",
        'broken.yaml:6:18: error[unknown-operation] step "Open": parameter "operation" wants '
        '"create", found text \'creat\'; did you mean "create"?',
    ),
    "bad parameter": (
        "steps:\n  - name: A\n    type: if\n    params:\n      condition: maybe\n",
        'broken.yaml:5:18: error[bad-param] step "A": parameter "condition" wants true or '
        "false, found text 'maybe'",
    ),
    "parameter in both spellings": (
        "steps:\n"
        "  - name: Open\n"
        "    type: chat\n"
        "    params:\n"
        "      workflow_id: a\n"
        "      workflowId: b\n",
        'broken.yaml:6:7: error[duplicate-param] step "Open": parameter "workflow_id" is '
        'given twice, as "workflow_id" and as "workflowId"',
    ),
    "fixed parameter": (
        'steps:\n  - name: A\n    type: set\n    params:\n      mode: "={{ $json.mode }}"\n',
        'broken.yaml:5:13: error[fixed-param] step "A": parameter "mode" cannot be an '
        "expression, found '={{ $json.mode }}'",
    ),
    "expression syntax": (
        "steps:\n"
        "  - name: A\n"
        "    type: set\n"
        "    params:\n"
        "      fields:\n"
        '        a: "={{ $json. }}"\n'
        '        b: "={{ }}"\n',
        "broken.yaml:6:12: error[bad-expression] step \"A\": expression '={{ $json. }}': "
        "invalid syntax\n"
        "  JavaScript says: expecting field name.\n"
        "broken.yaml:7:12: error[bad-expression] step \"A\": expression '={{ }}': invalid "
        "syntax at character 2\n"
        "  Write an expression between {{ and }}, or take the braces away.",
    ),
    "unknown step in an expression": (
        "steps:\n"
        "  - name: Load\n"
        "    type: set\n"
        "  - name: A\n"
        "    type: set\n"
        "    params:\n"
        "      fields:\n"
        "        a: \"={{ $('Laod').item.json.x }}\"\n",
        'broken.yaml:8:12: error[unknown-step] step "A": there is no step "Laod"; did you '
        'mean "Load"?',
    ),
    "unknown variable": (
        "steps:\n"
        "  - name: A\n"
        "    type: set\n"
        "    params:\n"
        "      fields:\n"
        '        a: "={{ $jsn.x }}"\n',
        'broken.yaml:6:12: error[unknown-variable] step "A": there is no variable "$jsn"; '
        'did you mean "$json"?',
    ),
    "environment not allowed": (
        "settings: {env: [HOME]}\n"
        "steps:\n"
        "  - name: A\n"
        "    type: set\n"
        "    params:\n"
        "      fields:\n"
        '        a: "={{ $env.HOM }}"\n',
        'broken.yaml:7:12: error[unknown-env] step "A": the pipeline does not allow the '
        'environment variable "HOM"; did you mean "HOME"?\n'
        "  List it in the settings: `env: [HOME, HOM]`.",
    ),
    "unknown member of vars": (
        "settings:\n"
        "  vars: {limit: 3}\n"
        "steps:\n"
        "  - name: A\n"
        "    type: set\n"
        "    params:\n"
        "      fields:\n"
        "        a: \"={{ $vars['limt'] }}\"\n",
        'broken.yaml:8:12: error[unknown-variable] step "A": there is no variable "limt" in '
        '`$vars`; did you mean "limit"?\n'
        "  List it in the settings, under `vars`.",
    ),
    "unknown input step": (
        "steps:\n  - name: Load\n    type: set\n  - name: B\n    type: set\n    input: Laod\n",
        'broken.yaml:6:12: error[unknown-step] step "B": there is no step "Laod"; did you '
        'mean "Load"?',
    ),
    "unknown output": (
        "steps:\n"
        "  - name: Urgent\n"
        "    type: if\n"
        "    params: {condition: true}\n"
        "  - name: B\n"
        "    type: set\n"
        "    input: Urgent.yes\n",
        'broken.yaml:7:12: error[unknown-output] step "B": step "Urgent" has no output "yes"\n'
        '  Its outputs are "true" and "false".',
    ),
    "no error output": (
        "steps:\n  - name: A\n    type: set\n  - name: B\n    type: set\n    input: A.error\n",
        'broken.yaml:6:12: error[unknown-output] step "B": step "A" has no output "error"\n'
        '  Write `on_error: error_output` in the step "A" to give it one.',
    ),
    "input from below": (
        "steps:\n  - name: A\n    type: set\n    input: [.start, B]\n  - name: B\n    type: set\n",
        'broken.yaml:4:21: error[input-below] step "A": `input` names "B", which stands below\n'
        "  Write `back: B` for what comes from below; or move the step down.",
    ),
    "input from itself": (
        "steps:\n  - name: A\n    type: set\n    input: A\n",
        'broken.yaml:4:12: error[input-below] step "A": `input` names the step itself\n'
        "  Write `back: A` for what comes from below; or move the step down.",
    ),
    "back from above": (
        "steps:\n  - name: A\n    type: set\n  - name: B\n    type: set\n    back: A\n",
        'broken.yaml:6:11: error[back-above] step "B": `back` names "A", which stands above\n'
        "  Write `input: A`.",
    ),
    "unknown keyword": (
        "steps:\n  - name: A\n    type: set\n    input: .strat\n",
        'broken.yaml:4:12: error[unknown-step] step "A": there is no step ".strat"; did you '
        'mean ".start"?',
    ),
    "unknown input": (
        "steps:\n"
        "  - name: A\n"
        "    type: set\n"
        "  - name: J\n"
        "    type: join\n"
        "    input:\n"
        "      left: A\n"
        "      rigth: A\n",
        'broken.yaml:8:7: error[unknown-input] step "J": the node has no input "rigth"; did '
        'you mean "right"?\n'
        '  Its inputs are "left" and "right".',
    ),
    "unknown input of a plain node": (
        "steps:\n  - name: A\n    type: set\n    input: {left: .start}\n",
        'broken.yaml:4:13: error[unknown-input] step "A": the node has no input "left"\n'
        '  Its only input is "main".',
    ),
    "required input": (
        "steps:\n"
        "  - name: A\n"
        "    type: set\n"
        "  - name: J\n"
        "    type: join\n"
        "    input: {left: A, right: null}\n",
        'broken.yaml:6:5: error[missing-input] step "J": nothing is connected to the input '
        '"right", so the step never runs\n'
        "  Write `input: {left: …, right: …}`.",
    ),
    "required inputs by default": (
        "steps:\n  - name: A\n    type: set\n  - name: J\n    type: join\n",
        'broken.yaml:4:5: error[missing-input] step "J": nothing is connected to the input '
        '"right", so the step never runs\n'
        "  Write `input: {left: …, right: …}`.",
    ),
    "several sources on one input": (
        "steps:\n"
        "  - name: A\n"
        "    type: set\n"
        "  - name: B\n"
        "    type: set\n"
        "  - name: M\n"
        "    type: merge\n"
        "    input: [A, B]\n",
        'broken.yaml:8:5: warning[shared-input] step "M": all sources feed the one input '
        '"main", and the step runs for each\n'
        "  Write `input: {a: A, b: B}` to feed several inputs.",
    ),
    "input of a wrong kind": (
        "steps:\n  - name: A\n    type: set\n    input: 5\n",
        'broken.yaml:4:12: error[bad-value] step "A": "input" wants a step, a list of steps, '
        "or a mapping from inputs to steps, found number 5",
    ),
    "duplicate step": (
        "steps:\n  - name: A\n    type: set\n  - name: A\n    type: set\n",
        'broken.yaml:4:11: error[duplicate-step] step "A": two steps are called "A", first '
        "in line 2",
    ),
    "name with a dot in front": (
        'steps:\n  - name: .start\n    type: set\n  - name: ""\n    type: set\n',
        'broken.yaml:2:11: error[bad-name] step ".start": the name ".start" begins with a '
        "dot, as only keywords do\n"
        "  Choose another name; `.start` and `.last` are such keywords.\n"
        "broken.yaml:4:11: error[bad-name] the name of a step must not be empty",
    ),
    "unknown output of the pipeline": (
        "steps:\n  - name: A\n    type: set\noutput: B\n",
        'broken.yaml:4:9: error[unknown-step] there is no step "B"',
    ),
    "start as output": (
        "steps:\n  - name: A\n    type: set\noutput: .start\n",
        "broken.yaml:4:9: error[bad-output] the output of a pipeline cannot be .start\n"
        "  Name a step.",
    ),
    "implicit output": (
        "steps:\n"
        "  - name: Urgent\n"
        "    type: if\n"
        "    params: {condition: true}\n"
        "  - name: B\n"
        "    type: set\n",
        'broken.yaml:5:5: warning[implicit-output] step "B": takes the output "true" of the '
        'step above, "Urgent"\n'
        "  Write `input: Urgent.true` if it is meant so.",
    ),
    "implicit branch": (
        "steps:\n"
        "  - name: A\n"
        "    type: set\n"
        "    back: B\n"
        "  - name: B\n"
        "    type: set\n"
        "  - name: C\n"
        "    type: set\n",
        'broken.yaml:7:5: warning[implicit-branch] step "C": takes the output "main" of the '
        'step above, "B", which goes back up already\n'
        "  Write `input: B.main` if it is meant so.",
    ),
    "unreachable step": (
        "steps:\n"
        "  - name: A\n"
        "    type: set\n"
        "  - name: B\n"
        "    type: set\n"
        "    input: null\n"
        "  - name: C\n"
        "    type: set\n",
        'broken.yaml:4:5: warning[unreachable-step] step "B": nothing leads to the step, so '
        "it never runs\n"
        'broken.yaml:7:5: warning[unreachable-step] step "C": nothing leads to the step, so '
        "it never runs",
    ),
    "length of time": (
        "settings: {timeout: 10 minutes}\nsteps:\n  - name: A\n    type: set\n    timeout: -1\n",
        'broken.yaml:1:21: error[bad-value] "settings.timeout" wants a length of time like '
        "5s, 10m or 1h30m, found text '10 minutes'\n"
        'broken.yaml:5:14: error[bad-value] step "A": "timeout" wants a length of time like '
        "5s, 10m or 1h30m, found number -1",
    ),
    "retry": (
        "steps:\n  - name: A\n    type: set\n    retry: {tries: 0, on: [timeout, 42], of: all}\n",
        'broken.yaml:4:20: error[bad-value] step "A": "retry.tries" wants 1 or more, found '
        "number 0\n"
        'broken.yaml:4:27: error[bad-value] step "A": "retry.on" wants timeout, connection '
        "or an HTTP status in the list, found number 42\n"
        "broken.yaml:4:46: error[bad-value] step \"A\": \"retry.of\" wants 'item' or 'step', "
        "found text 'all'",
    ),
    "word where true or false belongs": (
        "steps:\n  - name: A\n    type: set\n    once: yes\n    on_error: ignore\n",
        'broken.yaml:4:11: error[bad-value] step "A": "once" wants true or false, found text '
        "'yes'\n"
        'broken.yaml:5:15: error[bad-value] step "A": "on_error" wants \'stop\', '
        "'continue', 'error_output' or 'pass_on', found text 'ignore'",
    ),
    "time zone": (
        "settings: {timezone: Europe/Berln}\nsteps:\n  - {name: A, type: set}\n",
        'broken.yaml:1:22: error[bad-value] there is no time zone "Europe/Berln"; did you '
        'mean "Europe/Berlin"?',
    ),
    "literal secret": (
        "credentials:\n"
        "  account:\n"
        "    type: openai\n"
        "    api_key: sk-verysecret\n"
        "steps:\n"
        "  - {name: A, type: chat, credential: account, params: {workflow_id: a}}\n",
        'broken.yaml:4:14: error[literal-secret] "api_key" is a secret and must not stand in '
        "the file\n"
        "  Write ${API_KEY} and set that environment variable.",
    ),
    "field of a credential": (
        "credentials:\n"
        "  account:\n"
        "    type: openai\n"
        "    api_kee: ${KEY}\n"
        "steps:\n"
        "  - {name: A, type: chat, credential: account, params: {workflow_id: a}}\n",
        'broken.yaml:2:3: error[bad-credential] credential "account" needs the field "api_key"\n'
        'broken.yaml:4:5: error[bad-credential] credential "account" has no field "api_kee"; '
        'did you mean "api_key"?',
    ),
    "variable not set": (
        "credentials:\n"
        "  account:\n"
        "    type: openai\n"
        "    api_key: ${NOT_THERE}\n"
        "steps:\n"
        "  - {name: A, type: chat, credential: account, params: {workflow_id: a}}\n",
        "broken.yaml:4:14: warning[missing-variable] the environment variable NOT_THERE is "
        "not set\n"
        "  Set it before the run: export NOT_THERE=…",
    ),
    "credential without type": (
        "credentials:\n"
        '  account: {api_key: "${KEY}"}\n'
        "steps:\n"
        "  - {name: A, type: chat, credential: account, params: {workflow_id: a}}\n",
        'broken.yaml:2:3: error[missing-key] credential "account" needs the key "type"',
    ),
    "credential of unknown type": (
        "credentials:\n"
        '  account: {type: opnai, api_key: "${KEY}"}\n'
        "steps:\n"
        "  - {name: A, type: chat, credential: account, params: {workflow_id: a}}\n",
        'broken.yaml:2:19: error[unknown-type] there is no credential type "opnai"; did you '
        'mean "openai"?',
    ),
    "credential nowhere": (
        "credentials: [account]\n"
        "steps:\n"
        "  - {name: A, type: chat, credential: account, params: {workflow_id: a}}\n",
        'broken.yaml:1:1: warning[missing-credential] credential "account" has no fields '
        "here, and the credentials file does not have it\n"
        "  Give its type and fields, secrets as `${NAME}` from the environment.",
    ),
    "unknown credential": (
        "credentials:\n"
        '  account: {type: openai, api_key: "${KEY}"}\n'
        "steps:\n"
        "  - {name: A, type: chat, credential: acount, params: {workflow_id: a}}\n",
        'broken.yaml:2:3: warning[unused-credential] credential "account" is not used by any '
        "step\n"
        'broken.yaml:4:39: error[unknown-credential] step "A": there is no credential '
        '"acount"; did you mean "account"?',
    ),
    "credential of another kind": (
        "credentials:\n"
        '  account: {type: other, token: "${KEY}"}\n'
        "steps:\n"
        "  - {name: A, type: chat, credential: account, params: {workflow_id: a}}\n",
        'broken.yaml:4:39: error[unknown-credential] step "A": cannot use the credential '
        '"account": it is of the kind Other\n'
        '  The node type "chat" takes: OpenAI.',
    ),
    "n8n workflow that cannot be read": (
        '{"nodes": [], "connections": {}}\n',
        "broken.yaml: error[n8n-workflow] no node to start the workflow from could be found\n"
        "  Name one with --start; webhooks and the like do not start by themselves.",
    ),
}

KEYS = {"KEY": "secret"}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_findings(
    text: str, expected: str, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.yaml").write_text(text, encoding="utf-8")
    found = check("broken.yaml", registry=registry, environ=KEYS)
    assert "\n".join(map(str, found)) == expected


def test_all_findings_of_a_file_come_at_once(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "many.yaml"
    path.write_text(
        """nodekit: 1
settings: {timeout: soon}
credentials:
  unused: {type: openai, api_key: "${NOT_THERE}"}
steps:
  - name: Urgent
    type: iff
    params: {condition: "={{ $jsn.x }}"}
  - name: Open
    type: chat
    onerror: continue
    params: {workflow: a}
    input: Urgnt.true
output: Opn
""",
        encoding="utf-8",
    )
    with pytest.raises(PipelineError) as caught:
        load(path, registry=registry, environ={})
    assert str(caught.value).replace(f"{path}:", "") == (
        '2:21: error[bad-value] "settings.timeout" wants a length of time like 5s, 10m or 1h30m, '
        "found text 'soon'\n"
        '4:3: warning[unused-credential] credential "unused" is not used by any step\n'
        "4:35: error[missing-variable] the environment variable NOT_THERE is not set\n"
        "  Set it before the run: export NOT_THERE=…\n"
        '7:11: error[unknown-type] step "Urgent": there is no node type "iff"; '
        'did you mean "if"?\n'
        "  `nodekit nodes` lists what is installed.\n"
        '8:25: error[unknown-variable] step "Urgent": there is no variable "$jsn"; '
        'did you mean "$json"?\n'
        '11:5: error[unknown-key] step "Open": there is no key "onerror"; '
        'did you mean "on_error"?\n'
        '12:5: error[missing-param] step "Open": session / create needs the parameter '
        '"workflow_id"\n'
        '12:14: error[unknown-param] step "Open": session / create has no parameter "workflow"; '
        'did you mean "workflow_id"?\n'
        '13:12: error[unknown-step] step "Open": there is no step "Urgnt.true"; '
        'did you mean "Urgent.true"?\n'
        '14:9: error[unknown-step] there is no step "Opn"; did you mean "Open"?'
    )


def test_a_mark_at_the_beginning_does_not_move_the_place_of_a_byte(
    registry: Registry, tmp_path: Path
) -> None:
    path = tmp_path / "marked.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: \xfc\n")
    assert list(map(str, check(path, registry=registry))) == [
        f"{path}:1:7: error[not-utf8] the byte 0xFC is not UTF-8\n"
        "  Save the file in the encoding UTF-8."
    ]


def test_a_file_in_another_encoding_is_refused(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("name: x\ndescription: über\n".encode("latin-1"))
    assert list(map(str, check(path, registry=registry))) == [
        f"{path}:2:14: error[not-utf8] the byte 0xFC is not UTF-8\n"
        "  Save the file in the encoding UTF-8."
    ]


def test_a_file_that_is_not_there_is_named(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "none.yaml"
    assert list(map(str, check(path, registry=registry))) == [
        f"{path}: error[no-file] cannot be read: no such file or directory"
    ]


def test_deep_nesting_is_refused(registry: Registry) -> None:
    text = "steps: []\nname: " + "[" * 5000
    assert list(map(str, check(text, registry=registry))) == [
        "<text>:2:106: error[deep-nesting] mappings and lists are nested more than 100 deep"
    ]


def test_a_bomb_of_aliases_is_refused(registry: Registry) -> None:
    lines = ["settings:", "  vars:", "    a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"    a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    assert list(map(str, check("\n".join(lines), registry=registry))) == [
        "<text>:7:49: error[alias-bomb] aliases repeat more than 100000 values"
    ]
