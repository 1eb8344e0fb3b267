"""Constants of a workflow that stand for JSON."""

import json


def is_object_text(text: str) -> bool:
    """Whether a text is JSON of an object."""
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
