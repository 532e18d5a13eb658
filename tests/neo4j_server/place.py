"""Where the test server's files are, and what is known of one that runs."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import psutil

ROOT = Path(__file__).resolve().parents[2]
HOME = Path(os.environ.get("VOICELEARN_TEST_NEO4J_HOME", ROOT / ".neo4j"))
URL_VARIABLE = "VOICELEARN_TEST_NEO4J_URL"


@dataclass(frozen=True, slots=True)
class Running:
    """A server by its process: `started` tells it from a later process of the same number."""

    pid: int
    started: float
    port: int
    password: str

    @property
    def url(self) -> str:
        return f"bolt://neo4j:{self.password}@127.0.0.1:{self.port}/neo4j"

    def process(self) -> psutil.Process | None:
        """The process, if it still lives."""
        try:
            process = psutil.Process(self.pid)
            same = process.create_time() == self.started and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return process if same else None

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(json.dumps(asdict(self)), encoding="utf-8")
        new.rename(path)

    @classmethod
    def read(cls, path: Path) -> Self | None:
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None


def state_file() -> Path:
    return HOME / "run" / "state.json"


def running_url() -> str | None:
    """The URL of the server that is up: named in the environment, or started from here."""
    if named := os.environ.get(URL_VARIABLE):
        return named
    running = Running.read(state_file())
    return running.url if running is not None and running.process() is not None else None
