"""HTTP answers without a server: aioresponses, made to work with the current aiohttp."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from aiohttp import ClientResponse
from aioresponses import aioresponses


class Response(ClientResponse):
    """A response that supplies the argument that aiohttp wants and aioresponses does not give."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("stream_writer", SimpleNamespace(output_size=0))
        super().__init__(*args, **kwargs)


class Answers(aioresponses):
    """See :class:`aioresponses.aioresponses`."""

    def add(self, *args: Any, **kwargs: Any) -> None:
        """Add an answer."""
        kwargs.setdefault("response_class", Response)
        super().add(*args, **kwargs)


@contextmanager
def answers() -> Iterator[Answers]:
    """Answer requests as told as long as the block lasts; every other one fails."""
    told = Answers()
    with told:
        yield told
