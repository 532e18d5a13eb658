"""What of the playbook is found by meaning: one card a strategy, an answer to an objection and a piece of knowledge.
Pure.
"""

from call_flow.playbook.entries import Entry, Knowledge, Objection, Strategy
from learning.cards import Card


def entry_cards(entry: Entry) -> list[Card]:
    """None of an entry that nobody looks for. Each names its entry, so that it can be taken away with it."""
    match entry:
        case Strategy():
            facts = {"moment": entry.moment, "phase": entry.phase, "technique": entry.technique}
            return [Card(entry.id, entry.text, {"entry": entry.id, **facts})]
        case Objection():
            return [
                Card(r.id, r.text, {"entry": entry.id, "objection": entry.id, "technique": r.technique})
                for r in entry.responses
            ]
        case Knowledge():
            phase = {"phase": entry.phase} if entry.phase else {}
            return [Card(entry.id, f"{entry.question} {entry.text}", {"entry": entry.id, **phase})]
        case _:
            return []
