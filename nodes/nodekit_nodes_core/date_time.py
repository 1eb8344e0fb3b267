"""The node ``date_time``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator

from nodekit import (
    BatchNode,
    Context,
    Each,
    ExpressionError,
    Inputs,
    Items,
    Json,
    NodeError,
    Params,
    always,
)

from .collected import Collected
from .file_writing import json_bytes
from .paths import put
from .shapes import is_object

SCRIPT = Path(__file__).with_suffix(".js").read_text("utf-8")
"""What dates mean is said once, in the language that expressions have them in."""

UNITS = frozenset(
    (
        *("years", "quarters", "months", "weeks", "days"),
        *("hours", "minutes", "seconds", "milliseconds"),
    )
)


def plural(value: object) -> object:
    """Return the name of a unit as it is declared: ``day`` is ``days``."""
    named = isinstance(value, str) and not value.endswith("s")
    return f"{value}s" if named and f"{value}s" in UNITS else value


def singular(value: object) -> object:
    """Return the name of a unit without its s."""
    return value[:-1] if isinstance(value, str) and value in UNITS else value


Unit: TypeAlias = Annotated[
    Literal[
        "years",
        "quarters",
        "months",
        "weeks",
        "days",
        "hours",
        "minutes",
        "seconds",
        "milliseconds",
    ],
    BeforeValidator(plural),
]
Bound: TypeAlias = Annotated[
    Literal["year", "quarter", "month", "week", "day", "hour", "minute", "second"],
    BeforeValidator(singular),
]


class DateParams(Params):
    """What all operations have."""

    asked: ClassVar[Sequence[str]]
    """The fields that say what is asked for, beside the date."""

    as_: str
    """The field that gets the result."""

    keep: Literal["all", "none"] = "all"
    """Whether the other fields of the item stay."""

    dots: bool = True
    """Whether a dot in the name of the field leads into nested objects."""

    timezone: str | None = Field(default=None, examples=["Europe/Berlin"])
    """The time zone of the result; without it the pipeline's. `own` is the one that the date says
    itself, and UTC if it says none; `own_east` the same in whole hours, and only east of Greenwich
    (n8n)."""

    utc: bool = False
    """Whether a result that is a date is written in UTC, whatever the time zone."""

    @field_validator("timezone", "from_timezone", check_fields=False)
    @classmethod
    def is_zone(cls, timezone: str | None) -> str | None:
        """Refuse a time zone that there is not."""
        if timezone not in (None, "own", "own_east"):
            try:
                ZoneInfo(str(timezone))
            except (KeyError, ValueError, OSError):
                raise ValueError(f"is no known time zone: {timezone!r}") from None
        return timezone


class Now(DateParams):
    """The time at which the run is."""

    do: Literal["now"] = "now"
    """What to do."""

    as_: str = Field(default="now", min_length=1, validation_alias="as")
    """The field that gets the result."""

    time: bool = True
    """Whether the time of day is part of it; else it is the beginning of the day."""

    asked: ClassVar[Sequence[str]] = ("time",)


class DateGiven(DateParams):
    """What all operations have that are given a date."""

    date: Each[Json] = Field(examples=["={{ $json.created }}", "2026-01-31"])
    """The date: text in one of the usual forms, or a number of seconds or, with 12 digits or more,
    milliseconds since 1970."""

    from_: str = Field(default="", validation_alias="from", examples=["dd.MM.yyyy"])
    """The form of the date, in tokens, where it is not one of the usual."""

    from_timezone: str | None = None
    """The time zone of a date that does not say one; without it the pipeline's."""

    tokens: Literal["luxon", "moment"] = "luxon"
    """Whose tokens describe forms: `yyyy-MM-dd` in Luxon's words is `YYYY-MM-DD` in moment's."""


class Moved(DateGiven):
    """What adding and subtracting have."""

    amount: Each[float]
    """How much."""

    unit: Unit = "days"
    """Of what: `years`, `quarters`, `months`, `weeks`, `days`, `hours`, `minutes`, `seconds` or
    `milliseconds`."""

    format: Each[str] = always("")
    """The form of the result, in tokens; without it ISO 8601."""

    as_: str = Field(default="date", min_length=1, validation_alias="as")
    """The field that gets the result."""

    asked: ClassVar[Sequence[str]] = ("amount", "unit", "format")


class Add(Moved):
    """A date that is later."""

    do: Literal["add"] = "add"
    """What to do."""


class Subtract(Moved):
    """A date that is earlier."""

    do: Literal["subtract"] = "subtract"
    """What to do."""


