"""The store in memory: it passes the suite, and reports nothing of its secrets."""

import pytest
from pydantic import SecretStr

from nodekit.store import MemoryStore
from tests.support.store_suite import StoreSuite


class TestMemoryStore(StoreSuite):
    """The suite over a store in memory."""

    @pytest.fixture
    def store(self) -> MemoryStore:
        ticks = iter(range(1_000_000))
        return MemoryStore(now=lambda: float(next(ticks)))


async def test_a_repr_shows_no_secret() -> None:
    store = MemoryStore()
    await store.write("p", "s", {"token": SecretStr("hidden")}, 0)
    assert "hidden" not in repr(vars(store))
