"""Where the items of a run go: a file, a stream, or nowhere but a count and a look at the first."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from nodekit.files import reason
from nodekit.item_writers import Format, writer_of
from nodekit.items import Fields, Items, Json
from nodekit.json_values import is_object

from .endpoints import STREAM
from .words import Unwritable, put, write_bytes

ROWS = 10
"""How many of the first items are shown to a person."""


class Output(Protocol):
    """A sink that counts."""

    @property
    def count(self) -> int: ...
    @property
    def finished(self) -> bool: ...
    async def write(self, items: Items) -> None: ...
    async def flush(self) -> Json: ...
    async def restore(self, place: Json) -> None: ...
    async def finish(self) -> None: ...


class Shown:
    """Keeps the first items, to be shown to a person, and counts all."""

    finished = True
    """Whether what it has got can be seen: at once."""

    def __init__(self) -> None:
        self.first: list[Fields] = []
        self.count = 0

    async def write(self, items: Items) -> None:
        """Count the items."""
        self.first += items.json[: ROWS - len(self.first)]
        self.count += len(items)

    async def flush(self) -> Json:
        """Return how many there were."""
        return {"count": self.count}

    async def restore(self, place: Json) -> None:
        """Go on to count."""
        if is_object(place) and isinstance(count := place["count"], int):
            self.count = count

    async def finish(self) -> None:
        """Do nothing."""


class Stream:
    """Writes items to a stream as they come; what has been written cannot be taken back.

    Args:
        form: Their format.
        put: Writes bytes; returns whether anybody reads them.
        gone: Called when the reader has gone.
    """

    finished = True
    """Whether what it has got can be seen: at once."""

    def __init__(
        self, form: Format, put: Callable[[bytes], bool], gone: Callable[[], None]
    ) -> None:
        self.writer = writer_of(form, final=True)
        self.put = put
        self.gone = gone
        self.lost = False
        """Whether the reader has gone."""

    @property
    def count(self) -> int:
        """How many items have been written."""
        return self.writer.count

    async def write(self, items: Items) -> None:
        """Write the items.

        Raises:
            Unwritable: The system refuses.
            FormatError: An item holds what the format cannot say.
        """
        self._put(self.writer.part(items.json))

    def _put(self, part: bytes) -> None:
        if not self.lost and not self.put(part):
            self.lost = True
            self.gone()

    async def flush(self) -> Json:
        """Return how much has been written."""
        return self.writer.place()

    async def restore(self, place: Json) -> None:
        """Go on behind what has been written."""
        if is_object(place):
            self.writer.restore(place)

    async def finish(self) -> None:
        """Write what follows the last item."""
        self._put(self.writer.end())


def to_standard_output(part: bytes) -> bool:
    """Write bytes to standard output; return whether anybody reads them."""
    return put(lambda file: write_bytes(file, part))


def to_special(path: Path, file: BinaryIO) -> Callable[[bytes], bool]:
    """Return a function that writes bytes to a device or a pipe."""

    def write(part: bytes) -> bool:
        try:
            file.write(part)
            file.flush()
        except BrokenPipeError:
            return False
        except OSError as error:
            raise Unwritable(f"cannot write {str(path)!r}: {reason(error)}") from error
        return True

    return write


@contextmanager
def output_to(
    name: str | None, form: Format, *, lasting: bool, gone: Callable[[], None]
) -> Generator[Output, None, None]:
    """Open the output of a run: a file, a stream, or ``None`` for a look at the first items.

    Args:
        name: Its name.
        form: Its format.
        lasting: Whether the run can be gone on with.
        gone: Called when the reader has gone.

    Raises:
        Unwritable: A device or a pipe cannot be opened.
    """
    if name is None:
        yield Shown()
    elif name == STREAM:
        yield Stream(form, to_standard_output, gone)
    elif Path(name).exists() and not Path(name).is_file():
        path = Path(name)
        with opened_special(path) as file:
            yield Stream(form, to_special(path, file), gone)
    else:
        from nodekit.engine.outputs import FileSink

        with FileSink(Path(name), form, lasting=lasting) as sink:
            yield sink


@contextmanager
def opened_special(path: Path) -> Generator[BinaryIO, None, None]:
    """Open a device or a pipe for writing.

    Raises:
        Unwritable: The system refuses.
    """
    try:
        file = path.open("wb", buffering=0)
    except OSError as error:
        raise Unwritable(f"cannot write {str(path)!r}: {reason(error)}") from error
    with file:
        yield file
