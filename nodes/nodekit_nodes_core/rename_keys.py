"""The node ``rename_keys``."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Annotated

from pydantic import AfterValidator, Field

from nodekit import BatchNode, Context, Each, Fields, Inputs, Items, Json, Params, always

from .paths import MISSING, drop, get, put
from .patterns import pattern_of
from .shapes import is_list, is_object

REFERENCE = re.compile(r"\$(?:([$&])|(\d{1,2})|<(\w+)>)")
"""What a replacement may refer to: ``$$``, ``$&``, ``$1``, ``$<name>``."""

Names = Sequence[tuple[str, str]]
Change = Callable[[str], str]


class Rename(Params):
    """One field and its new name."""

    old: Each[str] = Field(default=always(""))
    """The field; a dot leads into nested objects."""

    new: Each[str] = Field(default=always(""))
    """Its new name; a dot leads into nested objects, which are made if there are none."""


def expression(find: str) -> str:
    """Refuse what is no regular expression."""
    try:
        pattern_of(f"/{find}/")
    except ValueError as error:
        raise ValueError(f"is an {error}") from None
    return find


class Pattern(Params):
    """A pattern for parts of names, and what takes their place."""

    find: Each[Annotated[str, AfterValidator(expression)]]
    """A regular expression, as in JavaScript. All places that it matches are replaced."""

    replace: Each[str] = Field(default=always(""))
    """What takes their place; `$1` is the first group, `$<name>` a named one, `$&` all of it."""

    case: Each[bool] = Field(default=always(True))
    """Whether capital letters differ from small ones."""

    depth: Each[int] = Field(default=always(-1))
    """How many levels below the top are seen to; -1 for all."""


class RenameKeysParams(Params):
    """Which fields get which names."""

    keys: dict[str, Each[str]] | list[Rename] = Field(default={}, examples=[{"old": "new"}])
    """New names by old; or a list of `{old, new}`, where old names are computed too."""

    patterns: list[Pattern] = Field(default=[])
    """Patterns for names, applied one after another when the single names are done."""


class RenameKeys(BatchNode[RenameKeysParams]):
    """Give fields other names.

    Each old name means the field of the item as it came. A renamed field moves to the end, or takes
    the place of one that has the name already; a field that is not there is passed over. Nothing
    else of the item changes.
    """

    slices = "any"

    def run_batch(self, inputs: Inputs, params: RenameKeysParams, ctx: Context) -> Items:
        rows = inputs.main
        json: list[Fields] = [
            renamed(fields, names)
            for fields, names in zip(rows.json, names_of(params, len(rows)), strict=True)
        ]
        for pattern in params.patterns:
            json = [
                substituted(fields, change_of(find, replace, case), depth)
                for fields, find, replace, case, depth in zip(
                    json, pattern.find, pattern.replace, pattern.case, pattern.depth, strict=True
                )
            ]
        return rows.with_json(json)


def names_of(params: RenameKeysParams, count: int) -> Sequence[Names]:
    """Return the old and new names for every item."""
    if isinstance(params.keys, list):
        columns = [list(zip(one.old, one.new, strict=True)) for one in params.keys]
    else:
        columns = [[(old, name) for name in new] for old, new in params.keys.items()]
    return list(zip(*columns, strict=True)) if columns else list(repeat((), count))


def renamed(fields: Fields, names: Names) -> Fields:
    """Return an item's json with fields renamed, one after another."""
    json = dict(fields)
    for old, new in names:
        value = get(fields, old)
        if value is MISSING or not new or new == old:
            continue
        put(json, new, value)
        drop(json, old)
    return json


@lru_cache(maxsize=64)
def change_of(find: str, replace: str, case: bool) -> Change:
    """Return what a pattern makes of a name; items mostly have the same names."""
    pattern = pattern_of(f"/{find}/{'' if case else 'i'}")

    @lru_cache(maxsize=1024)
    def change(name: str) -> str:
        return pattern.sub(lambda found: filled(replace, found), name)

    return change


def filled(replace: str, found: re.Match[str]) -> str:
    """Return a replacement with its references filled in; one to no group stays as it is."""

    def value(reference: re.Match[str]) -> str:
        sign, number, name = reference.groups()
        if sign:
            return found.group() if sign == "&" else "$"
        key: str | int = name if name is not None else int(number)
        if key == 0 or (isinstance(key, int) and key > found.re.groups):
            return reference.group()
        if isinstance(key, str) and key not in found.re.groupindex:
            return reference.group() if not found.re.groupindex else ""
        return found.group(key) or ""

    return REFERENCE.sub(value, replace)


def substituted(fields: Mapping[str, Json], change: Change, depth: int) -> dict[str, Json]:
    """Return an object with its keys changed, and those of objects in it down to a depth."""
    json = {
        key: value if depth == 0 else inside(value, change, depth - 1)
        for key, value in fields.items()
    }
    for key in list(json):
        new = change(key)
        if new != key:
            json[new] = json.pop(key)
    return json


def inside(value: Json, change: Change, depth: int) -> Json:
    """Return a value with the keys of the objects in it changed; places in lists have none."""
    if is_object(value):
        return substituted(value, change, depth)
    if is_list(value):
        return [inside(part, change, depth - 1) if depth else part for part in value]
    return value
