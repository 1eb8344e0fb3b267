"""From plain values to a document: the file format is checked, and what is wrong is left out.

What can be read of a faulty file is still read, so that all findings come at once.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from nodekit.errors import did_you_mean
from nodekit.items import Json
from nodekit.wording import kind_of, sentence

from .document import Document, KeptRuns, Retry, Settings, StepEntry
from .places import Findings
from .problem import Path
from .values import is_list, is_mapping

NAMELESS = ".step "
"""How the name begins that a step without one gets; no step of a file can have it."""


class Shaped(NamedTuple):
    """A document, and the keys of its steps that were wrong and left out: ``(position, key)``."""

    document: Document
    broken: frozenset[tuple[int, str]] = frozenset()


def shape(raw: Json, findings: Findings) -> Shaped | None:
    """Read a document; ``None`` if too little of it is right to say more."""
    if not is_mapping(raw):
        findings.error((), "bad-value", f"a pipeline is a mapping, found {kind_of(raw)}")
        return None
    try:
        return Shaped(Document.model_validate(raw))
    except ValidationError as error:
        rows = error.errors(include_url=False)
    for row in rows:
        note(row, findings)
    if not is_list(raw.get("steps")):
        return None
    kept, broken = without(raw, [real_path(raw, row["loc"]) for row in rows])
    return Shaped(Document.model_validate(kept), broken)


def real_path(raw: Json, loc: Sequence[str | int]) -> Path:
    """Return the part of a pydantic path that names places in the file, not forms of a value."""
    path: list[str | int] = []
    for part in loc:
        if not inside(raw, part):
            break
        raw = raw[part]
        path.append(part)
    return tuple(path)


def inside(raw: Json, part: str | int) -> bool:
    """Whether a value holds something under a key or position."""
    if isinstance(part, int):
        return is_list(raw) and part < len(raw)
    return is_mapping(raw) and part in raw


def note(row: Mapping[str, Any], findings: Findings) -> None:
    """Put one pydantic error about the format in our words."""
    path: Path = row["loc"]
    name = str(path[-1]) if path else ""
    if row["type"] == "missing":
        findings.error(path, "missing-key", f'needs the key "{name}"', at_key=True)
    elif row["type"] == "extra_forbidden":
        near = did_you_mean(name, keys_at(path))
        findings.error(path, "unknown-key", f'there is no key "{name}"{near}', at_key=True)
    else:
        where = real_path(findings.raw, path)
        findings.error(where, "bad-value", f"{described(where)} {sentence(row)}", hint=remedy(row))


def described(path: Path) -> str:
    """Return what a value is called: by the keys inside its step, or from the top."""
    inner = path[2:] if path[:1] == ("steps",) and len(path) > 2 else path
    if len(path) == 2 and path[0] == "steps":
        return "a step"
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in inner)
    return f'"{text.removeprefix(".")}"'


def remedy(row: Mapping[str, Any]) -> str | None:
    """Return what to do where a word or number was read as something other than text."""
    found = row["input"]
    if row["type"] == "string_type" and isinstance(found, bool | int | float):
        return f'Put it in quotes: "{str(found).lower() if isinstance(found, bool) else found}".'
    return None


def keys_at(path: Path) -> Sequence[str]:
    """Return the keys the format knows beside the last part of a path."""
    model: type[BaseModel] = Document
    match path:
        case ("settings", _):
            model = Settings
        case ("settings", "runs", _):
            model = KeptRuns
        case ("steps", int(), "retry", _):
            model = Retry
        case ("steps", int(), _):
            model = StepEntry
        case _:
            pass
    return tuple(model.model_fields)


def without(
    raw: Mapping[str, Json], faults: Sequence[Path]
) -> tuple[Json, frozenset[tuple[int, str]]]:
    """Return the values without the faulty ones; steps keep their places."""
    kept = dict(raw)
    kept["steps"] = [copy(step) for step in raw["steps"]]
    broken: set[tuple[int, str]] = set()
    for path in faults:
        match path:
            case ("steps", int(i), str(key), *_):
                kept["steps"][i].pop(key, None)
                broken.add((i, key))
            case ("settings" | "credentials" as top, str(key), *_):
                kept[top] = {name: value for name, value in kept[top].items() if name != key}
            case (str(key),) if key != "steps":
                kept.pop(key, None)
            case _:
                pass
    kept["steps"] = [completed(i, step, broken) for i, step in enumerate(kept["steps"])]
    return kept, frozenset(broken)


def completed(i: int, step: Json, broken: set[tuple[int, str]]) -> Json:
    """Return a step with a name and a type, whatever it lacks."""
    lacking: dict[str, Json] = {"name": f"{NAMELESS}{i + 1}", "type": ""}
    if is_mapping(step):
        broken.update((i, key) for key in lacking if key not in step)
        return {**lacking, **step}
    broken.update(((i, "input"), (i, "name")))
    return lacking
