import asyncio
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from canslim_cli.embedded import EmbeddedPostgres, ServerFailed
from canslim_cli.embedded.account import account_for
from canslim_cli.supervisor.processes import running_in
from canslim_cli.supervisor.tied import Account
from tests.servers import sql, temporary_directory

pytestmark = pytest.mark.servers


@pytest.fixture
def directory() -> Iterator[Path]:
    with temporary_directory() as directory:
        yield directory / "postgres"


@pytest.fixture
def postgres(directory: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(directory, durable=False) as server:
        yield server


async def test_its_url_opens_a_connection(postgres: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(postgres.url)
    assert await connection.fetchval("SELECT 1") == 1
    await connection.close()


async def test_nobody_gets_in_without_the_password(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.url.replace(postgres.access.password, "wrong"))


def test_it_is_durable_unless_told_otherwise(directory: Path) -> None:
    with EmbeddedPostgres(directory) as server:
        assert sql(server.url, "SHOW fsync") == "on"
        assert sql(server.url, "SHOW synchronous_commit") == "on"
        assert sql(server.url, "SHOW full_page_writes") == "on"


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_committed_rows_are_there_after_a_start_on_the_same_port(postgres: EmbeddedPostgres, end: str) -> None:
    url = postgres.url
    sql(url, "CREATE TABLE kept AS SELECT 7 AS n")
    getattr(postgres, end)()
    assert not postgres.running
    postgres.start()
    assert postgres.url == url
    assert sql(url, "SELECT n FROM kept") == "7"


async def test_an_immediate_restart_cuts_sessions_off_and_keeps_what_was_committed(
    postgres: EmbeddedPostgres,
) -> None:
    url = postgres.url
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    postgres.restart_immediate()
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.CrashShutdownError)):
        await connection.fetchval("SELECT 1")
    connection.terminate()
    assert postgres.url == url
    assert sql(url, "SELECT n FROM kept") == "7"


async def test_a_paused_server_answers_nothing_until_resumed(postgres: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(postgres.url)
    postgres.pause()
    answer = asyncio.ensure_future(connection.fetchval("SELECT 1"))
    assert await asyncio.wait([answer], timeout=0.3) == (set(), {answer})
    postgres.resume()
    assert await answer == 1
    await connection.close()


def test_a_paused_server_can_be_stopped(postgres: EmbeddedPostgres) -> None:
    postgres.pause()
    postgres.stop()
    assert not list(running_in(str(postgres.home), "postgres"))


def test_stopping_leaves_no_process(postgres: EmbeddedPostgres) -> None:
    assert list(running_in(str(postgres.home), "postgres"))
    postgres.stop()
    assert not list(running_in(str(postgres.home), "postgres"))


def test_a_server_left_running_is_ended_first(postgres: EmbeddedPostgres, directory: Path) -> None:
    left = postgres.pid
    with EmbeddedPostgres(directory, durable=False) as next_one:
        assert sql(next_one.url, "SELECT 1") == "1"
        assert next_one.pid != left
        assert not postgres.running


def test_a_stale_postmaster_pid_naming_another_living_process_is_survived(postgres: EmbeddedPostgres) -> None:
    pid_file = postgres.home / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    postgres.kill()
    pid_file.write_text("\n".join([str(os.getppid()), *lines[1:]]) + "\n")
    postgres.start()
    assert sql(postgres.url, "SELECT 1") == "1"


def test_a_half_made_cluster_is_made_anew(directory: Path) -> None:
    (directory / "files.new").mkdir(parents=True)
    (directory / "files.new" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(directory, durable=False) as server:
        assert sql(server.url, "SELECT 1") == "1"


def test_a_failed_start_shows_the_end_of_the_log(postgres: EmbeddedPostgres) -> None:
    postgres.stop()
    (postgres.home / "PG_VERSION").write_text("9\n")
    with pytest.raises(ServerFailed, match="incompatible with server"):
        postgres.start()
    assert not postgres.running


def test_a_port_taken_since_the_last_run_is_given_up(directory: Path) -> None:
    before = EmbeddedPostgres(directory, durable=False)
    with before:
        sql(before.url, "CREATE TABLE kept AS SELECT 7 AS n")
    taken = socket.create_server(("127.0.0.1", before.access.port))
    with taken, EmbeddedPostgres(directory, durable=False) as server:
        assert server.access.port != before.access.port
        assert sql(server.url, "SELECT n FROM kept") == "7"


def test_a_port_that_clients_know_is_never_given_up(postgres: EmbeddedPostgres) -> None:
    postgres.stop()
    port = postgres.access.port
    with socket.create_server(("127.0.0.1", port)), pytest.raises(ServerFailed, match=r"(?i)could not bind"):
        postgres.start()
    postgres.start()
    assert postgres.access.port == port


def test_only_the_owner_reads_the_password_the_log_and_the_files(postgres: EmbeddedPostgres, directory: Path) -> None:
    others = stat.S_IRWXG | stat.S_IROTH | stat.S_IWOTH
    for path in (directory, directory / "access.json", postgres.log, postgres.home):
        assert not path.stat().st_mode & others, path
    assert not (directory / "password").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")
def test_under_root_it_runs_as_someone_else(postgres: EmbeddedPostgres) -> None:
    processes = list(running_in(str(postgres.home), "postgres"))
    assert processes
    assert all(process.uids().effective != 0 and 0 not in process.gids() for process in processes)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")
def test_under_root_a_closed_directory_above_is_opened_for_passing_only(postgres: EmbeddedPostgres) -> None:
    assert stat.S_IMODE(postgres.directory.parent.stat().st_mode) == 0o701


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")
def test_under_root_an_existing_cluster_stays_with_its_owner(directory: Path) -> None:
    directory.mkdir()
    os.chown(directory, 12345, 54321)
    assert account_for(directory) == Account(12345, 54321)
