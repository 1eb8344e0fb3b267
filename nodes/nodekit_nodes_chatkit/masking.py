"""Client secrets in what the node shows: never whole. No I/O."""

from collections.abc import Collection

from nodekit import Json
from nodekit_nodes_chatkit.kinds import is_list, is_object

SECRET_KEYS = frozenset({"client_secret", "clientSecret"})


def mask(secret: str) -> str:
    """Return a secret as it may be shown: its ends, so that one can tell two apart."""
    if len(secret) <= 3:
        return "***" if secret else secret
    if len(secret) <= 8:
        return f"{secret[:2]}***{secret[-1:]}"
    return f"{secret[:4]}***{secret[-4:]}"


def masked(value: Json, secrets: Collection[str] = ()) -> Json:
    """Return a JSON value with every client secret masked.

    A secret is what stands under ``client_secret`` or ``clientSecret`` at any depth (a string, or
    the ``value`` of an object), and any of the given texts wherever it occurs.
    """
    if isinstance(value, str):
        return masked_text(value, secrets)
    if is_object(value):
        return {
            masked_text(str(key), secrets): masked_field(key, part, secrets)
            for key, part in value.items()
        }
    if is_list(value):
        return [masked(part, secrets) for part in value]
    return value


def masked_field(key: str, value: Json, secrets: Collection[str]) -> Json:
    """Return the value of one field, masked whole if the key says that it is a secret."""
    if key not in SECRET_KEYS:
        return masked(value, secrets)
    if isinstance(value, str):
        return mask(value)
    if is_object(value) and isinstance(value.get("value"), str):
        rest = {name: masked(part, secrets) for name, part in value.items()}
        return {**rest, "value": mask(value["value"])}
    return masked(value, secrets)


def masked_text(text: str, secrets: Collection[str]) -> str:
    """Return a text with every known secret in it masked."""
    for secret in secrets:
        if secret and secret in text:
            text = text.replace(secret, mask(secret))
    return text


def secrets_in(value: Json) -> set[str]:
    """Return the client secrets that stand under their own key anywhere in a JSON value."""
    found: set[str] = set()
    if is_object(value):
        for key, part in value.items():
            secret = part.get("value") if is_object(part) else part
            if key in SECRET_KEYS and isinstance(secret, str) and secret:
                found.add(secret)
            found |= secrets_in(part)
    elif is_list(value):
        for part in value:
            found |= secrets_in(part)
    return found
