"""Secrets at rest: AES-256-GCM, bound to the place they stand in."""

import json
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from logging import getLogger

from nodekit.errors import StateError
from nodekit.files import reason

from .coding import Path, place
from .keys import FILE_VARIABLE, VARIABLE, Key, Keys

log = getLogger(__name__)

NONCE = 12
"""The length of a nonce, in bytes; it stands before what is sealed."""


class Sealer:
    """Seals and opens the secrets of states, with the one key of the process.

    Args:
        keys: Where the key is found, or made.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._told: set[tuple[str, str | None]] = set()

    def key(self, pipeline: str, step: str | None) -> Key | None:
        """Return the key for secrets that are to be kept; ``None``, said once, if none can be made.

        Raises:
            StateError: What should be a key is none, or cannot be read.
        """
        try:
            return self._keys.make()
        except OSError as error:
            if (pipeline, step) not in self._told:
                self._told.add((pipeline, step))
                log.warning(
                    "the secrets in the state of %s are not kept: cannot make the key file %s: %s",
                    *(place(pipeline, step), self._keys.file, reason(error)),
                )
            return None

    def key_named(self, name: str, pipeline: str, step: str | None) -> Key:
        """Return the key that has sealed a state.

        Raises:
            StateError: It is missing, or the key is another.
        """
        key = self._keys.find()
        if key is not None and key.name == name:
            return key
        found = "there is none" if key is None else f"{key.origin} is the key {key.name}"
        raise StateError(
            f"the state of {place(pipeline, step)} is sealed with the key {name}, and {found}",
            hint=f"Give that key in {VARIABLE} or {FILE_VARIABLE}, or remove the state with "
            "`nodekit state clear`.",
        )

    def opened(
        self, key: Key, pipeline: str, step: str | None, sealed: Mapping[Path, str]
    ) -> dict[Path, str | None]:
        """Return secrets in clear; ``None``, with a warning, for one that does not open."""
        found: dict[Path, str | None] = {}
        for path, text in sealed.items():
            found[path] = unseal(key.secret, bound_to(pipeline, step, path), text) if text else ""
            if found[path] is None:
                log.warning(
                    "the secret %s in the state of %s does not open and counts as absent",
                    *(".".join(map(str, path)), place(pipeline, step)),
                )
        return found


def sealed_with(
    key: Key, pipeline: str, step: str | None, clear: Mapping[Path, str]
) -> dict[Path, str]:
    """Return secrets sealed; an empty one is none, and stays."""
    return {
        path: seal(key.secret, bound_to(pipeline, step, path), text) if text else ""
        for path, text in clear.items()
    }


def bound_to(pipeline: str, step: str | None, path: Path) -> bytes:
    """Return the associated data: elsewhere a copied secret does not open."""
    return json.dumps(["nodekit state", pipeline, step, *path]).encode()


def seal(key: bytes, bound: bytes, text: str) -> str:
    """Return a secret sealed, as base64 text."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(NONCE)
    content = text.encode("utf-8", "surrogatepass")
    return b64encode(nonce + AESGCM(key).encrypt(nonce, content, bound)).decode()


def unseal(key: bytes, bound: bytes, text: str) -> str | None:
    """Return a sealed secret in clear; ``None`` if it was not sealed so, or has been changed."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        raw = b64decode(text, validate=True)
        content = AESGCM(key).decrypt(raw[:NONCE], raw[NONCE:], bound)
    except (InvalidTag, NotBase64, ValueError):
        return None
    return content.decode("utf-8", "surrogatepass")
