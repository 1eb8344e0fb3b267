"""The values of a parameter for many items: a column, or one value seen for each of them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any, TypeGuard, TypeVar, overload

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from .items import Json
from .json_values import is_json

T = TypeVar("T")


class Column(Sequence[T]):
    """The values of an :data:`Each` parameter, one for each item."""

    __slots__ = ("values",)

    def __init__(self, values: Sequence[T]) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return self.values[index]

    def __iter__(self) -> Iterator[T]:
        return iter(self.values)

    def count(self, value: Any) -> int:
        return self.values.count(value)

    def keep(self, indexes: Sequence[int]) -> None:
        """Keep the values at these positions only. For the motor, before a node sees the column."""
        self.values = [self.values[i] for i in indexes]

    def __repr__(self) -> str:
        return f"Column({list(self.values)!r})"


class Same(Column[T]):
    """One value, seen once for each item."""

    __slots__ = ("size", "value")

    def __init__(self, value: T, size: int = 0) -> None:
        super().__init__(())
        self.value = value
        self.size = size

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return [self.value] * len(range(*index.indices(self.size)))
        if not -self.size <= index < self.size:
            raise IndexError(index)
        return self.value

    def __iter__(self) -> Iterator[T]:
        return repeat(self.value, self.size)

    def count(self, value: object) -> int:
        return self.size if value == self.value else 0

    def keep(self, indexes: Sequence[int]) -> None:
        self.size = len(indexes)

    def __repr__(self) -> str:
        return f"Same({self.value!r}, {self.size})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let a JSON Schema show the value as the default; null where it is no JSON value."""
        shown = core_schema.plain_serializer_function_ser_schema(shown_value)
        return core_schema.any_schema(serialization=shown)


def shown_value(same: Same[Json]) -> Json:
    """Return what a JSON Schema shows of a default: its value, or null if that is no JSON value."""
    return same.value if is_json(same.value) else None


def is_same(value: object) -> TypeGuard[Same[Any]]:
    """Whether a value is a column that is the same for every item."""
    return isinstance(value, Same)


def always(value: T) -> Sequence[T]:
    """Return the default of an :data:`Each` parameter: this value for every item."""
    return Same(value)


class Found(list[object]):
    """Values that nobody changes any more, so that their types are looked at once."""

    __slots__ = ("_kinds",)

    def __init__(self, values: Iterable[object]) -> None:
        super().__init__(values)
        self._kinds: set[type] | None = None

    @property
    def kinds(self) -> set[type]:
        """The types of the values."""
        if self._kinds is None:
            self._kinds = set(map(type, self))
        return self._kinds


def kinds_in(values: Iterable[object]) -> set[type]:
    """Return the types of many values; much faster than a look at each."""
    return values.kinds if isinstance(values, Found) else set(map(type, values))
