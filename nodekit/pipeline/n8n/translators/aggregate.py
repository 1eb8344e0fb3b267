"""Aggregate: one item of many, with lists of values or with the items in a list."""

from collections.abc import Sequence

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft
from nodekit.pipeline.n8n.node import N8nNode, is_expression

from .fields import dots, failing, field_names


def translate(node: N8nNode) -> StepDraft:
    """Return a step that puts items together."""
    if node.fixed("aggregate", "aggregateIndividualFields") == "aggregateAllItemData":
        return StepDraft("aggregate", whole_items(node) | binaries(node))
    return values(node)


def whole_items(node: N8nNode) -> dict[str, Json]:
    """Return the params for a list of items."""
    params: dict[str, Json] = {"into": node.get("destinationFieldName") or "data"}
    match node.text("include", "allFields"):
        case "specifiedFields":
            params["keep"] = field_names(node, "fieldsToInclude")
        case "allFieldsExcept":
            params["drop"] = field_names(node, "fieldsToExclude")
        case _:
            pass
    return params


def values(node: N8nNode) -> StepDraft:
    """Return a step that lists the values of fields."""
    fields: list[Json] = []
    targets: list[str] = []
    for row in node.rows("fieldsToAggregate.fieldToAggregate"):
        field, target = row.get("fieldToAggregate", ""), row.get("outputFieldName", "")
        renamed = bool(row.get("renameField")) and target != ""
        if field == "":
            return failing("Field to aggregate is blank")
        fields.append({"field": field, "as": target} if renamed else {"field": field})
        targets.append(str(target) if renamed else str(field).rsplit(".", 1)[-1])
    if not fields:
        return failing("No fields specified")
    if (twice := repeated(targets)) is not None:
        return failing(f"The '{twice}' output field is used more than once")
    params: dict[str, Json] = {"fields": fields, **dots(node)}
    if node.flag("options.mergeLists"):
        params["merge_lists"] = True
    if node.flag("options.keepMissing"):
        params["keep_missing"] = True
    return StepDraft("aggregate", params | binaries(node))


def repeated(names: Sequence[str]) -> str | None:
    """Return a name that stands twice, if there is one; computed ones are not known yet."""
    known = [name for name in names if not is_expression(name)]
    return next((name for i, name in enumerate(known) if name in known[:i]), None)


def binaries(node: N8nNode) -> dict[str, Json]:
    """Return whether the files of the items go along."""
    if not node.flag("options.includeBinaries"):
        return {}
    return {"binaries": True, "unique_binaries": node.flag("options.keepOnlyUnique")}
