"""``nodekit nodes`` and ``nodekit schema``: what is installed."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from typer.testing import CliRunner, Result

from nodekit.cli.app import application
from nodekit.describe import describe, page
from nodekit.registry import Registry
from tests.support.plugin import install


def nodekit(verb: str, *args: str) -> Result:
    return CliRunner().invoke(application(verb), [verb, *args])


NODE = """\
    from nodekit import Context, Item, ItemNode, Params

    class StampParams(Params):
        text: str
        "What is stamped."

    class Stamp(ItemNode[StampParams]):
        "Stamp every item."

        def run_item(self, item: Item, params: StampParams, ctx: Context) -> Item:
            return item.with_json(stamp=params.text)
"""


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a plugin with a good and a broken node, and nothing else."""
    points = {"acme.stamp": "acme_nodes:Stamp", "acme.torn": "acme_nodes:Torn"}
    install(tmp_path, "acme_nodes", NODE, {"nodekit.nodes": points})
    monkeypatch.syspath_prepend(tmp_path)
    from importlib.metadata import entry_points

    found = [p for p in entry_points(group="nodekit.nodes") if p.name in points]
    monkeypatch.setattr(Registry, "_installed", Registry(found))


BROKEN = (
    'error: node type "acme.torn" of "acme_nodes" cannot be imported: '
    "AttributeError: module 'acme_nodes' has no attribute 'Torn'\n"
    "  Reinstall the package, or uninstall it.\n"
)


@pytest.mark.usefixtures("acme")
def test_the_list_names_what_works_and_complains_of_the_rest() -> None:
    result = nodekit("nodes")
    assert result.exit_code == 0
    assert result.stdout == "acme.stamp  Stamp every item. (acme_nodes 1.0)\n"
    assert result.stderr == BROKEN


@pytest.mark.usefixtures("acme")
def test_the_origin_is_known_after_the_import_too() -> None:
    assert [nodekit("nodes").stdout for _ in range(2)] == [
        "acme.stamp  Stamp every item. (acme_nodes 1.0)\n"
    ] * 2


@pytest.mark.usefixtures("acme")
def test_the_list_as_markdown() -> None:
    assert nodekit("nodes", "--markdown").stdout == (
        "| node | does |\n|---|---|\n| `acme.stamp` | Stamp every item. |\n"
    )


@pytest.mark.usefixtures("acme")
def test_the_list_as_json() -> None:
    (found,) = json.loads(nodekit("nodes", "--json").stdout)
    assert (found["type"], found["origin"]) == ("acme.stamp", "acme_nodes 1.0")
    assert found["operations"][0]["parameters"][0]["name"] == "text"
    assert found["n8n"]["properties"][0]["displayName"] == "Text"


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("options", [[], ["--markdown"]])
def test_one_node_is_its_page(options: list[str]) -> None:
    result = nodekit("nodes", "acme.stamp", *options)
    assert result.exit_code == 0
    assert result.stdout == page(describe(Registry.installed().get("acme.stamp")))


@pytest.mark.usefixtures("acme")
def test_one_node_is_drawn_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nodekit.cli.nodes.showing", lambda: True)
    drawn = nodekit("nodes", "acme.stamp").stdout
    assert "Stamp every item." in drawn
    assert "|---|" not in drawn


@pytest.mark.usefixtures("acme")
def test_one_node_as_json() -> None:
    assert json.loads(nodekit("nodes", "acme.stamp", "--json").stdout)["title"] == "Acme Stamp"


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("acme.torn", BROKEN),
        (
            "acme.stam",
            'error: there is no node type "acme.stam"; did you mean "acme.stamp"?\n'
            "  `nodekit nodes` lists what is installed.\n",
        ),
    ],
)
def test_a_node_that_cannot_be_used(name: str, message: str) -> None:
    result = nodekit("nodes", name)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", message)


def test_json_and_markdown_exclude_each_other() -> None:
    result = nodekit("nodes", "--json", "--markdown")
    assert (result.exit_code, result.stderr) == (2, "error: --json and --markdown cannot both be\n")


@pytest.mark.usefixtures("acme")
def test_the_schema_holds_every_node_that_works() -> None:
    result = nodekit("schema")
    assert (result.exit_code, result.stderr) == (1, BROKEN)
    schema = json.loads(result.stdout)
    Draft7Validator.check_schema(schema)
    step = {"name": "a", "type": "acme.stamp", "params": {"text": "x"}}
    assert Draft7Validator(schema).is_valid({"steps": [step]})
    assert not Draft7Validator(schema).is_valid({"steps": [{**step, "params": {}}]})


def test_a_whole_schema_is_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Registry, "_installed", Registry())
    assert nodekit("schema").exit_code == 0
