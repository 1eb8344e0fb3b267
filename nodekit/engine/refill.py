"""The params of one item after another: fields without an expression in them are read once."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import ValidationError, create_model

from nodekit.forms import given_as
from nodekit.params import Filling, Params, fill, holes_in

MANY = 50
"""From so many items on it pays to make a model of the fields that differ."""


class Refill:
    """Reads params that differ only in the fields with holes; what they share is shared.

    Args:
        model: The model of the parameters.
        raw: The parameters as they stand in the file, with holes.
    """

    __slots__ = ("_open", "_part", "_whole")

    def __init__(self, model: type[Params], raw: Mapping[str, Any]) -> None:
        self._open = {key: value for key, value in raw.items() if any(holes_in(value))}
        names = [name for name in model.model_fields if given_as(self._open, name) is not None]
        self._part = part_of(model, *names) if len(names) == len(self._open) else None
        self._whole: Params | None = None

    def learn(self, params: Params) -> None:
        """Take what the items share from params that were read whole."""
        if self._part is not None and self._whole is None:
            self._whole = params.model_copy()  # the node may keep something on the one it gets

    def read(self, values: Mapping[int, object]) -> Params | None:
        """Return the params of an item; ``None`` if they are to be read whole.

        They are if nothing is known yet, if a field is left out, and if a value does not fit.
        """
        if self._whole is None or self._part is None:
            return None
        raw = fill(self._open, values)
        if len(raw) < len(self._open):
            return None
        try:
            part = self._part.model_validate(raw, context=Filling(1))
        except ValidationError:
            return None
        return self._whole.model_copy(update=part.__dict__)


@lru_cache(maxsize=64)
def part_of(model: type[Params], *names: str) -> type[Params] | None:
    """Return a model of some fields of a model; ``None`` if its fields depend on each other."""
    checks = model.__pydantic_decorators__
    alone = not (checks.field_validators or checks.model_validators or checks.root_validators)
    alone = alone and not (checks.validators or model.__pydantic_post_init__)
    fields = model.model_fields
    if not alone or model.__private_attributes__ or model.model_config != Params.model_config:
        return None
    if any(info.default_factory_takes_validated_data for info in fields.values()):
        return None
    chosen: dict[str, Any] = {name: (fields[name].annotation, fields[name]) for name in names}
    return create_model(model.__name__, __base__=Params, **chosen)
