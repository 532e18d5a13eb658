"""Real stores for every test that asks: one embedded stack a session, started for the first one that needs a
server of it.
"""

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from learning.embeddings import DEFAULT_MODEL, AsyncEmbedder, models_folder
from learning.kept_vectors import KeptVectors
from server.understanding import fitted
from storage.embedded.stack import Stack
from storage.facts import Facts
from storage.migrations import upgrade
from storage.playbook import read_packaged
from storage.postgres import Pool, connect
from storage.urls import StoreUrls

TEMPLATE = "voicelearn_template"
WARM_TEMPLATE = "voicelearn_warm_template"


ROOT = os.geteuid() == 0


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("as_root") and not ROOT:
        pytest.skip("only root can be somebody else")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where CI=true, a test that was skipped or that passed against what is said of it has failed; what only root can
    try is left to root.
    """
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or os.environ.get("CI") != "true" or exitstatus != pytest.ExitCode.OK:
        return
    unmet = [report for kind in ("skipped", "xpassed") for report in reporter.stats.get(kind, [])]
    unmet = [report for report in unmet if ROOT or "as_root" not in report.keywords]
    if unmet:
        names = ", ".join(report.nodeid for report in unmet)
        reporter.write_line(
            f"CI: {len(unmet)} skipped, or passed where a failure is expected: {names}", red=True
        )
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def stack_folder() -> Iterator[Path]:
    """A folder that the servers' own user can reach, also where pytest's are closed to it."""
    above = Path(tempfile.mkdtemp(prefix="voicelearn-tests-"))
    above.chmod(0o711)
    yield above / "stack"
    shutil.rmtree(above, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server(stack_folder: Path) -> Iterator[Stack]:
    """The stack with Postgres alone."""
    with Stack.join(stack_folder, ("postgres",)) as stack:
        yield stack
        stack.leave(wait=True)


@pytest.fixture(scope="session")
def stack(stack_folder: Path) -> Iterator[Stack]:
    """The stack with all five servers."""
    with Stack.join(stack_folder) as stack:
        yield stack
        stack.leave(wait=True)


def database_url(server: str, name: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def database_name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


async def administer(server: str, *statements: str) -> None:
    """Statements that no transaction may hold, on the server's own database."""
    connection = await asyncpg.connect(server)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def template(postgres_server: Stack) -> str:
    """The server's URL, once it has a migrated database to copy."""
    server = postgres_server.urls.postgres
    await administer(server, f"CREATE DATABASE {TEMPLATE}")
    await upgrade(database_url(server, TEMPLATE))
    return server


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where whoever needs it finds the embedding model, once it was built."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def model_folder(data_folder: Path) -> Path:
    return models_folder(data_folder)


@pytest.fixture(scope="session")
async def warm_template(template: str, data_folder: Path) -> str:
    """The name of a database as a server's first start leaves it: migrated, with the vectors of the playbook's
    utterances, so that the servers of a session embed them once.
    """
    await administer(template, f"CREATE DATABASE {WARM_TEMPLATE} TEMPLATE {TEMPLATE}")
    pool = await connect(database_url(template, WARM_TEMPLATE))
    embedder = await AsyncEmbedder.open(DEFAULT_MODEL, models_folder(data_folder))
    await fitted(KeptVectors(embedder, Facts(pool)), read_packaged())
    await embedder.close()
    await pool.close()
    return WARM_TEMPLATE


@asynccontextmanager
async def copy_of(server: str, template: str) -> AsyncIterator[str]:
    """The URL of a database like that template, while the block lasts."""
    name = f"test_{secrets.token_hex(6)}"
    await administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield database_url(server, name)
    await asyncio.shield(administer(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="module")
async def postgres_url(template: str) -> AsyncIterator[str]:
    """A migrated, empty database for the tests of one module."""
    async with copy_of(template, TEMPLATE) as url:
        yield url


@pytest.fixture
async def empty(template: str) -> AsyncIterator[str]:
    """A database without any table."""
    name = f"empty_{secrets.token_hex(6)}"
    await administer(template, f"CREATE DATABASE {name}")
    yield database_url(template, name)
    await administer(template, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
async def pool(postgres_url: str) -> AsyncIterator[Pool]:
    """Connections to the module's database."""
    pool = await connect(postgres_url, max_size=12)
    yield pool
    await pool.close()


@pytest.fixture(scope="module")
def urls(stack: Stack, postgres_url: str) -> StoreUrls:
    """All five stores; Postgres' is the module's own database, the others are the session's."""
    return stack.urls.model_copy(update={"postgres": postgres_url})
