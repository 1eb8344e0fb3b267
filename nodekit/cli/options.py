"""The arguments and options of ``nodekit run``: how they are written, and what help says."""

from typing import Annotated, TypeAlias

import typer

from nodekit.formats import Format
from nodekit.store.keeping import Keep

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
    str | None,
    typer.Option(
        metavar="N|N%", help="End with status 3 if more items, or a larger share, failed."
    ),
]

Rate: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[HOST=]N/s", help="So many requests in a second (s), minute (m) or hour (h)."
    ),
]

Batch: TypeAlias = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Keep progress after N items: it can be resumed."),
]

Unordered: TypeAlias = Annotated[
    bool,
    typer.Option("--unordered", help="Write slices of items as they come: slow ones hold up none."),
]

Resume: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="[RUN]", help="Go on with a run with --batch: the last one that is unfinished."
    ),
]

RetryFailed: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="RUN", help="Take the items that failed in a run with --batch only."),
]

Force: TypeAlias = Annotated[
    bool,
    typer.Option(help="Go on though the pipeline, the input or the owner of the run changed."),
]

Store: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="PATH", help="The store; else .nodekit/nodekit.db beside the pipeline."),
]

Kept: TypeAlias = Annotated[
    Keep | None,
    typer.Option(help="Keep the run, with so many of its items, for `nodekit runs`."),
]

Credentials: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="The credentials file; else credentials.toml."),
]

EnvFile: TypeAlias = Annotated[
    str | None, typer.Option(metavar="FILE", help="More variables; else .env.")
]

Start: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NODE", help="The node an n8n workflow starts from.")
]

NoPin: TypeAlias = Annotated[
    bool, typer.Option("--no-pin", help="Run pinned nodes of an n8n workflow, too.")
]

Stub: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="NODE=FILE", help="Items that stand in for a node of an n8n workflow."),
]

Workflows: TypeAlias = Annotated[
    str | None, typer.Option(metavar="DIR", help="The n8n workflows that may be called by id.")
]

Production: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--production",
        help="Run an n8n workflow as in production: without pins, its error workflow if it fails.",
    ),
]

AllowPython: TypeAlias = Annotated[
    bool, typer.Option("--allow-python", help="Let Code nodes of an n8n workflow run Python.")
]

Static: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="n8n's static data: read before the run, written after it."),
]

AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print the summary as JSON instead of the items.")
]

Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Say errors only.")]

Verbose: TypeAlias = Annotated[
    int, typer.Option("--verbose", "-v", count=True, help="Say more; -vv says all.")
]

NoProgress: TypeAlias = Annotated[bool, typer.Option("--no-progress", help="Show no progress.")]
