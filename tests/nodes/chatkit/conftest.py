"""The emulator on loopback, on a clock that tests move."""

from collections.abc import AsyncIterator

import pytest
from nodekit_nodes_chatkit.emulator import Emulator, Settings, serving
from nodekit_nodes_chatkit.emulator.fixture import RunningEmulator
from nodekit_nodes_chatkit.emulator.settings import EmulatorClock

from nodekit.testing import FakeClock
from tests.support.chatkit import Bench


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    clock = FakeClock(1_790_000_000.0)
    emulator = Emulator(Settings(clock=EmulatorClock(clock.now)))
    async with serving(emulator) as url:
        yield Bench(RunningEmulator(emulator, url), clock)
