"""How a node declares its parameters: one pydantic model, or a union of one for each operation.

The declaration is the only place where a parameter is described. Validation, checking,
documentation and the command line read it from here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeVar, cast, get_args

from pydantic import AliasChoices, AliasGenerator, BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, ValidationError, core_schema

from .columns import Column, Same as Same, always as always, is_same, kinds_in
from .described import Described
from .json_values import is_dict, is_list, is_object

T = TypeVar("T")

SCALARS = (str, int, float, type(None))


def camel_of(name: str) -> str:
    """Return n8n's spelling of a parameter's name: ``workflow_id`` is ``workflowId`` there.

    pydantic's own function compiles four patterns first, for which every start of a run would wait.
    """
    first, *others = name.split("_")
    return first + "".join(part.capitalize() or "_" for part in others)


def spellings(name: str) -> AliasChoices | str:
    """Return the names a parameter may be given by: ours, and n8n's camelCase."""
    camel = camel_of(name)
    return name if camel == name else AliasChoices(name, camel)


def unbend(schema: Any, owner: type) -> None:
    """Make pydantic's lax mode refuse what we refuse: truth from words, numbers from truth."""
    if is_list(schema):
        for part in schema:
            unbend(part, owner)
    if not is_dict(schema):
        return
    kind = schema.get("type")
    if kind == "model" and schema["cls"] is not owner:
        return  # a model of its own, which has seen to this itself
    if kind == "bool":
        schema["strict"] = True
    elif kind in ("int", "float"):
        inner = cast("CoreSchema", dict(schema))
        schema.clear()
        schema.update(core_schema.no_info_before_validator_function(refuse_truth, inner))
        return
    for part in list(schema.values()):
        unbend(part, owner)


def refuse_truth(value: object) -> object:
    """Let anything pass but ``True`` and ``False``, which Python counts among the numbers."""
    if isinstance(value, bool):
        raise PydanticCustomError("number_type", "Input should be a number")
    return value


class Params(Described):
    """The declared parameters of a node, or of one of its operations.

    Any parameter takes an expression unless it is :data:`Fixed`. A parameter may be written in
    Python's spelling or in n8n's (``workflow_id``, ``workflowId``). Values are taken as they are,
    but for two kindnesses: a number where text is wanted, and text where a number is wanted and
    the text is one. The string under a field is its description.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        coerce_numbers_to_str=True,
        validate_default=True,
        alias_generator=AliasGenerator(validation_alias=spellings),
        validate_by_name=True,
    )

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        schema = handler(source)
        unbend(schema, cls)
        return schema


class Hole:
    """Stands in raw parameters for a value that is not known yet: an expression.

    ``path`` is where it stands; ``text`` the expression.
    """

    __slots__ = ("index", "path", "text")

    def __init__(self, index: int, path: tuple[str | int, ...], text: str) -> None:
        self.index = index
        self.path = path
        self.text = text

    def __repr__(self) -> str:
        return self.text


class _Undefined:
    """What an expression gives when there is nothing there (JavaScript: ``undefined``)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "undefined"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "UNDEFINED"


UNDEFINED = _Undefined()
"""The one undefined value. As a parameter it means "not given"."""


def holes_in(raw: object) -> Iterator[Hole]:
    """Yield the holes of raw parameters, in order."""
    if isinstance(raw, Hole):
        yield raw
    elif is_object(raw):
        for value in raw.values():
            yield from holes_in(value)
    elif is_list(raw):
        for value in raw:
            yield from holes_in(value)


class Filling:
    """What is known while parameters are read: the holes, and a column of values for some.

    Without ``columns`` the parameters are being examined: nothing has a value yet. ``each`` then
    collects the holes that want a value for every item, ``deferred`` those that stay text. With
    them, ``failures`` collects the items whose value does not fit, by position.
    """

    def __init__(
        self, count: int = 0, columns: Mapping[int, Sequence[object]] | None = None
    ) -> None:
        self.count = count
        self.columns = columns
        self.each: set[int] = set()
        self.deferred: set[int] = set()
        self.failures: dict[int, tuple[Hole, Exception]] = {}
        self.made: list[Column[Any]] = []

    def column(self, raw: object) -> tuple[list[object], set[type]]:
        """Return the value of a structure with holes in it, for every item, and their types."""
        columns = self.columns or {}
        if isinstance(raw, Hole):
            column = columns[raw.index]
            values, kinds = list(column), kinds_in(column)
        else:
            at = [hole.index for hole in holes_in(raw)]
            values = [filled(raw, {h: columns[h][i] for h in at}) for i in range(self.count)]
            kinds = kinds_in(values)
        if type(UNDEFINED) in kinds:
            values = [None if value is UNDEFINED else value for value in values]
            kinds = kinds_in(values)
        return values, kinds


def filled(raw: object, values: Mapping[int, object]) -> object:
    """Return raw parameters with their holes filled, or the error that stands for a value."""
    errors = (value for value in values.values() if isinstance(value, Exception))
    error = next(errors, None)
    return fill(raw, values) if error is None else error


