"""From raw parameters to params: expressions are evaluated, and the models read the values."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from nodekit import expressions  # its names are loaded when they are first used
from nodekit.columns import kinds_in
from nodekit.errors import NOT_KEPT, ExpressionError, NodekitError, ParamsError, shortened
from nodekit.forms import given_as
from nodekit.params import UNDEFINED, Filling, Hole, Params, fill, holes_in
from nodekit.pipeline.steps import Step
from nodekit.wording import sentence

if TYPE_CHECKING:
    from nodekit.expressions import Expression, View, Worker

    from .refill import Refill


class BatchParams(NamedTuple):
    """The params of one call of a BatchNode.

    ``failures`` are the items with a value that cannot be had, by position; the columns in
    ``params`` have values for the others only.
    """

    params: Any
    failures: Mapping[int, NodekitError]


class Resolver:
    """Resolves the parameters of one run of a step.

    Args:
        step: The step.
        view: What its expressions may see.
        worker: The JavaScript child.
        chunk: How many items are evaluated in one call.
    """

    def __init__(self, step: Step, view: "View", worker: "Worker", chunk: int) -> None:
        self.step = step
        self.view = view
        self.worker = worker
        self.chunk = chunk
        self.template = step.template
        self.holes: dict[int, Hole] = {h.index: h for h in holes_in(self.template.raw)}
        self.not_kept: list[ExpressionError] = []

    async def batch(self, count: int) -> BatchParams:
        """Resolve once for all items: ``Each`` parameters as columns, the rest for the first item.

        Raises:
            NodekitError: A value that is resolved once cannot be had, or does not fit.
        """
        each = sorted(self.template.each)
        once = [index for index in self.holes if index not in self.template.each]
        first = await self._columns(once, range(1))
        values = {index: self._only(index, column[0]) for index, column in first.items()}
        columns = await self._columns(each, range(count))
        self._default(columns)
        filling = Filling(count, {i: self._placed(i, column) for i, column in columns.items()})
        params = self.step.type.form.read(
            self.template.model, fill(self.template.raw, values), filling
        )
        failures = {i: misfit(*found) for i, found in sorted(filling.failures.items())}
        if failures:
            kept = [i for i in range(count) if i not in failures]
            for column in filling.made:
                column.keep(kept)
        return BatchParams(params, failures)

    async def items(self, indexes: Sequence[int], refill: "Refill | None" = None) -> Iterator[Any]:
        """Resolve for each of these items; an exception stands where a value cannot be had.

        The params are made as they are asked for: those in use are few, whatever the chunk.
        ``refill`` reads what differs among them, if they are many.
        """
        columns = await self._columns(list(self.holes), indexes)
        columns = {index: self._placed(index, column) for index, column in columns.items()}
        rows = zip(*columns.values(), strict=True) if columns else [()] * len(indexes)
        return (self._item(dict(zip(columns, row, strict=True)), refill) for row in rows)

    def constant(self) -> Any:
        """Read parameters that have no expression.

        Raises:
            ParamsError: A value does not fit.
        """
        return self.step.type.form.read(self.template.model, self.template.raw, Filling(1))

    def _item(self, values: Mapping[int, object], refill: "Refill | None") -> Any:
        for value in values.values():
            if isinstance(value, ExpressionError):
                return value
        params = None if refill is None else refill.read(values)
        if params is not None:
            return params
        try:
            raw = fill(self.template.raw, values)
            params = self.step.type.form.read(self.template.model, raw, Filling(1))
        except NodekitError as error:
            return error
        if refill is not None:
            refill.learn(params)
        return params

    async def _columns(
        self, holes: Sequence[int], indexes: Sequence[int]
    ) -> dict[int, list[object]]:
        if not holes:
            return {}
        asked: list[Expression] = [self.template.expressions[index] for index in holes]
        columns = await expressions.evaluate(
            asked, self.view, indexes, self.worker, chunk=self.chunk
        )
        return dict(zip(holes, columns, strict=True))

    def _only(self, index: int, value: object) -> object:
        """Return a value, or raise the error that stands in its place.

        Raises:
            ExpressionError: The expression stopped.
        """
        if isinstance(value, ExpressionError):
            raise self._located(index, value)
        return value

    def _placed(self, index: int, column: list[object]) -> list[object]:
        if ExpressionError not in kinds_in(column):
            return column
        return [self._located(index, v) if isinstance(v, ExpressionError) else v for v in column]

    def _located(self, index: int, error: ExpressionError) -> ExpressionError:
        """Return the error of an expression with the parameter it stands in."""
        found = placed(self.holes[index], error)
        if found.kind == NOT_KEPT:
            self.not_kept.append(found)
        return found

    def _default(self, columns: dict[int, list[object]]) -> None:
        """Put the default of an ``Each`` parameter wherever its expression gives undefined."""
        for index, column in columns.items():
            info = field_at(self.template.model, self.holes[index].path)
            if info is not None and not info.is_required() and type(UNDEFINED) in kinds_in(column):
                default = getattr(info.default, "value", info.default)
                columns[index] = [default if v is UNDEFINED else v for v in column]


def field_at(declared: Any, path: Sequence[str | int]) -> FieldInfo | None:
    """Return the field of a params model that a path in raw parameters ends at, if it does."""
    info: FieldInfo | None = None
    for name in (part for part in path if isinstance(part, str)):
        fields = (field for model in models_in(declared) for field in model.model_fields.items())
        info = next((field for known, field in fields if given_as({name: 0}, known)), None)
        if info is None:
            return None
        declared = info.annotation
    return info


def models_in(declared: Any) -> Iterator[type[Params]]:
    """Yield the params models that a type is made of."""
    if isinstance(declared, type) and issubclass(declared, Params):
        yield declared
    for part in get_args(declared):
        yield from models_in(part)


def placed(hole: Hole, error: ExpressionError) -> ExpressionError:
    """Return the error of an expression with the parameter it stands in."""
    name = ".".join(map(str, hole.path))
    return ExpressionError(
        f'parameter "{name}", {shortened(hole.text)}: {error.message}',
        text=hole.text,
        position=error.position,
        kind=error.kind,
        hint=error.hint,
    )


def misfit(hole: Hole, error: Exception) -> NodekitError:
    """Return why the value of one item for an ``Each`` parameter cannot be taken."""
    if isinstance(error, NodekitError):
        return error
    name = ".".join(map(str, hole.path))
    if not isinstance(error, ValidationError):
        raise error
    row = error.errors(include_url=False)[0]
    return ParamsError(f'parameter "{name}" {sentence(row)}')
