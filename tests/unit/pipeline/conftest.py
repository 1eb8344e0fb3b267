"""Small nodes and credentials that the tests of pipelines name in their files."""

from typing import Literal

import pytest
from pydantic import Field, SecretStr

from nodekit import (
    BatchNode,
    Context,
    Credential,
    Each,
    Fixed,
    Inputs,
    Item,
    ItemNode,
    Items,
    Json,
    Params,
    Registry,
)


class SetParams(Params):
    fields: dict[str, Json] = Field(default={})


class Set(ItemNode[SetParams]):
    """Set fields."""

    concurrency = 8

    def run_item(self, item: Item, params: SetParams, ctx: Context) -> Item:
        return item


class IfParams(Params):
    condition: Each[bool]
    loose: bool = False


class If(BatchNode[IfParams, None, Literal["true", "false"]]):
    """Send every item one of two ways."""

    def run_batch(self, inputs: Inputs, params: IfParams, ctx: Context) -> Items:
        return inputs.main


class SwitchParams(Params):
    outputs: Fixed[list[str]] = Field(default=[])
    output: Each[str] = "a"


class Switch(BatchNode[SwitchParams]):
    """Send every item one of many ways."""

    @classmethod
    def outputs_of(cls, params: SwitchParams) -> tuple[str, ...]:
        return tuple(params.outputs)

    def run_batch(self, inputs: Inputs, params: SwitchParams, ctx: Context) -> Items:
        return inputs.main


class NoParams(Params):
    pass


class Join(BatchNode[NoParams]):
    """Join two inputs."""

    inputs = ("left", "right")

    @classmethod
    def required_of(cls, params: NoParams) -> tuple[str, ...]:
        return ("left",)

    def run_batch(self, inputs: Inputs, params: NoParams, ctx: Context) -> Items:
        return inputs.main


class Merge(BatchNode[NoParams]):
    """Put any number of inputs together."""

    inputs = "*"

    def run_batch(self, inputs: Inputs, params: NoParams, ctx: Context) -> Items:
        return inputs.main


class Source(BatchNode[NoParams]):
    """Make items from nothing."""

    inputs = ()

    def run_batch(self, inputs: Inputs, params: NoParams, ctx: Context) -> Items:
        return Items()


class Account(Credential):
    key: SecretStr
    url: str = "https://example.org"


class Open(Credential):
    url: str = "https://example.org"


class Call(ItemNode[NoParams]):
    """Call a service."""

    credentials = (Account, Open)

    def run_item(self, item: Item, params: NoParams, ctx: Context) -> Item:
        return item


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    registry.add("set", Set)
    registry.add("if", If)
    registry.add("switch", Switch)
    registry.add("join", Join)
    registry.add("merge", Merge)
    registry.add("source", Source)
    registry.add("call", Call)
    registry.add_credential("account", Account)
    registry.add_credential("open", Open)
    return registry
