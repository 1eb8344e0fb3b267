"""What expressions name must be there; what only looks like a name is left alone."""

import pytest

from nodekit import Registry, check

PIPELINE = {
    "settings": {"env": ["HOME", "LANG"], "vars": {"limit": 3}},
    "steps": [{"name": "Load", "type": "set"}, {"name": "A", "type": "set"}],
}


def found(expression: str, registry: Registry) -> list[str]:
    steps = [
        {"name": "Load", "type": "set"},
        {"name": "A", "type": "set", "params": {"fields": {"a": expression}}},
    ]
    problems = check({**PIPELINE, "steps": steps}, registry=registry)
    assert {problem.path for problem in problems} <= {"steps[1].params.fields.a"}
    return [f"{problem.code}: {problem.message}" for problem in problems]


@pytest.mark.parametrize(
    "expression",
    [
        "={{ $json.anything.at.all }}",
        "={{ $('Load').item.json.x + $('A').first().json.y }}",
        "={{ $env.HOME + $env['LANG'] + $vars.limit + $vars[$json.name] }}",
        "={{ '$env.SECRET' + \"$vars.none\" + $json.$env }}",
        "={{ [1].map($x => $x + 1) }}",
        "={{ [1].map(($x, i) => $x + i) }}",
        "={{ (function ($x) { const $y = 1; return $x + $y })(1) }}",
        "={{ unknown + Math.max(1, 2) }}",
        "={{ $jmespath($json, 'a') + $now.toISO() + $if(true, $itemIndex, $runIndex) }}",
        "no expression: {{ $nothing }}",
        "=text with $nothing in it",
    ],
)
def test_what_is_there_is_fine(expression: str, registry: Registry) -> None:
    assert found(expression, registry) == []


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            "={{ $('Lod').item.json.x }}",
            'unknown-step: there is no step "Lod"; did you mean "Load"?',
        ),
        ("={{ $node['Gone'].json.x }}", 'unknown-step: there is no step "Gone"'),
        ("={{ $nod }}", 'unknown-variable: there is no variable "$nod"; did you mean "$node"?'),
        (
            "={{ 'it\\'s ' + $env.SECRET }}",
            'unknown-env: the pipeline does not allow the environment variable "SECRET"',
        ),
        (
            "={{ $env[ 'HOMES' ] }}",
            'unknown-env: the pipeline does not allow the environment variable "HOMES"; '
            'did you mean "HOME"?',
        ),
        (
            "={{ $vars?.limits }}",
            'unknown-variable: there is no variable "limits" in `$vars`; did you mean "limit"?',
        ),
        (
            "=a {{ $json.x }} b {{ $vars.no }}",
            'unknown-variable: there is no variable "no" in `$vars`',
        ),
    ],
)
def test_what_is_not_there_is_found(expression: str, message: str, registry: Registry) -> None:
    assert found(expression, registry) == [message]
