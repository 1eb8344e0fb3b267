"""Bad input, bad places and sudden ends: a message with its place, a status, all or nothing."""

import json
import resource
import signal
import sqlite3
import subprocess
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.command import NODEKIT, environment, nodekit
from tests.support.plugin import install

PASS = """\
nodekit: 1
steps:
  - name: Pass
    type: no_op
"""

COPY = """\
nodekit: 1
steps:
  - name: Copy
    type: write_file
    params: {path: copy.jsonl}
"""

KEEP = """\
nodekit: 1
name: keep
steps:
  - name: Keep
    type: acme.keep
"""

KEEPING = """\
    from pydantic import SecretStr

    from nodekit import Context, Item, ItemNode, Params, State

    class Nothing(Params):
        pass

    class Kept(State):
        count: int = 0
        token: SecretStr = SecretStr("")

    class Keep(ItemNode[Nothing, Kept]):
        "Count items, and keep a token."

        def run_item(self, item: Item, params: Nothing, ctx: Context[Kept]) -> Item:
            ctx.state.count += 1
            ctx.state.token = SecretStr("canary-5e11ed")
            return item.with_json(count=ctx.state.count)
"""

LINES = "In JSON lines every line is one JSON object."

ITEMS = 2000

OLD = '{"old":true}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with pipelines, items, an older output and a node that keeps state."""
    (tmp_path / "pass.yaml").write_text(PASS)
    (tmp_path / "copy.yaml").write_text(COPY)
    (tmp_path / "keep.yaml").write_text(KEEP)
    (tmp_path / "in.jsonl").write_text(good())
    (tmp_path / "out.jsonl").write_text(OLD)
    (tmp_path / "copy.jsonl").write_text(OLD)
    install(tmp_path, "acme_keep", KEEPING, {"nodekit.nodes": {"acme.keep": "acme_keep:Keep"}})
    return tmp_path


def good() -> str:
    return "".join(f'{{"n":{n}}}\n' for n in range(1, ITEMS + 1))


def lines(bad: str, at: int = 1234) -> bytes:
    """Return JSON lines of which one is bad."""
    found = [f'{{"n":{n}}}' for n in range(1, ITEMS + 1)]
    found[at - 1] = bad
    return ("\n".join(found) + "\n").encode()


def table(bad: str, at: int = 1234) -> bytes:
    """Return CSV of which one line is bad."""
    found = ["n,t", *(f"{n},x" for n in range(2, ITEMS + 1))]
    found[at - 1] = bad
    return ("\n".join(found) + "\n").encode("latin-1")


def array(bad: str) -> bytes:
    """Return a JSON array of which the entry in line 1,234 is bad."""
    found = [f' {{"n":{n}}}' for n in range(2, ITEMS + 1)]
    found[1232] = bad
    return ("[\n" + ",\n".join(found) + "\n]\n").encode()


BAD: dict[str, tuple[str, bytes, str, str]] = {
    "a line that ends early": (
        "in.jsonl",
        lines('{"n":1234'),
        "in.jsonl:1234: not JSON at column 10: unexpected end of data",
        LINES,
    ),
    "a NaN": (
        "in.jsonl",
        lines('{"n":NaN}'),
        "in.jsonl:1234: not JSON at column 6: unexpected character, expected a JSON value",
        LINES,
    ),
    "an infinity": (
        "in.jsonl",
        lines('{"n":-Infinity}'),
        "in.jsonl:1234: not JSON at column 7: no digit after sign",
        LINES,
    ),
    "a line that is no object": (
        "in.jsonl",
        lines('"n"'),
        "in.jsonl:1234: an item is an object, found 'n'",
        "",
    ),
    "a binary line": (
        "in.jsonl",
        lines("{").replace(b"{\n", b"\xff\xfe\x00\n"),
        "in.jsonl:1234: not JSON at column 1: str is not valid UTF-8: surrogates not allowed",
        LINES,
    ),
    "an entry of an array": (
        "in.json",
        array(' {"n":1234'),
        "in.json:1235: not JSON at column 2: unexpected character, expected a string key",
        "A JSON file of items is one array of objects.",
    ),
    "a row with a value too many": (
        "in.csv",
        table("1234,x,y"),
        "in.csv:1234: a row of 3 values under a header of 2",
        "",
    ),
    "a row with a value too few": (
        "in.csv",
        table("1234"),
        "in.csv:1234: a row of 1 values under a header of 2",
        "",
    ),
    "a quote without an end": (
        "in.csv",
        table('1234,"x'),
        f"in.csv:{ITEMS}: not CSV: unexpected end of data",
        "",
    ),
    "a row in another encoding": (
        "in.csv",
        table("1234,\xe4"),
        "in.csv:1234: not UTF-8 at byte 5",
        "Save the file as UTF-8.",
    ),
}


