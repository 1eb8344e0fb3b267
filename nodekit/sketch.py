"""Params before expressions have values: enough to ask a node for its inputs and outputs."""

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, TypeGuard, Union, get_args, get_origin

import pydantic
from pydantic.fields import FieldInfo

from .forms import given_as
from .json_values import is_list, is_object
from .params import Filling, Params, holes_in


def sketch(declared: Any, raw: Any) -> Any:
    """Read raw parameters that may have holes, and leave the holes where they are.

    What has no hole in it is validated as usual, so :data:`~nodekit.params.Fixed` parameters are
    all there. Only for raw parameters in which nothing was found wrong.
    """
    whole = not any(True for _ in holes_in(raw))
    if is_model(declared) and is_object(raw):
        if whole:
            return declared.model_validate(raw, context=Filling())
        return sketch_model(declared, raw)
    if whole:
        return pydantic.TypeAdapter(declared).validate_python(raw, context=Filling())
    origin, inner = get_origin(declared), get_args(declared)
    if origin is Annotated:
        return sketch(inner[0], raw)
    if origin is list and is_list(raw):
        return [sketch(inner[0], value) for value in raw]
    if origin in (Union, UnionType):
        return sketch_form(inner, raw)
    return raw


def is_model(declared: object) -> TypeGuard[type[Params]]:
    """Whether a declared type is a model of parameters."""
    return isinstance(declared, type) and issubclass(declared, Params)


def sketch_model(model: type[Params], raw: Mapping[str, Any]) -> Params:
    """Read one model field by field; fields that are not given take their defaults."""
    values: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        given = given_as(raw, written(name, info))
        if given is not None:
            declared = (
                Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
            )
            values[name] = sketch(declared, raw[given])
    return model.model_construct(**values)


def written(name: str, info: FieldInfo) -> str:
    """Return the name of a field in a file: ``from``, where Python must call it ``from_``."""
    return info.validation_alias if isinstance(info.validation_alias, str) else name


def sketch_form(forms: tuple[Any, ...], raw: Any) -> Any:
    """Read a value that may have several forms as the one whose fields it names."""
    if is_object(raw):
        for form in forms:
            if is_model(form):
                known = {written(name, info) for name, info in form.model_fields.items()}
                if all(any(given_as({key: 0}, name) for name in known) for key in raw):
                    return sketch(form, raw)
    lists = [form for form in forms if get_origin(form) is list]
    return sketch(lists[0], raw) if lists and is_list(raw) else raw
