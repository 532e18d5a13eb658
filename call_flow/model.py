"""The one base of everything that is stored or travels: frozen, closed to unknown keys, JSON by pydantic."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value. Unknown fields are refused, so that a stored form is never read as another."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Draft(BaseModel):
    """A value that `reduce` builds on its own copy; it never leaves the reducing call before it is whole."""

    model_config = ConfigDict(extra="forbid")