def complaint(message: str, hint: str = "") -> str:
    return f"error: {message}\n" + (f"  {hint}\n" if hint else "")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(("name", "content", "message", "hint"), BAD.values(), ids=BAD)
def test_bad_input_is_named_and_nothing_is_written(
    folder: Path, name: str, content: bytes, message: str, hint: str
) -> None:
    (folder / name).write_bytes(content)
    before = names(folder)
    result = nodekit(folder, "run", "pass.yaml", "-i", name, "-o", "out.jsonl", "-q")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == complaint(message, hint)
    assert (folder / "out.jsonl").read_text() == OLD
    assert names(folder) - before <= {".nodekit"}


@pytest.mark.parametrize(("name", "content", "message", "hint"), BAD.values(), ids=BAD)
def test_bad_input_of_a_pipeline_that_writes_files(
    folder: Path, name: str, content: bytes, message: str, hint: str
) -> None:
    (folder / name).write_bytes(content)
    before = names(folder)
    result = nodekit(folder, "run", "copy.yaml", "-i", name, "-o", "out.jsonl", "-q")
    assert (result.returncode, result.stderr) == (1, complaint(message, hint))
    assert [(folder / file).read_text() for file in ("copy.jsonl", "out.jsonl")] == [OLD, OLD]
    assert names(folder) == before


def test_bad_input_on_standard_input(folder: Path) -> None:
    result = nodekit(
        folder, "run", "pass.yaml", "-i", "-", "-o", "out.jsonl", "-q", given=lines("{]")
    )
    assert result.returncode == 1
    assert result.stderr == complaint(
        "<stdin>:1234: not JSON at column 2: unexpected character, expected a string key", LINES
    )
    assert (folder / "out.jsonl").read_text() == OLD


def test_a_run_in_slices_keeps_what_was_right_and_says_how_to_go_on(folder: Path) -> None:
    (folder / "in.jsonl").write_bytes(lines("{]"))
    args = ("run", "pass.yaml", "-q")
    result = nodekit(folder, *args, "-i", "in.jsonl", "-o", "out.jsonl", "--batch", "100")
    message, hint, how = result.stderr.splitlines()
    assert result.returncode == 1
    assert message == (
        "error: in.jsonl:1234: not JSON at column 2: unexpected character, expected a string key"
    )
    assert hint == f"  {LINES}"
    assert how.startswith("go on with it: nodekit run pass.yaml --resume ")
    assert (folder / "out.jsonl").read_text() == OLD


BIG = 100_000_000


def test_a_line_of_a_hundred_megabytes_is_read(folder: Path) -> None:
    with (folder / "in.jsonl").open("w") as file:
        file.write(f'{{"n":1}}\n{{"t":"{"x" * BIG}"}}\n{{"n":3}}\n')
    result = nodekit(folder, "run", "pass.yaml", "-i", "in.jsonl", "-o", "out.jsonl", "-q")
    assert (result.returncode, result.stderr) == (0, "")
    assert (folder / "out.jsonl").read_bytes() == (folder / "in.jsonl").read_bytes()


