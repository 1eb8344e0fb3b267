"""n8n's static data in a file, for the time of a run."""

from pathlib import Path

import orjson

from nodekit.engine import Run
from nodekit.items import Json
from nodekit.pipeline import Pipeline
from nodekit.pipeline.n8n.static import static_data, static_keeper
from nodekit.pipeline.values import is_mapping
from nodekit.state import Kept, MemoryKeeper, Row

from .endpoints import CallError, write
from .lazy import LazyStore
from .words import write_bytes
from .workflows import json_in


class Static:
    """What a run reads and keeps in place of the store's states.

    A run that must survive its process keeps states with its progress. The store lends itself for
    that: it gets the data when the run begins, and gives them back when it is over.

    Args:
        file: The file; it need not be there yet.
        pipeline: The pipeline that the workflow became.
        lasting: Whether the run must survive its process.

    Raises:
        CallError: It cannot be read, or does not hold static data.
    """

    def __init__(self, file: str, pipeline: Pipeline, *, lasting: bool) -> None:
        self.file = file
        self.pipeline = pipeline
        self.lasting = lasting
        kept: Json = json_in(file) if Path(file).exists() else {}
        if not is_mapping(kept):
            raise CallError(f"--static: {file!r} does not hold static data, which is a mapping")
        self._keeper = static_keeper(pipeline, kept)

    @property
    def keeper(self) -> MemoryKeeper | None:
        """What keeps the states; ``None`` for the store."""
        return None if self.lasting else self._keeper

    async def check(self, store: LazyStore) -> None:
        """Refuse to put the data into a store that keeps something else for the pipeline.

        Raises:
            CallError: It does.
        """
        kept, key = await self._kept(store), self.pipeline.key
        if kept and kept != self._rows():
            raise CallError(
                f"--static: the store keeps states of {key!r} that are not those of {self.file!r}",
                hint=f"Go on with the run they are of, by --resume; or look at them with `nodekit "
                f"state show {key}`, and remove them with `nodekit state clear {key}`.",
            )

    async def begin(self, store: LazyStore) -> None:
        """Put the data into the store, if that keeps them for the time of the run.

        Raises:
            CallError: The store keeps something else for the pipeline.
        """
        if not self.lasting:
            return
        await self.check(store)
        opened = await store.opened()
        await opened.clear(self.pipeline.key)
        for step, row in self._rows().items():
            await opened.write(self.pipeline.key, step, row, 0)

    async def end(self, run: Run, store: LazyStore) -> None:
        """Write the data to the file as they are now; those of a run that is over leave the store.

        Raises:
            Unwritable: The system refuses.
        """
        key = self.pipeline.key
        if self.lasting:
            kept = await self._kept(store)
            self._keeper.rows = {(key, step): Kept(row, 1) for step, row in kept.items()}
        text = orjson.dumps(static_data(self._keeper, self.pipeline), option=orjson.OPT_INDENT_2)
        write(self.file, lambda file: write_bytes(file, text + b"\n"))
        if self.lasting and run.status == "success":
            await (await store.opened()).clear(key)

    def _rows(self) -> dict[str | None, Row]:
        rows = self._keeper.rows.items()
        return {step: kept.row for (key, step), kept in rows if key == self.pipeline.key}

    async def _kept(self, store: LazyStore) -> dict[str | None, Row]:
        """Return what the store keeps for the pipeline, but for what is empty."""
        key, found = self.pipeline.key, dict[str | None, Row]()
        opened = await store.opened()
        for one in await opened.states(key):
            kept = await opened.read(key, one.step)
            if kept is not None and kept.row:
                found[one.step] = kept.row
        return found
