"""What is remembered of a credential while the session lives: its token, its digest challenges."""

from collections.abc import Iterator

import anyio
from aiohttp import DigestAuthMiddleware
from yarl import URL

from nodekit.credentials import Credential, Request
from nodekit.items import Json

MARGIN = 60.0
"""A token this close to its end is renewed, in seconds."""

SHARE = 0.25
"""A short-lived token is renewed when this share of its life is left."""


class Account:
    """A credential in use, shared by all steps that have it."""

    def __init__(self, credential: Credential) -> None:
        self.credential = credential
        self.lock = anyio.Lock()
        """Held while a token is fetched; who waits for it shares the new one."""
        self.token: dict[str, str] | None = None
        """The headers of the token, ``None`` before the first and after one was refused."""
        self._until: float | None = None
        self._digests: dict[URL, DigestAuthMiddleware] = {}

    def renewal(self, now: float) -> Request | None:
        """Return the request for a token, if one is needed now."""
        if self.token is not None and (self._until is None or now < self._until):
            return None
        return self.credential.renewal()

    def granted(self, answer: Json, now: float) -> None:
        """Keep the token that an answer holds."""
        headers, seconds = self.credential.granted(answer)
        self.token = dict(headers)
        self._until = None if seconds is None else now + seconds - min(MARGIN, seconds * SHARE)

    def secrets(self) -> Iterator[str]:
        """Yield what must not be seen of the token."""
        for header in (self.token or {}).values():
            yield header.split(" ", 1)[-1]

    def forget(self, token: dict[str, str] | None) -> bool:
        """Drop a token that was refused; say whether signing anew may help."""
        if token is None:
            return False
        if self.token is token:
            self.token = None
        return True

    def digest(self, url: URL) -> DigestAuthMiddleware | None:
        """Return what answers the digest challenges of a host, if that is the kind."""
        login = self.credential.digest()
        if login is None:
            return None
        origin = url.origin()
        found = self._digests.get(origin)
        if found is None:
            found = self._digests[origin] = DigestAuthMiddleware(*login)
        return found
