"""Libraries that a few nodes need, and that not everybody has."""

from collections.abc import Generator
from contextlib import contextmanager

from nodekit import NodeError


@contextmanager
def needing(extra: str) -> Generator[None, None, None]:
    """Import what an extra of this distribution brings, and say how to get it if it is missing.

    Raises:
        NodeError: It is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise NodeError(
            f"needs a library that is not installed: {error.name or error}",
            hint=f"Install it with `pip install 'nodekit-runtime[{extra}]'`.",
        ) from error
