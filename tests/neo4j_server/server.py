"""Fetching, starting and stopping the test server. It listens on loopback, with a password made for each start."""

import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path

import psutil
from neo4j import Driver, GraphDatabase
from neo4j.exceptions import Neo4jError, ServiceUnavailable

from tests.neo4j_server.place import HOME, Running, state_file

HERE = Path(__file__).parent
READY_S = 90.0
STOP_S = 5.0  # then it is killed: nothing that it holds is needed again
OPENED = ("java.nio", "java.lang", "sun.nio.ch")
# It does not live long enough to be worth the JVM's second compiler.
JAVA = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m"]
JAVA += [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in OPENED]


class ServerError(Exception):
    """The server cannot be fetched or started; the message says why."""


def fetch() -> Path:
    """The jars, from Maven the first time. The pom's own text tells whether they are those that it asks for."""
    lib, pom = HOME / "lib", HERE / "pom.xml"
    mark = lib / "fetched.pom.xml"
    if mark.is_file() and mark.read_bytes() == pom.read_bytes():
        return lib
    maven = _program("mvn")
    shutil.rmtree(lib, ignore_errors=True)
    target = [f"-DoutputDirectory={lib}", "-DincludeScope=runtime"]
    subprocess.run([maven, "-B", "-q", "-f", str(pom), "dependency:copy-dependencies", *target], check=True)
    mark.write_bytes(pom.read_bytes())
    return lib


def up() -> Running:
    """The server that runs already, or a new one with an empty database, ready for queries."""
    running = Running.read(state_file())
    if running is not None and running.process() is not None:
        return running
    lib, run = fetch(), HOME / "run"
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir(parents=True)
    port = _free_port()
    command = [
        _program("java"),
        *JAVA,
        "-cp",
        f"{lib}/*",
        str(HERE / "Neo4jServer.java"),
        str(run),
        str(port),
    ]
    with (run / "neo4j.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    running = Running(process.pid, psutil.Process(process.pid).create_time(), port, secrets.token_urlsafe(24))
    running.write(state_file())
    try:
        _settle(running, process)
    except BaseException:
        down()
        raise
    return running


def down() -> bool:
    """Stops it by its process id; False when none runs."""
    running = Running.read(state_file())
    process = running.process() if running is not None else None
    state_file().unlink(missing_ok=True)
    if process is None:
        return False
    process.terminate()
    try:
        process.wait(STOP_S)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(STOP_S)
    return True


def _settle(running: Running, process: "subprocess.Popen[bytes]") -> None:
    """Waits until it answers, gives it its password, and waits until that works."""
    address = f"bolt://127.0.0.1:{running.port}"
    deadline = time.monotonic() + READY_S
    with GraphDatabase.driver(address, auth=("neo4j", "neo4j")) as first:
        query = "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $password"
        _ask(first, "system", query, process, deadline, password=running.password)
    with GraphDatabase.driver(address, auth=("neo4j", running.password)) as driver:
        _ask(driver, "neo4j", "RETURN 1", process, deadline)


def _ask(
    driver: Driver,
    database: str,
    query: str,
    process: "subprocess.Popen[bytes]",
    deadline: float,
    **parameters: str,
) -> None:
    while True:
        try:
            with driver.session(database=database) as session:
                session.run(query, parameters).consume()  # type: ignore[arg-type]
            return
        except (ServiceUnavailable, Neo4jError, OSError) as reason:
            if process.poll() is not None:
                raise ServerError(f"Neo4j ended by itself: see {HOME / 'run' / 'neo4j.log'}") from reason
            if time.monotonic() > deadline:
                raise ServerError(f"Neo4j did not answer in {READY_S:g} s: {reason}") from reason
            time.sleep(0.1)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ServerError(f"{name} is not on PATH: Neo4j for the tests needs a JDK of 17 or later, and Maven")
    return found


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
