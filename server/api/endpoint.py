"""What every endpoint has in common: the token, JSON in and out, and errors that name the input."""

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from server.auth import authorised, unauthorised
from server.services import services
from server.webhooks import TooLarge, read_limited
from storage.away import StoreAway
from storage.postgres import storable

Handler = Callable[[Request], Awaitable[Response]]
Model = TypeVar("Model", bound=BaseModel)
MAX_BODY = 64 * 1024
MOST_ROWS = 1000
YEARS = range(1970, 9000)  # of any moment that is given: beyond them databases and zones disagree


class Refusal(Exception):
    """The request is answered with `status`, an error's name, and a message that names the input."""

    def __init__(self, status: int, error: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.error = error
        self.detail = detail


def endpoint(handler: Handler) -> Handler:
    """Lets in who holds the token, and turns refusals and stores that are away into JSON."""

    @wraps(handler)
    async def wrapped(request: Request) -> Response:
        if not authorised(request, services(request).api_token):
            return unauthorised()
        try:
            return await handler(request)
        except Refusal as refusal:
            return answer({"error": refusal.error, "detail": refusal.detail}, refusal.status)
        except StoreAway as away:
            return answer(
                {"error": "store_away", "detail": f"{away.store} cannot be reached; try again"}, 503
            )

    return wrapped


def answer(content: object, status: int = 200) -> Response:
    """JSON of dataclasses, pydantic models, times (ISO 8601, UTC), ids and plain values."""
    return Response(orjson.dumps(content, default=_plain), status_code=status, media_type="application/json")


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, UUID):  # asyncpg's own kind of it
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} is no JSON")


async def read(request: Request, model: type[Model]) -> Model:
    """The body as `model`, its texts as Postgres can keep them. Refuses with 400 for what is no JSON and 422 naming the
    first bad field.
    """
    try:
        body = storable(orjson.loads(await read_limited(request, MAX_BODY)))
    except TooLarge:
        raise Refusal(413, "too_large", f"the body is larger than {MAX_BODY} bytes") from None
    except orjson.JSONDecodeError:
        raise Refusal(400, "not_json", "the body is no JSON") from None
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise Refusal(422, "invalid", named(error)) from None


def named(error: ValidationError) -> str:
    """The first problem, with its field in front."""
    problem = error.errors()[0]
    field = ".".join(str(part) for part in problem["loc"]) or "the body"
    return f"{field}: {problem['msg'].removeprefix('Value error, ')}"


def path_id(request: Request, name: str) -> UUID:
    """A UUID out of the path; 404 for what is none, since nothing has that id."""
    text = request.path_params[name]
    try:
        return UUID(text)
    except ValueError:
        raise Refusal(404, "not_found", f"{name} {text!r} is no id") from None


def path_text(request: Request, name: str) -> str:
    return str(storable(request.path_params[name]))


def query_text(request: Request, name: str) -> str | None:
    return storable(request.query_params.get(name)) or None


def query_int(request: Request, name: str, default: int) -> int:
    """A whole number from 1 to MOST_ROWS out of the query."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or not 1 <= int(text[:9]) <= MOST_ROWS:
        raise Refusal(422, "invalid", f"{name}: a whole number from 1 to {MOST_ROWS}, not {text[:20]!r}")
    return int(text)


def query_id(request: Request, name: str) -> UUID | None:
    text = request.query_params.get(name, "")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Refusal(422, "invalid", f"{name}: no id: {text[:40]!r}") from None


def query_time(request: Request, name: str) -> datetime | None:
    text = request.query_params.get(name, "")
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise Refusal(422, "invalid", f"{name}: no time in ISO 8601: {text[:40]!r}") from None
    if moment is not None and moment.tzinfo is None:
        raise Refusal(422, "invalid", f"{name}: needs an offset from UTC")
    if moment is not None and moment.year not in YEARS:
        raise Refusal(422, "invalid", f"{name}: is out of range: {text[:40]!r}")
    return moment


def in_range(moment: datetime) -> datetime:
    """For a field of a body; ValueError for a moment that nobody means."""
    if moment.year not in YEARS:
        raise ValueError("is out of range")
    return moment


def found(thing: Any, what: str, id: object) -> Any:
    """The thing, or 404."""
    if thing is None:
        raise Refusal(404, "not_found", f"no {what} {id}")
    return thing
