"""Reads the arguments of ``nodekit run`` where they are plain, without loading typer for that.

What is plain follows from :class:`.call.Call`, the table of the arguments. All else, whatever is
wrong, and every word of help is typer's.
"""

from collections.abc import Sequence
from typing import Any

from .call import SHORT, Call

FLAGS = frozenset(name for name, kind in Call.__annotations__.items() if kind is bool)
"""What is true where its name stands."""

TEXTS = frozenset(name for name, kind in Call.__annotations__.items() if kind == str | None)
"""What takes the word that follows as it is."""

PLAIN = {
    **{f"--{name.replace('_', '-')}": name for name in FLAGS | TEXTS - {"resume"}},
    **SHORT,
}
"""The plain options; ``--resume`` is none, for it may stand without a text."""


def plain_call(args: Sequence[str]) -> Call | None:
    """Return the call that plain arguments make, ``None`` where they are not all plain.

    Plain are the file, and options that are flags or take one text, each at most once.
    """
    found: dict[str, Any] = {}
    words = iter(args)
    for word in words:
        name = PLAIN.get(word, "") if word.startswith("-") else "file"
        value = True if name in FLAGS else word if name == "file" else next(words, "")
        if name in ("", *found) or not is_plain(value):
            return None
        found[name] = value
    return Call(**found) if "file" in found else None


def is_plain(value: str | bool) -> bool:
    """Whether a value cannot be taken for an option, or for none."""
    return value in (True, "-") or (isinstance(value, str) and value[:1] not in ("", "-"))
