"""Which server stands for which store."""

from storage.embedded.arcadedb import ArcadeDB
from storage.embedded.chroma import Chroma
from storage.embedded.mongo import Mongo
from storage.embedded.postgres import Postgres
from storage.embedded.redis import Redis
from storage.embedded.server import Server
from storage.embedded.store import Store

SERVERS: dict[Store, type[Server]] = {kind.store: kind for kind in (Postgres, Mongo, Redis, ArcadeDB, Chroma)}
