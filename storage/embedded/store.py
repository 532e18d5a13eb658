"""The five stores by name: the names of the fields of `StoreUrls`."""

from collections.abc import Iterable
from enum import StrEnum

from storage.embedded.errors import StackError


class Store(StrEnum):
    """One of the five stores."""

    POSTGRES = "postgres"
    MONGO = "mongo"
    REDIS = "redis"
    GRAPH = "graph"
    VECTORS = "vectors"


ALL: tuple[Store, ...] = tuple(Store)


def named(stores: Iterable[str]) -> tuple[Store, ...]:
    """The stores of these names, in the order of `ALL`. StackError names an unknown one."""
    wanted = set(stores)
    unknown = wanted - {str(store) for store in ALL}
    if unknown:
        raise StackError(f"unknown store {sorted(unknown)[0]!r}: the stores are {', '.join(ALL)}")
    return tuple(store for store in ALL if store in wanted)
