"""Conditions: what must hold for an item (n8n: the filter of If, Filter and Switch)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, TypeAlias

from pydantic import Field, model_validator

from nodekit import Each, Fixed, ItemError, Items, Json, Params, always

from .alternatives import one_of
from .coerce import Misfit, to_array, to_boolean, to_number, to_object, to_string
from .dates import date_of
from .javascript import is_number, truth_of
from .legacy import LEGACY
from .operators import OPERATORS, Kind, Operator, OperatorName, Test, kind_of
from .paths import MISSING
from .rows import item_error, place_of
from .shapes import is_list

Read: TypeAlias = Callable[[Json], object]
Rules: TypeAlias = Literal[0, 1, 2, 3]

LOOSE = "Set `loose: true` to convert values where needed, or convert them in the expression."


class Comparison(Params):
    """Two values and what must hold between them."""

    left: Each[Json] = Field(default=always(MISSING), examples=["={{ $json.age }}"])
    """What is looked at."""

    is_: Fixed[OperatorName] = Field(validation_alias="is", examples=["number.gt"])
    """How it is compared: the type of the left value, a dot, and the operator.

    Every type has `exists` and `notExists` (null does not exist). With `empty` and `notEmpty` come
    `equals` and `notEquals`, and for strings `contains`, `startsWith`, `endsWith`, `regex` and
    their opposites with `not`; for numbers `gt`, `gte`, `lt`, `lte`; for dates `after`, `before`,
    `afterOrEquals`, `beforeOrEquals`; for booleans `true` and `false`; for lists `contains`,
    `notContains`, `lengthEquals`, `lengthGt` and so on. A regex may be plain or `/like this/i`.
    """

    right: Each[Json] = Field(default=always(MISSING), examples=[18])
    """What it is compared with; nothing is needed for `exists`, `empty`, `true` and the like."""


class ConditionParams(Params):
    """What must hold: one `condition`, or comparisons of which `all` or `any` must hold."""

    condition: Each[bool | None] | None = None
    """What must be true, such as `={{ $json.priority >= 8 }}`; null and undefined are false."""

    all: list[Comparison] | None = Field(
        default=None, examples=[[{"left": "={{ $json.n }}", "is": "number.gt", "right": 3}]]
    )
    """Comparisons that must all hold. An empty list holds."""

    any: list[Comparison] | None = Field(
        default=None, examples=[[{"left": "={{ $json.s }}", "is": "string.empty"}]]
    )
    """Comparisons of which one must hold. An empty list does not."""

    case: bool = True
    """Whether upper and lower case differ in comparisons of text."""

    loose: bool = False
    """Whether values are converted to the type of the comparison; if not, another type is an error.

    null and what is missing are never an error.
    """

    rules: Rules = 3
    """Which version of n8n's rules comparisons follow.

    From 2 on, loose comparisons take "false" for false. From 3 on, a blank text and an empty list
    are no number (before: 0). 0 is how n8n's first If, Filter and Switch compared: values as they
    are, without a look at their type.
    """

    @model_validator(mode="before")
    @classmethod
    def _one_is_given(cls, raw: object) -> object:
        one_of(raw, "condition", "all", "any")
        return raw


@dataclass(slots=True)
class Verdict:
    """For which rows a condition holds, by position, and which of them fail."""

    holding: Sequence[int]
    errors: dict[int, ItemError] = field(default_factory=dict[int, ItemError])


def judge(params: ConditionParams, rows: Items, indexes: Sequence[int]) -> Verdict:
    """Look at the rows at these positions; comparisons end with the first that decides."""
    if params.condition is not None:
        flags = params.condition
        return Verdict([i for i in indexes if flags[i]])
    if params.all is not None:
        return judge_all(params, params.all, rows, indexes)
    return judge_any(params, params.any or [], rows, indexes)


def judge_all(
    params: ConditionParams, comparisons: Sequence[Comparison], rows: Items, indexes: Sequence[int]
) -> Verdict:
    """Keep the rows for which every comparison holds."""
    verdict = Verdict(indexes)
    for number, comparison in enumerate(comparisons):
        found = compare(params, comparison, number, rows, verdict.holding)
        verdict = Verdict(found.holding, verdict.errors | found.errors)
    return verdict


def judge_any(
    params: ConditionParams, comparisons: Sequence[Comparison], rows: Items, indexes: Sequence[int]
) -> Verdict:
    """Keep the rows for which some comparison holds."""
    verdict = Verdict([])
    left = indexes
    for number, comparison in enumerate(comparisons):
        found = compare(params, comparison, number, rows, left)
        decided = {*found.holding, *found.errors}
        left = [i for i in left if i not in decided]
        verdict = Verdict([*verdict.holding, *found.holding], verdict.errors | found.errors)
    verdict.holding = sorted(verdict.holding)
    return verdict


def compare(
    params: ConditionParams,
    comparison: Comparison,
    number: int,
    rows: Items,
    indexes: Sequence[int],
) -> Verdict:
    """Look at one comparison for the rows at these positions."""
    holds = comparer(comparison.is_, params)
    holding: list[int] = []
    verdict = Verdict(holding)
    left, right = comparison.left, comparison.right
    for i in indexes:
        try:
            if holds(left[i], right[i]):
                holding.append(i)
        except ValueError as error:
            place = place_of(rows, i)
            text = f"{error} [condition {number}, item {place}]"
            hint = LOOSE if isinstance(error, WrongType) and not params.loose else None
            verdict.errors[i] = item_error(text, place, hint=hint)
    return verdict


class WrongType(ValueError):
    """A value is not, and cannot become, of the type that is compared."""


def comparer(name: OperatorName, params: ConditionParams) -> Test:
    """Return the test of an operator, with the reading of both sides in it."""
    if params.rules == 0 and name in LEGACY:
        return LEGACY[name]
    operator = OPERATORS[name]
    test = operator.test if params.case else folded(operator)
    read_left = reader(operator.kind, params)
    read_right = reader(operator.right or "any", params)
    left_ready, right_ready = READY[operator.kind], READY[operator.right or "any"]

    def holds(left: Json, right: Json) -> bool:
        try:
            return test(
                left if type(left) in left_ready else read_left(left),
                right if type(right) in right_ready else read_right(right),
            )
        except Misfit:
            sides: list[tuple[Json, Kind | None, Read]] = [
                (left, operator.kind, read_left),
                (right, operator.right, read_right),
            ]
            raise WrongType(wrong_type(sides, params.loose)) from None

    return holds


def folded(operator: Operator) -> Test:
    """Return the test of an operator with case ignored."""
    fold_right = fold if operator.folds_right else unchanged
    return lambda left, right: operator.test(fold(left), fold_right(right))


def fold(value: Json) -> Json:
    """Return text, and the texts of a list, in lower case."""
    if isinstance(value, str):
        return value.lower()
    if is_list(value):
        return [part.lower() if isinstance(part, str) else part for part in value]
    return value


def unchanged(value: Json) -> Json:
    """Return the value."""
    return value


def reader(kind: Kind, params: ConditionParams) -> Read:
    """Return what reads one side of a comparison; null and what is missing stay as they are."""
    if kind == "any":
        return unchanged
    if kind == "boolean" and params.loose:
        read: Read = loose_boolean if params.rules > 1 else truth_of
    else:
        read = (READ_LOOSE if params.loose else READ_STRICT)[kind]
    if kind == "number" and params.rules > 2:
        read = partial(number_or_nothing, read)
    return partial(read_given, read)


def read_given(read: Read, value: Json) -> object:
    """Read a value, if there is one."""
    return value if value is None or value is MISSING else read(value)


def number_or_nothing(read: Read, value: Json) -> object:
    """Read a number; blank text and an empty list are none."""
    blank = value == [] or (isinstance(value, str) and not value.strip())
    return None if blank else read(value)


def loose_boolean(value: Json) -> bool:
    """Return what a value says, or else whether JavaScript takes it for true."""
    try:
        return to_boolean(value)
    except Misfit:
        return truth_of(value)


def strict(fits: Callable[[Json], bool]) -> Read:
    """Return what takes values of one type only."""

    def read(value: Json) -> object:
        if not fits(value):
            raise Misfit
        return value

    return read


def read_date(value: Json) -> object:
    """Return the moment a value stands for."""
    try:
        return date_of(value)
    except ValueError:
        raise Misfit from None


READY: dict[Kind, frozenset[type]] = {
    "any": frozenset((type(None), type(MISSING), str, int, float, bool)),
    "string": frozenset((type(None), type(MISSING), str)),
    "number": frozenset((type(None), type(MISSING), int, float)),
    "boolean": frozenset((type(None), type(MISSING), bool)),
    "dateTime": frozenset((type(None), type(MISSING))),
    "array": frozenset((type(None), type(MISSING), list)),
    "object": frozenset((type(None), type(MISSING), dict)),
}
"""The types of values that need no reading; most values have them, so nothing is called."""

READ_STRICT: dict[Kind, Read] = {
    "string": strict(lambda value: isinstance(value, str)),
    "number": strict(is_number),
    "boolean": strict(lambda value: isinstance(value, bool)),
    "dateTime": read_date,
    "array": strict(lambda value: isinstance(value, list)),
    "object": strict(lambda value: isinstance(value, dict)),
}
READ_LOOSE: dict[Kind, Read] = {
    "string": to_string,
    "number": to_number,
    "dateTime": read_date,
    "array": to_array,
    "object": to_object,
}


def wrong_type(sides: Sequence[tuple[Json, Kind | None, Read]], loose: bool) -> str:
    """Say which side of a comparison has the wrong type (n8n: the same words)."""
    wrong = [(value, kind) for value, kind, read in sides if kind and not fits(read, value)]
    value, kind = wrong[0]
    if len(wrong) == 2 and kind_of(value) == kind_of(wrong[1][0]):
        return f"Comparison type expects {article(kind)} but both fields are {article_of(value)}"
    if loose:
        shown = f"the {kind_of(value)} '{to_string(value)}'"
        return f"Conversion error: {shown} can't be converted to {article(kind)}"
    wanted = article(kind)
    return f"Wrong type: '{to_string(value)}' is {article_of(value)} but was expecting {wanted}"


def fits(read: Read, value: Json) -> bool:
    """Whether a value can be read."""
    try:
        read(value)
    except Misfit:
        return False
    return True


def article_of(value: Json) -> str:
    """Name the type of a value, with an article."""
    return article(kind_of(value))


def article(kind: str) -> str:
    """Return the name of a type with an article."""
    return f"{'an' if kind[0] in 'ao' else 'a'} {kind}"
