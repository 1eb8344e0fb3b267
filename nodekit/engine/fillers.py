"""Ways to fill in the values of one item after another, made ready once for all of them."""

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, TypeAlias

from pydantic.fields import FieldInfo

from nodekit.forms import given_as
from nodekit.json_values import is_list, is_object
from nodekit.params import UNDEFINED, Hole, Params, fill, holes_in

Filler: TypeAlias = Callable[[Mapping[int, object]], Any]
"""Gives raw parameters, or a field, with the holes filled, from the values of an item by index.

Undefined stands for a field that is left out, or has to be read.
"""

EXACT = (str, int, bool)
"""Types whose values a field of that type takes as they are."""


def filler(raw: Any) -> Filler:
    """Return what fills raw parameters as :func:`~nodekit.params.fill` does.

    Structures without a hole are shared by all items.
    """
    if isinstance(raw, Hole):
        index = raw.index
        return lambda values: values.get(index, raw)
    if is_object(raw) and any(holes_in(raw)):
        return object_filler(raw)
    if is_list(raw) and any(holes_in(raw)):
        parts = [filler(value) for value in raw]
        return lambda values: [
            None if (new := part(values)) is UNDEFINED else new for part in parts
        ]
    whole = fill(raw, {})
    return lambda _: whole


def object_filler(raw: Mapping[str, Any]) -> Filler:
    """Return what fills an object: a copy in which the values with holes are put in place."""
    whole = {key: fill(value, {}) for key, value in raw.items()}
    parts = [(key, filler(value)) for key, value in raw.items() if any(holes_in(value))]

    def filled(values: Mapping[int, object]) -> dict[str, Any]:
        new = whole.copy()
        for key, part in parts:
            value = part(values)
            if value is UNDEFINED:
                del new[key]
            else:
                new[key] = value
        return new

    return filled


def field_filler(info: FieldInfo, raw: Any, sample: object) -> Filler | None:
    """Return what fills a field whose value need not be read; ``None`` if it has to be.

    Args:
        info: The field.
        raw: What stands there in the file, with holes.
        sample: The field's value for another item.
    """
    if info.metadata:
        return None
    if info.annotation is Any:
        return filler(raw)
    kind = next((kind for kind in EXACT if info.annotation is kind), None)
    if kind is not None and isinstance(raw, Hole):
        index = raw.index
        return lambda values: new if type(new := values.get(index)) is kind else UNDEFINED
    if isinstance(sample, Params) and is_object(raw):
        forms: tuple[Any, ...] = (type(sample), type(sample) | None)
        return model_filler(sample, raw) if info.annotation in forms else None
    return None


def model_filler(sample: Params, raw: Mapping[str, Any]) -> Filler | None:
    """Return what fills a model whose own rules, if it has any, only look at the whole of it."""
    model = type(sample)
    rules = [found.func for found in model.__pydantic_decorators__.model_validators.values()]
    if not is_plain(model) or any(len(signature(rule).parameters) != 1 for rule in rules):
        return None
    parts = field_fillers(sample, raw)
    if len(parts) < sum(any(holes_in(value)) for value in raw.values()):
        return None
    shared, given = dict(sample.__dict__), set(sample.model_fields_set)

    def filled(values: Mapping[int, object]) -> Any:
        fields = shared.copy()
        for name, part in parts.items():
            fields[name] = new = part(values)
            if new is UNDEFINED:
                return UNDEFINED
        params: Any = made(model, fields, given)
        try:
            for rule in rules:
                params = rule(params)
        except (ValueError, AssertionError):  # to be read, so that pydantic words it
            return UNDEFINED
        return params

    return filled


def field_fillers(sample: Params, raw: Mapping[str, Any]) -> dict[str, Filler]:
    """Return what fills the fields with holes in them, by name, as far as they need no reading."""
    found: dict[str, Filler] = {}
    for name, info in type(sample).model_fields.items():
        key = key_of(raw, name, info)
        if key is None or name not in sample.model_fields_set or not any(holes_in(raw[key])):
            continue
        part = field_filler(info, raw[key], getattr(sample, name))
        if part is not None:
            found[name] = part
    return found


def key_of(raw: Mapping[str, Any], name: str, info: FieldInfo) -> str | None:
    """Return the key under which a field is given, if it is."""
    alias = info.validation_alias
    return alias if isinstance(alias, str) and alias in raw else given_as(raw, name)


def is_plain(model: type[Params]) -> bool:
    """Whether a model reads its fields one by one, without rules beside those for the whole."""
    checks = model.__pydantic_decorators__
    rules = checks.field_validators or checks.root_validators or checks.validators
    early = any(found.info.mode != "after" for found in checks.model_validators.values())
    made_by_itself = model.__pydantic_post_init__ or model.__pydantic_custom_init__
    other = model.__private_attributes__ or model.model_config != Params.model_config
    return not (rules or early or made_by_itself or other)


def made(model: type[Params], fields: dict[str, Any], given: set[str]) -> Params:
    """Return params of fields that were read already; ``model_copy`` takes five times as long.

    Args:
        model: The model of the params.
        fields: Its fields, all of them.
        given: The names of those that are not left out; shared, since params are frozen.
    """
    params = model.__new__(model)
    put = object.__setattr__  # they are frozen
    put(params, "__dict__", fields)
    put(params, "__pydantic_fields_set__", given)
    put(params, "__pydantic_extra__", None)
    put(params, "__pydantic_private__", None)
    return params
