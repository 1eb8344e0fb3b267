"""The node ``html``."""

from collections.abc import Sequence
from html import escape
from typing import Literal

from pydantic import Field, field_validator

from nodekit import BatchNode, Context, Each, Fields, Inputs, Items, Json, Params

from .coerce import to_string
from .columns import links_of
from .file_writing import columns_of


class Template(Params):
    """HTML for each item."""

    make: Literal["text"] = "text"
    """What to make."""

    html: Each[str] = Field(examples=["=<h1>{{ $json.title }}</h1>"])
    """The HTML, usually with expressions in it. What they give is not escaped."""

    as_: str = Field(default="html", min_length=1, validation_alias="as")
    """The field that gets it."""

    keep: Literal["none", "all"] = "none"
    """Whether the fields of the item stay beside it."""


class Table(Params):
    """One table of all items."""

    make: Literal["table"] = "table"
    """What to make."""

    columns: list[str] = Field(default=[])
    """The fields that are the columns; without them all, in the order in which they are seen."""

    caption: str = ""
    """The caption of the table."""

    capitalize: bool = False
    """Whether headings are put as in `Order number`, for the field `order_number`."""

    attributes: dict[Literal["table", "header", "row", "cell"], dict[str, str]] = Field(
        default={}, examples=[{"table": {"class": "wide"}}]
    )
    """Attributes of the tags: of the table, its headings, its rows, its cells."""

    escape: bool = True
    """Whether values are shown as they are; else HTML in them is HTML of the page."""

    as_: str = Field(default="table", min_length=1, validation_alias="as")
    """The field that gets it."""

    @field_validator("attributes")
    @classmethod
    def are_names(cls, attributes: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        """Refuse what cannot be the name of an attribute."""
        for name in (name for tag in attributes.values() for name in tag):
            if not name or any(sign in name for sign in " \t\n\"'<>/="):
                raise ValueError(f"{name!r} cannot be the name of an attribute")
        return attributes


class Html(BatchNode[Template | Table]):
    """Make HTML: a text for each item, or one table of all.

    A table is linked to all items.
    """

    @classmethod
    def slices_of(cls, params: Template | Table) -> Literal["any", "fold", "all"]:
        return "any" if isinstance(params, Template) else "all"

    def run_batch(self, inputs: Inputs, params: Template | Table, ctx: Context) -> Items:
        rows = inputs.main
        if not len(rows):
            return rows
        if isinstance(params, Table):
            return Items([{params.as_: table(rows.json, params)}], links=[links_of(rows)])
        if params.keep == "none":
            return Items([{params.as_: html} for html in params.html], links=rows.links)
        pairs = zip(rows.json, params.html, strict=True)
        return rows.with_json([{**json, params.as_: html} for json, html in pairs])


def table(rows: Sequence[Fields], params: Table) -> str:
    """Return items as a table."""
    columns = params.columns or columns_of(rows)
    caption = f"<caption>{escape(params.caption)}</caption>" if params.caption else ""
    head = "".join(cell("th", heading(name, params), "header", params) for name in columns)
    body = "".join(row([json.get(name) for name in columns], params) for json in rows)
    opening = f"<table{attributes('table', params)}>{caption}"
    row_tag = f"<tr{attributes('row', params)}>"
    return f"{opening}<thead>{row_tag}{head}</tr></thead><tbody>{body}</tbody></table>"


def heading(name: str, params: Table) -> str:
    """Return what stands over a column."""
    return escape(name.replace("_", " ").capitalize() if params.capitalize else name)


def row(values: Sequence[Json], params: Table) -> str:
    """Return one row of a table."""
    cells = "".join(cell("td", shown(value, params), "cell", params) for value in values)
    return f"<tr{attributes('row', params)}>{cells}</tr>"


def shown(value: Json, params: Table) -> str:
    """Return what stands in a cell: a box for true and false, nothing for null."""
    if isinstance(value, bool):
        return f'<input type="checkbox" disabled{" checked" if value else ""}>'
    text = "" if value is None else to_string(value)
    return escape(text) if params.escape else text


def cell(tag: str, content: str, kind: Literal["header", "cell"], params: Table) -> str:
    """Return a cell of a table."""
    return f"<{tag}{attributes(kind, params)}>{content}</{tag}>"


def attributes(kind: Literal["table", "header", "row", "cell"], params: Table) -> str:
    """Return the attributes of a tag."""
    found = params.attributes.get(kind, {})
    return "".join(f' {name}="{escape(value)}"' for name, value in found.items())
