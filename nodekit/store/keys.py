"""The key that seals secrets in kept states: from the environment, or from a file of its own."""

import os
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from logging import getLogger
from pathlib import Path

from nodekit.errors import StateError
from nodekit.files import reason, sync_directory

log = getLogger(__name__)

VARIABLE = "NODEKIT_KEY"
FILE_VARIABLE = "NODEKIT_KEY_FILE"

SIZE = 32
"""The length of a key, in bytes: that of AES-256."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key and where it was found. ``name`` tells it from others and gives nothing away."""

    secret: bytes = field(repr=False)
    origin: str

    @property
    def name(self) -> str:
        """The first half of a digest, in hexadecimal."""
        return sha256(b"nodekit key\0" + self.secret).hexdigest()[:16]


class Keys:
    """Finds the key when the first secret is to be kept or opened, and makes it if need be.

    Args:
        environ: The environment; the process's own if not given.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self._found: Key | None = None

    @property
    def file(self) -> Path:
        """The key file, whether it exists or not."""
        if given := self._environ.get(FILE_VARIABLE):
            return Path(given)
        config = self._environ.get("XDG_CONFIG_HOME")
        return (Path(config) if config else Path.home() / ".config") / "nodekit" / "key"

    def find(self) -> Key | None:
        """Return the key; ``None`` if there is none yet.

        Raises:
            StateError: What should be a key is none, or cannot be read.
        """
        if self._found is None:
            text = self._environ.get(VARIABLE)
            self._found = read_key(text, VARIABLE) if text else self._from_file()
        return self._found

    def _from_file(self) -> Key | None:
        try:
            text = self.file.read_bytes().decode("ascii", "replace")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StateError(
                f"cannot read the key file {str(self.file)!r}: {reason(error)}",
                hint=f"Let it be read, or give the key in {VARIABLE}.",
            ) from error
        return read_key(text, f"the key file {str(self.file)!r}")

    def make(self) -> Key:
        """Return the key; make the key file first if there is none.

        Two processes that make it at once end up with the same key.

        Raises:
            StateError: What should be a key is none, or cannot be read.
            OSError: The key file cannot be made.
        """
        found = self.find()
        if found is not None:
            return found
        if write_key(self.file):
            log.warning(
                "made the key file %s: it seals the secrets in kept states. Keep a copy; without "
                "it they cannot be opened.",
                self.file,
            )
        made = self.find()
        if made is None:
            raise FileNotFoundError(2, "the key file is gone again", str(self.file))
        return made


def read_key(text: str, origin: str) -> Key:
    """Return the key that a text says.

    Raises:
        StateError: It says none. The message does not hold the text.
    """
    try:
        secret = b64decode(text.strip().translate(URL_SAFE), validate=True)
    except (NotBase64, ValueError):
        secret = b""
    if len(secret) != SIZE:
        raise StateError(
            f"{origin} is no key: wants {SIZE} bytes in base64",
            hint=f"Make one: `head -c {SIZE} /dev/urandom | base64`.",
        )
    return Key(secret, origin)


URL_SAFE = str.maketrans("-_", "+/")


def write_key(path: Path) -> bool:
    """Write a new key file, whole or not at all; return whether it was not there before.

    Raises:
        OSError: The system refused.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(b64encode(secrets.token_bytes(SIZE)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was faster: its key counts
            os.link(part, path)
            sync_directory(path.parent)
            return True
        return False
    finally:
        part.unlink()
