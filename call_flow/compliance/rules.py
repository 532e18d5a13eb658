"""All calling rules: which apply to a place, and where a number and an address may be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from call_flow.compliance.holidays import Holiday
from call_flow.compliance.hours import Rule
from call_flow.compliance.parsing import read
from call_flow.compliance.places import Place


class Area(NamedTuple):
    """What an area code says: every place that has it, and every zone that its numbers may be in."""

    places: tuple[Place, ...]
    zones: tuple[str, ...]


@dataclass(frozen=True)
class Rules:
    """`of` maps a place's code to its country's rule and its own, if it has one."""

    holidays: Mapping[str, Holiday]
    of: Mapping[str, tuple[Rule, ...]]
    names: Mapping[str, Place] = field(repr=False)
    areas: Mapping[str, Area] = field(repr=False)

    @classmethod
    def parse(cls, files: Mapping[str, str]) -> "Rules":
        """From the text of the files named in `FILES`. Raises RulesError that names each bad file, line and field."""
        places, rules, holidays = read(files)
        owned: dict[str | None, list[Rule]] = {}
        for rule in rules.values():
            owned.setdefault(rule.place or f"country {rule.country}", []).append(rule)
        return cls(
            holidays={holiday.id: holiday for holiday in holidays.values()},
            of={
                place.code: (*owned[f"country {place.country}"], *owned.get(place.code, ()))
                for place in places.values()
            },
            names=_names(places.values()),
            areas=_areas(places.values()),
        )

    def place(self, written: str) -> Place | None:
        """The place that somebody wrote as `TX`, `US-TX`, or `Texas`, in any case."""
        return self.names.get(_plain(written)) or self.names.get(_plain(written.rpartition("-")[2]))


def _plain(written: str) -> str:
    return " ".join(written.replace(".", "").split()).casefold()


def _names(places: Iterable[Place]) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for place in places:
        found[_plain(place.code)] = found[_plain(place.name)] = place
    return found


def _areas(places: Iterable[Place]) -> dict[str, Area]:
    found: dict[str, Area] = {}
    for place in places:
        for code, zones in place.by_area_code.items():
            before = found.get(code, Area((), ()))
            found[code] = Area((*before.places, place), tuple(dict.fromkeys((*before.zones, *zones))))
    return found
