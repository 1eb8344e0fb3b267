"""The credentials file that a workflow needs, to be filled in."""

import json
import re
from collections.abc import Iterator, Mapping

from nodekit.errors import RegistryError
from nodekit.items import Json
from nodekit.pipeline.n8n.credentials import Wanted, wanted_credentials
from nodekit.registry import Registry


def stub_lines(value: Mapping[str, Json], registry: Registry) -> Iterator[str]:
    """Yield the lines of a credentials file (TOML) for an n8n workflow; none if it needs none.

    Raises:
        PipelineError: The workflow cannot be read.
    """
    for wanted in wanted_credentials(value, registry.n8n_names()):
        yield f"[{json.dumps(wanted.name, ensure_ascii=False)}]  # n8n: {wanted.kind}"
        yield from (f"{name} = {json.dumps(text)}" for name, text in fields_of(wanted, registry))


def fields_of(wanted: Wanted, registry: Registry) -> Iterator[tuple[str, str]]:
    """Yield the type and the fields that must be given for a credential, each with a variable."""
    yield "type", wanted.type or "?"
    try:
        kind = registry.credential(wanted.type or "")
    except RegistryError:
        return  # n8n's type is none of ours: its owner knows which one it is
    for name, field in kind.model_fields.items():
        if field.is_required():
            yield name, f"${{{variable(wanted.name, name)}}}"


def variable(*words: str) -> str:
    """Return the name of a variable of the environment made of words."""
    text = re.sub(r"[^A-Z0-9]+", "_", "_".join(words).upper()).strip("_")
    return f"_{text}" if text[:1].isdigit() else text
