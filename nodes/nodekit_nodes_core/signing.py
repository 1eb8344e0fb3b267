"""Signatures with a private key. The library is heavy, and loaded when the first one is made."""

from functools import lru_cache
from typing import TYPE_CHECKING

from nodekit import NodeError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.hazmat.primitives.hashes import HashAlgorithm


def sign(content: bytes, key: str, hash_name: str) -> bytes:
    """Return the signature of a content, as Node's ``createSign`` makes it.

    Args:
        content: What is signed.
        key: The private key, as PEM.
        hash_name: The hash function; the Edwards curves have their own.

    Raises:
        NodeError: The key cannot be used for signatures, or not with this hash function.
    """
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa

    found = private_key(key)
    if isinstance(found, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey):
        return found.sign(content)
    algorithm = hash_of(hash_name)
    if isinstance(found, rsa.RSAPrivateKey):
        return found.sign(content, padding.PKCS1v15(), algorithm)
    if isinstance(found, ec.EllipticCurvePrivateKey):
        return found.sign(content, ec.ECDSA(algorithm))
    if isinstance(found, dsa.DSAPrivateKey):
        return found.sign(content, algorithm)
    raise NodeError(
        "the private key is of a kind that does not sign",
        hint="Give a key of the kind RSA, elliptic curve, DSA, Ed25519 or Ed448.",
    )


@lru_cache(maxsize=16)
def private_key(key: str) -> "PrivateKeyTypes":
    """Return a private key from its text.

    Raises:
        NodeError: It is none. The text stays out of the message.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(key.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise NodeError(
            "the private key cannot be read",
            hint="Give a key without a passphrase, as PEM: -----BEGIN PRIVATE KEY----- and so on.",
        ) from None


def hash_of(name: str) -> "HashAlgorithm":
    """Return a hash function as the library has it.

    Raises:
        NodeError: Signatures are not made with it.
    """
    from cryptography.hazmat.primitives import hashes

    known: dict[str, type[HashAlgorithm]] = {
        "md5": hashes.MD5,
        "sha1": hashes.SHA1,
        "sha224": hashes.SHA224,
        "sha256": hashes.SHA256,
        "sha384": hashes.SHA384,
        "sha512": hashes.SHA512,
        "sha3_224": hashes.SHA3_224,
        "sha3_256": hashes.SHA3_256,
        "sha3_384": hashes.SHA3_384,
        "sha3_512": hashes.SHA3_512,
    }
    if name not in known:
        raise NodeError(f"signatures are not made with the hash function {name!r}")
    return known[name]()
