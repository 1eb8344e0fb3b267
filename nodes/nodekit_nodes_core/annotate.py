"""The node ``annotate``."""

from pydantic import Field

from nodekit import Context, Item, ItemNode, Params

KEY_SIZE = 50
VALUE_SIZE = 512
"""How much of a key and of a value is kept (n8n: the same)."""


class Annotation(Params):
    """One value, and what it is called."""

    key: str = Field(pattern=r"^[A-Za-z0-9_]*$", examples=["customer"])
    """What it is called: letters, digits and underscores. The first 50 of them count."""

    value: str = Field(examples=["={{ $json.customer }}"])
    """The value, text or a number. The first 512 letters of it count."""


class AnnotateParams(Params):
    """What to say of the run."""

    values: list[Annotation] = Field(examples=[[{"key": "order", "value": "={{ $json.id }}"}]])
    """The values, for every item."""


class Annotate(ItemNode[AnnotateParams]):
    """Note values of a run, such as the order it is about, in its log, and pass the items on."""

    async def run_item(self, item: Item, params: AnnotateParams, ctx: Context) -> Item:
        for row in params.values:
            ctx.log.info("%s: %s", row.key[:KEY_SIZE], row.value[:VALUE_SIZE])
        return item
