"""How a keeper begins: detached from the terminal, the lock in its hand, without the starter's secrets."""

import os
import subprocess
import sys
from pathlib import Path

import storage
from storage.embedded.errors import StackError
from storage.embedded.folder import StackFolder
from storage.embedded.lock import FileLock

_KEPT = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT")


def _environment() -> dict[str, str]:
    """What servers need; settings with tokens in them stay with the starter."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    above = Path(storage.__file__).parent.parent
    paths = [str(above), *filter(None, [os.environ.get("PYTHONPATH")])]
    telemetry = {"ANONYMIZED_TELEMETRY": "False", "DO_NOT_TRACK": "1"}
    return {**kept, **telemetry, "LANG": "C.UTF-8", "PYTHONPATH": os.pathsep.join(paths)}


def start_keeper(folder: StackFolder) -> bool:
    """Start a keeper unless one lives; whether it was done. StackError when it does not even begin."""
    lock = FileLock.open(folder.keeper_lock)
    try:
        if not lock.try_exclusive():
            return False
        _spawn(folder, lock)
    finally:
        lock.close()
    return True


def _spawn(folder: StackFolder, lock: FileLock) -> None:
    command = [sys.executable, "-P", "-m", "storage.embedded.keeper", str(folder.path), str(lock.descriptor)]
    log = os.open(folder.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        # The keeper forks and its first process ends at once, so this waits for no more than that.
        begun = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(lock.descriptor,),
            start_new_session=True,
            cwd="/",
            env=_environment(),
            check=False,
        )
    finally:
        os.close(log)
    if begun.returncode != 0:
        raise StackError(f"the stack's keeper did not begin (status {begun.returncode}): see {folder.log}")
