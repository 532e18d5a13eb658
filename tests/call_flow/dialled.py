"""A number asked about under the packaged rules: what the tests of calling hours have in common."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from call_flow.compliance import Refusal, refusal
from storage.calling_hours import read_packaged

RULES = read_packaged()
EAST, CENTRAL, MOUNTAIN, WEST = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
PHOENIX, HONOLULU, ANCHORAGE = "America/Phoenix", "Pacific/Honolulu", "America/Anchorage"
ADAK, SAN_JUAN = "America/Adak", "America/Puerto_Rico"


def at(local: str, zone: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def number(area: str) -> str:
    return f"+1{area}5550123"


def ask(
    now: datetime,
    phone: str,
    state: str | None = None,
    timezone: str | None = None,
    *,
    attempts: int = 0,
    listed: bool = False,
    consent: bool | None = True,
    in_call: str | None = None,
    cap: int = 3,
) -> Refusal | None:
    return refusal(
        RULES,
        now=now,
        phone=phone,
        state=state,
        timezone=timezone,
        attempts_last_24h=attempts,
        on_do_not_call=listed,
        consent=consent,
        in_call=in_call,
        cap=cap,
    )
