"""The entries of a playbook, one class for each kind: their shape, not whether they make sense together.

What an entry must hold beyond its shape is in `rules`, so that a version stored long ago still loads
after the rules became stricter.
"""

from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from call_flow.model import Frozen

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$")]
Words = Annotated[str, StringConstraints(pattern=r"\S")]


class Phase(Frozen):
    """`order` counts from 1."""

    key: Id
    order: int = Field(ge=1)
    goal: Words
    captures: tuple[Id, ...]

    @property
    def id(self) -> str:
        return self.key


class Spoken(Frozen):
    """Something the agent can say; `fallback` is said when a placeholder of `text` has no value."""

    id: Id
    text: Words
    fallback: Words | None = None


class Strategy(Spoken):
    """One way to say a moment for which the policy chooses."""

    moment: Id
    phase: Id
    technique: Id


class Response(Spoken):
    """One answer to an objection."""

    technique: Id


class Objection(Frozen):
    """Responses are kept sorted by id: arms of a choice must not move when lines of a file do."""

    id: Id
    meaning: Words
    responses: tuple[Response, ...] = Field(min_length=1)

    @field_validator("responses")
    @classmethod
    def _sorted(cls, responses: tuple[Response, ...]) -> tuple[Response, ...]:
        return tuple(sorted(responses, key=lambda response: response.id))


class Line(Spoken):
    """A fixed line: said as it stands, chosen by nobody."""

    phase: Id | None = None


class Intent(Frozen):
    id: Id
    meaning: Words
    examples: tuple[Words, ...] = Field(min_length=1)


class Knowledge(Spoken):
    """What the agent may answer to `question`."""

    question: Words
    phase: Id | None = None


Entry = Phase | Strategy | Objection | Line | Intent | Knowledge
