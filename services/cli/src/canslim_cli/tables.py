"""Lists as tables for a terminal."""

from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from canslim_cli.api_client import Json
from canslim_core.ratings import LETTERS, RATINGS

MISSING = "–"


#: Ratings that every ranked table has.
SHOWN = ("rs_rating", "score", "coverage")


def leaders(page: Json, more: Iterable[str] = ()) -> RenderableType:
    """The ranked table: session and market in the title, points a letter, `of` the share of the rubric judged.

    more: names of further ratings to show; what is no rating is passed over.
    """
    further = [name for name in dict.fromkeys(more) if name in RATINGS and name not in SHOWN]
    if page["session"] is None:
        return f"Nothing is published of universe {page['universe']!r} yet: run `canslim refresh`."
    market = (page["market"] or "unknown").replace("_", " ")
    title = (
        f"{page['universe']}: session {page['session']}, market: {market}, "
        f"{len(page['items'])} of {page['total']} stocks"
    )
    # Narrow enough for 80 columns.
    table = Table(header_style="bold", box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("symbol", no_wrap=True, style="bold")
    table.add_column("name", no_wrap=True)
    for name in ("close", "RS", "score", "of"):
        table.add_column(name, justify="right", no_wrap=True)
    for letter in LETTERS:
        table.add_column(letter, justify="right", no_wrap=True, min_width=2)
    for name in further:
        table.add_column(name, justify="right", no_wrap=True)
    for rank, item in enumerate(page["items"], 1):
        table.add_row(str(rank), *_cells(item), *(with_grade(name, item) for name in further))
    return Group(Text(title, style="italic"), table)


def movers(found: Json) -> RenderableType:
    """New leaders, rises and falls, one below the other."""
    title = f"{found['universe']}: {RATINGS[found['rating']].title}, {found['earlier_session']} to {found['session']}"
    table = Table(header_style="bold", box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for name in ("", "symbol", "name"):
        table.add_column(name, no_wrap=True)
    for name in ("before", "now", "change"):
        table.add_column(name, justify="right", no_wrap=True)
    decimals = RATINGS[found["rating"]].decimals
    for kind, heading in (("leaders", f"new at {found['leader']:g} or above"), ("rises", "rises"), ("falls", "falls")):
        for place, row in enumerate(found[kind]):
            figures = (number(row[name], decimals) for name in ("earlier", "now", "change"))
            table.add_row("" if place else heading, row["symbol"], _short(row["name"] or "", 24), *figures)
    parts: list[RenderableType] = [Text(title, style="italic"), table if table.row_count else "nobody moved"]
    if found["version"] != found["earlier_version"]:
        parts.append(
            f"Rated by two formulas, {found['earlier_version'] or 'none'} and {found['version']}: "
            "some moved for that alone. `canslim backfill` rates the older sessions by today's."
        )
    return Group(*parts)


def with_grade(name: str, item: Json) -> str:
    """A rating's value, and its grade; `yes` or `no` alone."""
    grade = item["grades"].get(name)
    if grade in ("yes", "no"):
        return str(grade)
    value = number(item[name], RATINGS[name].decimals)
    return f"{value} ({grade})" if grade else value


def jobs(listed: Json) -> RenderableType:
    table = Table(header_style="bold", box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for name in ("job", "state", "done", "failed", "created"):
        table.add_column(name, no_wrap=True)
    table.add_column("what")
    for job in listed["items"]:
        what = f"{job['kind']} {job['universe']}, {job['stage']}"
        table.add_row(
            job["job_id"],
            job["state"],
            f"{job['done']}/{job['total']}",
            str(job["failed"]),
            job["created_at"][5:16].replace("T", " "),
            f"{what}: {job['error']}" if job["error"] else what,
        )
    return table


def universes(listed: Json) -> RenderableType:
    """A star marks what is meant where a command names none."""
    table = Table(header_style="bold", box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("universe", no_wrap=True)
    table.add_column("symbols", justify="right")
    table.add_column("listed", no_wrap=True)
    table.add_column("whose")
    for item in listed["items"]:
        table.add_row(
            item["name"] + ("*" if item["default"] else ""),
            str(item["symbols"]),
            item["listed_at"][:16].replace("T", " ") if item["listed_at"] else MISSING,
            "own" if item["own"] else "provider's",
        )
    return table


def print_plain(console: Console, renderable: RenderableType) -> None:
    """Prints without cutting cells where the output is no terminal."""
    width = None if console.is_terminal else max(console.width, 160)
    console.print(renderable, width=width)


def _cells(item: Json) -> list[str]:
    letters = item["letters"] or {}
    points = [_points(letters.get(letter)) for letter in LETTERS]
    graded = "" if item["graded"] else "*"
    return [
        item["symbol"],
        _short(item["name"] or "", 20),
        number(item["close"], 2),
        number(item["rs_rating"], 0),
        number(item["score"], 1) + graded,
        percent(item["coverage"]),
        *points,
    ]


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def _points(judged: Json | None) -> str:
    return MISSING if judged is None or judged["points"] is None else f"{judged['points']:.0f}"


def number(value: float | None, decimals: int) -> str:
    return MISSING if value is None else f"{value:,.{decimals}f}"


def percent(fraction: float | None) -> str:
    return MISSING if fraction is None else f"{fraction:.0%}"
