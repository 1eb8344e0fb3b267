"""Keys and files for the tests of stores."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from nodekit.store.keys import Keys
from nodekit.store.sqlite import SqliteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a store may be made."""
    return tmp_path / "work" / ".nodekit" / "nodekit.db"


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """The place of a key, without one."""
    return Keys({"XDG_CONFIG_HOME": str(tmp_path / "config")})


@pytest.fixture
async def store(path: Path, keys: Keys) -> AsyncGenerator[SqliteStore, None]:
    """An open store without a file."""
    ticks = iter(range(1_000_000))
    async with SqliteStore.opened(path, keys=keys, now=lambda: float(next(ticks))) as store:
        yield store
