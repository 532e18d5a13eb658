"""A small HTTP/1.1 client that keeps its connections: thousands of webhooks a minute from one shared core.

It posts and reads a status; redirects, cookies and compression are none of its business.
"""

import asyncio
from collections import defaultdict
from contextlib import suppress
from urllib.parse import urlsplit

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Wire:
    """POSTs with kept connections; every failure to get an answer is an OSError or a TimeoutError."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, int, bool], list[Stream]] = defaultdict(list)

    async def post(self, url: str, headers: dict[str, str], body: bytes, timeout: float) -> int:
        """The status of the answer; timeout in wall seconds for all of it."""
        try:
            async with asyncio.timeout(timeout):
                return await self._post(url, headers, body)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, IndexError) as problem:
            raise OSError(
                f"no usable answer from {urlsplit(url).netloc}: {type(problem).__name__}"
            ) from problem

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        place = (parts.hostname or "", parts.port or (443 if tls else 80), tls)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"POST {target} HTTP/1.1", f"host: {parts.netloc}", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        message = ("\r\n".join(lines) + "\r\n\r\n").encode() + body
        if self._idle[place]:
            with suppress(OSError, asyncio.IncompleteReadError):
                return await self._exchange(place, self._idle[place].pop(), message)
        return await self._exchange(
            place, await asyncio.open_connection(*place[:2], ssl=tls or None), message
        )

    async def _exchange(self, place: tuple[str, int, bool], stream: Stream, message: bytes) -> int:
        reader, writer = stream
        keep = False
        try:
            writer.write(message)
            status, keep = await _answer(reader)
            return status
        finally:
            if keep:
                self._idle[place].append(stream)
            else:
                writer.close()

    def close(self) -> None:
        for streams in self._idle.values():
            for _, writer in streams:
                writer.close()
        self._idle.clear()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """Status, and whether the connection may be used again."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])
    }
    if fields.get("transfer-encoding", "").lower() == "chunked":
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    else:
        await reader.readexactly(int(fields.get("content-length", 0)))
    return int(head[0].split(" ")[1]), fields.get("connection", "").lower() != "close"
