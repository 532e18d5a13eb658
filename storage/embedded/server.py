"""What every server of the embedded stack has: a command line, a URL, a question to ask it, a way to stop it.

Drivers are imported inside `ask` alone: the keeper, which is always there, must stay small.
"""

import os
import secrets
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from storage.embedded.store import Store


class Server(ABC):
    """One server on one port of 127.0.0.1 with its data in one folder."""

    store: ClassVar[Store]
    stop_signal: ClassVar[int]
    patience: ClassVar[float] = 10.0
    """Seconds it may take to stop before it is killed."""

    def __init__(self, folder: Path, port: int, password: str) -> None:
        self.folder = folder
        self.port = port
        self.password = password

    @abstractmethod
    def command(self) -> list[str]:
        """The command line; StackError when the program is missing."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients find it, as `StoreUrls` describes."""

    @abstractmethod
    async def ask(self) -> None:
        """One query, answered; raises whatever the driver raises until then.

        Whatever the first start has to create over the wire (user, database) is created here.
        """

    def preparation(self) -> list[str] | None:
        """A command that must end well before the server's first start; None when nothing is needed."""
        return None

    def prepared(self) -> None:  # noqa: B027
        """Called when `preparation` has ended well."""

    def settle(self) -> None:
        """Called before each start, with no server running on the folder."""
        self.folder.mkdir(mode=0o700, exist_ok=True)

    def options(self) -> dict[str, Any]:
        """Options of Popen that are this server's own."""
        return {"cwd": self.folder}

    def write_secret(self, name: str, text: str) -> Path:
        """A file of the server's folder that its owner alone can read."""
        path = self.folder / name
        part = self.folder / f"{name}.{secrets.token_hex(4)}"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        part.replace(path)
        return path
