"""`/api/closers`: who takes hand-overs, and when: weekly windows in the closer's own zone, overrides, busy now."""

import re
from datetime import datetime, time
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from server.api.endpoint import Refusal, answer, endpoint, found, in_range, path_text, read
from server.phones import e164
from server.services import Services, services
from storage.closers import Closer, Window


def _wall_clock(written: object) -> object:
    if not isinstance(written, str) or not re.fullmatch(r"\d\d:\d\d(:\d\d)?", written):
        raise ValueError("is a wall clock's HH:MM, without an offset: the window has a time zone")
    return written


WallClock = Annotated[time, BeforeValidator(_wall_clock)]
Moment = Annotated[AwareDatetime, AfterValidator(in_range)]


class CloserBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    phone: Annotated[str, AfterValidator(e164)]
    timezone: str = "America/New_York"
    priority: int = Field(default=100, ge=0, le=1_000_000, strict=True)
    active: bool = True
    email: str | None = Field(default=None, max_length=320)


class WindowBody(BaseModel):
    """`day` is ISO: 1 Monday to 7 Sunday; a window whose end is not after its start ends on the next day."""

    model_config = ConfigDict(extra="forbid")

    day: int = Field(ge=1, le=7, strict=True)
    start: WallClock
    end: WallClock
    timezone: str | None = None


class WindowsBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    windows: list[WindowBody] = Field(max_length=100)


class BusyBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    busy: bool


class OverrideBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start: Moment
    end: Moment
    available: bool
    reason: str | None = None


@endpoint
async def listed(request: Request) -> Response:
    """Every closer with windows and overrides to come, and who can be reached now."""
    server = services(request)
    now = server.clock.now()
    available = [hint.id for hint in await server.closers.available(now)]
    closers = [await _view(server, closer, now) for closer in await server.closers.all()]
    return answer({"now": now, "available": available, "closers": closers})


@endpoint
async def save(request: Request) -> Response:
    body, server, id = await read(request, CloserBody), services(request), path_text(request, "closer_id")
    try:
        await server.closers.save(Closer(id=id, **body.model_dump()))
    except ValueError as error:
        raise Refusal(422, "invalid", f"timezone: {error}") from None
    return answer(await server.closers.get(id))


@endpoint
async def set_windows(request: Request) -> Response:
    """Replaces the weekly windows as a whole."""
    body, server, closer = await read(request, WindowsBody), services(request), await _closer(request)
    windows = [Window(**window.model_dump()) for window in body.windows]
    now = server.clock.now()
    try:
        await server.closers.set_windows(closer.id, windows, now)
    except ValueError as error:
        raise Refusal(422, "invalid", f"windows: {error}") from None
    return answer(await _view(server, closer, now))


@endpoint
async def set_busy(request: Request) -> Response:
    body, server, closer = await read(request, BusyBody), services(request), await _closer(request)
    await server.closers.set_busy(closer.id, body.busy)
    return answer(await server.closers.get(closer.id))


@endpoint
async def add_override(request: Request) -> Response:
    """From `start` to `end` the weekly windows do not count."""
    body, server, closer = await read(request, OverrideBody), services(request), await _closer(request)
    try:
        id = await server.closers.add_override(
            closer.id, body.start, body.end, body.available, server.clock.now(), body.reason
        )
    except ValueError as error:
        raise Refusal(422, "invalid", f"end: {error}") from None
    return answer({"id": id}, 201)


@endpoint
async def remove_override(request: Request) -> Response:
    """The weekly windows count again. 404 for an override that this closer does not have."""
    server, closer, written = services(request), await _closer(request), path_text(request, "override_id")
    id = int(written) if written.isdecimal() and len(written) < 19 else 0
    removed = await server.closers.remove_override(closer.id, id)
    return answer({"id": found(id if removed else None, f"override of {closer.id} with id", written)})


async def _closer(request: Request) -> Closer:
    id = path_text(request, "closer_id")
    closer: Closer = found(await services(request).closers.get(id), "closer", id)
    return closer


async def _view(server: Services, closer: Closer, now: datetime) -> dict[str, object]:
    return {
        "closer": closer,
        "windows": await server.closers.windows(closer.id),
        "overrides": await server.closers.overrides(closer.id, now),
    }
