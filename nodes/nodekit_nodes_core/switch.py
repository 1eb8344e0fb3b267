"""Switch: one of several ways for every item."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from nodekit import (
    BatchNode,
    Context,
    Each,
    Fields,
    Fixed,
    Inputs,
    ItemError,
    Items,
    Json,
    Params,
    Send,
)

from .alternatives import one_of
from .conditions import ConditionParams, judge
from .javascript import text_of
from .rows import item_error, place_of, taken

DROP = "drop"


def not_error(name: str) -> str:
    """Let no output have the name of the one for failing items."""
    if name == "error":
        raise ValueError('cannot be "error", the output of failing items')
    return name


Output: TypeAlias = Annotated[str, Field(min_length=1), AfterValidator(not_error)]


class Rule(ConditionParams):
    """An output, and what must hold for an item to leave by it."""

    to: Fixed[Output] = Field(examples=["urgent"])
    """The output. Several rules may name the same one."""


class SwitchParams(Params):
    """Which way items take: by `rules`, or by an `output` that is computed."""

    outputs: Fixed[list[Output]] = Field(default_factory=list, examples=[["small", "large"]])
    """The outputs, in order. With `rules` it is not needed: theirs follow in order."""

    rules: list[Rule] | None = Field(
        default=None,
        examples=[
            [{"to": "large", "all": [{"left": "={{ $json.n }}", "is": "number.gt", "right": 99}]}]
        ],
    )
    """Outputs and what must hold for each, in order."""

    match: Fixed[Literal["first", "every"]] = "first"
    """Whether an item leaves by the output of the first rule that holds, or of every one."""

    rest: Fixed[Output] = Field(default=DROP, examples=["other"])
    """The output of items for which no rule holds; `drop` for none. It may be that of a rule."""

    link_failures: bool = True
    """Whether a failing item that goes on says which item it came from (n8n's Switch does not).

    If not, it has no fields but `error` under `on_error: error_output`, too.
    """

    output: Each[int | str | None] | None = None
    """The output an item leaves by: its name, or its place in `outputs`, counted from 0.

    As in `={{ $json.kind }}` or `={{ $json.n % 3 }}`.
    """

    @model_validator(mode="before")
    @classmethod
    def _one_way(cls, raw: object) -> object:
        one_of(raw, "rules", "output")
        return raw

    @model_validator(mode="after")
    def _there_are_outputs(self) -> Self:
        if self.output is not None and not self.outputs:
            raise ValueError('wants "outputs" for "output" to choose from')
        return self


class Switch(BatchNode[SwitchParams, None, str]):
    """Send every item to the output of the rule that holds for it, or to one that is computed.

    Comparisons of an item end with the rule that takes it. An item for which that cannot be told
    fails; under `on_error: continue` it leaves by the first output.
    """

    slices = "any"

    @classmethod
    def outputs_of(cls, params: SwitchParams) -> tuple[str, ...]:
        rest = [] if params.rest == DROP or params.rules is None else [params.rest]
        named = [*params.outputs, *(rule.to for rule in params.rules or []), *rest]
        return tuple(dict.fromkeys(named))

    def run_batch(self, inputs: Inputs, params: SwitchParams, ctx: Context) -> Send[str]:
        rows = inputs.main
        errors: dict[int, ItemError] = {}
        if params.rules is not None:
            found = by_rules(rows, params, params.rules, errors)
        else:
            found = by_name(rows, params.output or (), ctx.outputs, errors)
        return sent(rows, found, ctx.outputs, errors, params.link_failures)


def sent(
    rows: Items,
    found: Mapping[str, Sequence[int]],
    outputs: Sequence[str],
    errors: Mapping[int, ItemError],
    linked: bool,
) -> Send[str]:
    """Send the rows at these positions to their outputs, failing ones to the first."""
    first, *others = outputs
    ways = {first: taken(rows, found.get(first, ()), errors)}
    if errors and not linked:
        ways[first] = unlinked(ways[first])
    return Send.to(ways | {name: taken(rows, found.get(name, ()), {}) for name in others})


def unlinked(rows: Items) -> Items:
    """Return rows of which the failing ones say neither what they were nor where they came from."""
    links = [None if i in rows.errors else link for i, link in enumerate(rows.links or ())]
    empty: Fields = {}
    json = [empty if i in rows.errors else row for i, row in enumerate(rows.json)]
    return Items(json, links=links, binary=rows.binary, errors=rows.errors)


def by_rules(
    rows: Items, params: SwitchParams, rules: Sequence[Rule], errors: dict[int, ItemError]
) -> dict[str, list[int]]:
    """Return which rows leave by which output, in order."""
    found: dict[str, dict[int, None]] = {}
    taken_by_some: set[int] = set()
    left: Sequence[int] = range(len(rows))
    for rule in rules:
        verdict = judge(rule, rows, left)
        errors.update(verdict.errors)
        found.setdefault(rule.to, {}).update(dict.fromkeys(verdict.holding))
        taken_by_some.update(verdict.holding)
        gone = {*errors, *(taken_by_some if params.match == "first" else ())}
        left = [i for i in left if i not in gone] if gone else left
    if params.rest != DROP:
        rest = (i for i in range(len(rows)) if i not in taken_by_some)
        found.setdefault(params.rest, {}).update(dict.fromkeys(rest))
    return {to: sorted(at for at in ways if at not in errors) for to, ways in found.items()}


def by_name(
    rows: Items, column: Sequence[Json], outputs: Sequence[str], errors: dict[int, ItemError]
) -> dict[str, list[int]]:
    """Return which rows leave by which output, as each says itself."""
    found: dict[str, list[int]] = {name: [] for name in outputs}
    for i, wanted in enumerate(column):
        name = output_named(wanted, outputs)
        if name is not None:
            found[name].append(i)
            continue
        place = place_of(rows, i)
        named = ", ".join(f'"{output}"' for output in outputs)
        errors[i] = item_error(f"there is no output {text_of(wanted)}; there are {named}", place)
    return found


def output_named(wanted: int | str | None, outputs: Sequence[str]) -> str | None:
    """Return the output of a name or a number, which may be in text; ``None`` if there is none."""
    if isinstance(wanted, str):
        if wanted in outputs:
            return wanted
        wanted = int(wanted) if wanted.isascii() and wanted.isdigit() else None
    if wanted is None or not 0 <= wanted < len(outputs):
        return None
    return outputs[wanted]
