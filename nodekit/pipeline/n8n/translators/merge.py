"""Merge: items of several inputs, put together. Every major version names its modes anew."""

from collections.abc import Mapping

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode, is_expression, names_in
from nodekit.pipeline.values import is_mapping

SIDES = ("left", "right")
JOINS: Mapping[str, str] = {
    "keepMatches": "matches",
    "keepNonMatches": "unmatched",
    "keepEverything": "outer",
    "enrichInput1": "left",
    "enrichInput2": "right",
}
SIDE: Mapping[str, str] = {"input1": "left", "input2": "right", "both": "both"}


def translate(node: N8nNode) -> StepDraft:
    """Return a step that puts items together."""
    if node.version < 2:
        return first(node)
    mode = node.fixed("mode", "append")
    if mode == "append":
        return many(node, {"how": "append"})
    if mode == "chooseBranch":
        return choose(node)
    if mode == "combineBySql":
        return by_query(node)
    if node.version < 3:
        way = node.fixed("combinationMode", "mergeByFields")
    else:
        way = OLD_WAYS.get(node.fixed("combineBy", "combineByFields"), "")
    if way == "mergeByPosition":
        return position(node)
    if way == "multiplex":
        return sides({"how": "all", **clash(node)})
    return by_fields(node)


OLD_WAYS: Mapping[str, str] = {
    "combineByFields": "mergeByFields",
    "combineByPosition": "mergeByPosition",
    "combineAll": "multiplex",
}
"""The ways to combine, by what version 2 calls them."""


def input_names(node: N8nNode) -> tuple[str, ...]:
    """Return the names of the inputs where there may be more than two."""
    stated = node.get("numberInputs", 2)
    count = stated if isinstance(stated, int) and not isinstance(stated, bool) else 2
    return tuple(f"input{i + 1}" for i in range(max(min(count, MOST), node.slots, 2)))


MOST = 10
"""How many inputs a node may ask for."""


def many(node: N8nNode, params: dict[str, Json]) -> StepDraft:
    """Return a step with any number of inputs."""
    return StepDraft("merge", params, inputs=input_names(node))


def sides(params: dict[str, Json]) -> StepDraft:
    """Return a step with two inputs."""
    return StepDraft("merge", params, inputs=SIDES)


def choose(node: N8nNode) -> StepDraft:
    """Return a step that waits and puts out the items of one input, or an empty one."""
    if node.version < 3:
        wanted = node.text("output", "input1")
    elif node.fixed("output", "specifiedInput") == "empty":
        wanted = "empty"
    else:
        wanted = f"input{node.text('useDataOfInput', '1').removeprefix('input')}"
    take = "none" if wanted == "empty" else wanted
    return many(node, {"how": "choose", "take": take, **required(node)})


def required(node: N8nNode) -> dict[str, Json]:
    """Return the inputs without which the step never runs, as far as they are connected."""
    return {"require": ["input1", "input2"]} if node.slots > 1 else {"require": ["input1"]}


def position(node: N8nNode) -> StepDraft:
    """Return a step that merges items with the same place."""
    params: dict[str, Json] = {"how": "position", **clash(node, by_name=True)}
    if node.flag("options.includeUnpaired"):
        params["unpaired"] = True
    if node.slots < (count := len(input_names(node))):
        params["inputs"] = count
    return many(node, params)


def by_query(node: N8nNode) -> StepDraft:
    """Return a step that asks for items by SQL.

    Raises:
        Unsupported: The query has parameters.
    """
    stated = node.get("options", {})
    unknown = stated.keys() - {"emptyQueryResult"} if is_mapping(stated) else set[str]()
    if unknown:
        raise Unsupported(
            f"the option {min(unknown)} is not supported", "Write the values into the query."
        )
    query = node.text("query", QUERY)
    if "{{" in query and not is_expression(query):
        query = f"={query}"
    default = "empty" if node.version >= 3.2 else "success"
    params: dict[str, Json] = {"how": "sql", "query": query}
    if node.fixed("options.emptyQueryResult", default) == "success":
        params["if_empty"] = "success"
    return StepDraft("merge", params, inputs=input_names(node), differences=(DIALECT,))


QUERY = "SELECT * FROM input1 LEFT JOIN input2 ON input1.name = input2.id"
"""The query of a node that says none."""

