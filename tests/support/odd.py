"""A node that declares a parameter which nobody can write in a file."""

from nodekit import Context, Item, ItemNode, Params


class Opaque:
    """Something that pydantic knows nothing of."""


class OddParams(Params):
    """What cannot be read."""

    given: Opaque


class Odd(ItemNode[OddParams]):
    """A node that cannot be used."""

    def run_item(self, item: Item, params: OddParams, ctx: Context) -> Item:
        return item


ODD = (
    'node type "odd" cannot be used: PydanticSchemaGenerationError: Unable to generate '
    f"pydantic-core schema for {Opaque!r}. Set `arbitrary_types_allowed=True` in the model_config "
    "to ignore this error or implement `__get_pydantic_core_schema__` on your type to fully "
    "support it."
)
"""What is said of it under the name ``odd``."""
