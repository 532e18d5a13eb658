"""One closer is never promised to two, and no claim outlives its time."""

import asyncio
import random
from datetime import datetime, timedelta
from uuid import UUID

from call_flow.effects import ClaimCloser, HoldClaim, ReleaseClaim
from call_flow.events import ClaimResult
from storage.claim_audit import ClaimAudit
from storage.closers import Claim, Closer, Closers
from storage.inbox import Inbox
from storage.postgres import Pool
from tests.storage.events import NOW, decide_next, new_call

CLOSERS = ("ann", "ben", "cat")


async def set_up(pool: Pool) -> None:
    await pool.execute("DELETE FROM claims")
    for n, id in enumerate(CLOSERS):
        await Closers(pool).save(Closer(id, id.title(), f"+1212555020{n}", priority=n))


def claim(
    name: str = "c1", closers: tuple[str, ...] = CLOSERS, seconds: float = 30, start: float = 0
) -> ClaimCloser:
    return ClaimCloser(claim=name, closers=closers, expires_at=NOW + timedelta(seconds=start + seconds))


async def live(pool: Pool, at: datetime) -> list[Claim]:
    """The claims that hold at `at`."""
    claims = await ClaimAudit(pool).claims(CLOSERS)
    return [one for one in claims if one.released_at is None and at < one.expires_at]


async def result(pool: Pool, call_id: UUID, name: str = "c1") -> str | None:
    """Whom the call got, from the event that tells it."""
    rows = [row for row in await Inbox(pool).of_call(call_id) if row.event_id == f"claim:{call_id}:{name}"]
    assert len(rows) == 1
    told = ClaimResult.model_validate(rows[0].body)
    return told.closer.id if told.closer else None


async def test_fifty_at_once_and_three_closers(pool: Pool) -> None:
    await set_up(pool)
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    draw = random.Random(seed)
    calls = [await new_call(pool) for _ in range(50)]
    orders = [tuple(draw.sample(CLOSERS, 3)) for _ in calls]
    decided = await asyncio.gather(
        *(
            decide_next(pool, call_id, [claim(closers=order)])
            for call_id, order in zip(calls, orders, strict=True)
        )
    )
    assert all(len(one.events) == 1 for one in decided)
    got = [await result(pool, call_id) for call_id in calls]
    assert sorted(id for id in got if id) == list(CLOSERS)
    held = await live(pool, NOW)
    assert sorted(one.closer_id for one in held) == list(CLOSERS)


async def test_who_became_busy_meanwhile_is_not_claimed(pool: Pool) -> None:
    await set_up(pool)
    call_id = await new_call(pool)
    await Closers(pool).set_busy("ann", True)
    try:
        await decide_next(pool, call_id, [claim(closers=("ann", "ben"))])
    finally:
        await Closers(pool).set_busy("ann", False)
    assert await result(pool, call_id) == "ben"


async def test_closers_are_tried_in_the_order_asked_for(pool: Pool) -> None:
    await set_up(pool)
    first, second = await new_call(pool), await new_call(pool)
    await decide_next(pool, first, [claim(closers=("ben", "ann"))])
    await decide_next(pool, second, [claim(closers=("ben", "ann"))])
    assert (await result(pool, first), await result(pool, second)) == ("ben", "ann")


async def test_an_expired_claim_is_free_at_its_very_instant(pool: Pool) -> None:
    await set_up(pool)
    first, second, third = [await new_call(pool) for _ in range(3)]
    await decide_next(pool, first, [claim(closers=("ann",), seconds=30)])
    early, on_time = NOW + timedelta(seconds=29.999), NOW + timedelta(seconds=30)
    await decide_next(pool, second, [claim(closers=("ann",), start=30)], now=early)
    await decide_next(pool, third, [claim(closers=("ann",), start=30)], now=on_time)
    assert [await result(pool, call_id) for call_id in (first, second, third)] == ["ann", None, "ann"]
    assert len(await live(pool, on_time)) == 1


async def test_a_released_claim_is_free_in_the_same_decision(pool: Pool) -> None:
    await set_up(pool)
    call_id, other = await new_call(pool), await new_call(pool)
    await decide_next(pool, call_id, [claim(closers=("ann",))])
    await decide_next(pool, call_id, [ReleaseClaim(claim="c1"), claim("c2", closers=("ann",))])
    assert await result(pool, call_id, "c2") == "ann"
    await decide_next(pool, other, [ReleaseClaim(claim="c2")])  # of another call: nothing happens
    assert len(await live(pool, NOW)) == 1
    await decide_next(pool, call_id, [ReleaseClaim(claim="c2")])
    assert await live(pool, NOW) == []


