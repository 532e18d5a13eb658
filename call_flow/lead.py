"""Who is called, as the call knows them: a snapshot taken when the call begins."""

from datetime import datetime

from call_flow.model import Frozen

# What a call finds out that a lead's row has a place for, under the same name.
CAPTURED = ("current_income_range", "desired_income_range", "time_availability", "experience_level")


class Lead(Frozen):
    """A lead as it was at the start of the call. `id` is None for an inbound call from an unknown number."""

    id: str | None = None
    phone: str
    first_name: str = ""
    last_name: str = ""
    source: str = ""
    campaign: str = ""
    initial_interest: str = ""
    arrived_at: datetime | None = None
    timezone: str = "America/New_York"
    state: str = ""
    current_income_range: str | None = None
    desired_income_range: str | None = None
    time_availability: str | None = None
    experience_level: str | None = None


UNKNOWN_KIND = "unknown"


def kind_of_lead(lead: Lead) -> str:
    """The segment that learning groups by: `source/initial_interest`, "unknown" for what is missing."""
    return f"{lead.source or UNKNOWN_KIND}/{lead.initial_interest or UNKNOWN_KIND}"
