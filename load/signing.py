"""The Ed25519 key with which webhooks are signed as Telnyx signs them: over timestamp|body."""

import base64
import time
from pathlib import Path

from nacl.signing import SigningKey


class Signer:
    """seed: the 32 bytes of the private key."""

    def __init__(self, seed: bytes) -> None:
        self._key = SigningKey(seed)
        self.public_key = base64.b64encode(bytes(self._key.verify_key)).decode()

    @classmethod
    def from_file(cls, path: Path) -> "Signer":
        """The key whose seed (32 bytes) the file holds; made, readable by its owner alone, if there is none."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_bytes(bytes(SigningKey.generate()))
        return cls(path.read_bytes())

    def headers(self, body: bytes) -> dict[str, str]:
        """The headers of one delivery; the timestamp is wall time, as the receiver's check of age is."""
        timestamp = str(int(time.time()))
        signature = self._key.sign(timestamp.encode() + b"|" + body).signature
        return {
            "content-type": "application/json",
            "user-agent": "telnyx-webhooks",
            "telnyx-timestamp": timestamp,
            "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
        }
