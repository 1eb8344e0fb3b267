"""Parameters of which one must be given, and only one."""

from .shapes import is_object


def one_of(raw: object, *names: str) -> None:
    """Make sure that raw parameters give one of these and no more; null counts as not given.

    Raises:
        ValueError: They give none of them, or several.
    """
    if not is_object(raw):
        return
    given = [name for name in names if raw.get(name) is not None]
    if len(given) != 1:
        raise ValueError(f"wants one of {quoted(names)}, found {quoted(given) or 'none'}")


def quoted(names: tuple[str, ...] | list[str]) -> str:
    """Return names as prose: ``"a", "b" and "c"``."""
    *most, last = [f'"{name}"' for name in names] or [""]
    return f"{', '.join(most)} and {last}" if most else last
