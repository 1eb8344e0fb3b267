"""The example ``write-a-node``: built, installed into a clean environment, and used there."""

import json
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from tests.conftest import built

EXAMPLE = Path(__file__).parents[2] / "examples" / "write-a-node"
KEY = "k-5f1c9e77a0"
NEWS = ["Parcel A1 is in Oslo now.", "Parcel A2 is in Rome now."]


class Carrier(BaseHTTPRequestHandler):
    """The carrier's service: it knows where two parcels are."""

    places: ClassVar[dict[str, str]] = {}
    seen: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        """Answer where a parcel is."""
        self.seen.append(self.headers.get("X-Api-Key"))
        place = self.places.get(self.path.removeprefix("/parcels/"))
        body = json.dumps({"place": place}).encode()
        self.send_response(200 if place or self.path == "/account" else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def carrier() -> Iterator[str]:
    Carrier.places, Carrier.seen = {"A1": "Oslo", "A2": "Rome"}, []
    with ThreadingHTTPServer(("127.0.0.1", 0), Carrier) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment with both wheels; what they need stands on its path, uncopied."""
    folder = tmp_path_factory.mktemp("clean")
    source = folder / "source"
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    (folder / "dist").mkdir()
    plugin = built(source, folder / "dist")
    clean = folder / "venv"
    venv.create(clean, with_pip=False)
    pip = [sys.executable, "-m", "pip", "--python", str(clean / "bin" / "python"), "install"]
    options = ("--quiet", "--no-index", "--no-deps", "--disable-pip-version-check")
    subprocess.run([*pip, *options, str(wheel), str(plugin)], check=True)
    here = next((clean / "lib").glob("python*/site-packages"))
    (here / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return clean


@pytest.fixture
def work(tmp_path: Path) -> Path:
    for name in ("pipeline.yaml", "watch.py"):
        shutil.copy(EXAMPLE / name, tmp_path)
    (tmp_path / "parcels.jsonl").write_text('{"parcel": "A1"}\n{"parcel": "A2"}\n')
    return tmp_path


def call(environment: Path, work: Path, *args: str, **variables: str) -> tuple[int, str, str]:
    """Call the command that the environment holds; return its status and its words."""
    done = subprocess.run(
        [str(environment / "bin" / "nodekit"), *args],
        cwd=work,
        env={"PATH": "/usr/bin:/bin", "HOME": str(work), "NO_COLOR": "1", **variables},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


def test_nodekit_itself_comes_from_the_clean_environment(environment: Path) -> None:
    code = "import nodekit, nodekit_nodes_parcels as n; print(nodekit.__file__, n.__file__)"
    python = str(environment / "bin" / "python")
    command = [python, "-c", code]
    done = subprocess.run(command, cwd=environment, capture_output=True, text=True, check=True)
    places = [Path(text) for text in done.stdout.split()]
    assert [place.is_relative_to(environment) for place in places] == [True, True]


def test_the_node_is_listed_and_described(environment: Path, work: Path) -> None:
    status, listed, _ = call(environment, work, "nodes")
    assert status == 0
    (line,) = [line for line in listed.splitlines() if line.startswith("parcels.track ")]
    assert line.endswith("(nodekit-nodes-parcels 1.0)")
    status, page, _ = call(environment, work, "nodes", "parcels.track", "--markdown")
    assert status == 0
    assert "* Credentials: `Parcels`.\n" in page
    assert "| `number` | text | required | The number of the parcel." in page


def test_the_pipeline_has_news_only_of_what_has_moved(
    environment: Path, work: Path, carrier: str
) -> None:
    def news() -> list[str]:
        args = ("run", "pipeline.yaml", "-i", "parcels.jsonl", "-o", "-", "-q")
        status, out, words = call(environment, work, *args, PARCELS_KEY=KEY, PARCELS_URL=carrier)
        assert (status, words) == (0, "")
        return [json.loads(line)["text"] for line in out.splitlines()]

    assert news() == NEWS
    assert news() == []
    Carrier.places["A1"] = "Bern"
    assert news() == ["Parcel A1 is in Bern now."]
    assert set(Carrier.seen) == {KEY}


def test_so_has_the_script(environment: Path, work: Path, carrier: str) -> None:
    def news() -> list[str]:
        done = subprocess.run(
            [str(environment / "bin" / "python"), str(work / "watch.py"), "A1", "A2"],
            cwd=work,
            env={"HOME": str(work), "PARCELS_KEY": KEY, "PARCELS_URL": carrier},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()

    assert news() == NEWS
    assert news() == []
    Carrier.places["A1"] = "Bern"
    assert news() == ["Parcel A1 is in Bern now."]
    kept = b"".join(path.read_bytes() for path in work.glob("parcels.db*"))
    assert b"Bern" in kept
    assert KEY.encode() not in kept


def test_a_parcel_nobody_knows_ends_the_run(environment: Path, work: Path, carrier: str) -> None:
    (work / "parcels.jsonl").write_text('{"parcel": "A9"}\n')
    args = ("run", "pipeline.yaml", "-i", "parcels.jsonl", "-q")
    status, out, words = call(environment, work, *args, PARCELS_KEY=KEY, PARCELS_URL=carrier)
    assert (status, out) == (1, "")
    assert words == (
        "error: step \"Where is it\", item 0: there is no parcel 'A9'\n"
        "  Check the number of the parcel.\n"
    )


def test_without_the_key_nothing_is_started(environment: Path, work: Path) -> None:
    status, _, words = call(environment, work, "run", "pipeline.yaml", PARCELS_URL="http://x.test")
    assert status == 2
    assert "PARCELS_KEY" in words


def test_its_own_tests_pass(environment: Path, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE / "tests", tmp_path / "tests")
    shutil.copy(EXAMPLE / "pyproject.toml", tmp_path)
    python = str(environment / "bin" / "python")
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
