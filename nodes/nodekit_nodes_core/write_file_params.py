"""The parameters of the node ``write_file``."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from nodekit import Each, Params

from .file_formats import Form, known_encoding

NO_APPEND = "a JSON file cannot be appended to; JSON lines can"


class WriteFileParams(Params):
    """Where to write the items, and how."""

    path: Each[str] = Field(examples=["output/orders.jsonl"])
    """The file, below the pipeline's directory; folders are made. Items with the same path go to
    one file, in order."""

    format: Literal["auto"] | Form = "auto"
    """What the file is to hold. `auto` goes by its suffix: .jsonl and .ndjson, .json, .csv and
    .tsv, text such as .txt, .log and .md; anything else is binary."""

    mode: Literal["replace", "append"] = "replace"
    """Write the file anew, whole or not at all, or behind what it holds."""

    field: str = Field(default="data", min_length=1)
    """The field with the text to write, or the name of the binary."""

    same: Literal["fail", "last"] = "fail"
    """What to do if several items would each be the whole of one binary file: fail, or let the last
    one be it."""

    file_field: str = ""
    """The field that gets the path of the file, if it is to be known."""

    ending: str = "\n"
    """What follows each item's text."""

    columns: list[str] = Field(default=[])
    """The columns of CSV; without them, all fields in the order in which they are first seen, those
    of nested objects by dotted names."""

    header: bool = True
    """Whether the first row of CSV names the columns."""

    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    """What stands between two cells of CSV; a comma, in a .tsv file a tab."""

    guard_formulas: bool = True
    """Put `'` before text in CSV that a spreadsheet would take for a formula."""

    encoding: str = "utf-8"
    """The encoding of CSV and text; `utf-8-sig` begins a new file with a byte order mark. JSON is
    always UTF-8."""

    @field_validator("encoding")
    @classmethod
    def is_known(cls, encoding: str) -> str:
        """Refuse an encoding that Python does not know."""
        return known_encoding(encoding)

    @model_validator(mode="after")
    def can_be_appended(self) -> "WriteFileParams":
        """Refuse to write behind the end of what is one whole."""
        if self.mode == "append" and self.format == "json":
            raise ValueError(NO_APPEND)
        if self.mode == "append" and "\n".encode(self.encoding.removesuffix("-sig")) != b"\n":
            raise ValueError(f"a file in {self.encoding} cannot be appended to; one in utf-8 can")
        return self
