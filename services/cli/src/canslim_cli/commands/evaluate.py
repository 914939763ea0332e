"""`canslim evaluate`: what the published ratings were worth, read from the database itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console

from canslim_cli.embedded import EmbeddedPostgres
from canslim_cli.refusal import UpRefused
from canslim_core.errors import CanslimError, StoreUnavailable
from canslim_infra.postgres.connection import Connection, Database
from canslim_ratings.evaluation import as_csv, as_page, as_text
from canslim_scoring.published_store import PublishedSessions, read_published


@dataclass(frozen=True, slots=True)
class Question:
    """What to evaluate: every `every`-th published session between the dates; of no universe, the only one there is."""

    universe: str | None
    first: date | None
    last: date | None
    every: int


async def evaluate(
    database_url: str | None,
    data_dir: Path,
    question: Question,
    names: Sequence[str],
    *,
    believe_jumps: bool,
    csv: Path | None,
    page: Path | None,
    console: Console,
) -> None:
    """Prints the report, and writes it where it is wanted. Raises UpRefused with one clear line."""
    for path in (csv, page):
        if path is not None and not path.parent.is_dir():
            raise UpRefused(f"{path} can't be written: there is no folder {path.parent}")
    published = await _read(database_url or _embedded(data_dir), question)
    if published.formulas > 1:
        console.print(
            f"Rated by {published.formulas} sets of formulas; `canslim backfill` rates the older sessions by today's.",
            soft_wrap=True,
        )
    try:
        report = published.evaluate(names, believe_jumps=believe_jumps)
    except ValueError as error:
        raise UpRefused(str(error)) from error
    console.print(as_text(report), end="", markup=False, highlight=False, soft_wrap=True)
    for path, text in ((csv, as_csv), (page, as_page)):
        if path is not None:
            path.write_text(text(report), encoding="utf-8")
            console.print(f"wrote {path}", soft_wrap=True)


async def _read(url: str, question: Question) -> PublishedSessions:
    database = Database(url, size=1)
    await database.open()
    try:
        async with database.transaction() as connection:
            universe = question.universe or await _only_universe(connection)
            return await read_published(connection, universe, question.first, question.last, question.every)
    except StoreUnavailable as error:
        raise UpRefused(f"{error}; the database is read while it runs: start it with `canslim up`") from error
    except CanslimError as error:
        raise UpRefused(str(error)) from error
    finally:
        await database.close()


async def _only_universe(connection: Connection) -> str:
    rows = await connection.fetch("SELECT DISTINCT universe FROM rating_set WHERE published_at IS NOT NULL ORDER BY 1")
    names = [row["universe"] for row in rows]
    if len(names) != 1:
        found = f"there is {', '.join(names)}" if names else "nothing is published yet"
        raise UpRefused(f"say which universe with --universe; {found}")
    name: str = names[0]
    return name


def _embedded(data_dir: Path) -> str:
    """The address of the PostgreSQL that `canslim up` runs."""
    directory = data_dir / "postgres"
    if not (directory / "access.json").exists():
        raise UpRefused(
            f"no canslim is in {data_dir}; name its data folder with --data-dir, or a database with --database-url"
        )
    return EmbeddedPostgres(directory).url
