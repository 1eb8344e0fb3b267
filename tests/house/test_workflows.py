"""The workflows of the repository's host: valid, safe, and true to what the project claims."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

Workflow = dict[str, Any]


def named(name: str) -> Workflow:
    found: Workflow = YAML(typ="safe").load((FOLDER / f"{name}.yml").read_text())
    return found


def jobs() -> list[tuple[str, Workflow]]:
    return [
        (f"{path.stem}.{name}", job)
        for path in WORKFLOWS
        for name, job in named(path.stem)["jobs"].items()
    ]


def linted(*command: str) -> None:
    """Run a linter that looks at nothing but the files."""
    tool = Path(sys.executable).with_name(command[0])
    done = subprocess.run([str(tool), *command[1:]], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflows_are_what_their_schema_allows() -> None:
    linted("check-jsonschema", "--builtin-schema", "github-workflows", *map(str, WORKFLOWS))


def test_the_workflows_give_nothing_away() -> None:
    linted("zizmor", "--offline", "--no-progress", "--persona", "regular", ".github")


def test_there_are_two() -> None:
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "release.yml"]


def test_every_version_that_is_claimed_is_tested() -> None:
    prefix = "Programming Language :: Python :: 3."
    claimed = [f"3.{text[len(prefix) :]}" for text in PROJECT["classifiers"] if prefix in text]
    assert named("ci")["jobs"]["test"]["strategy"]["matrix"]["python"] == claimed
    assert PROJECT["requires-python"] == f">={claimed[0]}"


@pytest.mark.parametrize("name", ["ci", "release"])
def test_the_judge_of_every_change_is_the_one_that_developers_have(name: str) -> None:
    steps = [step for job in named(name)["jobs"].values() for step in job["steps"]]
    assert [step["run"] for step in steps if step.get("run") == ".ci/run"] == [".ci/run"]


def test_a_release_is_tested_before_it_is_published() -> None:
    release = named("release")
    assert release["on"] == {"push": {"tags": ["v*.*.*"]}}
    assert release["jobs"]["publish"]["needs"] == "build"


def test_only_publishing_may_do_more_than_read() -> None:
    rights = {name: job.get("permissions") for name, job in jobs()}
    assert rights == {
        "ci.test": None,
        "release.build": {"contents": "read"},
        "release.publish": {"id-token": "write", "attestations": "write"},
    }
    assert named("ci")["permissions"] == {"contents": "read"}
    assert named("release")["permissions"] == {}


def test_publishing_runs_nothing_of_the_repository() -> None:
    steps = named("release")["jobs"]["publish"]["steps"]
    assert [step["uses"].split("@")[0] for step in steps] == [
        "actions/download-artifact",
        "actions/attest-build-provenance",
        "pypa/gh-action-pypi-publish",
    ]


def test_every_job_ends() -> None:
    assert [name for name, job in jobs() if "timeout-minutes" not in job] == []
