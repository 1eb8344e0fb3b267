"""Crypto: hashes, signatures, and random text."""

import re

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode, is_expression

HASHES = frozenset(
    (
        *("md5", "sha1", "sha224", "sha256", "sha384", "sha512"),
        *("sha3_224", "sha3_256", "sha3_384", "sha3_512", "ripemd160"),
    )
)
SIGNED = re.compile(r"(?:rsa-|id-rsassa-pkcs1-v1_5-with-)?(.*?)(?:withrsaencryption|withrsa)?")
"""How OpenSSL calls signatures with a hash function."""

GENERATED = ("uuid", "hex", "base64", "ascii")


def translate(node: N8nNode) -> StepDraft:
    """Return a step that hashes, signs, or makes something random.

    Raises:
        Unsupported: There is no such action or hash function.
    """
    action = node.fixed("action", "hash")
    params: dict[str, Json] = {
        "do": action,
        "as": node.get("dataPropertyName", "data"),
        "dots": False,
    }
    if action == "generate":
        return StepDraft("crypto", {**params, **generated(node)})
    if action not in ("hash", "hmac", "sign"):
        raise Unsupported(f'there is no action "{action}"')
    params |= value_of(node)
    params["encoding"] = node.get("encoding", "hex")
    named = node.get("algorithm", "") if action == "sign" else node.get("type", "MD5")
    params["hash"] = hash_of(named)
    key = {"hmac": ("secret", "secret"), "sign": ("private_key", "privateKey")}.get(action)
    if key is None:
        return StepDraft("crypto", params)
    if node.version >= 2:
        credential = node.credential("crypto", "cryptoApi")
        if credential is None:
            raise Unsupported("it has no credential with the key", "Choose one in the node.")
        return StepDraft("crypto", params, credential=credential)
    ours, theirs = key
    return StepDraft("crypto", {**params, ours: node.get(theirs, "")})


def generated(node: N8nNode) -> dict[str, Json]:
    """Return what random text is made.

    Raises:
        Unsupported: There is no such kind.
    """
    kind = node.get("encodingType", "uuid")
    if not is_expression(kind) and kind not in GENERATED:
        raise Unsupported(f'there is no random text of the kind "{kind}"')
    if kind == "uuid":
        return {"kind": kind}
    return {"kind": kind, "length": node.get("stringLength", 32)}


def value_of(node: N8nNode) -> dict[str, Json]:
    """Return what is hashed or signed."""
    if node.flag("binaryData"):
        return {"binary": node.get("binaryPropertyName", "data"), "keep_binaries": False}
    return {"value": node.get("value", "")}


def hash_of(name: Json) -> Json:
    """Return our name of a hash function.

    Raises:
        Unsupported: There is none.
    """
    if is_expression(name):
        return name
    found = SIGNED.fullmatch(str(name).lower())
    plain = (found[1] if found else "").replace("-", "_").replace("ripemd", "ripemd160")
    plain = plain.replace("160160", "160").replace("rmd160", "ripemd160").replace("/", "_")
    if plain not in HASHES:
        raise Unsupported(f'the hash function "{name}" is not supported')
    return plain
