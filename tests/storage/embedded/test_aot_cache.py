"""The graph server's JVM begins with what installing left for it."""

import subprocess
from pathlib import Path

from storage.embedded.arcadedb import ArcadeDB, aot_cache


def test_the_jvm_takes_the_cache_that_was_made_for_it(tmp_path: Path) -> None:
    """With AOTMode=on it refuses to begin with a cache of another JVM or other jars, instead of ignoring it."""
    command = ArcadeDB(tmp_path, 1, "secret").command()
    assert f"-XX:AOTCache={aot_cache()}" in command, "make install makes it"
    java, *options = command[: command.index("com.arcadedb.server.ArcadeDBServer")]
    done = subprocess.run([java, "-XX:AOTMode=on", *options, "-version"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
