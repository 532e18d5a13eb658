"""The command: `python -m tests.histories record [NAME…]`, `show NAME`, `list`.

`record` alone stores scenarios that are new and forgets those that are gone. What is stored is recorded again by its
name alone: it stays on the playbook and the machine that it was recorded with.
"""

import sys

from pydantic import ValidationError

from storage.playbook import read_packaged
from tests.histories import history
from tests.histories.dialogue import dialogue, difference
from tests.histories.scenarios import SCENARIOS, played


def main(arguments: list[str]) -> int:
    """0, or 2 with a word on what was wrong with the arguments."""
    action, chosen = (arguments[0], arguments[1:]) if arguments else ("", [])
    unknown = sorted(set(chosen) - set(SCENARIOS))
    if unknown:
        print(f"no such scenario: {', '.join(unknown)}", file=sys.stderr)
        return 2
    if action == "record":
        _record(chosen)
    elif action == "show" and chosen:
        for name in chosen:
            print(dialogue(history.load(name)))
    elif action == "list":
        for name, (shows, _) in SCENARIOS.items():
            print(f"{name}: {shows}")
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


def _record(chosen: list[str]) -> None:
    book = read_packaged()
    history.keep_playbook(book)
    for name in chosen or set(SCENARIOS) - set(history.names()):
        fresh = played(name, book)
        stored = _stored(name)
        if stored == fresh:
            continue
        history.save(fresh)
        (history.CALLS / f"{name}.txt").write_text(dialogue(fresh), encoding="utf-8")
        print(f"{name}: {'changed' if stored else 'new'}")
        if stored:
            print(difference(stored, fresh))
    if not chosen:
        _forget_what_is_no_longer_played()
    history.drop_unused_playbooks()


def _stored(name: str) -> history.History | None:
    """The history that is there, unless it is of a form that this code no longer reads."""
    try:
        return history.load(name) if name in history.names() else None
    except ValidationError as error:
        print(f"{name}: not readable any more: {error.errors()[0]['loc']}")
        return None


def _forget_what_is_no_longer_played() -> None:
    for name in set(history.names()) - set(SCENARIOS):
        for suffix in ("json", "txt"):
            (history.CALLS / f"{name}.{suffix}").unlink(missing_ok=True)
        print(f"{name}: gone")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
