"""Lists of names, which may be one text with commas between them (n8n: comma lists)."""

from typing import Annotated, TypeAlias

from pydantic import BeforeValidator


def listed(value: object) -> object:
    """Return the names in a text with commas between them; anything else as it is."""
    if not isinstance(value, str):
        return value
    return [name for name in (part.strip() for part in value.split(",")) if name]


Names: TypeAlias = Annotated[list[str], BeforeValidator(listed)]
"""Names, as a list or as one text with commas between them."""