def fill(raw: Any, values: Mapping[int, object]) -> Any:
    """Return raw parameters with the holes filled that have a value.

    A key whose value is undefined is left out; in a list it becomes ``None``.
    """
    if isinstance(raw, SCALARS):
        return raw
    if isinstance(raw, Hole):
        return values.get(raw.index, raw)
    if is_object(raw):
        filled: dict[str, Any] = {}
        for key, value in raw.items():
            new = value if type(value) is str else fill(value, values)
            if new is not UNDEFINED:
                filled[key] = new
        return filled
    if is_list(raw):
        filled_list = (fill(value, values) for value in raw)
        return [None if value is UNDEFINED else value for value in filled_list]
    return raw


class EachMarker:
    """Makes a parameter one with a value for every item; see :data:`Each`."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        (value_type,) = get_args(source)
        schema = handler.generate_schema(value_type)
        return core_schema.with_info_wrap_validator_function(ReadEach(ready_for(schema)), schema)


def ready_for(schema: CoreSchema) -> frozenset[type] | None:
    """Return types whose values a schema takes as they are; ``None`` if it takes any value so."""
    if schema["type"] == "any":
        return None
    if schema["type"] == "nullable":
        inner = ready_for(schema["schema"])
        return None if inner is None else inner | {type(None)}
    plain = schema["type"] in READY and schema.keys() <= {"type", "metadata", "strict"}
    return frozenset([READY[schema["type"]]] if plain else [])


READY = {"bool": bool, "int": int}


class ReadEach:
    """Validates an :data:`Each` parameter: one value for all, or a column of values.

    Args:
        ready: The types whose values are taken as they are; ``None`` for all types.
    """

    def __init__(self, ready: frozenset[type] | None) -> None:
        self.ready = ready

    def __call__(
        self,
        value: object,
        read: core_schema.ValidatorFunctionWrapHandler,
        info: core_schema.ValidationInfo,
    ) -> Column[Any]:
        filling: Filling = info.context or Filling()
        holes = list(holes_in(value))
        if is_same(value):
            column: Column[Any] = Same(value.value, filling.count)
        elif not holes:
            column = Same(read(value), filling.count)
        elif filling.columns is None:
            filling.each.update(hole.index for hole in holes)
            read(value)
            raise PydanticCustomError("hole", "not known yet")
        else:
            column = Column(self.column(filling, value, holes[0], read))
        filling.made.append(column)
        return column

    def column(
        self,
        filling: Filling,
        raw: object,
        hole: Hole,
        read: core_schema.ValidatorFunctionWrapHandler,
    ) -> list[object]:
        """Validate one value for each item; those that do not fit are noted and stay ``None``."""
        values, kinds = filling.column(raw)
        if not any(issubclass(kind, Exception) for kind in kinds) and (
            self.ready is None or kinds <= self.ready
        ):
            return values
        for i, value in enumerate(values):
            if isinstance(value, Exception):
                filling.failures.setdefault(i, (hole, value))
                values[i] = None
                continue
            try:
                values[i] = read(value)
            except ValidationError as error:
                filling.failures.setdefault(i, (hole, error))
                values[i] = None
        return values


class FixedMarker:
    """Makes a parameter one that cannot be an expression; see :data:`Fixed`."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(refuse_holes, handler(source))


def refuse_holes(value: object) -> object:
    """Let anything pass that has no expression in it."""
    for hole in holes_in(value):
        raise PydanticCustomError(
            "fixed", "cannot be an expression, found {text}", {"text": repr(hole.text)}
        )
    return value


class DeferredMarker:
    """Makes a parameter one whose expressions the node evaluates; see :data:`Deferred`."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_before_validator_function(keep_text, handler(source))


def keep_text(value: object, info: core_schema.ValidationInfo) -> object:
    """Put the text of its expressions into a value, and note that they are deferred."""
    holes = {hole.index: hole.text for hole in holes_in(value)}
    if holes and info.context is not None:
        info.context.deferred.update(holes)
    return fill(value, holes)


Each = Annotated[Sequence[T], EachMarker()]
"""A parameter of a BatchNode with a value for every item of the first input.

To a type checker it is a ``Sequence[T]``. A constant is one value seen for every item. It may stand
at any depth, as in ``dict[str, Each[Json]]``. ``undefined`` is ``None`` here.
"""

Fixed = Annotated[T, FixedMarker()]
"""A parameter that cannot be an expression, so that it is known when the file is checked."""

Deferred = Annotated[Any, DeferredMarker()]
"""A JSON value whose expressions the node evaluates by itself, when it knows what they ask for.

They stay as they are written: text that begins with ``=``, at any depth. The node gives them to
:meth:`Context.evaluate <nodekit.Context.evaluate>` with the variables they may see beside the usual
ones, as ``$response``.
"""
