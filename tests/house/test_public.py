"""The public names: one list, loaded on first use."""

import subprocess
import sys

import nodekit

PUBLIC = [
    "ApiError",
    "BatchNode",
    "Binary",
    "Context",
    "Credential",
    "CredentialError",
    "Deferred",
    "Each",
    "ExpressionError",
    "Fields",
    "Files",
    "Fixed",
    "Http",
    "Inputs",
    "Item",
    "ItemError",
    "ItemNode",
    "Items",
    "Json",
    "NeedsAll",
    "NodeError",
    "NodeType",
    "NodekitError",
    "PairedItem",
    "Params",
    "ParamsError",
    "Pipeline",
    "PipelineError",
    "Problem",
    "Registry",
    "RegistryError",
    "Request",
    "Run",
    "RunFailed",
    "Runtime",
    "Scratch",
    "Send",
    "Sources",
    "State",
    "StateError",
    "Step",
    "StepRun",
    "Store",
    "Stream",
    "WorkflowOptions",
    "always",
    "check",
    "load",
    "run_sync",
]


def test_the_list_of_public_names_is_this() -> None:
    assert sorted(nodekit.__all__) == sorted(PUBLIC)


def test_every_public_name_has_one_home() -> None:
    homes = [name for names in nodekit.HOMES.values() for name in names]
    assert sorted(homes) == list(nodekit.__all__)


def test_every_public_name_is_there() -> None:
    assert [name for name in nodekit.__all__ if getattr(nodekit, name, None) is None] == []


def test_the_public_names_are_listed() -> None:
    assert set(nodekit.__all__) <= set(dir(nodekit))


def test_an_unknown_name_is_an_attribute_error() -> None:
    found = ""
    try:
        nodekit.__getattr__("Nothing")
    except AttributeError as error:
        found = str(error)
    assert found == "module 'nodekit' has no attribute 'Nothing'"


def modules_after(code: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after some code."""
    script = f"{code}; import sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_an_item_does_not_import_the_motor() -> None:
    loaded = modules_after("from nodekit import Item")
    assert loaded & {"nodekit.engine", "nodekit.pipeline", "pydantic", "aiohttp", "anyio"} == set()


def test_the_command_line_does_not_import_what_a_run_may_not_need() -> None:
    loaded = modules_after("import nodekit.cli")
    assert loaded & {"aiohttp", "cryptography", "rich", "sqlite3", "quickjs"} == set()
