"""`python -m tests.neo4j_server up|down|status`: status ends with 1 where none runs."""

import sys

from tests.neo4j_server.place import HOME, Running, running_url, state_file
from tests.neo4j_server.server import ServerError, down, up


def _up() -> int:
    running = up()
    print(f"Neo4j answers on 127.0.0.1:{running.port}, process {running.pid}; its files are in {HOME}")
    return 0


def _down() -> int:
    print("Neo4j stopped" if down() else "no Neo4j was running")
    return 0


def _status() -> int:
    running = Running.read(state_file())
    alive = running is not None and running.process() is not None
    print(
        f"Neo4j runs, process {running.pid}, port {running.port}"
        if running and alive
        else "no Neo4j runs here"
    )
    return 0 if running_url() else 1


def main(arguments: list[str]) -> int:
    commands = {"up": _up, "down": _down, "status": _status}
    if len(arguments) != 1 or arguments[0] not in commands:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        return commands[arguments[0]]()
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
