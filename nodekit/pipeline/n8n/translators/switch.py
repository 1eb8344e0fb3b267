"""Switch: one of several ways for every item, by rules or by a number."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nodekit.items import Json
from nodekit.pipeline.n8n.draft import StepDraft, Unsupported
from nodekit.pipeline.n8n.node import N8nNode, is_expression

from .conditions import compared, filter_params

OLD_OUTPUTS = 4
"""How many outputs the first version has."""

MOST = 100
"""How many outputs a node may have."""

ALWAYS: Mapping[str, Json] = {"conditions": {"conditions": []}}
"""The rule a new node has: it holds for every item."""

RESERVED = ("error", "drop", "main", "")
"""What an output of ours cannot be called."""


def translate(node: N8nNode) -> StepDraft:
    """Return a step that sends items to several outputs."""
    if node.fixed("mode", "rules") == "expression":
        found = by_number(node)
    else:
        found = old_rules(node) if node.version < 3 else rules(node)
    return replace(found, differences=(LINKED,)) if node.continues else found


LINKED = (
    "An item for which an expression cannot be computed goes on linked to itself, by the error "
    "output with its fields; in n8n it is its error alone, unlinked."
)


def by_number(node: N8nNode) -> StepDraft:
    """Return a step whose outputs are chosen by a number."""
    key = "numberOutputs" if node.version >= 3 else "outputsAmount"
    count = OLD_OUTPUTS if node.version < 2 else node.get(key, OLD_OUTPUTS)
    if isinstance(count, bool) or not isinstance(count, int):
        raise Unsupported("the number of outputs is computed", "Write it as a number.")
    if not 1 <= count <= MOST:
        raise Unsupported(f"it cannot have {count} outputs", f"Give it 1 to {MOST}.")
    names = numbers(count)
    params: dict[str, Json] = {"outputs": list(names), "output": node.get("output", 0)}
    return StepDraft("switch", {**params, **UNPAIRED}, outputs=names)


def numbers(count: int) -> tuple[str, ...]:
    """Return outputs that are called by their number."""
    return tuple(str(i) for i in range(count))


def rules(node: N8nNode) -> StepDraft:
    """Return a step with rules, for the versions from 3 on."""
    rows = node.rows("rules.values") if node.has("rules.values") else [dict(ALWAYS)]
    fallback = node.get("options.fallbackOutput", "none")
    extra = fallback == "extra"
    wanted = [key_of(row) for row in rows]
    if extra:
        wanted.append(node.text("options.renameFallbackOutput", "Fallback"))
    names = unique(wanted)
    written = [
        {"to": name, **filter_params(row.get("conditions"))}
        for name, row in zip(names, rows, strict=False)
    ]
    params: dict[str, Json] = {"rules": written}
    if node.flag("options.allMatchingOutputs"):
        params["match"] = "every"
    if extra:
        params["rest"] = names[-1]
    elif (place := number_of(fallback)) is not None and place < len(names):
        params["rest"] = names[place]
    return StepDraft("switch", {**params, **UNPAIRED}, outputs=names)


UNPAIRED: Mapping[str, Json] = {"link_failures": False}
"""n8n does not say where an item that stands for an error came from."""


def key_of(row: Mapping[str, Json]) -> str:
    """Return what the output of a rule is called; nothing if it has no name of its own."""
    name = row.get("outputKey")
    named = row.get("renameOutput") and isinstance(name, str) and not is_expression(name)
    return str(name) if named else ""


def unique(wanted: Sequence[str]) -> tuple[str, ...]:
    """Return names for outputs: those that are wanted, or numbers where they clash."""
    clash = len(set(wanted)) < len(wanted) or any(name.isdigit() for name in wanted)
    return tuple(str(i) if name in RESERVED or clash else name for i, name in enumerate(wanted))


def number_of(value: Json) -> int | None:
    """Return the number of an output; ``None`` where there is none."""
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def old_rules(node: N8nNode) -> StepDraft:
    """Return a step with rules, for the versions 1 and 2: one value, compared with several."""
    kind = node.fixed("dataType", "number")
    rows = node.rows("rules.rules")
    if node.version < 2:
        names = numbers(OLD_OUTPUTS)
        places = [number_of(row.get("output", 0)) or 0 for row in rows]
    else:
        names = unique([str(row.get("outputKey", "")) for row in rows])
        places = list(range(len(rows)))
    blank: Json = {"boolean": False, "number": 0}.get(kind, "")
    left = node.get("value1", blank)
    written: list[Json] = [
        {
            "to": names[min(place, len(names) - 1)],
            "all": [compared(kind, left, old_operation(row), row.get("value2", blank))],
            "rules": 0,
        }
        for place, row in zip(places, rows, strict=True)
    ]
    params: dict[str, Json] = {"outputs": list(names), "rules": written}
    fallback = number_of(node.get("fallbackOutput", -1))
    if fallback is not None and fallback < len(names):
        params["rest"] = names[fallback]
    return StepDraft("switch", {**params, **UNPAIRED}, outputs=names)


def old_operation(row: Mapping[str, Json]) -> str:
    """Return the operator of a rule."""
    return str(row.get("operation", "equal"))
