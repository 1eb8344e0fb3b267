"""A plugin as pip would install it: a package and its metadata in a folder on the path."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent


def install(
    folder: Path,
    name: str,
    code: str,
    points: Mapping[str, Mapping[str, str]],
) -> None:
    """Put a module and the metadata of its distribution into a folder.

    Args:
        folder: What is to stand on ``sys.path`` or ``PYTHONPATH``.
        name: The name of the module and of the distribution.
        code: The source of the module.
        points: Entry points by group and name.
    """
    (folder / f"{name}.py").write_text(dedent(code))
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines: list[str] = []
    for group, entries in points.items():
        lines += [f"[{group}]", *(f"{key} = {value}" for key, value in entries.items())]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n")
