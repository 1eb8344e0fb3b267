"""The node ``wait``."""

from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from nodekit import BatchNode, Context, Inputs, Items, NodeError, Params

from .alternatives import one_of
from .dates import date_of
from .units import read_time

UNITS = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86400.0}


class WaitParams(Params):
    """How long to wait."""

    for_: float | str | None = Field(default=None, validation_alias="for", examples=["5s", "1m30s"])
    """How long: text such as `5s`, `1m30s`, `2h`, or a number."""

    unit: Literal["seconds", "minutes", "hours", "days"] = "seconds"
    """What a number means."""

    until: str | None = Field(default=None, examples=["2026-01-31T09:00"])
    """Or the moment to wait for; in the pipeline's time zone if it names none."""

    @field_validator("for_")
    @classmethod
    def is_time(cls, value: float | str | None) -> float | str | None:
        """Refuse what is no length of time."""
        if isinstance(value, str) and isinstance(read_time(value), str):
            try:
                value = float(value)
            except ValueError:
                raise ValueError(f"wants a time such as 5s or 1m30s, found {value!r}") from None
        if isinstance(value, float) and not 0 <= value < float("inf"):
            raise ValueError(f"wants a time from 0 on, found {value:g}")
        return value

    @model_validator(mode="before")
    @classmethod
    def one_way(cls, raw: Any) -> Any:
        """Refuse both ways at once, and none."""
        one_of(raw, "for", "until")
        return raw


class Wait(BatchNode[WaitParams]):
    """Wait for some time, or until a moment, and put the items out unchanged.

    It waits once for all items, as the first one says, and within the run: a moment that is past
    is not waited for. A step's `timeout` ends the wait as it ends any other.
    """

    async def run_batch(self, inputs: Inputs, params: WaitParams, ctx: Context) -> Items:
        rows = inputs.main
        seconds = seconds_of(params, ctx)
        if len(rows) and seconds > 0:
            await ctx.sleep(seconds)
        return rows


def seconds_of(params: WaitParams, ctx: Context) -> float:
    """Return how long to wait.

    Raises:
        NodeError: The moment to wait for is none.
    """
    if params.until is not None:
        return moment_of(params.until, ctx.timezone).timestamp() - ctx.now()
    length, number = read_time(params.for_), params.for_
    if isinstance(number, float):
        return number * UNITS[params.unit]
    return length if isinstance(length, float) else 0.0


def moment_of(text: str, timezone: str) -> datetime:
    """Return the moment a text stands for.

    Raises:
        NodeError: It stands for none.
    """
    try:
        return date_of(text, ZoneInfo(timezone))
    except ValueError as error:
        raise NodeError(
            f"cannot wait until {text!r}: that is no moment",
            hint="Write it as in 2026-01-31T09:00:00+01:00.",
        ) from error
