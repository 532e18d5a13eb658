"""Where a US number lives: area code to state, city and time zone, for the area codes this world uses."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    area: str
    state: str
    city: str
    timezone: str


_EASTERN, _CENTRAL, _MOUNTAIN, _PACIFIC = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
)

PLACES: tuple[Place, ...] = tuple(
    Place(*row)
    for row in (
        ("213", "CA", "Los Angeles", _PACIFIC),
        ("415", "CA", "San Francisco", _PACIFIC),
        ("619", "CA", "San Diego", _PACIFIC),
        ("916", "CA", "Sacramento", _PACIFIC),
        ("214", "TX", "Dallas", _CENTRAL),
        ("512", "TX", "Austin", _CENTRAL),
        ("713", "TX", "Houston", _CENTRAL),
        ("210", "TX", "San Antonio", _CENTRAL),
        ("305", "FL", "Miami", _EASTERN),
        ("407", "FL", "Orlando", _EASTERN),
        ("813", "FL", "Tampa", _EASTERN),
        ("212", "NY", "New York", _EASTERN),
        ("718", "NY", "Brooklyn", _EASTERN),
        ("716", "NY", "Buffalo", _EASTERN),
        ("312", "IL", "Chicago", _CENTRAL),
        ("215", "PA", "Philadelphia", _EASTERN),
        ("412", "PA", "Pittsburgh", _EASTERN),
        ("216", "OH", "Cleveland", _EASTERN),
        ("614", "OH", "Columbus", _EASTERN),
        ("404", "GA", "Atlanta", _EASTERN),
        ("704", "NC", "Charlotte", _EASTERN),
        ("919", "NC", "Raleigh", _EASTERN),
        ("313", "MI", "Detroit", "America/Detroit"),
        ("206", "WA", "Seattle", _PACIFIC),
        ("602", "AZ", "Phoenix", "America/Phoenix"),
        ("520", "AZ", "Tucson", "America/Phoenix"),
        ("303", "CO", "Denver", _MOUNTAIN),
        ("615", "TN", "Nashville", _CENTRAL),
        ("314", "MO", "St. Louis", _CENTRAL),
        ("617", "MA", "Boston", _EASTERN),
        ("804", "VA", "Richmond", _EASTERN),
        ("702", "NV", "Las Vegas", _PACIFIC),
        ("503", "OR", "Portland", _PACIFIC),
        ("612", "MN", "Minneapolis", _CENTRAL),
        ("504", "LA", "New Orleans", _CENTRAL),
        ("410", "MD", "Baltimore", _EASTERN),
        ("801", "UT", "Salt Lake City", _MOUNTAIN),
        ("317", "IN", "Indianapolis", "America/Indiana/Indianapolis"),
        ("414", "WI", "Milwaukee", _CENTRAL),
        ("973", "NJ", "Newark", _EASTERN),
    )
)

BY_AREA: dict[str, Place] = {place.area: place for place in PLACES}


def place_of(number: str) -> Place:
    """The place of +1AAANNNNNNN; numbers of area codes outside this world count as New York."""
    return BY_AREA.get(number[2:5], BY_AREA["212"])
