"""Telnyx's Ed25519 signature over `timestamp|raw body`. Fails closed: without a key nothing is believed."""

import base64
import binascii
import time

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

TOLERANCE = 300.0  # wall seconds, both directions; what Telnyx's own SDK accepts
SIGNATURE_HEADER = "telnyx-signature-ed25519"
TIMESTAMP_HEADER = "telnyx-timestamp"


class SignatureRefused(Exception):
    """The webhook is not believed; the message says why and holds nothing of its body."""


class Verifier:
    """Verifies against one public key, base64 of 32 raw bytes."""

    def __init__(self, public_key: str) -> None:
        self._key = VerifyKey(base64.b64decode(public_key)) if public_key else None

    def verify(self, body: bytes, timestamp: str | None, signature: str | None) -> None:
        """Raises `SignatureRefused` for anything but a fresh signature of `body` as it came over the wire."""
        if self._key is None:
            raise SignatureRefused("no public key is configured")
        if not timestamp or not signature:
            raise SignatureRefused("unsigned")
        _fresh(timestamp)
        try:
            signed = base64.b64decode(signature, validate=True)
            self._key.verify(timestamp.encode() + b"|" + body, signed)
        except (binascii.Error, ValueError, BadSignatureError):
            raise SignatureRefused("the signature does not match") from None


def _fresh(timestamp: str) -> None:
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 12:
        raise SignatureRefused("the timestamp is no Unix time")
    if abs(time.time() - int(timestamp)) > TOLERANCE:
        raise SignatureRefused("the timestamp is too far from now")
