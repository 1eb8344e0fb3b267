"""Pages of documentation as tests see them: their fenced blocks, their links, and a run of both.

A block's info string is its language and, if the block is a file, the name of the file::

    ```yaml pipeline.yaml     a file in the page's folder; a pipeline is checked, too
    ```yaml                   a part of a pipeline: checked with what is missing put around it
    ```python                 run with the names of the page's earlier blocks
    ```console                lines behind `$ ` are run by a shell, the others are what they print
    ```toml ```json ```js     read, or written where they name a file
    ```text                   shown only

The blocks of a page share one folder and are taken in order. In what a command prints, `…` stands
for anything within a line, alone on a line for any lines; times are not compared.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\S*)[ ]?(.*)\n((?:(?!```).*\n)*)```$", re.MULTILINE)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`[^`\n]*`")
TIMES = (
    (re.compile(r"\bin [\d.,]+ ?s\b"), "in … s"),
    (re.compile(r" +\d+\.\d\d$"), " …"),
    (re.compile(r" +seconds$"), " seconds"),
)
LANGUAGES = ("yaml", "python", "console", "toml", "json", "js", "text")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its language, the file it is (or nothing), its text, and its line."""

    language: str
    name: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a console block, and what the page says that it prints."""

    text: str
    printed: str


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    return [
        Block(found[1], found[2].strip(), found[3], page.count("\n", 0, found.start()) + 1)
        for found in FENCE.finditer(page)
    ]


def links(page: str) -> list[str]:
    """Return the targets of a page's links, but for those in code."""
    return LINK.findall(CODE.sub("", FENCE.sub("", page)))


def anchors(page: str) -> set[str]:
    """Return what a link can point to within a page: its headings, as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def commands(block: Block) -> Iterator[Command]:
    """Yield the commands of a console block."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        end = next(i for i, line in enumerate(lines) if not line.endswith("\\"))
        yield Command("\n".join(lines[: end + 1]), "\n".join(lines[end + 1 :]))


def shell(command: str, folder: Path, home: Path) -> str:
    """Run a command as a reader would, with the installed tools on the path; return its words."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "COLUMNS": "80",
            "NO_COLOR": "1",
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    return done.stdout.rstrip("\n")


def same(found: str, wanted: str) -> bool:
    """Whether a command printed what the page says."""
    lines = [
        "(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + "\n"
        for line in timeless(wanted).splitlines()
    ]
    return re.fullmatch("".join(lines), timeless(found) + "\n" * bool(lines)) is not None


def timeless(text: str) -> str:
    """Return a text with its times taken out."""
    lines = text.splitlines()
    for pattern, instead in TIMES:
        lines = [pattern.sub(instead, line.rstrip()) for line in lines]
    return "\n".join(lines)
