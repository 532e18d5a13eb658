"""What is wrong with a playbook: every problem at once, each with its file, line and field."""

from collections.abc import Iterable
from typing import NamedTuple


class Problem(NamedTuple):
    """`line` counts from 1; None where the file as a whole is at fault. `field` is "" where no field is."""

    file: str
    line: int | None
    field: str
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


class PlaybookError(Exception):
    """A playbook that cannot be used, an entry that is not there, or a placeholder that has no value."""

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(message)
        self.problems: tuple[Problem, ...] = tuple(problems)

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> "PlaybookError":
        """All problems, one a line."""
        found = tuple(problems)
        return cls("\n".join(str(problem) for problem in found), found)
