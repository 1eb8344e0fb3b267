"""The parameters of the node ``summarize``."""

from typing import Literal

from pydantic import Field

from nodekit import Params

from .names import Names

Do = Literal["append", "average", "concatenate", "count", "count_unique", "max", "min", "sum"]


class Aggregation(Params):
    """One value to work out from a field of all items of a group."""

    field: str = Field(min_length=1)
    """The field; a dot leads into nested objects."""

    do: Do = "count"
    """What to work out. `sum` and `average` see numbers only; `min` and `max` compare as in
    JavaScript."""

    as_: str = Field(default="", validation_alias="as")
    """The field it goes to; n8n's name if it is not given, such as `sum_amount`."""

    include_empty: bool = False
    """Whether `append`, `concatenate`, `count` and `count_unique` also see null, missing and empty
    text."""

    separator: str = ","
    """What `concatenate` puts between two values."""


class SummarizeParams(Params):
    """What to work out, and for which groups."""

    fields: list[Aggregation] = Field(min_length=1, examples=[[{"field": "amount", "do": "sum"}]])
    """The values to work out for each group."""

    group_by: Names = Field(default=[])
    """The fields whose values make the groups; none puts all items in one group."""

    layout: Literal["items", "one"] = "items"
    """An item for each group, or one item that holds the groups by their values."""

    dots: bool = True
    """Whether a dot in a field's name leads into nested objects."""

    skip_empty_groups: bool = False
    """Leave out items in which a field to group by is null, missing or an empty text."""

    group_as_text: bool = False
    """Turn the values that make groups into text (n8n: version 1)."""

    missing: Literal["hint", "fail"] = "hint"
    """What to do about a field that no item has (n8n: version 1 fails)."""
