"""`python -m storage.embedded.aot_cache`: run once after installing, it makes the graph server start in a third of the
time.

The JVM of ArcadeDB's wheel keeps its classes as they are after a first run, loaded and linked (JEP 483, 514), in a
file beside itself. It ignores a file that another JVM or other jars have left there, and does without one.
"""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from storage.embedded.arcadedb import ArcadeDB, aot_cache
from storage.embedded.errors import StackError
from storage.embedded.ports import free_port
from storage.embedded.probe import answered

_PATIENCE_S = 60.0  # writing the file takes three


def build() -> Path:
    """The file, from a server that came up, got the graph's schema and went down. Raises StackError."""
    file = aot_cache()
    if file is None:
        raise StackError("ArcadeDB is not installed with a JVM of its own")
    file.unlink(missing_ok=True)
    part = file.with_suffix(".part")
    with tempfile.TemporaryDirectory(prefix="voicelearn-aot-") as folder:
        server = ArcadeDB(Path(folder), free_port(set()), "only-while-it-trains")
        server.settle()
        java, *arguments = server.command()
        with (Path(folder) / "aot.log").open("wb") as log:
            process = subprocess.Popen(
                [java, f"-XX:AOTCacheOutput={part}", *arguments], cwd=folder, stdout=log, stderr=log
            )
            try:
                asyncio.run(_train(server))
            finally:
                process.terminate()
                process.wait(_PATIENCE_S)
        if not part.is_file():
            raise StackError(f"the JVM left no cache: {(Path(folder) / 'aot.log').read_text()[-500:]}")
    return part.replace(file)


async def _train(server: ArcadeDB) -> None:
    from storage.graph import Graph

    if not await answered(server):
        raise StackError("ArcadeDB does not answer")
    graph = Graph.open(server.url)
    try:
        await graph.ensure_schema()
    finally:
        await graph.close()


if __name__ == "__main__":
    try:
        print(build())
    except StackError as error:
        sys.exit(f"the graph server will start slowly: {error}")
