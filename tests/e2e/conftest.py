import asyncio
from collections.abc import AsyncIterator, Generator, Iterator
from datetime import timedelta

import pytest

from canslim_infra.postgres.connection import Database
from tests.e2e import checker
from tests.e2e.cluster import Cluster, running_cluster
from tests.e2e.figures import FIGURES
from tests.e2e.outcome import Outcome
from tests.e2e.run import Run, run_on


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        asyncio.run(install_checker(cluster))
        yield cluster


async def install_checker(cluster: Cluster) -> None:
    database = Database(cluster.postgres.url, size=1, patience=timedelta(seconds=10))
    await database.open()
    await checker.install(database)
    await database.close()


@pytest.fixture(scope="session")
def undisturbed(cluster: Cluster) -> Outcome:
    """What every faulty run must leave behind."""

    async def refresh() -> Outcome:
        async with run_on(cluster, "undisturbed") as run:
            await run.refresh()
            await run.finished()
            return await run.outcome()

    return asyncio.run(refresh())


@pytest.fixture
async def run(cluster: Cluster, request: pytest.FixtureRequest) -> AsyncIterator[Run]:
    async with run_on(cluster, request.node.name.removeprefix("test_").replace("_", " ")) as run:
        yield run


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows what the processes said."""
    report = yield
    cluster = getattr(item, "funcargs", {}).get("cluster")
    if report.failed and isinstance(cluster, Cluster):
        for member in cluster.members.values():
            report.sections.append((f"log of {member.name}", "\n".join(member.lines[-40:])))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if lines := list(FIGURES.lines()):
        terminalreporter.section("faults")
        for line in lines:
            terminalreporter.write_line(line)
