"""Reading raw parameters into the models a node declares.

A node's parameters are one model or a union of models, one for each operation. The form chooses
the model, examines raw parameters while expressions are still holes, and reads them once the holes
have values.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import Any, Generic, Literal, NamedTuple, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError

from .errors import ParamsError, did_you_mean
from .json_values import is_list, is_object
from .params import Filling, Hole, Params, camel_of
from .wording import kind_of, listed, sentence

P = TypeVar("P")
Path = tuple[str | int, ...]


class Finding(NamedTuple):
    """One thing that is wrong with raw parameters: where in them, and what."""

    path: Path
    code: str
    message: str
    hint: str | None = None
    at_key: bool = False


class Examined(NamedTuple):
    """What can be said of raw parameters before expressions have values."""

    model: type[Params] | None
    findings: Sequence[Finding] = ()
    each: frozenset[int] = frozenset()
    """The holes that want a value for every item of a BatchNode."""
    deferred: frozenset[int] = frozenset()
    """The holes that stay text; the node evaluates them."""


def members(declared: Any) -> Iterator[type[Params]]:
    """Yield the models of a params type: itself, or the members of a union."""
    if get_origin(declared) in (Union, UnionType):
        for part in get_args(declared):
            yield from members(part)
    elif isinstance(declared, type) and issubclass(declared, Params):
        yield declared
    else:
        raise TypeError(f"params must be a Params class or a union of them, not {declared!r}")


class Form(Generic[P]):
    """The models of one node's parameters.

    ``selectors`` are the fields that can hold one literal value only, and so choose among several
    models, in the order in which the first model declares them.
    """

    def __init__(self, declared: Any) -> None:
        self.models = tuple(members(declared))
        found = (pair for model in self.models for pair in literals(model).items())
        names = {name: None for name, values in found if len(values) == 1}
        self.selectors = tuple(names) if len(self.models) > 1 else ()

    def select(self, raw: Mapping[str, Any]) -> tuple[type[Params] | None, list[Finding]]:
        """Choose the model that raw parameters are meant for.

        A selecting field that is missing takes the default of the first model that is left.
        """
        left = list(self.models)
        for name in self.selectors:
            given = given_as(raw, name)
            value = raw[given] if given else default_of(left, name)
            if isinstance(value, Hole):
                text = f'parameter "{name}" chooses the operation and cannot be an expression'
                return None, [Finding((given or name,), "fixed-param", text)]
            kept = [m for m in left if name not in literals(m) or value in literals(m)[name]]
            if not kept:
                return None, [self.no_such_operation(left, name, given or name, value)]
            left = kept
        return left[0], []

    def no_such_operation(
        self, left: Sequence[type[Params]], name: str, given: str, value: object
    ) -> Finding:
        """Say that no operation has this value, and which values there are."""
        values = {str(v): None for m in left for v in literals(m).get(name, ())}
        found = value if isinstance(value, str) else ""
        return Finding(
            (given,),
            "unknown-operation",
            f'parameter "{name}" wants {listed(values)}, found {kind_of(value)}'
            + did_you_mean(found, values),
        )

    def title(self, model: type[Params]) -> str:
        """Return what selects a model, for messages: ``session / create``; else an empty text."""
        chosen = literals(model)
        words = [str(chosen[name][0]) for name in self.selectors if name in chosen]
        return " / ".join(words[1:] if len(words) > 2 else words)

    def examine(self, raw: Mapping[str, Any]) -> Examined:
        """Find everything that is wrong with raw parameters, whatever the holes will hold."""
        model, findings = self.select(raw)
        if model is None:
            return Examined(None, findings)
        filling = Filling()
        try:
            model.model_validate(raw, context=filling)
        except ValidationError as error:
            rows = real_errors(raw, error)
            findings = [self.finding(model, raw, row) for row in rows]
        return Examined(model, findings, frozenset(filling.each), frozenset(filling.deferred))

    def finding(
        self, model: type[Params], raw: Mapping[str, Any], row: Mapping[str, Any]
    ) -> Finding:
        """Put one pydantic error in our words."""
        path, _ = locate(raw, row)
        name = ".".join(map(str, path))
        title = self.title(model)
        owner = f"{title} has no" if title else "there is no"
        if row["type"] == "extra_forbidden":
            return unknown_parameter(model, path, owner)
        if row["type"] == "missing":
            needs = (
                f'{title} needs the parameter "{name}"'
                if title
                else f'needs the parameter "{name}"'
            )
            return Finding(path, "missing-param", needs)
        code = "fixed-param" if row["type"] == "fixed" else "bad-param"
        subject = f'parameter "{name}" ' if name else ""
        return Finding(path, code, f"{subject}{sentence(row)}")

    def read(self, model: type[Params], raw: Mapping[str, Any], filling: Filling) -> P:
        """Read raw parameters whose holes are filled, or have columns in ``filling``.

        Raises:
            ParamsError: A value does not fit.
        """
        try:
            return model.model_validate(raw, context=filling)  # type: ignore[return-value]  # P is the union of the models
        except ValidationError as error:
            row = error.errors(include_url=False)[0]
            raise ParamsError(self.finding(model, raw, row).message) from error


def unknown_parameter(model: type[Params], path: Path, owner: str) -> Finding:
    """Say that a model has no such parameter, or that it is given in both spellings."""
    found = str(path[-1])
    for name in model.model_fields if len(path) == 1 else ():
        if found != name and found == camel_of(name):
            text = f'parameter "{name}" is given twice, as "{name}" and as "{found}"'
            return Finding(path, "duplicate-param", text, at_key=True)
    near = did_you_mean(found, model.model_fields) if len(path) == 1 else ""
    inside = f' in "{".".join(map(str, path[:-1]))}"' if len(path) > 1 else ""
    return Finding(path, "unknown-param", f'{owner} parameter "{found}"{inside}{near}', at_key=True)


def default_of(models: Sequence[type[Params]], name: str) -> object:
    """Return the default of a selecting field in the first model that has one."""
    infos = (m.model_fields[name] for m in models if name in literals(m))
    return next((info.default for info in infos if not info.is_required()), None)


def literals(model: type[Params]) -> dict[str, tuple[object, ...]]:
    """Return the fields of a model that can hold only given values, with the values."""
    return {
        name: get_args(info.annotation)
        for name, info in model.model_fields.items()
        if get_origin(info.annotation) is Literal
    }


def given_as(raw: Mapping[str, Any], name: str) -> str | None:
    """Return the spelling in which a parameter is given, if it is."""
    return next((n for n in (name, camel_of(name)) if n in raw), None)


def real_errors(raw: Mapping[str, Any], error: ValidationError) -> list[Mapping[str, Any]]:
    """Return the errors that stand whatever the holes will hold.

    Where a value may have several forms, pydantic reports the faults of each. If one form fits but
    for its holes, the others' faults are no faults; if none does, the form with the fewest speaks.
    """
    forms: dict[Path, dict[object, list[Mapping[str, Any]]]] = {}
    real: list[Mapping[str, Any]] = []
    for row in error.errors(include_url=False):
        tag = locate(raw, row)[1]
        if tag is not None:
            forms.setdefault(row["loc"][:tag], {}).setdefault(row["loc"][tag], []).append(row)
        elif not is_open(row):
            real.append(row)
    for tags in forms.values():
        counted = [[row for row in rows if not is_open(row)] for rows in tags.values()]
        fewest = min(counted, key=len)
        real += fewest
    return real


def is_open(row: Mapping[str, Any]) -> bool:
    """Whether an error is about a value that an expression will give."""
    if row["type"] == "fixed":
        return False
    return row["type"] == "hole" or isinstance(row["input"], Hole)


def locate(raw: Any, row: Mapping[str, Any]) -> tuple[Path, int | None]:
    """Return the path of an error, in the spelling of the file, and where its ``loc`` has a tag.

    A tag is a part that names no place in the raw value but one of the forms it may have.
    """
    path: list[str | int] = []
    tag: int | None = None
    for i, part in enumerate(row["loc"]):
        key = key_in(raw, part)
        if key is not None:
            path.append(key)
            raw = raw[key]
        elif row["type"] == "missing" and i == len(row["loc"]) - 1:
            path.append(part)
        elif tag is None:
            tag = i
    return tuple(path), tag


def key_in(raw: Any, part: str | int) -> str | int | None:
    """Return the key or index by which a raw value holds a part of a path, if it does."""
    if is_object(raw) and isinstance(part, str):
        return given_as(raw, part)
    if is_list(raw) and isinstance(part, int) and part < len(raw):
        return part
    return None
