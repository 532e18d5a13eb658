"""A lock on a file that the kernel takes back when its holder dies, however it dies."""

import fcntl
import os
from pathlib import Path


class FileLock:
    """`flock` on an open descriptor; the lock lasts until every copy of the descriptor is closed."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @classmethod
    def open(cls, path: Path) -> "FileLock":
        """A descriptor of its own on the file, not locked yet."""
        return cls(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))

    def try_shared(self) -> bool:
        """Take it together with others, unless somebody has it alone."""
        return self._try(fcntl.LOCK_SH)

    def try_exclusive(self) -> bool:
        """Take it alone, unless somebody has it at all."""
        return self._try(fcntl.LOCK_EX)

    def _try(self, operation: int) -> bool:
        try:
            fcntl.flock(self.descriptor, operation | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Unlock, keeping the descriptor."""
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close this copy of the descriptor."""
        os.close(self.descriptor)


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock alone right now."""
    if not path.exists():
        return False
    lock = FileLock.open(path)
    try:
        return not lock.try_shared()
    finally:
        lock.close()
