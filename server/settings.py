"""What an operator may set, from `VOICELEARN_…` variables and `.env`. Read by the command line and the wiring alone.

A value that is malformed is refused at start with the variable's name; what is missing is either defaulted or named by
`Settings.missing()` to those who need it.
"""

import base64
import binascii
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from call_flow.settings import CallSettings
from server.clock import Clock
from storage.rewards import Rewards
from storage.urls import StoreUrls

PREFIX = "VOICELEARN_"
PUBLIC_KEY_BYTES = 32


class SettingsError(Exception):
    """A setting is malformed or missing; the message names its variable."""


def _e164(number: str) -> str:
    if number and not re.fullmatch(r"\+[1-9]\d{6,14}", number):
        raise ValueError("must be a number in E.164, such as +15555550123")
    return number


def _public_key(key: str) -> str:
    try:
        raw = base64.b64decode(key.strip(), validate=True)
    except binascii.Error as error:
        raise ValueError("must be base64 of the raw Ed25519 key, as Telnyx's portal shows it") from error
    if key and len(raw) != PUBLIC_KEY_BYTES:
        raise ValueError(f"must be {PUBLIC_KEY_BYTES} bytes in base64, not {len(raw)}")
    return key.strip()


def _url(example: str, *schemes: str) -> AfterValidator:
    """A URL or nothing. What was given is not repeated: it holds a password."""

    def check(url: str) -> str:
        if url and urlsplit(url).scheme not in schemes:
            raise ValueError(f"must be a URL such as {example}")
        return url

    return AfterValidator(check)


def _rewards(changes: dict[str, float]) -> dict[str, float]:
    Rewards.changed(changes)
    return changes


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError(f"{path} is no folder")
    return path


