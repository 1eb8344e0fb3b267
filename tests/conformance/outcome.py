"""The record of a run in the form in which the cases have what n8n did."""

from collections.abc import Mapping, Sequence
from mimetypes import guess_extension
from pathlib import PurePosixPath
from typing import Any

Json = Any

KINDS = (
    ("application/json", "json"),
    ("text/html", "html"),
    ("image/", "image"),
    ("audio/", "audio"),
    ("video/", "video"),
    ("text/", "text"),
    ("application/javascript", "text"),
    ("application/pdf", "pdf"),
)
"""n8n's file types by how the media type begins."""


def outcome_of(
    record: Mapping[str, Json],
    outputs: Mapping[str, Sequence[str]],
    keeps_static: Sequence[str],
) -> dict[str, Json]:
    """Return a run in the form of a case's ``expected``.

    Args:
        record: The record of the run.
        outputs: The names of the outputs of each step, by n8n's number.
        keeps_static: The nodes whose state n8n keeps in its static data.
    """
    runs: dict[str, list[Json]] = {}
    for step in record["steps"]:
        runs.setdefault(step["step"], []).append(run_of(step, outputs))
    return {
        "status": record["status"],
        "order": [step["step"] for step in record["steps"]],
        "runs": runs,
        "error": error_of(record["error"]),
        "lastNode": record["last_step"],
        "staticData": static_of(record["state"], keeps_static),
    }


def run_of(step: Mapping[str, Json], outputs: Mapping[str, Sequence[str]]) -> dict[str, Json]:
    """Return one run of a step."""
    names = list(step["sources"])
    sources = [source_of(source, outputs) for source in step["sources"].values()]
    found = step["outputs"]
    numbered = outputs[step["step"]]
    return {
        "status": step["status"],
        "error": error_of(step["error"]),
        "source": sources if any(sources) else [],
        "outputs": None
        if found is None
        else [[item_of(item, names, outputs) for item in found.get(name, [])] for name in numbered],
    }


def source_of(source: Json, outputs: Mapping[str, Sequence[str]]) -> Json:
    """Return what fed an input, with the output by number."""
    if source is None:
        return None
    output = list(outputs[source["step"]]).index(source["output"])
    return {"node": source["step"], "output": output, "run": source["run"]}


def item_of(
    item: Mapping[str, Json], inputs: Sequence[str], outputs: Mapping[str, Sequence[str]]
) -> dict[str, Json]:
    """Return one item."""
    shown: dict[str, Json] = {"json": item["json"]}
    if item["from"] is not None:
        shown["pairedItem"] = [link_of(link, inputs, outputs) for link in item["from"]]
    if item.get("binary"):
        shown["binary"] = {name: binary_of(value) for name, value in item["binary"].items()}
    if item.get("error"):
        shown["error"] = error_of(item["error"])
    return shown


def link_of(
    link: Mapping[str, Json], inputs: Sequence[str], outputs: Mapping[str, Sequence[str]]
) -> dict[str, Json]:
    """Return one link; where it leads elsewhere than to the input at hand, it says so."""
    shown: dict[str, Json] = {"item": link["item"], "input": number_of(link["input"], inputs)}
    if "step" in link and link["step"] in outputs:
        shown["sourceOverwrite"] = {
            "previousNode": link["step"],
            "previousNodeOutput": list(outputs[link["step"]]).index(link["output"]),
            "previousNodeRun": link["run"],
        }
    return shown


def number_of(name: str, inputs: Sequence[str]) -> int:
    """Return the number of an input."""
    return inputs.index(name) if name in inputs else 0


def binary_of(binary: Mapping[str, Json]) -> dict[str, Json]:
    """Return a file the way n8n describes it."""
    media, name = binary["media_type"], binary["file_name"]
    suffix = PurePosixPath(name or "").suffix or guess_extension(media) or ""
    kind = next((kind for start, kind in KINDS if media.startswith(start)), None)
    return {
        "mimeType": media,
        "fileType": kind,
        "fileExtension": suffix.removeprefix(".") or None,
        "fileName": name,
        "fileSize": size_text(binary["size"]),
        "bytes": binary["size"],
        "data": binary.get("data"),
    }


def size_text(size: int) -> str:
    """Return a size the way n8n writes it: three digits, steps of 1,000."""
    number, units = float(size), ["B", "kB", "MB", "GB"]
    while number >= 1000 and len(units) > 1:
        number, units = number / 1000, units[1:]
    return f"{float(f'{number:.3g}'):g} {units[0]}"


def error_of(error: Json) -> Json:
    """Return an error with n8n's names for its parts."""
    if error is None:
        return None
    shown = {"message": error["message"], "name": error["type"]}
    names = {"hint": "description", "item": "itemIndex", "step": "node"}
    shown |= {theirs: error[ours] for ours, theirs in names.items() if ours in error}
    return shown | ({"httpCode": str(error["status"])} if "status" in error else {})


def static_of(state: Mapping[str, Json], keeps_static: Sequence[str]) -> dict[str, Json]:
    """Return the states as static data; what is empty is not there."""
    steps = {f"node:{n}": row for n, row in state["steps"].items() if row and n in keeps_static}
    return steps | ({"global": state["pipeline"]} if state["pipeline"] else {})
