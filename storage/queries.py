"""Named blocks of SQL and Cypher: the text of every query lives in a file of its own language."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

NAME = re.compile(r"^(?:--|//) name: *(?P<name>[a-z][a-z0-9_]*) *$")
COMMENT = ("--", "//")


class Queries(Mapping[str, str]):
    """The blocks of one file by name. Asking for one that is not there names the file."""

    def __init__(self, path: str, blocks: dict[str, str]) -> None:
        self.path = path
        self._blocks = blocks

    def __getitem__(self, name: str) -> str:
        try:
            return self._blocks[name]
        except KeyError:
            raise KeyError(f"{self.path} has no block named {name!r}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._blocks)

    def __len__(self) -> int:
        return len(self._blocks)


def parse(path: str, text: str) -> Queries:
    """Blocks begin with `-- name: x` (`// name: x` in Cypher) and a line that describes them. ValueError
    names what is wrong.
    """
    blocks: dict[str, list[str]] = {}
    current: list[str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if match := NAME.match(line):
            if match["name"] in blocks:
                raise ValueError(f"{path}:{number}: block {match['name']!r} is there twice")
            current = blocks[match["name"]] = []
        elif current is not None:
            current.append(line)
        elif line.strip() and not line.startswith(COMMENT):
            raise ValueError(f"{path}:{number}: text before the first named block")
    return Queries(path, {name: _body(path, name, lines) for name, lines in blocks.items()})


def _body(path: str, name: str, lines: list[str]) -> str:
    if not lines or not lines[0].startswith(COMMENT):
        raise ValueError(f"{path}: block {name!r} lacks its line of description")
    body = "\n".join(line for line in lines if not line.strip().startswith(COMMENT)).strip()
    if not body:
        raise ValueError(f"{path}: block {name!r} is empty")
    return body.rstrip(";")


@cache
def load(path: str) -> Queries:
    """The blocks of a file of this package, such as "sql/inbox.sql"."""
    return parse(path, files("storage").joinpath(path).read_text(encoding="utf-8"))