def _aware(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


Number = Annotated[str, AfterValidator(_e164)]
PostgresUrl = Annotated[str, _url("postgresql://user:password@host:5432/database", "postgresql", "postgres")]
MongoUrl = Annotated[str, _url("mongodb://user:password@host:27017/", "mongodb", "mongodb+srv")]
RedisUrl = Annotated[str, _url("redis://:password@host:6379/0", "redis", "rediss")]
GraphUrl = Annotated[
    str,
    _url(
        "bolt://user:password@host:7687/neo4j",
        *(f"{kind}{tls}" for kind in ("bolt", "neo4j") for tls in ("", "+s", "+ssc")),
    ),
]
VectorsUrl = Annotated[str, _url("http://host:8000", "http", "https")]


class Settings(BaseSettings):
    """All settings with their defaults. Store URLs that are empty are served by the embedded stack under `data`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True
    )

    data: Path = Path(".data")
    playbook: Annotated[Path, AfterValidator(_folder)] | None = (
        None  # whose files are said; else the packaged ones
    )
    postgres_url: PostgresUrl = ""
    mongo_url: MongoUrl = ""
    redis_url: RedisUrl = ""
    graph_url: GraphUrl = ""
    vectors_url: VectorsUrl = ""

    telnyx_api_key: SecretStr = SecretStr("")
    telnyx_base_url: Annotated[str, _url("https://api.telnyx.com/v2", "http", "https")] = (
        "https://api.telnyx.com/v2"
    )
    telnyx_public_key: Annotated[str, AfterValidator(_public_key)] = ""
    telnyx_connection_id: str = ""
    telnyx_timeout: float = Field(default=3.0, gt=0)  # wall seconds
    from_number: Number = ""

    api_token: SecretStr = SecretStr("")

    business: str = ""
    agent_name: str = "Ava"
    closer_name: str = "Kevin"
    callback_number: Number = ""
    video_url: str = ""
    voice: str = "Telnyx.KokoroTTS.af"
    language: str = "en-US"
    max_duration: int = Field(default=1200, ge=60, le=14400)
    amd: str = Field(default="detect", pattern="^(disabled|detect|premium)$")
    leave_voicemail: bool = True
    record: bool = False
    silence: float = Field(default=6.0, ge=1)  # seconds without an answer, before a question is asked again
    speech_expiry: float = Field(default=8.0, ge=1, le=50)  # seconds after which a line is not sent any more
    hot_threshold: float = Field(default=0.55, ge=0, le=1)

    phrasing_url: str = ""  # of any OpenAI-compatible endpoint; empty: every line is said as scripted
    phrasing_model: str = "default"
    phrasing_api_key: SecretStr = SecretStr("")
    phrasing_deadline: float = Field(default=1.2, gt=0, le=5)  # seconds of business time

    embedding_model: str = "minilm"  # the built-in one; any other name or path goes to sentence-transformers

    # What a conversation counts for in learning, 0 to 1, by final status or by the closer's result; what is not named
    # stays as it is.
    rewards: Annotated[dict[str, float], AfterValidator(_rewards)] = Field(default_factory=dict)

    control_share: float = Field(default=0.1, ge=0, le=1)
    policy: str = Field(default="thompson", pattern="^(thompson|uniform)$")
    seed: int | None = None

    clock_origin: float | None = None  # Unix seconds; with an epoch and no origin: when the process starts
    clock_epoch: Annotated[datetime, AfterValidator(_aware)] | None = None
    clock_rate: float = Field(default=1.0, gt=0)

    webhook_max_bytes: int = Field(default=256 * 1024, ge=1024)
    # Two jobs and a sync hold one each for as long as they learn a call, and work with another.
    postgres_connections: int = Field(default=10, ge=5)

    def model_post_init(self, context: object) -> None:
        """A clock that was set going without an origin begins with the settings, once for all who ask."""
        if self.clock_origin is None and (self.clock_epoch is not None or self.clock_rate != 1.0):
            self.clock_origin = time.time()

    @classmethod
    def read(cls, **overrides: object) -> "Settings":
        """Raises `SettingsError` that names each malformed variable."""
        try:
            return cls(**overrides)  # type: ignore[arg-type]
        except ValidationError as error:
            raise SettingsError("\n".join(_named(problem) for problem in error.errors())) from None

    def urls(self) -> StoreUrls:
        """The stores that were named; empty for those that the embedded stack is to serve."""
        return StoreUrls(
            postgres=self.postgres_url,
            mongo=self.mongo_url,
            redis=self.redis_url,
            graph=self.graph_url,
            vectors=self.vectors_url,
        )

    def clock(self) -> Clock:
        """Wall time where neither origin nor epoch nor rate is set; without an epoch it begins at the origin."""
        if self.clock_origin is None:
            return Clock()
        epoch = self.clock_epoch or datetime.fromtimestamp(self.clock_origin, UTC)
        return Clock(self.clock_origin, epoch, self.clock_rate)

    def call_settings(self) -> CallSettings:
        """What a call that begins now is told and keeps."""
        shared = {name: getattr(self, name) for name in CallSettings.model_fields if hasattr(self, name)}
        shared["callback_number"] = self.callback_number or self.from_number
        shared["phrasing"] = bool(self.phrasing_url)
        return CallSettings(**shared)

    def needed(self) -> dict[str, bool]:
        """The variables without which no call is placed and no webhook believed; whether each is set."""
        values = {
            "telnyx_api_key": self.telnyx_api_key.get_secret_value(),
            "telnyx_public_key": self.telnyx_public_key,
            "telnyx_connection_id": self.telnyx_connection_id,
            "from_number": self.from_number,
            "business": self.business,
            "video_url": self.video_url,
        }
        return {variable(name): bool(value) for name, value in values.items()}

    def missing(self) -> list[str]:
        return [name for name, given in self.needed().items() if not given]


def variable(field: str) -> str:
    """The environment variable of a field."""
    return PREFIX + field.upper()


def _named(problem: object) -> str:
    assert isinstance(problem, dict)
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{variable(str(problem['loc'][0]))}: {message}"