DIALECT = (
    "The query is answered by SQLite, not AlaSQL: `+` does not put texts together, comparisons "
    "give 1 and 0, a sum of nothing is nothing, DISTINCT looks at the selected fields only, and "
    "functions and statements that SQLite has not, or that change tables, are errors."
)


def clash(node: N8nNode, *, by_name: bool = False) -> dict[str, Json]:
    """Return what becomes of fields that several items have."""
    place = "options.clashHandling.values"
    params: dict[str, Json] = {}
    wanted = node.text(f"{place}.resolveClash")
    if wanted == "addSuffix":
        params["clash"] = "suffix"
    elif wanted.startswith("preferInput"):
        name = wanted.removeprefix("prefer").replace("Input", "input")
        params["clash"] = name if by_name else SIDE.get(name, "right")
    elif wanted:
        params["clash"] = "right"
    if node.text(f"{place}.mergeMode") == "shallowMerge":
        params["deep"] = False
    if node.flag(f"{place}.overrideEmpty"):
        params["skip_empty"] = True
    return params


def by_fields(node: N8nNode) -> StepDraft:
    """Return a step that merges items with the same values in some fields."""
    join = node.fixed("joinMode", "keepMatches")
    params: dict[str, Json] = {"how": "key", "on": fields(node), "join": JOINS.get(join, join)}
    take = SIDE.get(node.fixed("outputDataFrom", "both"), "both")
    if take != "both" and join in ("keepMatches", "keepNonMatches"):
        params["take"] = take
    params |= clash(node)
    if node.flag("options.fuzzyCompare"):
        params["fuzzy"] = True
    if node.flag("options.disableDotNotation"):
        params["dots"] = False
    if node.text("options.multipleMatches", "all") == "first":
        params["multiple"] = "first"
    if node.version < 2.1:
        params["must_exist"] = True
    return sides(params)


def fields(node: N8nNode) -> list[Json]:
    """Return the fields that must be the same.

    Raises:
        Unsupported: There are none.
    """
    if node.version >= 3 and not node.flag("advanced"):
        found: list[Json] = list(names_in(node.get("fieldsToMatchString", "")))
    else:
        found = [pair(row) for row in node.rows("mergeByFields.values")]
    if not found:
        raise Unsupported("there are no fields to match on", "Name at least one pair of fields.")
    return found


def pair(row: Mapping[str, Json]) -> Json:
    """Return two fields, by one name where that is enough."""
    left, right = row.get("field1", ""), row.get("field2", "")
    return left if left == right else {"left": left, "right": right}


def first(node: N8nNode) -> StepDraft:
    """Return the step for version 1."""
    mode = node.fixed("mode", "append")
    key = {"left": node.get("propertyName1", ""), "right": node.get("propertyName2", "")}
    on: list[Json] = [key["left"] if key["left"] == key["right"] else key]
    match mode:
        case "append":
            return many(node, {"how": "append"})
        case "mergeByIndex":
            unpaired = {"inner": False, "outer": True}.get(node.fixed("join", "left"), "first")
            return many(node, {"how": "position", "deep": False, "unpaired": unpaired})
        case "multiplex":
            return sides({"how": "all", "deep": False})
        case "passThrough":
            return many(
                node, {"how": "choose", "take": node.fixed("output", "input1"), **required(node)}
            )
        case "wait":
            return many(node, {"how": "choose", "take": "none", **required(node)})
        case "keepKeyMatches" | "removeKeyMatches":
            join = "matches" if mode == "keepKeyMatches" else "unmatched"
            return sides({"how": "key", "on": on, "join": join, "take": "left"})
        case "mergeByKey":
            return by_key(node, on)
        case _:
            raise Unsupported(f'there is no mode "{mode}"')


def by_key(node: N8nNode, on: list[Json]) -> StepDraft:
    """Return the step that adds to every left item what the right one of the same key has."""
    overwrite = node.fixed("overwrite", "always")
    params: dict[str, Json] = {"how": "key", "on": on, "join": "left", "multiple": "first"}
    if overwrite == "undefined":
        params["clash"] = "left"
    elif overwrite == "blank":
        params |= {"clash": "left", "skip_empty": True}
    return sides(params | {"deep": False})
