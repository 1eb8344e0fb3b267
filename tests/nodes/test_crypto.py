"""The node crypto, run through the engine."""

import base64
import hashlib
import re
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import (
    dsa,
    ec,
    ed25519,
    padding,
    rsa,
    x25519,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from nodekit_nodes_core.crypto import Crypto, CryptoKeys
from pydantic import SecretStr

from nodekit import Binary, Item, PipelineError, RunFailed
from nodekit.testing import NodeRun, check_node_contract, raises_node_error, run_node

HELLO = [{"t": "hello"}]
VALUE = "={{ $json.t }}"


def pem(key: Any) -> str:
    """Return a private key as text."""
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), "ascii")


async def made(params: dict[str, Any], items: Any = HELLO, **more: Any) -> Any:
    """Return what an operation makes."""
    return (await run_node(Crypto, params, items, **more)).json[0]["data"]


async def test_the_contract_is_kept() -> None:
    await check_node_contract(Crypto, {"value": "={{ $json.name }}"})


@pytest.mark.parametrize(
    ("params", "digest"),
    [
        pytest.param({"hash": "md5"}, "5d41402abc4b2a76b9719d911017c592", id="md5"),
        pytest.param({"hash": "sha1"}, "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d", id="sha1"),
        pytest.param(
            {"encoding": "base64"}, "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", id="base64"
        ),
        pytest.param(
            {"hash": "sha3_256"},
            "3338be694f50c5f338814986cdf0686453a888b84f424d792af4b9202398f392",
            id="sha3",
        ),
        pytest.param(
            {"do": "hmac", "secret": "key"},
            "9307b3b915efb5171ff14d8cb55fbcc798c6c0ef1456d66ded1a6aa723a58b7b",
            id="hmac",
        ),
    ],
)
async def test_digests(params: dict[str, Any], digest: str) -> None:
    assert await made({"value": VALUE, **params}) == digest


async def test_a_binary_is_hashed_whole() -> None:
    content = b"x" * 3_000_000
    item = Item({}, binary={"f": Binary(content)})
    result = await run_node(Crypto, {"binary": "f"}, [item])
    assert result.json == [{"data": hashlib.sha256(content).hexdigest()}]
    assert list(result.items[0].binary) == ["f"]
    result = await run_node(Crypto, {"binary": "f", "keep_binaries": False}, [item])
    assert result.items[0].binary == {}


async def test_a_missing_binary_fails_its_item() -> None:
    with raises_node_error("item 0: has no binary 'f'"):
        await run_node(Crypto, {"binary": "f"}, HELLO)


@pytest.mark.parametrize(
    ("params", "json"),
    [
        pytest.param({"as": "o.mac"}, {"t": "hello", "o": {"mac": "x"}}, id="dots lead"),
        pytest.param({"as": "o.mac", "dots": False}, {"t": "hello", "o.mac": "x"}, id="or not"),
    ],
)
async def test_where_the_result_goes(params: dict[str, Any], json: dict[str, Any]) -> None:
    result = await run_node(Crypto, {"value": VALUE, "hash": "md5", **params}, HELLO)
    digest = "5d41402abc4b2a76b9719d911017c592"
    assert str(result.json[0]).replace(digest, "x") == str(json)


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
DSA = dsa.generate_private_key(key_size=1024)
ED = ed25519.Ed25519PrivateKey.generate()


def check_signature(key: Any, signature: bytes) -> None:
    """Raise InvalidSignature if a signature of "hello" is none."""
    public = key.public_key()
    if key is RSA:
        public.verify(signature, b"hello", padding.PKCS1v15(), hashes.SHA256())
    elif key is EC:
        public.verify(signature, b"hello", ec.ECDSA(hashes.SHA256()))
    elif key is DSA:
        public.verify(signature, b"hello", hashes.SHA256())
    else:
        public.verify(signature, b"hello")


@pytest.mark.parametrize("key", [RSA, EC, DSA, ED], ids=["RSA", "curve", "DSA", "Ed25519"])
async def test_signatures_can_be_verified(key: Any) -> None:
    params = {"do": "sign", "value": VALUE, "private_key": pem(key), "encoding": "base64"}
    check_signature(key, base64.b64decode(await made(params)))


async def test_keys_come_from_a_credential() -> None:
    keys = CryptoKeys(secret=SecretStr("key"), private_key=SecretStr(pem(ED)))
    digest = await made({"do": "hmac", "value": VALUE}, credential=keys)
    assert digest == "9307b3b915efb5171ff14d8cb55fbcc798c6c0ef1456d66ded1a6aa723a58b7b"
    signature = await made({"do": "sign", "value": VALUE}, credential=keys)
    check_signature(ED, bytes.fromhex(signature))


@pytest.mark.parametrize("do", ["hmac", "sign"])
async def test_a_key_must_be_there(do: str) -> None:
    with pytest.raises(RunFailed, match='step "Crypto" has no credential, CryptoKeys is needed'):
        await made({"do": do, "value": VALUE})


@pytest.mark.parametrize(
    ("params", "message"),
    [
        pytest.param({"private_key": "PEM"}, "the private key cannot be read", id="no key"),
        pytest.param(
            {"private_key": pem(x25519.X25519PrivateKey.generate())},
            "the private key is of a kind that does not sign",
            id="wrong kind",
        ),
        pytest.param(
            {"private_key": pem(EC), "hash": "blake2b"},
            "signatures are not made with the hash function 'blake2b'",
            id="wrong hash",
        ),
    ],
)
async def test_a_key_that_cannot_be_used_fails_its_item(params: Any, message: str) -> None:
    with raises_node_error(f"item 0: {message}"):
        await made({"do": "sign", "value": VALUE, **params})


async def test_a_hash_function_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str, **_: object) -> object:
        raise ValueError(f"unsupported hash type {name}")

    monkeypatch.setattr(hashlib, "new", none)
    with raises_node_error("item 0: the hash function 'ripemd160' is not available on this system"):
        await made({"value": VALUE, "hash": "ripemd160"})


@pytest.mark.parametrize(
    ("params", "pattern"),
    [
        ({"kind": "uuid"}, r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        ({"kind": "hex", "length": 7}, "[0-9a-f]{7}"),
        ({"kind": "base64", "length": 33}, "[A-Za-z0-9+/]{33}"),
        ({"kind": "ascii"}, "[A-Za-z0-9]{32}"),
    ],
    ids=["uuid", "hex", "base64", "ascii"],
)
async def test_random_things_differ(params: dict[str, Any], pattern: str) -> None:
    result: NodeRun = await run_node(Crypto, {"do": "generate", **params}, [{"a": 1}, {"a": 2}])
    first, second = (row["data"] for row in result.json)
    assert re.fullmatch(pattern, first)
    assert re.fullmatch(pattern, second)
    assert first != second


@pytest.mark.parametrize("params", [{}, {"value": "a", "binary": "b"}], ids=["none", "both"])
async def test_one_value_must_be_given(params: dict[str, Any]) -> None:
    with pytest.raises(PipelineError, match='give either "value" or "binary"'):
        await run_node(Crypto, params, HELLO)