def test_a_line_of_a_hundred_megabytes_that_is_bad_is_named_and_not_shown(folder: Path) -> None:
    with (folder / "in.jsonl").open("w") as file:
        file.write(f'{{"n":1}}\n{{"t":"{"x" * BIG}}}\n{{"n":3}}\n')
    result = nodekit(folder, "run", "pass.yaml", "-i", "in.jsonl", "-o", "out.jsonl", "-q")
    assert result.returncode == 2
    assert result.stderr == complaint(
        f"in.jsonl:2: not JSON at column {BIG + 8}: unexpected end of data", LINES
    )
    assert (folder / "out.jsonl").read_text() == OLD


REFUSED: dict[str, tuple[str, str]] = {
    "no input": ("-i none.jsonl", "cannot read 'none.jsonl': no such file or directory"),
    "a folder as input": ("-i . --input-format jsonl", "cannot read '.': is a directory"),
    "a folder as output": ("-i in.jsonl -o .", "cannot write '.': is a directory"),
    "an output below a file": (
        "-i in.jsonl -o in.jsonl/out.jsonl",
        "cannot write 'in.jsonl/out.jsonl': 'FOLDER/in.jsonl' is not a directory",
    ),
    "a record below a file": (
        "-i in.jsonl --record in.jsonl/record.json",
        "cannot write 'in.jsonl/record.json': 'FOLDER/in.jsonl' is not a directory",
    ),
    "no credentials file": (
        "-i in.jsonl --credentials none.toml",
        "cannot read 'none.toml': no such file or directory",
    ),
    "no env file": ("-i in.jsonl --env-file none", "cannot read 'none': no such file or directory"),
}


