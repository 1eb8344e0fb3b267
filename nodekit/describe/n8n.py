"""A description in the shape of an n8n node's: display names, types, defaults, when shown."""

import json
from collections.abc import Iterable, Sequence

from nodekit.items import Json
from nodekit.params import camel_of

from .kinds import Kind
from .nodes import NodeDescription, Operation, Parameter, title_of

TYPES: dict[Kind, str] = {
    "text": "string",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "choice": "options",
    "time": "dateTime",
    "object": "collection",
    "objects": "fixedCollection",
    "list": "json",
    "mapping": "json",
    "any": "json",
}

EMPTY: dict[Kind, Json] = {
    "text": "",
    "number": 0,
    "integer": 0,
    "boolean": False,
    "choice": "",
    "time": "",
    "object": {},
    "objects": {},
    "list": "[]",
    "mapping": "{}",
    "any": "",
}
"""The default of a parameter that declares none: an n8n property always has one."""

Show = dict[str, list[Json]]


def n8n_description(node: NodeDescription) -> dict[str, Json]:
    """Return a node's description in the shape of n8n's ``INodeTypeDescription``."""
    made: dict[str, Json] = {
        "displayName": node.title,
        "name": node.type,
        "group": ["transform"],
        "version": node.version,
        "description": node.description.partition("\n\n")[0].replace("\n", " "),
        "defaults": {"name": node.title},
        "inputs": list(node.inputs) if node.inputs != "*" else ["main"],
        "outputs": ["main"] * max(1, len(node.outputs)),
    }
    if len(node.outputs) > 1:
        made["outputNames"] = list(node.outputs)
    if node.credentials:
        needed = len(node.credentials) == 1
        made["credentials"] = [{"name": n, "required": needed} for n in node.credentials]
    made["properties"] = [*selecting(node), *shown(node.operations)]
    return made


def selecting(node: NodeDescription) -> list[dict[str, Json]]:
    """Return the properties that choose the operation, shown for the choices made before them."""
    found: list[dict[str, Json]] = []
    for i, name in enumerate(node.selectors):
        groups: dict[tuple[tuple[Json, ...], ...], list[Operation]] = {}
        for operation in node.operations:
            if name in operation.selectors:
                before = tuple(operation.selectors.get(n, ()) for n in node.selectors[:i])
                groups.setdefault(before, []).append(operation)
        for before, operations in groups.items():
            show = {camel_of(n): list(v) for n, v in zip(node.selectors, before, strict=False) if v}
            found.append(selector(name, operations, show if len(groups) > 1 else {}))
    return found


def selector(name: str, operations: Sequence[Operation], show: Show) -> dict[str, Json]:
    """Return one property that chooses among operations."""
    options: dict[Json, dict[str, Json]] = {}
    for operation in operations:
        for value in operation.selectors[name]:
            options.setdefault(value, {"name": title_of(str(value)), "value": value})
    made: dict[str, Json] = {
        "displayName": title_of(name),
        "name": camel_of(name),
        "type": "options",
        "noDataExpression": True,
        "options": list(options.values()),
        "default": next(iter(options)),
    }
    return made | displayed(show)


def displayed(show: Show) -> dict[str, Json]:
    """Return when a property is shown."""
    return {"displayOptions": {"show": show}} if show else {}


def shown(operations: Iterable[Operation]) -> list[dict[str, Json]]:
    """Return the parameters of all operations; what several share is there once.

    Conditions are joined only where they differ in one selecting parameter: n8n shows a property
    when every condition holds, so more would show it where it does not belong.
    """
    found: list[tuple[dict[str, Json], Show]] = []
    for operation in operations:
        show = {camel_of(name): list(values) for name, values in operation.selectors.items()}
        for parameter in operation.parameters:
            made = parameter_property(parameter)
            for known, conditions in found:
                if known == made and widened(conditions, show):
                    break
            else:
                found.append((made, {name: list(values) for name, values in show.items()}))
    return [made | displayed(conditions) for made, conditions in found]


def widened(conditions: Show, show: Show) -> bool:
    """Widen conditions by others if they differ in one parameter only; return whether they did."""
    differing = [name for name in conditions if conditions[name] != show.get(name)]
    if set(conditions) != set(show) or len(differing) > 1:
        return False
    for name in differing:
        conditions[name] += [value for value in show[name] if value not in conditions[name]]
    return True


def parameter_property(parameter: Parameter) -> dict[str, Json]:
    """Return one parameter as an n8n property, without when it is shown."""
    made: dict[str, Json] = {
        "displayName": title_of(parameter.name),
        "name": camel_of(parameter.name),
        "type": TYPES[parameter.kind],
        "default": default_of(parameter),
    }
    if parameter.required:
        made["required"] = True
    if parameter.description:
        made["description"] = parameter.description
    if parameter.fixed:
        made["noDataExpression"] = True
    if parameter.secret:
        made["typeOptions"] = {"password": True}
    return made | options_of(parameter)


def default_of(parameter: Parameter) -> Json:
    """Return the default of a property; n8n wants one of its type."""
    if parameter.default is None or parameter.kind == "objects":
        choices = parameter.options if parameter.kind == "choice" else ()
        return choices[0] if choices else EMPTY[parameter.kind]
    if parameter.kind in ("list", "mapping"):
        return json.dumps(parameter.default, ensure_ascii=False)
    return parameter.default


def options_of(parameter: Parameter) -> dict[str, Json]:
    """Return the choices of a property, or the properties in it."""
    inner = [parameter_property(field) for field in parameter.fields]
    match parameter.kind:
        case "choice":
            values = [{"name": title_of(str(v)), "value": v} for v in parameter.options]
            return {"options": values}
        case "object":
            return {"placeholder": f"Add {title_of(parameter.name)}", "options": inner}
        case "objects":
            values = [{"name": "values", "displayName": "Values", "values": inner}]
            return {"typeOptions": {"multipleValues": True}, "options": values}
        case _:
            return {}
