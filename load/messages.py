"""Text messages: accepted at once, then sent, then delivered or not, each with its webhook."""

from typing import Any

from load.clock import iso
from load.exchange import Exchange
from load.leg import new_id
from load.refusal import refusal


class Messages:
    """The messages of one simulated account."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._by_key: dict[str, dict[str, Any]] = {}

    def send(self, body: dict[str, Any], key: str | None) -> tuple[dict[str, Any], bool]:
        """The message's data and whether it is a new one; a repeated Idempotency-Key is the old one again."""
        if key and key in self._by_key:
            return self._by_key[key], False
        if not body.get("text") and not body.get("media_urls"):
            raise refusal("10004", "One of 'text', 'media_urls' is required.")
        message = _message(body, self._exchange)
        if key:
            self._by_key[key] = message
        row = {
            "id": message["id"],
            "from": message["from"]["phone_number"],
            "to": body["to"],
            "text": body.get("text"),
        }
        self._exchange.journal.messages.append(row | {"at": message["received_at"], "status": "queued"})
        self._exchange.spawn(self._deliver(message, self._exchange.journal.messages[-1]))
        return message, True

    async def _deliver(self, message: dict[str, Any], row: dict[str, Any]) -> None:
        await self._tell(message, row, "message.sent", "sent", 0.8)
        if self._exchange.chance.random() < self._exchange.knobs.sms_fails:
            error = {
                "code": "40008",
                "title": "Undeliverable",
                "detail": "The recipient could not be reached.",
            }
            message = {**message, "errors": [error]}
            await self._tell(message, row, "message.finalized", "delivery_failed", 4.0)
        else:
            await self._tell(message, row, "message.finalized", "delivered", 2.5)

    async def _tell(
        self, message: dict[str, Any], row: dict[str, Any], event_type: str, status: str, after: float
    ) -> None:
        await self._exchange.clock.sleep(after)
        now = iso(self._exchange.clock.now())
        to = [{**message["to"][0], "status": status}]
        payload = {**message, "to": to, "sent_at": now}
        if event_type == "message.finalized":
            payload["completed_at"] = now
        row["status"] = status
        self._exchange.publish(event_type, payload, message["id"], message["webhook_url"])


def _message(body: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    text = body.get("text") or ""
    return {
        "record_type": "message",
        "direction": "outbound",
        "id": new_id(),
        "type": "MMS" if body.get("media_urls") else "SMS",
        "messaging_profile_id": body.get("messaging_profile_id"),
        "from": {"phone_number": body.get("from"), "carrier": "Telnyx", "line_type": "Wireless"},
        "to": [
            {"phone_number": body["to"], "status": "queued", "carrier": "T-Mobile", "line_type": "Wireless"}
        ],
        "text": text,
        "media": [],
        "webhook_url": body.get("webhook_url") or exchange.webhook_url,
        "webhook_failover_url": body.get("webhook_failover_url"),
        "encoding": "GSM-7",
        "parts": 1 + len(text) // 160,
        "tags": [],
        "cost": {"amount": "0.0040", "currency": "USD"},
        "errors": [],
        "received_at": iso(exchange.clock.now()),
        "sent_at": None,
        "completed_at": None,
        "valid_until": None,
    }
