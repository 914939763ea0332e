"""The commands against a live API: real servers, a real port, and workers that the test can hold back."""

import asyncio
import csv
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from click.testing import Result
from typer.testing import CliRunner

from canslim_api.app import create_app
from canslim_cli.embedded import EmbeddedPostgres, EmbeddedValkey
from canslim_cli.embedded.server import wait_until
from canslim_cli.main import app
from canslim_cli.places import make_token
from canslim_collector.providers.synthetic import Synthetic
from canslim_core.ratings import CRITERIA, LETTERS, RATINGS
from canslim_infra import migrations
from canslim_infra.postgres.connection import Database
from canslim_infra.settings import Settings
from tests.collector.databases import shared_database
from tests.scoring.pipeline import run_due, works
from tests.servers import sql, temporary_directory

STOCKS = 30
UNKNOWN = "00000000-0000-0000-0000-000000000000"


class Live:
    """An API on a port of its own, and workers beside it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.url = f"http://127.0.0.1:{settings.api_port}"
        #: Cleared: tasks stay where they are.
        self.working = threading.Event()
        self._stop = threading.Event()
        config = uvicorn.Config(
            create_app(settings), host="127.0.0.1", port=settings.api_port, log_config=None, lifespan="on"
        )
        self._server = uvicorn.Server(config)
        self._threads = [
            threading.Thread(target=lambda: asyncio.run(self._server.serve())),
            threading.Thread(target=lambda: asyncio.run(self._work())),
        ]

    def __enter__(self) -> "Live":
        for thread in self._threads:
            thread.start()
        assert wait_until(lambda: self._server.started, 20)
        self.working.set()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._stop.set()
        for thread in self._threads:
            thread.join(20)

    async def _work(self) -> None:
        database = Database(self.settings.database_url, size=4)
        await database.open()
        stages = works(database, Synthetic(symbols=STOCKS))
        while not self._stop.is_set():
            if self.working.is_set():
                await run_due(database, stages)
            await asyncio.sleep(0.05)
        await database.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def commands_url(postgres_server: EmbeddedPostgres, postgres_template: str) -> Iterator[str]:
    with shared_database(postgres_server, postgres_template, "command_tests") as url:
        yield url


@pytest.fixture(scope="session")
def live_api(commands_url: str, redis_server: EmbeddedValkey) -> Iterator[Live]:
    token = "the-administrators-token"
    settings = Settings(
        database_url=commands_url,
        redis_url=redis_server.url_of(15),
        provider="synthetic",
        synthetic_symbols=STOCKS,
        admin_token=token,
        api_port=free_port(),
    )
    with Live(settings) as live:
        done = invoke(live.url, "refresh", "--wait", env={"CANSLIM_ADMIN_TOKEN": token})
        assert done.exit_code == 0, done.output
        yield live


@pytest.fixture
def live(live_api: Live) -> Iterator[Live]:
    """One refresh of the universe is done, no job is unfinished, the workers work."""
    live_api.working.set()
    while sql(live_api.settings.database_url, "SELECT count(*) FROM job WHERE finished_at IS NULL") != "0":
        time.sleep(0.05)
    yield live_api
    live_api.working.set()


Run = Callable[..., Result]


def invoke(url: str, *arguments: str, env: dict[str, str] | None = None) -> Result:
    environment: dict[str, Any] = {"CANSLIM_API_URL": url, "CANSLIM_ADMIN_TOKEN": None, "COLUMNS": "200"}
    return CliRunner().invoke(app, [*arguments], env=environment | (env or {}))


@pytest.fixture
def anybody(live: Live, tmp_path: Path) -> Run:
    """Runs a command without a token."""
    return lambda *arguments: invoke(live.url, *arguments, env={"CANSLIM_DATA_DIR": str(tmp_path)})


@pytest.fixture
def run(live: Live) -> Run:
    """Runs a command as the administrator."""
    return lambda *arguments: invoke(live.url, *arguments, env={"CANSLIM_ADMIN_TOKEN": live.settings.admin_token or ""})


def one_line(result: Result, exit_code: int) -> str:
    """What is said to the person at the terminal: one line, no traceback."""
    assert result.exit_code == exit_code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


# refresh


def test_refresh_prints_the_id_and_does_not_wait(run: Run, live: Live) -> None:
    live.working.clear()
    started = run("refresh", "--symbols", "syn00001, syn00002,")
    job_id = started.stdout.strip()
    assert started.exit_code == 0
    shown = json.loads(run("jobs", "show", job_id).stdout)
    assert (shown["state"], shown["symbols"]) == ("queued", 2)


def test_refresh_that_waits_shows_every_stage_and_sums_up(run: Run) -> None:
    done = run("refresh", "--wait")
    assert done.exit_code == 0
    assert all(stage in done.stdout for stage in ("collect", "rs", "score"))
    assert done.stdout.splitlines()[-1] == (
        "refresh completed: 32 of 32 symbols, 32 of them unchanged, 0 failed, 0 bars stored"
    )


def test_a_second_refresh_says_that_one_is_under_way(run: Run, live: Live) -> None:
    live.working.clear()
    first = run("refresh").stdout.strip()
    second = run("refresh").stdout.splitlines()
    assert second == [f"job {first} is queued already", first]
    run("jobs", "cancel", first)


def test_waiting_for_a_job_that_does_not_complete_fails(run: Run, live: Live) -> None:
    live.working.clear()
    job_id = run("refresh", "--symbols", "SYN00003").stdout.strip()
    canceller = threading.Timer(0.5, lambda: run("jobs", "cancel", job_id))
    canceller.start()
    waited = run("refresh", "--symbols", "SYN00003", "--wait")
    canceller.join()
    assert waited.exit_code == 1
    assert "refresh cancelled: 0 of 1 symbols" in waited.stdout


def test_unknown_symbols_and_universes_are_named(run: Run) -> None:
    assert one_line(run("refresh", "--symbols", "SYN00001,MSFT"), 1) == "not in universe 'synthetic': MSFT"
    line = one_line(run("refresh", "--universe", "mars"), 1)
    assert line == "unknown universe 'mars'; this installation has: synthetic"


ADMINISTRATORS = [
    ("refresh",),
    ("jobs", "cancel", UNKNOWN),
    ("jobs", "retry", UNKNOWN),
    ("universe", "set", "mine", __file__),
    ("universe", "delete", "mine"),
]


@pytest.mark.parametrize("command", ADMINISTRATORS, ids=" ".join)
def test_without_a_token_an_administrators_command_says_which_one_it_needs(
    anybody: Run, command: tuple[str, ...]
) -> None:
    assert "CANSLIM_ADMIN_TOKEN" in one_line(anybody(*command), 1)


def test_the_token_that_up_left_in_the_data_directory_is_found(live: Live, tmp_path: Path) -> None:
    (tmp_path / "admin-token").write_text(f"{live.settings.admin_token}\n")
    live.working.clear()
    environment = {"CANSLIM_DATA_DIR": str(tmp_path)}
    assert invoke(live.url, "refresh", "--symbols", "SYN00004", env=environment).exit_code == 0
    assert make_token(tmp_path) == live.settings.admin_token


# screen


def screened(run: Run, *options: str) -> list[dict[str, Any]]:
    result = run("screen", "--format", "json", *options)
    assert result.exit_code == 0, result.output
    items: list[dict[str, Any]] = json.loads(result.stdout)["items"]
    return items


def test_screen_prints_the_leaders_with_session_and_market(anybody: Run) -> None:
    result = anybody("screen", "--limit", "5")
    assert result.exit_code == 0
    title = result.stdout.splitlines()[0]
    assert title.startswith("synthetic: session 2025-06-30, market: ")
    assert title.rstrip().endswith("5 of 30 stocks")
    first = screened(anybody)[0]["symbol"]
    assert next(line for line in result.stdout.splitlines() if "SYN" in line).split()[:2] == ["1", first]


def test_screen_in_csv_and_json_hold_the_same_stocks_in_order(anybody: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(anybody("screen", "--format", "csv", "--limit", "10").stdout)))
    items = screened(anybody, "--limit", "10")
    assert [row["symbol"] for row in rows] == [item["symbol"] for item in items]
    assert [row["rs_rating"] for row in rows] == [str(item["rs_rating"] or "") for item in items]


def test_screen_filters(anybody: Run) -> None:
    strong = screened(anybody, "--min-rs", "80")
    assert 0 < len(strong) < STOCKS
    assert all(item["rs_rating"] >= 80 for item in strong)
    assert all(item["score"] >= 60 for item in screened(anybody, "--min-score", "60"))


def test_screen_filters_and_sorts_by_any_rating_and_shows_it(anybody: Run) -> None:
    options = ("--min", "rs_3m=50", "--max", "rs_rating=90", "--sort", "-rs_3m")
    items = screened(anybody, *options)
    assert 0 < len(items) < STOCKS
    assert all(item["rs_3m"] >= 50 and item["rs_rating"] <= 90 for item in items)
    assert items == sorted(items, key=lambda item: -item["rs_3m"])
    assert "rs_3m" in anybody("screen", *options).stdout.splitlines()[1]


@pytest.mark.parametrize("bound", ["color=5", "rs_3m", "rs_3m="])
def test_a_bound_of_no_rating_is_answered_with_the_ratings(anybody: Run, bound: str) -> None:
    result = anybody("screen", "--min", bound)
    assert result.exit_code == 2
    assert "composite" in result.output


def test_a_bound_that_is_no_number_is_refused_by_the_api(anybody: Run) -> None:
    assert "min_rs_3m" in one_line(anybody("screen", "--min", "rs_3m=x"), 1)


# The past.


@pytest.fixture
def rated_before(run: Run) -> None:
    """The last week, rated afterwards."""
    result = run("backfill", "--from", "2025-06-23")
    assert result.exit_code == 0, result.output
    assert "backfill completed: 6 of 6 sessions" in result.stdout


@pytest.mark.usefixtures("rated_before")
def test_movers_compare_two_sessions(anybody: Run) -> None:
    found = json.loads(anybody("movers", "--format", "json").stdout)
    assert (found["earlier_session"], found["session"]) == ("2025-06-23", "2025-06-30")
    printed = anybody("movers").stdout
    assert printed.startswith("synthetic: RS Rating, 2025-06-23 to 2025-06-30")
    assert found["rises"][0]["symbol"] in printed


@pytest.mark.usefixtures("rated_before")
def test_a_session_of_a_backfill_shows_its_figures_and_says_why_not_more(anybody: Run) -> None:
    result = anybody("show", "SYN00001", "--session", "2025-06-24")
    assert result.exit_code == 0
    assert "Only the figures of session 2025-06-24 are kept: a backfill rated it, no refresh." in result.stdout
    assert "2025-06-24" in anybody("screen", "--session", "2025-06-24").stdout.splitlines()[0]


@pytest.mark.usefixtures("rated_before")
def test_a_backfill_again_finds_nothing_to_do(run: Run) -> None:
    assert "6 of 6 sessions, 6 of them rated before" in run("backfill", "--from", "2025-06-23").stdout


def test_a_backfill_of_days_without_prices_fails_and_says_so(run: Run) -> None:
    result = run("backfill", "--from", "1999-01-04", "--to", "1999-01-08")
    assert result.exit_code == 1
    assert "no session of 'synthetic' from 1999-01-04 to 1999-01-08 can be rated" in result.output


@pytest.mark.parametrize("option", ["--from", "--to"])
def test_a_day_that_is_none_is_refused(run: Run, option: str) -> None:
    result = run("backfill", "--from", "2025-06-23", option, "yesterday")
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("option", "value"), [("--min-rs", "0"), ("--min-rs", "x"), ("--limit", "1001"), ("--format", "xml")]
)
def test_wrong_options_are_refused_before_anybody_is_asked(anybody: Run, option: str, value: str) -> None:
    result = anybody("screen", option, value)
    assert result.exit_code == 2
    assert option in result.stderr


# show


def test_show_explains_a_stock_letter_by_letter(anybody: Run) -> None:
    symbol = screened(anybody)[0]["symbol"]
    result = anybody("show", symbol.lower())
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{symbol}  Synthetic")
    for letter, title in LETTERS.items():
        assert f"\n{letter}  {title}" in result.stdout
    assert all(f" {criterion.title} " in result.stdout for criterion in CRITERIA.values())
    assert "a share in the quarter to" in result.stdout
    assert "Not available: " in result.stdout
    assert "Composite Rating" in result.stdout


def test_show_works_every_rating_out(anybody: Run) -> None:
    result = anybody("show", screened(anybody)[0]["symbol"], "--ratings")
    assert all(rating.title in result.stdout for rating in RATINGS.values())
    assert "1 + floor(98 x (" in result.stdout


def test_show_in_json_is_the_apis_own_answer(anybody: Run) -> None:
    shown = json.loads(anybody("show", "SYN00001", "--format", "json").stdout)
    assert (shown["symbol"], shown["session"]) == ("SYN00001", "2025-06-30")
    assert shown["details"].keys() == {*LETTERS, "ratings"}


def test_show_of_an_unknown_stock_says_so(anybody: Run) -> None:
    assert one_line(anybody("show", "msft"), 1) == "universe 'synthetic' has no rated stock 'MSFT'"


# jobs


def test_jobs_list_shows_the_newest_first(run: Run, live: Live) -> None:
    live.working.clear()
    job_id = run("refresh", "--symbols", "SYN00005").stdout.strip()
    lines = run("jobs", "list", "--limit", "2").stdout.splitlines()
    assert job_id in next(line for line in lines if "refresh" in line)


def test_jobs_show_lists_failures_with_reasons(run: Run, commands_url: str) -> None:
    job_id = run("refresh", "--symbols", "SYN00006", "--wait") and newest(run)
    sql(commands_url, f"INSERT INTO job_failure VALUES ('{job_id}', 'SYN00006', 'malformed', 'row 7', now())")
    assert run("jobs", "show", job_id).stdout.splitlines()[-1] == "SYN00006: malformed: row 7"


def newest(run: Run) -> str:
    listed = run("jobs", "list", "--limit", "1").stdout.splitlines()
    return next(line.split()[0] for line in listed if "synthetic" in line)


def test_cancel_says_how_the_job_is_and_refuses_a_second_time(run: Run, live: Live) -> None:
    live.working.clear()
    job_id = run("refresh", "--symbols", "SYN00007").stdout.strip()
    assert run("jobs", "cancel", job_id).stdout.strip() == f"job {job_id} is cancelled"
    assert one_line(run("jobs", "cancel", job_id), 1) == f"job {job_id} is cancelled already"


def test_retry_prints_the_new_job(run: Run, live: Live) -> None:
    live.working.clear()
    job_id = run("refresh", "--symbols", "SYN00008").stdout.strip()
    run("jobs", "cancel", job_id)
    retried = run("jobs", "retry", job_id)
    again = retried.stdout.strip()
    assert again, retried.output
    assert json.loads(run("jobs", "show", again).stdout)["retry_of"] == job_id
    run("jobs", "cancel", again)


def test_unknown_jobs_are_not_found_and_malformed_ids_refused(run: Run) -> None:
    assert one_line(run("jobs", "show", UNKNOWN), 1) == f"there is no job {UNKNOWN}"
    assert run("jobs", "show", "7").exit_code == 2


# universe


def set_mine(run: Run, folder: Path, content: str, name: str = "mine") -> Result:
    file = folder / "mine.txt"
    file.write_text(content)
    return run("universe", "set", name, str(file))


def listed(run: Run) -> list[list[str]]:
    """Name, symbols and whose it is."""
    rows = [line.split() for line in run("universe", "list").stdout.splitlines()[1:]]
    return [[*row[:2], row[-1]] for row in rows]


@pytest.fixture
def no_list(run: Run) -> Iterator[None]:
    """What the test makes is gone after it."""
    yield
    run("universe", "delete", "mine")


@pytest.mark.usefixtures("no_list")
def test_a_list_from_a_file_is_refreshed_and_shown_as_any_universe(run: Run, anybody: Run, tmp_path: Path) -> None:
    content = "\ufeff# My stocks\nsyn00001, SYN00002\tSYN00003 # the third\n\nSYN00004,SYN00001\n"
    assert set_mine(run, tmp_path, content).stdout == "universe mine has 4 symbols\n"
    assert listed(anybody) == [["synthetic*", "30", "provider's"], ["mine", "4", "own"]]
    assert run("refresh", "--universe", "mine", "--wait").exit_code == 0
    assert len(screened(anybody, "--universe", "mine")) == 4
    assert anybody("show", "SYN00004", "--universe", "mine").exit_code == 0
    assert run("universe", "delete", "mine").stdout == "universe mine is deleted\n"
    assert listed(anybody) == [["synthetic*", "30", "provider's"]]


@pytest.mark.usefixtures("no_list")
def test_a_list_may_come_by_standard_input(live: Live) -> None:
    environment = {"CANSLIM_API_URL": live.url, "CANSLIM_ADMIN_TOKEN": live.settings.admin_token}
    done = CliRunner().invoke(app, ["universe", "set", "mine", "-"], input="SYN00001 SYN00002", env=environment)
    assert done.stdout == "universe mine has 2 symbols\n"


@pytest.mark.parametrize("content", ["", " ,\n", "# nothing yet\n"])
def test_a_file_without_symbols_is_refused(run: Run, tmp_path: Path, content: str) -> None:
    line = one_line(set_mine(run, tmp_path, content), 2)
    assert line == f"{tmp_path}/mine.txt: expected symbols, separated by spaces, commas or lines; it has none"


def test_a_file_that_is_no_text_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.xlsx"
    file.write_bytes(b"PK\xff\xfe")
    assert one_line(run("universe", "set", "mine", str(file)), 2) == f"{file}: expected text in UTF-8, not b'\\xff'"


def test_a_file_that_is_not_there_is_refused(run: Run, tmp_path: Path) -> None:
    missing = run("universe", "set", "mine", str(tmp_path / "none.txt"))
    assert missing.exit_code == 2
    assert "none.txt" in missing.stderr


def test_names_that_the_api_refuses_are_one_line(run: Run, tmp_path: Path) -> None:
    assert "'My list'" in one_line(set_mine(run, tmp_path, "A", name="My list"), 1)
    assert "'synthetic' is a list of 'synthetic'" in one_line(set_mine(run, tmp_path, "A", name="synthetic"), 1)
    assert one_line(run("universe", "delete", "mars"), 1) == "there is no universe 'mars'"


@pytest.mark.parametrize("name", ["", "a/b", "a?b"])
def test_a_name_that_is_no_part_of_an_address_deletes_nothing(run: Run, name: str) -> None:
    one_line(run("universe", "delete", name), 1)


@pytest.mark.usefixtures("no_list")
def test_a_list_that_a_job_works_on_is_not_deleted(run: Run, live: Live, tmp_path: Path) -> None:
    set_mine(run, tmp_path, "SYN00001")
    live.working.clear()
    job_id = run("refresh", "--universe", "mine").stdout.strip()
    assert one_line(run("universe", "delete", "mine"), 1).startswith(f"job {job_id} of universe 'mine' is queued")
    run("jobs", "cancel", job_id)


# The API is away, or is none.

READING = [
    ("screen",),
    ("show", "A"),
    ("jobs", "list"),
    ("jobs", "show", UNKNOWN),
    ("refresh", "--wait"),
    ("universe", "list"),
]


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_without_an_api_one_line_says_what_to_do(command: tuple[str, ...]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    line = one_line(invoke(url, *command), 1)
    assert line.startswith(f"no canslim API answers at {url} (")
    assert line.endswith("start one with `canslim up`, or name it with --api or CANSLIM_API_URL")


@pytest.mark.parametrize("url", ["nonsense", "http://", "ftp://localhost"])
def test_an_address_that_is_none_is_one_line(url: str) -> None:
    assert f"no canslim API answers at {url}" in one_line(invoke(url, "screen"), 1)


# db


def test_db_upgrade_brings_an_empty_database_to_the_schema(postgres_server: EmbeddedPostgres) -> None:
    sql(postgres_server.url, "CREATE DATABASE command_upgrade")
    url = postgres_server.url_of("command_upgrade")
    for _ in range(2):
        assert invoke("", "db", "upgrade", env={"CANSLIM_DATABASE_URL": url}).exit_code == 0
    assert sql(url, "SELECT count(*) FROM job") == "0"
    sql(postgres_server.url, "DROP DATABASE command_upgrade WITH (FORCE)")


def test_db_upgrade_without_a_server_is_one_line() -> None:
    url = f"postgresql://127.0.0.1:{free_port()}/x"
    assert one_line(invoke("", "db", "upgrade", "--database-url", url), 2).startswith(
        "the database can't be upgraded: "
    )


def test_db_upgrade_without_an_address_is_refused() -> None:
    result = CliRunner().invoke(app, ["db", "upgrade"], env={"CANSLIM_DATABASE_URL": None})
    assert result.exit_code == 2
    assert "--database-url" in result.stderr


def test_db_wait_waits_for_the_schema(postgres_server: EmbeddedPostgres) -> None:
    sql(postgres_server.url, "CREATE DATABASE command_wait")
    url = postgres_server.url_of("command_wait")
    assert "the schema is at nothing" in one_line(invoke("", "db", "wait", "--database-url", url, "--timeout", "0"), 1)
    migrations.upgrade(url, "0001")
    assert "the schema is at 0001" in one_line(invoke("", "db", "wait", "--database-url", url, "--timeout", "0"), 1)
    migrations.upgrade(url)
    assert invoke("", "db", "wait", "--database-url", url).exit_code == 0
    sql(postgres_server.url, "DROP DATABASE command_wait WITH (FORCE)")


def test_db_wait_and_upgrade_take_a_newer_schema(postgres_server: EmbeddedPostgres) -> None:
    sql(postgres_server.url, "CREATE DATABASE command_newer")
    url = postgres_server.url_of("command_newer")
    migrations.upgrade(url)
    sql(url, "UPDATE alembic_version SET version_num = '9999'")
    assert invoke("", "db", "wait", "--database-url", url, "--timeout", "0").exit_code == 0
    # After a rollback the older version's migration runs.
    assert invoke("", "db", "upgrade", "--database-url", url).exit_code == 0
    sql(postgres_server.url, "DROP DATABASE command_newer WITH (FORCE)")


def test_db_wait_without_a_server_says_so() -> None:
    url = f"postgresql://127.0.0.1:{free_port()}/x"
    line = one_line(invoke("", "db", "wait", "--database-url", url, "--timeout", "0"), 1)
    assert line.startswith("PostgreSQL can't be reached: ")


# doctor


def test_doctor_finds_a_healthy_machine_well(live: Live) -> None:
    with temporary_directory() as folder:
        result = invoke(live.url, "doctor", "--data-dir", str(folder / "new"))
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line[:5] for line in lines] == ["ok   "] * 5
    assert lines[-1] == f"ok    API: answers at {live.url}"


def test_doctor_says_what_is_wrong_and_what_to_do(live: Live) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    options = ("--data-dir", "/proc/canslim", "--port", str(live.settings.api_port))
    result = invoke(away, "doctor", *options)
    wrong = [line for line in result.stdout.splitlines() if line.startswith("wrong")]
    assert result.exit_code == 1
    assert wrong[0].startswith("wrong data directory: /proc is not writable")
    assert wrong[1] == (
        f"wrong API: something else listens on port {live.settings.api_port}; use `canslim up --port N`"
    )


# What ratings were worth.


@pytest.fixture
def database(live: Live) -> str:
    return live.settings.database_url


@pytest.mark.usefixtures("rated_before")
def test_evaluate_reads_published_sessions_and_writes_what_is_wanted(
    anybody: Run, database: str, tmp_path: Path
) -> None:
    figures, page = tmp_path / "figures.csv", tmp_path / "page.html"
    result = anybody(
        *("evaluate", "--database-url", database, "--every", "2", "--rating", "rs_rating", "--universe", "synthetic"),
        *("--csv", str(figures), "--page", str(page)),
    )
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("3 rated sessions from 2025-06-23 to 2025-06-27, 30 stocks,")
    assert {row["rating"] for row in csv.DictReader(figures.read_text().splitlines())} == {"rs_rating"}
    assert "What the ratings were worth" in page.read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--universe", "nowhere"), "no session of 'nowhere' is published in these dates"),
        (("--universe", "synthetic", "--from", "2001-01-02", "--to", "2001-02-02"), "is published in these dates"),
    ],
)
def test_evaluate_without_published_sessions_says_what_to_do(
    anybody: Run, database: str, options: tuple[str, ...], said: str
) -> None:
    line = one_line(anybody("evaluate", "--database-url", database, *options), 2)
    assert said in line
    assert "canslim backfill" in line


def test_evaluate_looks_for_the_folder_before_it_works(anybody: Run, database: str, tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "a.csv"
    line = one_line(anybody("evaluate", "--database-url", database, "--csv", str(path)), 2)
    assert f"there is no folder {path.parent}" in line


@pytest.mark.parametrize("command", [("show", "SYN00001"), ("movers",)])
def test_what_has_no_csv_refuses_it(anybody: Run, command: tuple[str, ...]) -> None:
    assert anybody(*command, "--format", "csv").exit_code == 2


def test_a_session_that_is_not_published_is_said_so(anybody: Run) -> None:
    assert "nothing is published of universe 'synthetic' at 2001-01-02" in one_line(
        anybody("screen", "--session", "2001-01-02"), 1
    )


def test_evaluate_names_the_ratings_there_are(anybody: Run) -> None:
    result = anybody("evaluate", "--rating", "color")
    assert result.exit_code == 2
    assert "eps_rating" in result.output


def test_evaluate_without_an_installation_says_where_it_looked(anybody: Run, tmp_path: Path) -> None:
    assert f"no canslim is in {tmp_path}" in one_line(anybody("evaluate"), 2)


def test_evaluate_without_a_running_database_says_so(anybody: Run) -> None:
    line = one_line(anybody("evaluate", "--database-url", f"postgresql://127.0.0.1:{free_port()}/x"), 2)
    assert "PostgreSQL can't be reached" in line
    assert "canslim up" in line
