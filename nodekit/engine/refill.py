"""The params of one item after another: fields without an expression in them are read once."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import ValidationError, create_model

from nodekit.params import UNDEFINED, Filling, Params, holes_in
from nodekit.pipeline.steps import Template

from .fillers import field_fillers, filler, is_plain, key_of, made

MANY = 50
"""From so many items on it pays to make a model of the fields that differ."""


class Refill:
    """Reads params that differ only in the fields with holes; what they share is shared.

    Args:
        model: The model of the parameters.
        raw: The parameters as they stand in the file, with holes.
    """

    __slots__ = ("_direct", "_filling", "_given", "_model", "_part", "_raw", "_rest", "_shared")

    def __init__(self, model: type[Params], raw: Mapping[str, Any]) -> None:
        self._model = model
        self._raw = {key: value for key, value in raw.items() if any(holes_in(value))}
        self._filling = Filling(1)
        self._shared: dict[str, Any] | None = None

    def learn(self, params: Params) -> None:
        """Take what the items share from params that were read whole."""
        if self._shared is not None or not stands_alone(self._model):
            return
        direct = field_fillers(params, self._raw)
        fields = self._model.model_fields.items()
        keys = {key_of(self._raw, name, info) for name, info in fields if name in direct}
        rest = {key: value for key, value in self._raw.items() if key not in keys}
        names = [name for name, info in fields if key_of(rest, name, info) is not None]
        if len(names) != len(rest):
            return
        self._direct = list(direct.items())
        self._part = part_of(self._model, *names) if rest else None
        self._rest = filler(rest)
        self._raw = rest
        self._given = params.model_fields_set.union(names)
        self._shared = dict(params.__dict__)  # the node may keep something on what it gets

    def read(self, values: Mapping[int, object]) -> Params | None:
        """Return the params of an item; ``None`` if they are to be read whole.

        They are if nothing is known yet, if a field is left out, and if a value does not fit.
        """
        if self._shared is None:
            return None
        fields = self._shared.copy()
        for name, part in self._direct:
            fields[name] = value = part(values)
            if value is UNDEFINED:
                return None
        if self._part is not None:
            raw = self._rest(values)
            if len(raw) < len(self._raw):
                return None
            try:
                read = self._part.__pydantic_validator__.validate_python(raw, context=self._filling)
            except ValidationError:
                return None
            fields.update(read.__dict__)
        return made(self._model, fields, self._given)


def refill_of(template: Template, count: int) -> Refill | None:
    """Return what reads the params of so many items; ``None`` if they are too few for that."""
    return Refill(template.model, template.raw) if count >= MANY else None


def stands_alone(model: type[Params]) -> bool:
    """Whether no field of a model has a say in what another may be."""
    taken = any(i.default_factory_takes_validated_data for i in model.model_fields.values())
    return is_plain(model) and not model.__pydantic_decorators__.model_validators and not taken


@lru_cache(maxsize=64)
def part_of(model: type[Params], *names: str) -> type[Params]:
    """Return a model of some fields of a model."""
    fields = model.model_fields
    chosen: dict[str, Any] = {name: (fields[name].annotation, fields[name]) for name in names}
    return create_model(model.__name__, __base__=Params, **chosen)
