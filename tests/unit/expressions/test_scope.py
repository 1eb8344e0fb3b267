"""What an expression may see, variable by variable."""

import pytest

from nodekit.errors import ExpressionError
from nodekit.items import Item
from tests.support.scene import Other, Scene, scene
from tests.unit.expressions.conftest import Value


def stage() -> Scene:
    """Return a view with two items and steps of every sort."""
    done = Other(
        put=[[[{"v": "old"}]], [[{"v": 1}, {"v": 2}], [{"v": 3}]]],
        pairs={0: Item({"v": "of 0"}), 1: ExpressionError("Branch not found")},
        params={"url": "=x"},
        context={"noItemsLeft": True},
    )
    steps = {
        "Done": done,
        "Side": Other(put=[[[], [{"v": 9}]]], default_output=1),
        "Apart": Other(put=[[[{"v": 5}]]], connected=False),
        "Idle": Other(),
        "Empty": Other(put=[[[]]]),
        "Before": Other(put=[[[]]], params={"p": 1}, context={"c": 2}),
    }
    return scene({"n": 1, "e": ""}, {"n": 2}, steps=steps)


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("$json.n + $data.n + $input.item.json.n", 3),
        ("[$itemIndex, $position, $thisItemIndex, $runIndex, $thisRunIndex]", [0, 0, 0, 0, 0]),
        ("$thisItem.json.n", 1),
        ("$input.first().json.n", 1),
        ("$input.last().json.n", 2),
        ("$input.all().map(i => i.json.n)", [1, 2]),
        ("$input.params", {"p": 1}),
        ("$input.context.c", 2),
        ("$('Done').item.json.v", "of 0"),
        ("$('Done').pairedItem().json.v", "of 0"),
        ("$('Done').pairedItem(0).json.v", "of 0"),
        ("$('Done').itemMatching(0).json.v", "of 0"),
        ("$('Done').itemMatching(1).json.v", "! Branch not found"),
        ("$('Done').itemMatching()", "! Missing item index for .itemMatching()"),
        ("$('Done').itemMatching(7)", "! Can’t get data for expression"),
        ("$('Done').first().json.v", 1),
        ("$('Done').last().json.v", 2),
        ("$('Done').first(1).json.v", 3),
        ("$('Done').first(0, 0).json.v", "old"),
        ("$('Done').first(7)", "undefined"),
        ("$('Done').all().length", 2),
        ("$('Done').all(0, 5)", []),
        ("$('Done').isExecuted", True),
        ("$('Done').params.url", "=x"),
        ("$('Done').context.noItemsLeft", True),
        ("$('Side').all().map(i => i.json.v)", [9]),
        ("$('Empty').first()", "undefined"),
        ("$('Idle').isExecuted", False),
        ("$('Idle').first()", "! Node 'Idle' hasn't been executed"),
        ("$('Idle').item", "! Node 'Idle' hasn't been executed"),
        ("$('Idle').params", "! Node 'Idle' hasn't been executed"),
        ("$if($('Idle').isExecuted, $('Idle').first().json.v, 'not yet')", "not yet"),
        ("$('Nobody').isExecuted", "! Referenced node doesn't exist"),
        ("$().isExecuted", True),
        ("$node.Done.json.v", 1),
        ("$node['Done'].data.v", 1),
        ("$node['Done'].binary", {}),
        ("$node.Done.runIndex", 1),
        ("$node.Idle.runIndex", -1),
        ("$node.Done.parameter.url", "=x"),
        ("$node.Done.context.noItemsLeft", True),
        ("$node.Apart.json", '! connect "Apart" to "Here"'),
        ("$node.Empty.json", '! "Empty" node has 0 item(s) but you\'re trying to access item 0'),
        ("$items().length", 2),
        ("$items('Done').length", 2),
        ("$items('Done', 1)[0].json.v", 3),
        ("$items('Done', 0, 0)[0].json.v", "old"),
        ("$item(1).$json.n", 2),
        ("$item(1).$itemIndex + $itemIndex", 1),
        ("$item(1).$node.Done.json.v", 2),
        ("$item(5).$json.n", '! "Before" node has 2 item(s) but you\'re trying to access item 5'),
        ("$workflow", {"id": "w1", "name": "flow", "active": False}),
        ("[$execution.id, $execution.mode, $executionId]", ["e1", "test", "e1"]),
        ("($execution.customData.set('a', 1), $execution.customData.getAll())", {"a": "1"}),
        ("$prevNode", {"name": "Before", "outputIndex": 0, "runIndex": 2}),
        ("$parameter.mode + $rawParameter.mode", "manualmanual"),
        ("[$vars.region, $vars.nope]", ["eu", None]),
        ("$env.HOME_TOWN", "Ulm"),
        ("$env.OTHER", "! access to env vars denied"),
        ("[$nodeVersion, $mode, $nodeId]", [1, "test", "Here"]),
        ("$now.toISO()", "2024-06-01T12:00:00.000Z"),
        ("$today.toISO()", "2024-06-01T00:00:00.000Z"),
        ("$jmespath($json, 'n')", 1),
        ("$jmesPath([1], '[0]')", 1),
        ("$jmespath('x', 'y')", "! expected two arguments (Object, string) for this function"),
        ("$evaluateExpression('{{ $json.n + 1 \\}}')", 2),
        ("$evaluateExpression('n = {{ $json.n \\}}', 1)", "n = 2"),
        ("$evaluateExpression('{{ 1 + \\}}')", "! invalid syntax"),
        ("$ifEmpty($json.e, 'none')", "none"),
        ("[$ifEmpty(0, 1), $ifEmpty([], 1), $ifEmpty({}, 1), $ifEmpty(null, 1)]", [0, 1, 1, 1]),
        ("$ifEmpty(1)", "! expected two arguments (value, defaultValue) for this function"),
        ("[$min(3, 1), $max(3, 1), $average(1, 2), $not(1), min(2, 1)]", [1, 3, 1.5, False, 1]),
        ("numberList(3, 1).concat(numberList(1, 2))", [3, 2, 1, 1, 2]),
        ("zip(['a', 'b'], [1, 2])", {"a": 1, "b": 2}),
        ("zip(['a'], [1, 2])", "! keys and values not of equal length"),
        ("toPathSegment('a b/c')", "a%20b%2Fc"),
        ("[$fromAI('n'), $fromAI('nope', '', 'string', 'd')]", [1, "d"]),
        ("$fromAI('')", "! Add a key, e.g. $fromAI('placeholder_name')"),
        (
            "$fromAI('a b')",
            "! Invalid parameter key, must be between 1 and 64 characters long and only "
            "contain lowercase letters, uppercase letters, numbers, underscores, and hyphens",
        ),
        ("Object.keys(process.env).length", 0),
        ("new Object([1]).length + Object.keys({ a: 1 }).length", 2),
    ],
)
def test_a_variable(value: Value, code: str, wanted: object) -> None:
    text = f"={{{{ {code} }}}}"
    assert value(text, view=stage()) == wanted


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("$prevNode.name", "undefined"),
        ("$input.params", "undefined"),
        ("$json.a", "! No execution data available"),
    ],
)
def test_at_the_start(value: Value, code: str, wanted: object) -> None:
    assert value(f"={{{{ {code} }}}}", view=scene(prevNode=None)) == wanted


def test_the_time_zone_is_the_pipelines(value: Value) -> None:
    view = scene({}, timezone="Asia/Tokyo")
    assert value("={{ $now.zoneName + $today.toISO() }}", view=view) == (
        "Asia/Tokyo2024-06-01T00:00:00.000+09:00"
    )
