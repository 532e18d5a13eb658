"""How the API says no: HTTP status, Telnyx' code (a string) and its words."""

from typing import Any


class Refusal(Exception):
    """Raised by whatever carries out a request; rendered as Telnyx' error body."""

    def __init__(self, status: int, code: str, title: str, detail: str) -> None:
        super().__init__(f"{status}/{code} {detail}")
        self.status, self.code, self.title, self.detail = status, code, title, detail

    def body(self) -> dict[str, Any]:
        return {"errors": [{"code": self.code, "title": self.title, "detail": self.detail}]}


_KNOWN: dict[str, tuple[int, str, str]] = {
    "10004": (422, "Missing required parameter", "A required parameter is missing."),
    "10007": (500, "Unexpected error", "An unexpected error occured."),
    "10009": (401, "Authentication failed", "The required authentication headers were missing or wrong."),
    "10011": (429, "Too many requests", "You have exceeded the maximum number of allowed requests."),
    "10015": (422, "Bad request", "The request is not valid."),
    "10016": (422, "Invalid phone number", "Phone number must be in +E164 format."),
    "90015": (422, "Invalid Call Control ID", "The call control id is not valid."),
    "90017": (422, "Invalid value for client state", "The client_state must be valid base64."),
    "90018": (422, "Call has already ended", "This call is no longer active and can't receive commands."),
    "90020": (422, "Recording before audio", "Recording can't be started before audio has started."),
    "90034": (
        422,
        "Call not answered yet",
        "This call can't receive this command because it is not answered yet.",
    ),
    "90041": (422, "User channel limit exceeded", "The limit of concurrent calls has been reached."),
    "90045": (422, "Media streaming in use", "This call is being streamed already."),
    "90048": (422, "Not streaming", "This call is not streaming."),
    "90054": (422, "Transcription already running", "Transcription is already in progress on this call."),
    "90055": (422, "Transcription cannot be stopped", "No transcription is in progress on this call."),
    "90102": (422, "Answer on outbound call", "An outbound call cannot be answered by a command."),
}


def refusal(code: str, detail: str | None = None) -> Refusal:
    """The refusal of that code, in its usual words or with `detail`."""
    status, title, usual = _KNOWN[code]
    return Refusal(status, code, title, detail or usual)