class Format(DateGiven):
    """A date in another form."""

    do: Literal["format"] = "format"
    """What to do."""

    format: Each[str] = Field(examples=["yyyy-MM-dd", "dd.MM.yyyy HH:mm", "X"])
    """The form of the result, in tokens."""

    as_: str = Field(default="formatted", min_length=1, validation_alias="as")
    """The field that gets the result."""

    asked: ClassVar[Sequence[str]] = ("format",)


class Round(DateGiven):
    """The beginning of the month, or whatever, that a date is in."""

    do: Literal["round"] = "round"
    """What to do."""

    to: Bound = "month"
    """To the beginning of what: `year`, `quarter`, `month`, `week`, `day`, `hour`, `minute` or
    `second`."""

    up: bool = False
    """Whether to the beginning of the next one."""

    as_: str = Field(default="date", min_length=1, validation_alias="as")
    """The field that gets the result."""

    asked: ClassVar[Sequence[str]] = ("to", "up")


class Between(DateGiven):
    """The time from one date to another."""

    do: Literal["between"] = "between"
    """What to do."""

    end: Each[Json]
    """The date up to which time is counted."""

    units: list[Unit] = Field(default=["days"], min_length=1)
    """What to count in; the smallest one may be a fraction."""

    iso: bool = False
    """Whether the result is text as in `P1M3D`; else an object as `{months: 1, days: 3}`."""

    as_: str = Field(default="between", min_length=1, validation_alias="as")
    """The field that gets the result."""

    asked: ClassVar[Sequence[str]] = ("end", "units", "iso")


class Part(DateGiven):
    """One part of a date, as a number."""

    do: Literal["part"] = "part"
    """What to do."""

    part: Literal[
        "year", "quarter", "month", "week", "weekday", "day", "hour", "minute", "second"
    ] = "month"
    """Which part; weeks and days of the week count from Monday."""

    as_: str = Field(default="part", min_length=1, validation_alias="as")
    """The field that gets the result."""

    asked: ClassVar[Sequence[str]] = ("part",)


Operation = Add | Subtract | Format | Round | Between | Part | Now


class DateTime(BatchNode[Operation]):
    """Reckon with dates: add and subtract, format, round, count the time between two, take a part.

    Dates mean what they mean in expressions.
    """

    slices = "any"

    async def run_batch(self, inputs: Inputs, params: Operation, ctx: Context) -> Items:
        rows = inputs.main
        results = await reckoned(questions(params, len(rows)), ctx)
        collected = Collected(rows)
        for i, result in enumerate(results):
            if "fault" in result:
                collected.fail(i, fault(result))
                continue
            json = dict(rows.json[i]) if params.keep == "all" else {}
            put(json, params.as_, result["value"], params.dots)
            collected.add_file(i, json, rows.binary.get(i, {}) if params.keep == "all" else {})
        return collected.items()


def questions(params: Operation, count: int) -> Items:
    """Return what is asked for every item, as the script reads it."""
    same: dict[str, Json] = {"do": params.do, "zone": params.timezone, "utc": params.utc}
    names = [*params.asked]
    if isinstance(params, DateGiven):
        same |= {"from": params.from_, "tokens": params.tokens, "from_zone": params.from_timezone}
        names.append("date")
    columns: dict[str, Sequence[Json]] = {}
    for name in names:
        value: Json = getattr(params, name)
        if isinstance(value, bool | str | list):
            same[name] = value
        else:
            columns[name] = value
    each = [{name: column[i] for name, column in columns.items()} for i in range(count)]
    return Items([{**same, **part} for part in each])


async def reckoned(asked: Items, ctx: Context) -> list[dict[str, Json]]:
    """Return what the script says to each question.

    Raises:
        NodeError: It took too long.
    """
    if not len(asked):
        return []
    try:
        (result,) = await ctx.javascript(SCRIPT, asked)
    except ExpressionError as error:
        raise NodeError(error.message, hint=error.hint) from error
    if isinstance(result, ExpressionError):
        raise NodeError(result.message, hint=result.hint) from result
    return list(filter(is_object, result["value"]))


def fault(result: dict[str, Json]) -> NodeError:
    """Return why a date could not be reckoned with."""
    value = json_bytes(result["at"]).decode(errors="replace")
    shown = value if len(value) <= 60 else f"{value[:29]}…{value[-29:]}"
    return NodeError(
        f"{shown} {result['fault']}",
        hint="Give a date as in 2026-01-31T09:00, or say its form as `from`.",
    )
