"""A pytest fixture: ``pytest_plugins = ["nodekit_nodes_chatkit.emulator.fixture"]``."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest_asyncio

from nodekit_nodes_chatkit.credentials import ChatKitServer, OpenAI

from .app import Emulator, serving


@dataclass(frozen=True)
class RunningEmulator:
    """An emulator that is served, and credentials for it."""

    emulator: Emulator
    url: str

    @property
    def account(self) -> OpenAI:
        """The credential for the first two APIs."""
        return OpenAI.model_validate(
            {"api_key": self.emulator.settings.api_key, "base_url": self.url}
        )

    @property
    def server(self) -> ChatKitServer:
        """The credential for the self-hosted server."""
        kind = "bearer" if self.emulator.settings.token else "none"
        return ChatKitServer.model_validate(
            {
                "url": f"{self.url}/chatkit",
                "authentication": kind,
                "token": self.emulator.settings.token,
                "user_header": "X-User",
            }
        )


@pytest_asyncio.fixture
async def chatkit_emulator() -> AsyncIterator[RunningEmulator]:
    """Give an emulator on loopback, with nothing in it."""
    emulator = Emulator()
    async with serving(emulator) as url:
        yield RunningEmulator(emulator, url)


__all__ = ["RunningEmulator", "chatkit_emulator"]
