"""Finding node types: by entry point, by version, and what is wrong with plugins."""

from importlib.metadata import Distribution, EntryPoint
from pathlib import Path
from typing import Any, Literal

import pytest

from nodekit import (
    BatchNode,
    Context,
    Credential,
    Fixed,
    Inputs,
    Item,
    ItemNode,
    Items,
    NodeType,
    Params,
    Registry,
    RegistryError,
    State,
)
from nodekit.describe import describe, file_schema
from nodekit.params import Hole
from tests.support.odd import ODD, Odd
from tests.support.plugin import install

HERE = __name__


class Nothing(Params):
    """Nothing."""


class Names(Params):
    """Names of outputs."""

    names: Fixed[list[str]]
    value: int = 0


class Seen(State):
    """Seen."""


class Old(ItemNode[Nothing]):
    """The way it was."""

    def run_item(self, item: Item, params: Nothing, ctx: Context) -> Item:
        return item


class New(ItemNode[Nothing, Seen]):
    """The way it is.

    With more to say.
    """

    version = 2
    previous = Old

    async def run_item(self, item: Item, params: Nothing, ctx: Context[Seen]) -> Item:
        return item

    def lane(self, item: Item, params: Nothing) -> str:
        return "one"


class Router(BatchNode[Names, None, str]):
    """Has outputs that depend on its params."""

    @classmethod
    def inputs_of(cls, params: Names) -> tuple[str, ...] | Literal["*"]:
        return "*"

    @classmethod
    def outputs_of(cls, params: Names) -> tuple[str, ...]:
        return tuple(params.names)

    @classmethod
    def required_of(cls, params: Names) -> tuple[str, ...]:
        return tuple(params.names[:1])

    @classmethod
    def slices_of(cls, params: Names) -> Literal["any", "fold", "all"]:
        return "fold" if params.names else "all"

    def run_batch(self, inputs: Inputs, params: Names, ctx: Context) -> Items:
        return inputs.main


class Key(Credential):
    """A key."""


def point(name: str, value: str, package: str = "", group: str = "nodekit.nodes") -> EntryPoint:
    """Return an entry point as an installed package has one."""
    made = EntryPoint(name, f"{HERE}:{value}" if ":" not in value else value, group)
    if package:
        made.__dict__["dist"] = Package(package)
    return made


