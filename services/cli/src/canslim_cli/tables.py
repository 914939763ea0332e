"""Ratings as tables for a terminal."""

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from canslim_cli.api_client import Json

LETTERS = "CANSLIM"
MISSING = "–"


def leaders(page: Json) -> RenderableType:
    """The ranked table: session and market in the title, points a letter, `of` the share of the rubric judged."""
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
    for rank, item in enumerate(page["items"], 1):
        table.add_row(str(rank), *_cells(item))
    return Group(Text(title, style="italic"), table)


def stock(detail: Json) -> RenderableType:
    """One stock, letter by letter."""
    head = Text.assemble(
        (detail["symbol"], "bold"),
        f"  {detail['name'] or ''}\n",
        f"session {detail['session']}, close {_number(detail['close'], 2)}, RS {_number(detail['rs_rating'], 0)}"
        f", score {_number(detail['score'], 1)} from {_percent(detail['coverage'])} of the rubric",
        f"\nno RS Rating: {detail['rs_reason']}" if detail["rs_reason"] else "",
        f"\nnot graded: {detail['score_reason']}" if detail["score_reason"] else "",
        _collected(detail["collected"]),
    )
    table = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("", "criterion", "points", "value", "threshold", "verdict", "inputs"):
        table.add_column(name, justify="right" if name in ("points", "value") else "left")
    details = detail["details"] or {}
    for letter in LETTERS:
        for criterion in details.get(letter, {}).get("criteria", []):
            table.add_row(letter, *_criterion(criterion))
    return Group(head, table)


def _collected(collected: Json | None) -> str:
    """Said only where something is wrong."""
    if collected is None or collected["status"] == "fresh":
        return ""
    return f"\n{collected['status'].replace('_', ' ')} at session {collected['session']}: {collected['reason']}"


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
        _number(item["close"], 2),
        _number(item["rs_rating"], 0),
        _number(item["score"], 1) + graded,
        _percent(item["coverage"]),
        *points,
    ]


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def _criterion(criterion: Json) -> list[str]:
    missing = criterion["points"] is None
    verdict = "not available" if missing else "pass" if criterion["passed"] else "fail"
    inputs = ", ".join(f"{name} {_plain(value)}" for name, value in criterion["inputs"].items() if value is not None)
    return [
        f"{criterion['id']} {criterion['title']}",
        MISSING if missing else f"{criterion['points']:.1f}/{criterion['available']:.0f}",
        _measured(criterion),
        criterion["threshold"],
        verdict + (f": {criterion['reason']}" if criterion["reason"] else ""),
        inputs,
    ]


def _measured(criterion: Json) -> str:
    value = criterion["value"]
    return MISSING if value is None else f"{_plain(value)} {criterion['unit'] or ''}".strip()


def _points(judged: Json | None) -> str:
    return MISSING if judged is None or judged["points"] is None else f"{judged['points']:.0f}"


def _plain(value: Any) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


def _number(value: float | None, decimals: int) -> str:
    return MISSING if value is None else f"{value:,.{decimals}f}"


def _percent(fraction: float | None) -> str:
    return MISSING if fraction is None else f"{fraction:.0%}"