async def test_a_closer_who_is_on_the_line_stays_claimed_past_the_claim_s_first_time(pool: Pool) -> None:
    await set_up(pool)
    call_id, other, late = [await new_call(pool) for _ in range(3)]
    await decide_next(pool, call_id, [claim(closers=("ann",), seconds=30)])
    hold = HoldClaim(claim="c1", until=NOW + timedelta(minutes=20))
    await decide_next(pool, other, [hold])  # of another call: nothing happens
    await decide_next(pool, call_id, [hold], now=NOW + timedelta(seconds=20))
    at = NOW + timedelta(seconds=60)
    await decide_next(pool, other, [claim(closers=("ann",), start=60)], now=at)
    assert await result(pool, other) is None
    assert [one.expires_at for one in await live(pool, at)] == [hold.until]
    await decide_next(pool, late, [claim(closers=("ann",), start=1200)], now=hold.until)
    assert await result(pool, late) == "ann"
    await decide_next(
        pool, call_id, [HoldClaim(claim="c1", until=hold.until + timedelta(hours=1))], now=hold.until
    )
    assert len(await live(pool, hold.until)) == 1  # what has run out is not revived


async def test_nobody_is_got_where_nobody_works(pool: Pool) -> None:
    await set_up(pool)
    await Closers(pool).save(Closer("gone", "Gone", "+12125550209", active=False))
    call_id = await new_call(pool)
    await decide_next(pool, call_id, [claim(closers=("gone", "nobody"))])
    assert await result(pool, call_id) is None


async def test_racing_for_closers_whose_claims_expire(pool: Pool) -> None:
    """Holders that never release, as after a crash: at no instant are two claims of one closer alive."""
    await set_up(pool)
    for turn in range(6):
        now = NOW + timedelta(seconds=10 * turn)
        calls = [await new_call(pool) for _ in range(12)]
        wish = claim(seconds=10, start=10 * turn)
        await asyncio.gather(*(decide_next(pool, call_id, [wish], now=now) for call_id in calls))
        assert len(await live(pool, now)) == len(CLOSERS)
    overlaps = await pool.fetchval(
        """SELECT count(*) FROM claims a JOIN claims b ON a.closer_id = b.closer_id AND a.id < b.id
        WHERE a.claimed_at < least(b.released_at, b.expires_at) AND b.claimed_at < least(a.released_at,
        a.expires_at)"""
    )
    assert overlaps == 0
    assert await pool.fetchval("SELECT count(*) FROM claims") == 6 * len(CLOSERS)


async def claimed_while_letting_go(pool: Pool, seconds: float, released_after: float) -> UUID:
    """A call claims at `NOW` while the holder's release, of a later time, is being written; the call."""
    await set_up(pool)
    holder, other = await new_call(pool), await new_call(pool)
    await decide_next(pool, holder, [claim(closers=("ann",))])
    released = NOW + timedelta(seconds=released_after)
    async with pool.transaction() as connection:
        await connection.execute("UPDATE claims SET released_at = $1 WHERE call_id = $2", released, holder)
        claiming = asyncio.create_task(decide_next(pool, other, [claim(closers=("ann",), seconds=seconds)]))
        for _ in range(10_000):
            if await pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                break
    await claiming
    return other


async def test_a_claim_that_waited_for_a_release_begins_no_earlier(pool: Pool) -> None:
    other = await claimed_while_letting_go(pool, seconds=30, released_after=0.5)
    assert await result(pool, other) == "ann"
    first, second = await pool.fetch("SELECT claimed_at, released_at FROM claims ORDER BY claimed_at")
    assert first["released_at"] == second["claimed_at"] == NOW + timedelta(seconds=0.5)


async def test_a_claim_that_waited_past_its_own_time_was_never_made(pool: Pool) -> None:
    other = await claimed_while_letting_go(pool, seconds=1, released_after=2)
    assert await result(pool, other) is None
    assert await pool.fetchval("SELECT count(*) FROM claims") == 1
