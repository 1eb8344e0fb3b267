"""Lists that come page by page."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from nodekit import ApiError, Json
from nodekit_nodes_chatkit.kinds import is_list, is_object
from nodekit_nodes_chatkit.params.common import Paging

PAGE = 100
"""The largest page that the services give."""

Fetch: TypeAlias = Callable[[str | None, int], Awaitable[Json]]
"""Gets the page behind a cursor, of so many rows."""


async def collect(fetch: Fetch, params: Paging, cursor_name: str) -> list[dict[str, Any]]:
    """Return the rows of a list, as many as are wanted.

    ``cursor_name`` is the field of a page that says where the next one begins.

    Raises:
        ApiError: The server says that there is more but does not give it.
    """
    wanted = None if params.return_all else params.limit
    after = params.after.strip() or None
    rows: list[dict[str, Any]] = []
    while wanted is None or len(rows) < wanted:
        page = await fetch(after, PAGE if wanted is None else min(PAGE, wanted - len(rows)))
        found = page_rows(page)
        rows += found
        if not page.get("has_more"):
            break
        cursor = page.get(cursor_name)
        if not found or not cursor or cursor == after:
            raise ApiError("The server reports more results but repeats the same page.")
        after = str(cursor)
    return rows if wanted is None else rows[:wanted]


def page_rows(page: Json) -> list[dict[str, Any]]:
    """Return the rows of one page.

    Raises:
        ApiError: It is no page.
    """
    rows = page.get("data") if is_object(page) else None
    if not is_list(rows):
        raise ApiError("The server did not answer with a list.", details=page)
    return rows