@pytest.mark.parametrize(("args", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_refused_before_anything_is_started(
    folder: Path, args: str, message: str
) -> None:
    before = names(folder)
    result = nodekit(folder, "run", "copy.yaml", "-q", *args.split())
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == complaint(message.replace("FOLDER", str(folder)))
    assert (folder / "copy.jsonl").read_text() == OLD
    assert names(folder) == before


def small_files(size: int) -> Callable[[], None]:
    """Return what lets files grow to so many bytes only, as on a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize(
    ("pipeline", "args", "message"),
    [
        ("pass.yaml", ("-o", "out.jsonl"), "cannot write 'out.jsonl': file too large"),
        (
            "copy.yaml",
            ("-o", "out.jsonl"),
            """step "Copy": cannot write 'copy.jsonl': file too large""",
        ),
        (
            "pass.yaml",
            ("--record", "out.jsonl", "--json"),
            "cannot write 'out.jsonl': file too large",
        ),
    ],
    ids=["the output", "a file of a step", "the record"],
)
def test_where_there_is_no_room_the_old_file_stays(
    folder: Path, pipeline: str, args: tuple[str, ...], message: str
) -> None:
    before = names(folder)
    result = nodekit(
        folder, "run", pipeline, "-i", "in.jsonl", *args, "-q", before=small_files(9_000)
    )
    assert (result.returncode, result.stderr) == (1, complaint(message))
    assert [(folder / file).read_text() for file in ("copy.jsonl", "out.jsonl")] == [OLD, OLD]
    assert names(folder) == before


def namespaces() -> bool:
    """Whether this machine lets a process mount a file system of its own."""
    probe = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not namespaces(), reason="this system lets nobody mount a small disk")
@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        ("pass.yaml", "cannot write 'disk/out.jsonl': no space left on device"),
        ("disk/copy.yaml", """step "Copy": cannot write 'copy.jsonl': no space left on device"""),
    ],
    ids=["the output", "a file of a step"],
)
def test_on_a_full_disk_nothing_is_left(folder: Path, pipeline: str, message: str) -> None:
    (folder / "disk").mkdir()
    script = (
        "mount -t tmpfs -o size=16k tmpfs disk && cp copy.yaml disk && "
        '"$@"; code=$?; ls -A disk >&2; exit $code'
    )
    command = [*NODEKIT, "run", pipeline, "-i", "in.jsonl", "-o", "disk/out.jsonl", "-q"]
    result = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", *command],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stderr) == (1, complaint(message) + "copy.yaml\n")


VERBS: dict[str, tuple[str, ...]] = {
    "run": ("run", "pass.yaml", "-i", "in.jsonl", "-q"),
    "summary": ("run", "pass.yaml", "-i", "in.jsonl", "-o", "out.jsonl", "--json", "-q"),
    "check": ("check", "pass.yaml", "--json"),
    "nodes": ("nodes", "set"),
    "schema": ("schema",),
}


@pytest.mark.parametrize("args", VERBS.values(), ids=VERBS)
def test_a_full_standard_output_is_an_error_and_no_traceback(
    folder: Path, args: tuple[str, ...]
) -> None:
    script = '"$@" > /dev/full'
    result = subprocess.run(
        ["sh", "-c", script, "sh", *NODEKIT, *args],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr == complaint("cannot write standard output: no space left on device")


DYING = """\
import os, pathlib, signal

AT = os.environ["DIES_AT"]
renamed = pathlib.Path.replace

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def rename_and_die(path, target):
    renamed(path, target)
    die()

if AT == "write":  # as soon as a file is longer than its limit
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
elif AT == "sync":
    os.fsync = die
elif AT == "rename":
    pathlib.Path.replace = die
else:
    pathlib.Path.replace = rename_and_die
"""


@pytest.mark.parametrize("at", ["write", "sync", "rename", "renamed"])
@pytest.mark.parametrize(
    ("pipeline", "name", "args"),
    [("copy.yaml", "copy.jsonl", ()), ("pass.yaml", "out.jsonl", ("-o", "out.jsonl"))],
    ids=["write_file", "the output"],
)
def test_a_kill_while_a_file_is_written_leaves_the_old_or_the_new(
    folder: Path, at: str, pipeline: str, name: str, args: tuple[str, ...]
) -> None:
    (folder / "sitecustomize.py").write_text(DYING)
    limit = small_files(9_000) if at == "write" else None
    result = nodekit(
        folder,
        "run",
        pipeline,
        "-i",
        "in.jsonl",
        *args,
        "-q",
        before=limit,
        environ={"DIES_AT": at},
    )
    assert result.returncode == -(signal.SIGXFSZ if at == "write" else signal.SIGKILL)
    assert (folder / name).read_text() == (good() if at == "renamed" else OLD)
    (folder / "sitecustomize.py").unlink()
    again = nodekit(folder, "run", pipeline, "-i", "in.jsonl", *args, "-q")
    assert (again.returncode, again.stderr) == (0, "")
    assert (folder / name).read_text() == good()


def key(byte: int) -> str:
    return b64encode(bytes([byte]) * 32).decode()


def kept(folder: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    given = {"NODEKIT_KEY": key(1), **environ}
    return nodekit(folder, "run", "keep.yaml", "-o", "out.jsonl", "-q", environ=given)


def foreign(store: Path) -> None:
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("CREATE TABLE theirs (x)")


def newer(store: Path) -> None:
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA user_version = 99")


def torn(store: Path) -> None:
    size = store.stat().st_size
    store.write_bytes(store.read_bytes()[:4096] + b"\x5a" * (size - 4096))


MOVE = "Move the file away to begin a new store, or restore a copy; it was not touched."

STORES: dict[str, tuple[Callable[[Path], object] | None, str, str]] = {
    "no database": (
        lambda store: store.write_bytes(b"hello, I am a text\n" * 100),
        "the store 'STORE' is no database",
        MOVE,
    ),
    "damaged": (torn, "the store 'STORE' is damaged: database disk image is malformed", MOVE),
    "another program's": (
        foreign,
        "'STORE' is a database of another program",
        "Give the store another place; the file was not touched.",
    ),
    "newer": (
        newer,
        "the store 'STORE' has the schema 99, this version of nodekit knows schemas up to 2",
        "Update nodekit, or give the store another place; the file was not touched.",
    ),
}


@pytest.mark.parametrize(("change", "message", "hint"), STORES.values(), ids=STORES)
def test_a_store_that_cannot_be_used_is_left_alone(
    folder: Path, change: Callable[[Path], object], message: str, hint: str
) -> None:
    store = folder / ".nodekit" / "nodekit.db"
    if "another program" not in message:
        assert kept(folder).returncode == 0
    store.parent.mkdir(exist_ok=True)
    change(store)
    content = store.read_bytes()
    (folder / "out.jsonl").write_text(OLD)
    result = kept(folder)
    assert result.returncode == 1
    assert result.stderr == complaint(message.replace("STORE", str(store)), hint)
    assert store.read_bytes() == content
    assert (folder / "out.jsonl").read_text() == OLD


def name_of(folder: Path, byte: int) -> str:
    """Return the name of a key as `state show` gives it."""
    own = folder / f"key-{byte}"
    own.mkdir()
    (own / "keep.yaml").write_text(KEEP)
    args = ("run", "keep.yaml", "--store", str(own / "s.db"), "-q")
    assert nodekit(folder, *args, environ={"NODEKIT_KEY": key(byte)}).returncode == 0
    with closing(sqlite3.connect(own / "s.db")) as connection:
        ((name,),) = connection.execute("SELECT key FROM states WHERE key IS NOT NULL").fetchall()
    return str(name)


@pytest.mark.parametrize(
    ("environ", "message", "hint"),
    [
        (
            {"NODEKIT_KEY": key(2)},
            'the state of step "Keep" of "keep" is sealed with the key ONE, and NODEKIT_KEY is '
            "the key TWO",
            "Give that key in NODEKIT_KEY or NODEKIT_KEY_FILE, or remove the state with `nodekit "
            "state clear`.",
        ),
        (
            {"NODEKIT_KEY": "canary-0a0b0c"},
            "NODEKIT_KEY is no key: wants 32 bytes in base64",
            "Make one: `head -c 32 /dev/urandom | base64`.",
        ),
        (
            {"NODEKIT_KEY": "", "NODEKIT_KEY_FILE": "none"},
            'the state of step "Keep" of "keep" is sealed with the key ONE, and there is none',
            "Give that key in NODEKIT_KEY or NODEKIT_KEY_FILE, or remove the state with `nodekit "
            "state clear`.",
        ),
    ],
    ids=["another", "none that is one", "none"],
)
def test_a_wrong_key_is_refused_and_the_state_stays(
    folder: Path, environ: dict[str, str], message: str, hint: str
) -> None:
    assert kept(folder).returncode == 0
    one, two = name_of(folder, 1), name_of(folder, 2)
    (folder / "out.jsonl").write_text(OLD)
    result = kept(folder, **environ)
    assert result.returncode == 1
    expected = complaint(message.replace("ONE", one).replace("TWO", two), hint)
    assert result.stderr == expected
    assert (folder / "out.jsonl").read_text() == OLD
    assert kept(folder).returncode == 0
    assert json.loads((folder / "out.jsonl").read_text()) == {"count": 2}


def test_a_store_that_cannot_be_made_is_an_error_after_the_work_and_the_output_is_not_there(
    folder: Path,
) -> None:
    (folder / "out.jsonl").unlink()
    args = ("run", "keep.yaml", "-o", "out.jsonl", "--store", "in.jsonl/s.db", "-q")
    result = nodekit(folder, *args, environ={"NODEKIT_KEY": key(1)})
    assert result.returncode == 1
    assert result.stderr == complaint(
        "the store 'in.jsonl/s.db' cannot be made: file exists",
        "Give the store a place where files can be written.",
    )
    assert not (folder / "out.jsonl").exists()
