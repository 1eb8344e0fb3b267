"""The node ``crypto``."""

import hashlib
import hmac
import secrets
import string
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import ClassVar, Literal, TypeAlias
from uuid import uuid4

from pydantic import Field, SecretStr, model_validator

from nodekit import Binary, Context, Credential, Item, ItemNode, NodeError, Params

from .paths import put
from .signing import sign

Algorithm: TypeAlias = Literal[
    "md5",
    "sha1",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "sha3_224",
    "sha3_256",
    "sha3_384",
    "sha3_512",
    "ripemd160",
    "blake2b",
    "blake2s",
]
Encoding: TypeAlias = Literal["hex", "base64"]

ALPHABET = string.ascii_letters + string.digits
BLOCK = 1 << 20


class CryptoKeys(Credential):
    """The keys of the node `crypto`."""

    secret: SecretStr = SecretStr("")
    """The shared secret of an HMAC."""

    private_key: SecretStr = SecretStr("")
    """The private key of a signature, as PEM."""


class CryptoParams(Params):
    """What all operations have."""

    as_: str = Field(default="data", min_length=1, validation_alias="as")
    """The field that gets the result."""

    dots: bool = True
    """Whether a dot in the name of the field leads into nested objects."""


class OfValue(CryptoParams):
    """What all operations have that are given a value."""

    value: str | None = Field(default=None, examples=["={{ $json.email }}"])
    """The text."""

    binary: str | None = None
    """Or the name of the binary, whose content is taken."""

    keep_binaries: bool = True
    """Whether the item keeps its binaries."""

    encoding: Encoding = "hex"
    """How the result is written."""

    @model_validator(mode="after")
    def one_value(self) -> "OfValue":
        """Refuse two values, and none."""
        if (self.value is None) == (self.binary is None):
            raise ValueError('give either "value" or "binary"')
        return self


class Hash(OfValue):
    """A digest of a value."""

    do: Literal["hash"] = "hash"
    """What to do."""

    hash: Algorithm = "sha256"
    """The hash function. `md5` and `sha1` are broken: for old systems only."""


class Hmac(OfValue):
    """A digest of a value that proves knowledge of a secret."""

    do: Literal["hmac"] = "hmac"
    """What to do."""

    hash: Algorithm = "sha256"
    """The hash function."""

    secret: str | None = None
    """The secret. Better kept in a credential of the type `crypto`, which is taken without it."""


class Sign(OfValue):
    """A signature of a value."""

    do: Literal["sign"] = "sign"
    """What to do."""

    hash: Algorithm = "sha256"
    """The hash function; a key of the kind Ed25519 or Ed448 has its own."""

    private_key: str | None = None
    """The private key as PEM: RSA, elliptic curve, DSA, Ed25519 or Ed448. Better kept in a
    credential of the type `crypto`, which is taken without it."""


class Generate(CryptoParams):
    """Something random."""

    do: Literal["generate"] = "generate"
    """What to do."""

    kind: Literal["uuid", "hex", "base64", "ascii"] = "uuid"
    """What to make: a UUID (version 4), or text of hexadecimal digits, of the characters of
    base64, or of letters and digits."""

    length: int = Field(default=32, ge=1, le=1_000_000)
    """How many characters; a UUID has its own number."""


Operation = Hash | Hmac | Sign | Generate


class Crypto(ItemNode[Operation]):
    """Hash a text or binary, also with a secret; sign it; or make something random."""

    credentials: ClassVar[tuple[type[Credential], ...]] = (CryptoKeys,)

    async def run_item(self, item: Item, params: Operation, ctx: Context) -> Item:
        if isinstance(params, Generate):
            return result(item, params, MAKE[params.kind](params.length))
        made = (
            await ctx.thread(digest, item, params, ctx)
            if params.binary
            else digest(item, params, ctx)
        )
        text = made.hex() if params.encoding == "hex" else b64encode(made).decode()
        return result(item, params, text)


def result(item: Item, params: Operation, text: str) -> Item:
    """Return the item with the result in its field."""
    json = dict(item.json)
    put(json, params.as_, text, params.dots)
    kept = isinstance(params, Generate) or params.keep_binaries
    return item.derive(json, binary=item.binary if kept else {})


def digest(item: Item, params: Hash | Hmac | Sign, ctx: Context) -> bytes:
    """Return what an operation makes of its value.

    Raises:
        NodeError: There is no such binary, or the key cannot be used.
        CredentialError: There is no key.
    """
    if isinstance(params, Sign):
        parts: list[bytes] = []
        feed(item, params, parts.append)
        return sign(b"".join(parts), key_of(params, ctx), params.hash)
    try:
        state = (
            hmac.new(secret_of(params, ctx).encode(), digestmod=params.hash)
            if isinstance(params, Hmac)
            else hashlib.new(params.hash, usedforsecurity=False)
        )
    except ValueError as error:
        text = f"the hash function {params.hash!r} is not available on this system"
        raise NodeError(text) from error
    feed(item, params, state.update)
    return state.digest()


def secret_of(params: Hmac, ctx: Context) -> str:
    """Return the secret of a step: its own, or its credential's."""
    if params.secret is not None:
        return params.secret
    return ctx.credential(CryptoKeys).secret.get_secret_value()


def key_of(params: Sign, ctx: Context) -> str:
    """Return the private key of a step: its own, or its credential's."""
    if params.private_key is not None:
        return params.private_key
    return ctx.credential(CryptoKeys).private_key.get_secret_value()


def feed(item: Item, params: OfValue, take: Callable[[bytes], object]) -> None:
    """Hand over the value: a text in UTF-8, or a binary block by block.

    Raises:
        NodeError: There is no such binary.
    """
    if params.binary is None:
        take((params.value or "").encode("utf-8", "surrogatepass"))
        return
    with held(item, params.binary).open() as file:
        while block := file.read(BLOCK):
            take(block)


def held(item: Item, name: str) -> Binary:
    """Return a binary of an item.

    Raises:
        NodeError: It has none of this name.
    """
    if name not in item.binary:
        raise NodeError(f"has no binary {name!r}", hint="Name the binary as `binary`.")
    return item.binary[name]


def base64_text(length: int) -> str:
    """Return random characters of base64."""
    return b64encode(secrets.token_bytes(length)).decode()[:length]


MAKE: Mapping[str, Callable[[int], str]] = {
    "uuid": lambda _: str(uuid4()),
    "hex": lambda length: secrets.token_hex(length)[:length],
    "base64": base64_text,
    "ascii": lambda length: "".join(secrets.choice(ALPHABET) for _ in range(length)),
}
"""What makes something random, by its kind."""
