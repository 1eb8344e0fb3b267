"""A server, a session and a clock for the tests of HTTP."""

from collections.abc import AsyncIterator

import pytest

from nodekit.http import Http, Session
from nodekit.testing import FakeClock
from tests.support.loopback import Loopback, loopback


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with loopback() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def resolve(host: str) -> list[str]:
    """Find test hosts: those under `loopback.test` are this machine, all others are public."""
    return ["127.0.0.1"] if host.endswith("loopback.test") else ["93.184.215.14"]


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    owned = Session(resolve=resolve)
    yield owned
    await owned.aclose()


@pytest.fixture
def http(session: Session, clock: FakeClock) -> Http:
    """HTTP that may reach any address."""
    return session.for_step(step="Call", clock=clock, allow_private=True)


@pytest.fixture
def guarded(session: Session, clock: FakeClock) -> Http:
    """HTTP that may reach public addresses only."""
    return session.for_step(step="Call", clock=clock)
