"""A value written to and read from each store through its own driver, as its clients do it."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import asyncpg
import httpx
from neo4j import AsyncDriver, AsyncGraphDatabase
from pymongo import AsyncMongoClient
from redis.asyncio import Redis

from storage.urls import StoreUrls

COLLECTIONS = "/api/v2/tenants/default_tenant/databases/default_database/collections"


async def write_postgres(url: str, value: str) -> None:
    connection = await asyncpg.connect(url, timeout=5)
    await connection.execute("CREATE TABLE IF NOT EXISTS kept (value text)")
    await connection.execute("INSERT INTO kept VALUES ($1)", value)
    await connection.close()


async def read_postgres(url: str) -> set[str]:
    connection = await asyncpg.connect(url, timeout=5)
    rows = await connection.fetch("SELECT value FROM kept")
    await connection.close()
    return {row["value"] for row in rows}


async def write_mongo(url: str, value: str) -> None:
    async with AsyncMongoClient(url, serverSelectionTimeoutMS=3000) as client:
        kept = client["voicelearn"].get_collection("kept").with_options()
        await kept.insert_one({"value": value})
        await client["admin"].command("fsync")


async def read_mongo(url: str) -> set[str]:
    async with AsyncMongoClient(url, serverSelectionTimeoutMS=3000) as client:
        return {row["value"] async for row in client["voicelearn"]["kept"].find()}


async def write_redis(url: str, value: str) -> None:
    async with Redis.from_url(url) as client:
        await client.sadd("kept", value)


async def read_redis(url: str) -> set[str]:
    async with Redis.from_url(url) as client:
        return {value.decode() for value in await client.smembers("kept")}


def bolt(url: str) -> tuple[AsyncDriver, str]:
    """A driver and the name of the database."""
    place = urlsplit(url)
    address = f"bolt://{place.hostname}:{place.port}"
    driver = AsyncGraphDatabase.driver(address, auth=(place.username or "", place.password or ""))
    return driver, place.path.lstrip("/")


async def write_graph(url: str, value: str) -> None:
    driver, database = bolt(url)
    async with driver, driver.session(database=database) as session:
        await (await session.run("CREATE (:Kept {value: $value})", value=value)).consume()


async def read_graph(url: str) -> set[str]:
    driver, database = bolt(url)
    async with driver, driver.session(database=database) as session:
        answer = await session.run("MATCH (kept:Kept) RETURN kept.value AS value")
        return {record["value"] async for record in answer}


async def write_vectors(url: str, value: str) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=5) as client:
        (await client.post(COLLECTIONS, json={"name": value})).raise_for_status()


async def read_vectors(url: str) -> set[str]:
    async with httpx.AsyncClient(base_url=url, timeout=5) as client:
        answer = await client.get(COLLECTIONS)
        return {collection["name"] for collection in answer.raise_for_status().json()}


WRITE: dict[str, Callable[[str, str], Awaitable[None]]] = {
    "postgres": write_postgres,
    "mongo": write_mongo,
    "redis": write_redis,
    "graph": write_graph,
    "vectors": write_vectors,
}
READ: dict[str, Callable[[str], Awaitable[set[str]]]] = {
    "postgres": read_postgres,
    "mongo": read_mongo,
    "redis": read_redis,
    "graph": read_graph,
    "vectors": read_vectors,
}


async def write(urls: StoreUrls, store: str, value: str) -> None:
    """One value, acknowledged by the store."""
    await WRITE[store](getattr(urls, store), value)


async def read(urls: StoreUrls, store: str) -> set[str]:
    """All values that the store has."""
    return await READ[store](getattr(urls, store))
