"""Phone numbers as they are written by people: to E.164, and to the time zone that the number itself suggests."""

import phonenumbers
from phonenumbers import timezone as phone_zones

HOME_REGION = "US"
DEFAULT_ZONE = "America/New_York"
_NO_ZONE = "Etc/Unknown"


def e164(written: str) -> str:
    """ValueError with the reason for what cannot be a number; without a country code it is one of the United States."""
    try:
        number = phonenumbers.parse(written, HOME_REGION)
    except phonenumbers.NumberParseException as error:
        raise ValueError(f"is no phone number: {str(error).rstrip('.').lower()}") from None
    if not phonenumbers.is_possible_number(number):
        raise ValueError("is no possible phone number")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def zone_of(number: str) -> str:
    """The IANA zone of an E.164 number; the first of several, New York's where nothing is known."""
    try:
        zones = phone_zones.time_zones_for_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return DEFAULT_ZONE
    return next((str(zone) for zone in zones if zone != _NO_ZONE), DEFAULT_ZONE)
