"""The values that fill the playbook's placeholders: what is known of the lead, in words a voice can say."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from call_flow.lead import CAPTURED
from call_flow.state import CallState

_SOURCES = {
    "facebook": "Facebook",
    "google": "Google",
    "webinar": "our webinar",
    "referral": "a friend's recommendation",
}


def values_for(state: CallState) -> dict[str, str]:
    """Placeholder to text; what is unknown is left out, so that a line falls back."""
    lead, settings = state.lead, state.settings
    if lead is None or settings is None:
        return {}
    values = {
        "first_name": lead.first_name,
        "agent_name": settings.agent_name,
        "business": settings.business,
        "closer_name": settings.closer_name,
        "callback_number": spoken_number(settings.callback_number),
        "video_url": settings.video_url,
        "source": _SOURCES.get(lead.source.lower(), lead.source),
        "initial_interest": lead.initial_interest.replace("_", " "),
        "arrived": _arrived(lead.arrived_at, state.started_at),
        "callback_at": spoken_time(state.callback_at, lead.timezone) if state.callback_at else "",
    }
    values |= {name: state.captures.get(name, "") for name in CAPTURED}
    return {name: value for name, value in values.items() if value}


def spoken_number(number: str) -> str:
    """A number of the North American plan as voices read it digit by digit: "(800) 555-0100"; others as they are."""
    found = re.fullmatch(r"\+1(\d{3})(\d{3})(\d{4})", number)
    return f"({found[1]}) {found[2]}-{found[3]}" if found else number


def spoken_time(at: datetime, timezone: str) -> str:
    """`at` as the lead would say it: "Tuesday, March 3 at 3:30 PM"."""
    local = at.astimezone(ZoneInfo(timezone))
    minutes = f":{local.minute:02d}" if local.minute else ""
    hour = local.hour % 12 or 12
    return f"{local:%A}, {local:%B} {local.day} at {hour}{minutes} {'AM' if local.hour < 12 else 'PM'}"


def _arrived(at: datetime | None, now: datetime | None) -> str:
    if at is None or now is None or at > now:
        return ""
    days = (now - at).days
    if days == 0:
        return "today"
    if days == 1:
        return "yesterday"
    return f"{days} days ago" if days < 14 else f"{days // 7} weeks ago"
