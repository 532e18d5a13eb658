"""The machines of the playbook versions in use: a call goes on with the one it began with, whatever is current."""

from datetime import datetime

from call_flow.machine import Machine
from call_flow.playbook.book import Playbook
from storage.playbooks import Playbooks


class UnknownPlaybook(Exception):
    """A call names a playbook version that is stored nowhere."""


class Shelf:
    """Machines by playbook version: the current one from the start, older ones from Postgres on demand."""

    def __init__(self, current: Playbook, stored: Playbooks) -> None:
        self.current = current
        self._stored = stored
        self._machines = {current.version: Machine(current)}

    async def save_current(self, now: datetime) -> None:
        """Keeps the current version for the replays of years to come; a repeat changes nothing."""
        await self._stored.save(self.current.version, self.current.dump(), now)

    async def machine(self, version: str) -> Machine:
        """Raises UnknownPlaybook; StoreAway where it would have to be fetched from a Postgres that is away."""
        if version not in self._machines:
            content = await self._stored.load(version)
            if content is None:
                raise UnknownPlaybook(f"playbook {version} is not stored")
            self._machines[version] = Machine(Playbook.load(content))
        return self._machines[version]
