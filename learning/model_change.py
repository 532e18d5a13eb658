"""Another embedding model: its collections are filled beside the old ones, and asked in their place once they are full.

What they lack is the ledger's to say, as after any absence; vectors of two models are never in one collection.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from storage.ledger import Ledger
from storage.vectors import Vectors

log = logging.getLogger(__name__)


class ModelChange:
    """`model` is the name and version that this process embeds with; `now` gives business time."""

    def __init__(self, ledger: Ledger, vectors: Vectors, model: str, now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._vectors = vectors
        self._model = model
        self._now = now
        self._begun = self._changing = False

    async def begin(self) -> None:
        """Before anything is written: where another model's collections were filled so far, all is to be filled
        again. Raises StoreAway.
        """
        if self._begun:
            return
        await self._vectors.ensure(self._model)
        if await self._vectors.filling() != self._model:
            await self._ledger.reset("vectors", self._now())
            await self._vectors.fill(self._model)
        self._changing = await self._vectors.current() != self._model
        self._begun = True

    async def end(self) -> None:
        """Switches once nothing waits to be filled in, and drops the old model's collections. Raises StoreAway.

        What a store refuses for good must not keep the old model for ever: failures are not waited for.
        """
        if not self._changing or (await self._ledger.counts())["vectors"]["pending"]:
            return
        before = await self._vectors.current()
        if before is not None and before != self._model:
            await self._vectors.fill(self._model, switch=True)
            await self._vectors.drop(before)
            log.info("vectors are those of %s now, no longer of %s", self._model, before)
        self._changing = False
