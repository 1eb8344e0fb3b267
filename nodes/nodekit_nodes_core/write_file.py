"""The node ``write_file``."""

from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import repeat

from nodekit import BatchNode, Context, Files, Inputs, Items, NodeError, Stream

from .file_appending import Held
from .file_formats import form_of
from .file_writers import writer_of
from .file_writing import columns_of, flat
from .write_file_params import NO_APPEND, WriteFileParams


class WriteFile(BatchNode[WriteFileParams]):
    """Write items to files, and put them out unchanged.

    JSON holds a list of all items of a file. Text and other files hold one field or binary of each
    item, one after another.
    """

    slices = "stream"

    async def run_stream(
        self, inputs: Mapping[str, Stream], params: WriteFileParams, ctx: Context
    ) -> AsyncGenerator[Items, None]:
        if not any(map(len, inputs.values())):
            return
        # A path that differs from item to item is never streamed.
        (stream,), path = inputs.values(), params.path[0]
        columns: dict[str, None] = {}
        if wants_columns(path, params):
            async for rows in stream:
                columns.update(dict.fromkeys(names_in(rows)))
        with ExitStack() as stack:
            file = opened(ctx.files, path, params, list(columns))
            put = await ctx.thread(stack.enter_context, file)
            async for rows in stream:
                await ctx.thread(put, rows)
                yield named(rows, repeat(path, len(rows)), params)
            await ctx.thread(stack.close)
        for text in told({path: len(stream)}):
            ctx.hint(text)

    async def run_batch(self, inputs: Inputs, params: WriteFileParams, ctx: Context) -> Items:
        rows = inputs.main
        groups: dict[str, list[int]] = {}
        for i, path in enumerate(params.path):
            groups.setdefault(path, []).append(i)
        for path, members in groups.items():
            await ctx.thread(write, ctx.files, path, rows.take(members), params)
        for text in told({path: len(members) for path, members in groups.items()}):
            ctx.hint(text)
        return named(rows, params.path, params)


def named(rows: Items, paths: Iterable[str], params: WriteFileParams) -> Items:
    """Return the items with the paths of the files they went to, if these are to be known."""
    if not params.file_field:
        return rows
    pairs = zip(rows.json, paths, strict=True)
    return rows.with_json([{**json, params.file_field: path} for json, path in pairs])


FILES = 5
"""How many files are named where it is said what was written."""


def told(counts: Mapping[str, int]) -> Iterator[str]:
    """Yield how many items were written where, as words."""
    for path, count in list(counts.items())[:FILES]:
        yield f"wrote {count:,} item{'' if count == 1 else 's'} to {path}"
    if len(counts) > FILES:
        more = len(counts) - FILES
        yield f"wrote {more:,} more file{'' if more == 1 else 's'}"


def write(files: Files, path: str, rows: Items, params: WriteFileParams) -> None:
    """Write one file.

    Raises:
        NodeError: An item cannot be written, or the system refuses the file.
    """
    columns = names_in(rows) if wants_columns(path, params) else []
    with opened(files, path, params, columns) as put:
        put(rows)


def wants_columns(path: str, params: WriteFileParams) -> bool:
    """Whether the fields of all items must be known before the first one is written."""
    return form_of(path, params.format) == "csv" and not params.columns


def names_in(rows: Items) -> list[str]:
    """Return the names of the columns of some items."""
    return columns_of(flat(json) for json in rows.json)


Put = Callable[[Items], None]
"""Writes some items behind the others."""


@contextmanager
def opened(
    files: Files, path: str, params: WriteFileParams, columns: list[str]
) -> Generator[Put, None, None]:
    """Open a file for items; all that was put into it is there when the block ends, or nothing.

    Raises:
        NodeError: An item cannot be written, or the system refuses the file.
    """
    form = form_of(path, params.format)
    if params.mode == "append" and form == "json":
        raise NodeError(f"{path}: {NO_APPEND}")
    held = Held() if params.mode == "replace" else Held.of(files, path, form, params)
    writer = writer_of(form, path, params, columns, held)
    with files.replace(path) if params.mode == "replace" else files.append(path) as file:
        if held.open_line:
            file.write(b"\n")

        def put(rows: Items) -> None:
            for piece in writer.part(rows):
                file.write(piece)

        yield put
        for piece in writer.end():
            file.write(piece)
