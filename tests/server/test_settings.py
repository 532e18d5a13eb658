"""Settings from the environment: each malformed one is named, and one clock comes out of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from learning.embeddings import DEFAULT_MODEL
from server.settings import Settings, SettingsError
from tests.server.signed import PUBLIC_KEY


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("VOICELEARN_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_nothing_is_needed_to_start() -> None:
    settings = Settings.read()
    assert settings.urls().model_dump() == dict.fromkeys(
        ("postgres", "mongo", "redis", "graph", "vectors"), ""
    )
    assert settings.missing() == [
        "VOICELEARN_TELNYX_API_KEY",
        "VOICELEARN_TELNYX_PUBLIC_KEY",
        "VOICELEARN_TELNYX_CONNECTION_ID",
        "VOICELEARN_FROM_NUMBER",
        "VOICELEARN_BUSINESS",
        "VOICELEARN_VIDEO_URL",
    ]


BAD = [
    ("TELNYX_PUBLIC_KEY", "-----BEGIN PUBLIC KEY-----", "base64"),
    ("TELNYX_PUBLIC_KEY", "AAAA", "32 bytes"),
    ("FROM_NUMBER", "0555 123", "E.164"),
    ("CLOCK_RATE", "0", "greater than 0"),
    ("CLOCK_EPOCH", "tomorrow", "datetime"),
    ("AMD", "magic", "pattern"),
    ("POSTGRES_URL", "mysql://host/database", "postgresql://"),
    ("MONGO_URL", "localhost:27017", "mongodb://"),
    ("REDIS_URL", "cache", "redis://"),
    ("GRAPH_URL", "http://host:7474", "bolt://"),
    ("VECTORS_URL", "host:8000", "http://"),
    ("TELNYX_BASE_URL", "api.telnyx.com", "https://"),
    ("MAX_DURATION", "10", "60"),
    ("CONTROL_SHARE", "2", "1"),
]


@pytest.mark.parametrize(("name", "value", "says"), BAD)
def test_malformed_values_are_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(f"VOICELEARN_{name}", value)
    with pytest.raises(SettingsError, match=f"VOICELEARN_{name}: .*{says}"):
        Settings.read()


def test_all_malformed_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICELEARN_FROM_NUMBER", "x")
    monkeypatch.setenv("VOICELEARN_CLOCK_RATE", "x")
    with pytest.raises(SettingsError) as error:
        Settings.read()
    assert len(str(error.value).splitlines()) == 2


def test_values_from_a_dotenv_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f'VOICELEARN_TELNYX_PUBLIC_KEY="{PUBLIC_KEY}"\nVOICELEARN_API_TOKEN=t\n')
    settings = Settings.read()
    assert settings.telnyx_public_key == PUBLIC_KEY
    assert settings.api_token.get_secret_value() == "t"


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICELEARN_TELNYX_API_KEY", "KEY0123")
    assert "KEY0123" not in repr(Settings.read())


def test_one_clock_however_often_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICELEARN_CLOCK_EPOCH", "2026-03-03T15:00:00Z")
    monkeypatch.setenv("VOICELEARN_CLOCK_RATE", "20")
    settings = Settings.read()
    assert settings.clock() == settings.clock()
    assert (
        timedelta(0) <= settings.clock().now() - datetime(2026, 3, 3, 15, tzinfo=UTC) < timedelta(minutes=5)
    )


def test_wall_time_where_no_clock_is_set() -> None:
    assert abs(Settings.read().clock().now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_call_is_told_its_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICELEARN_FROM_NUMBER", "+12125550100")
    monkeypatch.setenv("VOICELEARN_BUSINESS", "Somebody Else")
    told = Settings.read().call_settings()
    assert (told.business, told.from_number, told.callback_number) == (
        "Somebody Else",
        "+12125550100",
        "+12125550100",
    )


def test_the_built_in_model_and_playbook_are_the_defaults(tmp_path: Path) -> None:
    settings = Settings.read(_env_file=None)
    assert (settings.embedding_model, settings.playbook) == (DEFAULT_MODEL, None)
    with pytest.raises(SettingsError, match=r"VOICELEARN_PLAYBOOK: .*missing is no folder"):
        Settings.read(_env_file=None, playbook=tmp_path / "missing")


def test_rewards_are_checked_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICELEARN_REWARDS", '{"video_sent": 0.6, "closed": 0.9}')
    assert Settings.read().rewards == {"video_sent": 0.6, "closed": 0.9}
    monkeypatch.setenv("VOICELEARN_REWARDS", '{"no_answer": 0.6}')
    with pytest.raises(SettingsError, match="VOICELEARN_REWARDS: 'no_answer' has no reward"):
        Settings.read()