class Package(Distribution):
    """An installed package."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    @property
    def version(self) -> str:
        return "1.2"

    def read_text(self, filename: str) -> str | None:
        return None

    def locate_file(self, path: Any) -> Any:
        return path


def refused(registry: Registry, name: str) -> tuple[str, str | None]:
    """Return the message and the hint with which a name is refused."""
    with pytest.raises(RegistryError) as failed:
        registry.get(name)
    return str(failed.value), failed.value.hint


def test_a_node_is_imported_when_it_is_first_used() -> None:
    registry = Registry([point("new", "New"), point("broken", "no_such_module:Node")])
    assert registry.names() == ["broken", "new"]
    assert registry.get("new").node is New
    assert registry.get("new") is registry.get("new")


def test_a_broken_plugin_breaks_only_itself() -> None:
    registry = Registry([point("new", "New"), point("broken", "no_such_module:Node", "acme")])
    message, hint = refused(registry, "broken")
    assert message == (
        'node type "broken" of "acme" cannot be imported: '
        "ModuleNotFoundError: No module named 'no_such_module'"
    )
    assert hint == "Reinstall the package, or uninstall it."
    assert [str(problem) for problem in registry.problems()] == [message]


def test_what_is_installed_is_found_wherever_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Registry, "_installed", None)
    points = {"nodekit.nodes": {"acme.stamp": "acme_one:Stamp"}, "other": {"a": "b:c"}}
    for folder in ("first", "second"):  # the same package twice
        (tmp_path / folder).mkdir()
        install(tmp_path / folder, "acme_one", "", points)
        monkeypatch.syspath_prepend(tmp_path / folder)
    install(tmp_path / "first", "acme_two", "", {"other": {"acme.not": "acme_two:Not"}})
    registry = Registry.installed()
    assert registry is Registry.installed()
    assert registry.origin("acme.stamp") == "acme_one 1.0"
    assert "acme.not" not in registry.names()
    assert {"set", "chatkit"} <= set(registry.names())


def test_parameters_that_cannot_be_read_are_told_when_somebody_looks() -> None:
    registry = Registry([point("new", "New")])
    registry.add("odd", Odd)
    node = registry.get("odd")
    assert [problem.message for problem in registry.problems()] == [ODD]
    for look in (node.build, lambda: node.examine({}), lambda: describe(node)):
        with pytest.raises(RegistryError) as failed:
            look()
        assert failed.value.message == ODD
        assert failed.value.hint == "This is a fault of the node, not of the file."
    assert [error.message for error in file_schema(registry)[1]] == [ODD]


def test_two_packages_that_claim_one_name_are_both_named() -> None:
    registry = Registry([point("new", "New", "acme"), point("new", "Old", "other")])
    assert refused(registry, "new") == (
        'node type "new" is claimed by "acme" and "other"',
        "Uninstall one of them.",
    )


def test_the_same_package_twice_on_the_path_is_one() -> None:
    for second in ("New", "Old"):  # an older copy may have it elsewhere
        registry = Registry([point("new", "New", "acme"), point("new", second, "acme")])
        assert registry.get("new").node is New
        assert registry.origin("new") == "acme 1.2"


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    registry = Registry([point("switch", "New")])
    assert refused(registry, "swich") == (
        'there is no node type "swich"; did you mean "switch"?',
        "`nodekit nodes` lists what is installed.",
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("Key", "node type \"odd\": <class '{here}.Key'> is not a node"),
        ("HERE", "node type \"odd\": '{here}' is not a node"),
    ],
    ids=["class", "text"],
)
def test_what_is_no_node_is_refused(value: str, message: str) -> None:
    found = refused(Registry([point("odd", value)]), "odd")
    assert found == (
        message.format(here=HERE),
        "A node is a class derived from ItemNode or BatchNode.",
    )


def test_a_node_that_does_not_say_what_it_takes_is_refused() -> None:
    class Bare(ItemNode):  # type: ignore[type-arg]  # this is what must be refused
        """Nothing said."""

    with pytest.raises(RegistryError) as failed:
        NodeType("bare", Bare)
    assert str(failed.value) == (
        'node type "bare": Bare does not name its params, as in ItemNode[MyParams]'
    )


def test_the_newest_version_is_meant_unless_one_is_named() -> None:
    registry = Registry([point("new", "New")])
    assert registry.get("new").version == 2
    assert registry.get("new@1").node is Old
    assert registry.get("new@2").node is New
    assert list(registry.get("new").versions()) == [2, 1]


@pytest.mark.parametrize("number", ["3", "x", "0"])
def test_a_version_there_is_none_of_is_refused(number: str) -> None:
    registry = Registry([point("new", "New")])
    message, _ = refused(registry, f"new@{number}")
    assert message == f'node type "new" has no version {number}; it has 2, 1'


def test_a_class_may_be_added_in_place_of_an_installed_one() -> None:
    registry = Registry([point("new", "New", "acme")])
    registry.add("new", Old)
    registry.add("acme.invoice", Router)
    assert registry.names() == ["acme.invoice", "new"]
    assert registry.get("new").node is Old
    assert (registry.origin("new"), registry.origin("acme.invoice")) == ("", "")


def test_a_node_type_knows_what_its_node_declares() -> None:
    new, router = NodeType("new", New), NodeType("router", Router)
    assert new.description == "The way it is.\n\nWith more to say."
    assert (new.params, new.state, router.state) == (Nothing, Seen, None)
    assert (new.is_item_node, router.is_item_node) == (True, False)
    assert (new.waits, router.waits, NodeType("old", Old).waits) == (True, False, False)
    assert (new.has_lanes, NodeType("old", Old).has_lanes, router.has_lanes) == (True, False, False)
    assert repr(new) == "NodeType('new', New)"


def test_what_depends_on_the_params_is_known_before_expressions_have_values() -> None:
    router = NodeType("router", Router)
    raw = {"names": ["a", "b"], "value": Hole(0, ("value",), "={{ $json.v }}")}
    assert router.outputs_of(raw) == ("a", "b")
    assert router.inputs_of(raw) == "*"
    assert router.required_of(raw) == ("a",)
    assert router.slices_of(raw) == "fold"


class Apart(New):
    """Its inputs depend on nothing, but are said by a function of its own."""

    @staticmethod
    def inputs_of(_: Nothing) -> tuple[str, ...]:  # type: ignore[override]  # it is no class method
        return ("left", "right")


def test_a_node_may_say_its_inputs_by_a_plain_function() -> None:
    assert NodeType("apart", Apart).inputs_of({}) == ("left", "right")
    assert NodeType("new", New).inputs_of({"wrong": 1}) == ("main",)


def test_credentials_are_found_the_same_way() -> None:
    group = "nodekit.credentials"
    registry = Registry(
        credentials=[
            point("key", "Key", group=group),
            point("odd", "New", group=group),
            point("two", "Key", "acme", group),
            point("two", "Key", "other", group),
        ]
    )
    registry.add_credential("more", Key)
    assert registry.credential("key") is registry.credential("more") is Key
    messages: list[str] = []
    for name in ("odd", "two", "kye"):
        with pytest.raises(RegistryError) as failed:
            registry.credential(name)
        messages.append(str(failed.value))
    assert messages == [
        f"credential type \"odd\": <class '{HERE}.New'> is not a Credential",
        'credential type "two" is claimed by "acme" and "other"',
        'there is no credential type "kye"; did you mean "key"?',
    ]


def test_what_is_installed_is_looked_up_once() -> None:
    assert Registry.installed() is Registry.installed()
    assert "set" in Registry.installed().names()


def test_n8n_types_are_named_without_importing_anything() -> None:
    nodes = [EntryPoint("acme.invoice", "not_there:Invoice", "nodekit.nodes")]
    n8n = [
        EntryPoint("n8n-nodes-acme.invoice", "not_there:Invoice", "nodekit.n8n"),
        EntryPoint("n8n-nodes-acme.other", "not_there:Other", "nodekit.n8n"),
        EntryPoint("n8n-nodes-acme.both", "not_there:Invoice", "nodekit.n8n"),
        EntryPoint("n8n-nodes-acme.both", "elsewhere:Invoice", "nodekit.n8n"),
    ]
    assert Registry(nodes, (), n8n).n8n_names() == {
        "acme.invoice": "acme.invoice",
        "n8n-nodes-acme.invoice": "acme.invoice",
    }
