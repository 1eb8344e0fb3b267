"""What expressions name: steps, variables, the environment. All of it must be there."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from nodekit.errors import did_you_mean

from .document import Settings
from .draft import Spot
from .places import Findings

if TYPE_CHECKING:
    from nodekit.expressions import Expression

# fmt: off
VARIABLES = frozenset({
    "$", "$json", "$binary", "$input", "$node", "$items", "$item", "$itemIndex", "$position",
    "$index", "$thisItem", "$thisItemIndex", "$thisRunIndex", "$runIndex", "$now", "$today",
    "$workflow", "$execution", "$executionId", "$mode", "$prevNode", "$parameter",
    "$rawParameter", "$self", "$parent", "$vars", "$env", "$secrets", "$credentials", "$data",
    "$value", "$version", "$ifEmpty", "$if", "$not", "$min", "$max", "$average", "$jmespath",
    "$jmesPath", "$evaluateExpression", "$fromAI", "$getPairedItem", "$getNodeParameter",
    "$getWorkflowStaticData", "$nodeVersion", "$nodeId", "$webhookId", "$agentInfo", "$tool",
    "$response", "$request", "$pageCount", "$responseItem", "$resumeWebhookUrl",
})
# fmt: on
"""The variables with a dollar sign that n8n has."""

MEMBER = r"""(?x)
    "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*'
    | (?<![\w$.]) \$(?P<owner>env|vars) \s* (?: \?? \. \s* (?P<dot>[A-Za-z_$][\w$]*)
                                | \[ \s* (?P<quote>["']) (?P<key>[^"'\\]*) (?P=quote) \s* \] )
"""
"""A text in quotes, which is passed over, or a member of ``$env`` or ``$vars``."""


def check_mentions(
    spots: Sequence[Spot], steps: Collection[str], settings: Settings, findings: Findings
) -> None:
    """Note what expressions name that is not there."""
    note = findings.warning if settings.expressions == "lenient" else findings.error
    for spot in spots:
        reading = spot.expression.reading
        for name in sorted(reading.steps - set(steps)):
            near = did_you_mean(name, steps)
            note(spot.path, "unknown-step", f'there is no step "{name}"{near}')
        for name in sorted(reading.names - VARIABLES):
            if name.startswith("$") and not is_own(name, spot.expression):
                near = did_you_mean(name, VARIABLES)
                note(spot.path, "unknown-variable", f'there is no variable "{name}"{near}')
        check_members(spot, settings, findings)


def is_own(name: str, expression: "Expression") -> bool:
    """Whether an expression declares a name itself: as a variable, or as a parameter."""
    word = rf"{re.escape(name)}(?![\w$])"
    declares = re.compile(
        rf"\b(?:let|const|var|function)\b[^=;]*{word}|{word}\s*=>|\([^()]*{word}[^()]*\)\s*(?:=>|{{)"
    )
    codes = (part.text for part in expression.template.parts if not isinstance(part, str))
    return any(declares.search(code) for code in codes)


def check_members(spot: Spot, settings: Settings, findings: Findings) -> None:
    """Note what an expression reads from ``$env`` and ``$vars`` that the settings do not list."""
    note = findings.warning if settings.expressions == "lenient" else findings.error
    for owner, name in dict.fromkeys(members_in(spot.expression)):
        if owner == "env" and name not in settings.env:
            note(
                spot.path,
                "unknown-env",
                f'the pipeline does not allow the environment variable "{name}"'
                + did_you_mean(name, settings.env),
                hint=f"List it in the settings: `env: [{', '.join([*settings.env, name])}]`.",
            )
        elif owner == "vars" and name not in settings.vars:
            near = did_you_mean(name, settings.vars)
            note(
                spot.path,
                "unknown-variable",
                f'there is no variable "{name}" in `$vars`{near}',
                hint="List it in the settings, under `vars`.",
            )


def members_in(expression: "Expression") -> Iterator[tuple[str, str]]:
    """Yield the members of ``$env`` and ``$vars`` that an expression names."""
    if not expression.reading.names & {"$env", "$vars"}:
        return
    for part in expression.template.parts:
        if isinstance(part, str):
            continue
        for found in re.finditer(MEMBER, part.text):
            if found["owner"]:
                yield found["owner"], found["dot"] or found["key"]
