"""Commands that show ratings, and the one that rates the past."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from urllib.parse import quote

import typer

from canslim_cli import stock_page, tables
from canslim_cli.options import DEFAULT_API, Api, DataDir, Format, Universe, api_client, console
from canslim_cli.progress import follow, summarize
from canslim_core.ratings import RATINGS, SHORT_NAMES

DAY = ["%Y-%m-%d"]
Session = Annotated[
    datetime | None, typer.Option(formats=DAY, help="A past session; by default the newest.", show_default=False)
]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="Rows.")]
Output = Annotated[Format, typer.Option("--format", help="How to print it.")]


class TableOrJson(StrEnum):
    TABLE = "table"
    JSON = "json"


NoCsv = Annotated[TableOrJson, typer.Option("--format", help="How to print it.")]


def screen(
    min_rs: Annotated[int | None, typer.Option(min=1, max=99, help="The lowest RS Rating.")] = None,
    min_score: Annotated[float | None, typer.Option(min=0, max=100, help="The lowest score.")] = None,
    minimums: Annotated[
        list[str] | None, typer.Option("--min", metavar="RATING=VALUE", help="Of any rating; may be repeated.")
    ] = None,
    maximums: Annotated[
        list[str] | None, typer.Option("--max", metavar="RATING=VALUE", help="Of any rating; may be repeated.")
    ] = None,
    sort: Annotated[
        str | None, typer.Option(help="A rating, close, symbol or name; -RATING has the largest first.")
    ] = None,
    limit: Limit = 20,
    universe: Universe = None,
    session: Session = None,
    output: Output = Format.TABLE,
    api: Api = DEFAULT_API,
) -> None:
    """The ranked table. A score with * is not graded: too little of the rubric was available.

    Ratings: those of docs/ratings.md, as composite, eps_rating, smr_grade, acc_dis, group_rs, rs_3m, rs_line_high.
    """
    bounds = {**_bounds("min", minimums), **_bounds("max", maximums)}
    query: dict[str, object] = {"limit": limit, "universe": universe, "session": _day(session), "sort": sort, **bounds}
    query |= {} if min_rs is None else {"min_rs": min_rs}
    query |= {} if min_score is None else {"min_score": min_score}
    named = [name.partition("=")[0] for name in (*(minimums or ()), *(maximums or ()))]
    with api_client(api, None) as client:
        if output is Format.CSV:
            typer.echo(client.text("/screener/stocks", query | {"format": "csv"}), nl=False)
            return
        page = client.get("/screener/stocks", query)
    if output is Format.JSON:
        typer.echo(json.dumps(page, indent=2))
    else:
        tables.print_plain(console, tables.leaders(page, [*named, (sort or "").removeprefix("-")]))


def show(
    symbol: str,
    universe: Universe = None,
    session: Session = None,
    ratings: Annotated[bool, typer.Option("--ratings", help="How each rating of the catalogue follows.")] = False,
    output: NoCsv = TableOrJson.TABLE,
    api: Api = DEFAULT_API,
) -> None:
    """One stock, letter by letter: what was found, what was wanted, points, reasons."""
    with api_client(api, None) as client:
        query = {"universe": universe, "session": _day(session)}
        detail = client.get(f"/screener/stocks/{quote(symbol.upper(), safe='')}", query)
    if output is TableOrJson.JSON:
        typer.echo(json.dumps(detail, indent=2))
    else:
        tables.print_plain(console, (stock_page.ratings if ratings else stock_page.letters)(detail))


def movers(
    rating: Annotated[str, typer.Option(help="In which rating.")] = "rs_rating",
    back: Annotated[int, typer.Option(min=1, max=1000, help="Against so many published sessions before.")] = 5,
    leader: Annotated[
        float | None, typer.Option(help="Who reaches it is a leader.", show_default="80, or the rating's best grade")
    ] = None,
    limit: Limit = 10,
    universe: Universe = None,
    session: Session = None,
    output: NoCsv = TableOrJson.TABLE,
    api: Api = DEFAULT_API,
) -> None:
    """New leaders, largest rises and largest falls since some sessions ago."""
    query = {"rating": rating, "back": back, "leader": leader, "limit": limit, "universe": universe}
    with api_client(api, None) as client:
        found = client.get("/screener/movers", query | {"session": _day(session)})
    if output is TableOrJson.JSON:
        typer.echo(json.dumps(found, indent=2))
    else:
        tables.print_plain(console, tables.movers(found))


def backfill(
    first: Annotated[datetime, typer.Option("--from", formats=DAY, help="The first session.")],
    last: Annotated[
        datetime | None, typer.Option("--to", formats=DAY, help="The last session.", show_default="the newest")
    ] = None,
    universe: Universe = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it; exit 0 only if it completed.")] = True,
    api: Api = DEFAULT_API,
    data_dir: DataDir = None,
) -> None:
    """Rate past sessions from what is stored.

    Each sees the prices and filings that were known then. Which stocks there are, and their industries, are today's:
    those that left the universe are missing, which flatters the past.
    """
    with api_client(api, data_dir) as client:
        body = {"from": _day(first), "to": _day(last), "universe": universe}
        started = client.post("/screener/backfill", body)
        if not wait:
            console.print(started["job_id"])
            return
        job = follow(client, started["job_id"], console)
        console.print(summarize(job), soft_wrap=True)
    if job["state"] != "completed":
        raise typer.Exit(1)


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else date.isoformat(moment.date())


def _bounds(side: str, given: Sequence[str] | None) -> dict[str, str]:
    """`eps_rating=80` as `min_eps_rating`: 80."""
    bounds: dict[str, str] = {}
    for bound in given or ():
        name, _, value = bound.partition("=")
        if name not in RATINGS or not value:
            raise typer.BadParameter(
                f"{bound!r} is no RATING=VALUE; the ratings are {', '.join(RATINGS)}", param_hint=f"--{side}"
            )
        bounds[f"{side}_{SHORT_NAMES.get(name, name)}"] = value
    return bounds
