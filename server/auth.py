"""Who may use the HTTP API: whoever holds the one bearer token. Without a configured token nobody does."""

import hmac

from starlette.requests import Request
from starlette.responses import JSONResponse


def authorised(request: Request, token: str) -> bool:
    """Compares in constant time; False for an empty token of ours."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if not token or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.strip().encode(), token.encode())


def unauthorised() -> JSONResponse:
    return JSONResponse(
        {"error": "unauthorised", "detail": "a bearer token is needed: VOICELEARN_API_TOKEN"},
        status_code=401,
        headers={"www-authenticate": "Bearer"},
    )
