"""States, provinces and territories: their time zones and their area codes."""

from functools import cached_property
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from call_flow.model import Frozen

# Codes of the North American plan that name no place: toll-free and personal numbers (NANPA).
PLACELESS = frozenset(
    {"800", "833", "844", "855", "866", "877", "888"}
    | {"500", "521", "522", "523", "524", "525", "526", "527", "528", "529", "532", "533", "535", "538"}
    | {"542", "543", "544", "545", "546", "547", "549", "550", "552", "553", "554", "556", "566", "558"}
    | {"569", "577", "578", "588", "589"}
)


def _known(zones: tuple[str, ...]) -> tuple[str, ...]:
    for zone in zones:
        try:
            ZoneInfo(zone)
        except (ValueError, KeyError):
            raise ValueError(f"{zone!r} is no time zone") from None
    return zones


class AreaCodes(Frozen):
    """Area codes, separated by blanks, and every zone that their numbers may be in."""

    codes: str = Field(pattern=r"^[2-9]\d\d( [2-9]\d\d)*$")
    zones: tuple[str, ...] = Field(min_length=1)

    _zones = field_validator("zones")(_known)


class Place(Frozen):
    """`zones`: all of the place, the most common first."""

    code: str = Field(pattern="^[A-Z]{2}$")
    name: str = Field(min_length=1)
    country: str = Field(pattern="^[A-Z]{2}$")
    zones: tuple[str, ...] = Field(min_length=1)
    area_codes: tuple[AreaCodes, ...] = ()

    _zones = field_validator("zones")(_known)

    @cached_property
    def by_area_code(self) -> dict[str, tuple[str, ...]]:
        """Area code → its zones."""
        return {code: group.zones for group in self.area_codes for code in group.codes.split()}
