"""The arguments and options of ``nodekit run``: how they are written, and what help says."""

from typing import Annotated, TypeAlias

import typer

from nodekit.formats import Format

File: TypeAlias = Annotated[str, typer.Argument(help="The pipeline.", metavar="FILE")]

Input: TypeAlias = Annotated[
    str | None,
    typer.Option("--input", "-i", metavar="ITEMS", help="A file of items; - is standard input."),
]

Output: TypeAlias = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where items go; - is standard output."),
]

InputFormat: TypeAlias = Annotated[
    Format | None, typer.Option(help="What the input is, where its suffix does not say.")
]

OutputFormat: TypeAlias = Annotated[
    Format | None, typer.Option(help="What the output is, where its suffix does not say.")
]

Record: TypeAlias = Annotated[
    str | None, typer.Option(metavar="FILE", help="Write all that happened as JSON.")
]

Limit: TypeAlias = Annotated[int | None, typer.Option(min=0, help="Take so many items only.")]

Timeout: TypeAlias = Annotated[
    str | None, typer.Option(metavar="TIME", help="How long it may take: 90s, 10m, 1h30m.")
]

MaxErrors: TypeAlias = Annotated[
    int | None, typer.Option(min=0, help="End with status 3 if more items failed.")
]

AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print the summary as JSON instead of the items.")
]

Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Say errors only.")]

Verbose: TypeAlias = Annotated[
    int, typer.Option("--verbose", "-v", count=True, help="Say more; -vv says all.")
]

NoProgress: TypeAlias = Annotated[bool, typer.Option("--no-progress", help="Show no progress.")]
