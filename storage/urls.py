"""Where the five stores are: the one thing that a client of a store is told about it.

Whether a URL names a server of the embedded stack or one elsewhere must never be told from here.
"""

from pydantic import BaseModel, ConfigDict


class StoreUrls(BaseModel):
    """One URL a store; an empty one names a store that is not there.

    postgres `postgresql://user:pw@host:port/database` · mongo `mongodb://user:pw@host:port/?authSource=admin`
    · redis `redis://:pw@host:port/0` · graph `bolt://user:pw@host:port/database` · vectors `http://host:port`.
    """

    model_config = ConfigDict(frozen=True)

    postgres: str = ""
    mongo: str = ""
    redis: str = ""
    graph: str = ""
    vectors: str = ""
