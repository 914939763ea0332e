"""One stock on one screen: every letter in words, every rating with its figures."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from canslim_cli.api_client import Json
from canslim_cli.tables import MISSING, number, percent, with_grade
from canslim_core.ratings import CRITERIA, LETTERS, NOT_GRADED, RATINGS

#: Titles of missing ratings in one line.
SOME = 2
#: Ratings that the first lines tell.
TOLD = ("rs_rating", "score", "coverage", "rs_provisional")


def letters(detail: Json) -> RenderableType:
    """What was found for each criterion, and the ratings in short."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for letter, title in LETTERS.items():
        judged = (detail["details"] or {}).get(letter)
        if judged is None:
            continue
        table.add_row(Text(f"{letter}  {title}", "bold"), Text(_points(judged), "bold"))
        for verdict in judged["criteria"]:
            table.add_row(*_criterion(verdict))
    parts: list[RenderableType] = (
        [_head(detail), "", table] if table.row_count else [_head(detail), _unexplained(detail)]
    )
    return Group(*parts, "", _in_short(detail))


def ratings(detail: Json) -> RenderableType:
    """Every rating of the catalogue: its value, and how it follows from its inputs."""
    explained = (detail["details"] or {}).get("ratings")
    if explained is None:
        return Group(_head(detail), _unexplained(detail), "", _in_short(detail))
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for name, rating in RATINGS.items():
        if name in explained:
            table.add_row(rating.title, with_grade(name, detail), rating.work_out(explained[name]))
    return Group(_head(detail), "", table)


def _head(detail: Json) -> RenderableType:
    industry = f"  {detail['industry']}" if detail["industry"] else ""
    return Text.assemble(
        (detail["symbol"], "bold"),
        f"  {detail['name'] or ''}{industry}\n",
        f"session {detail['session']}, close {number(detail['close'], 2)}, RS {number(detail['rs_rating'], 0)}"
        f", score {number(detail['score'], 1)} from {percent(detail['coverage'])} of the rubric",
        _because("no RS Rating", "rs_rating", detail["rs_reason"]),
        f"\nnot to be compared: {NOT_GRADED.get(detail['score_reason'], detail['score_reason'])}"
        if detail["score_reason"]
        else "",
        _collected(detail["collected"]),
    )


def _because(what: str, name: str, reason: str | None) -> str:
    return f"\n{what}: {RATINGS[name].missing.get(reason, reason)}" if reason else ""


def _collected(collected: Json | None) -> str:
    """Said only where something is wrong."""
    if collected is None or collected["status"] == "fresh":
        return ""
    return f"\n{collected['status'].replace('_', ' ')} at session {collected['session']}: {collected['reason']}"


def _unexplained(detail: Json) -> str:
    return f"\nOnly the figures of session {detail['session']} are kept: a backfill rated it, no refresh."


def _criterion(verdict: Json) -> Iterator[RenderableType]:
    criterion = CRITERIA[verdict["id"]]
    missing = verdict["points"] is None
    passed = None if missing else verdict["passed"]
    yield f"   {verdict['title']}"
    yield _points(verdict)
    yield MISSING if passed is None else Text("pass", "green") if passed else Text("fail", "red")
    wanted = f" Wanted: {verdict['threshold']}." if passed is False else ""
    yield f"{criterion.explain(verdict)}{wanted}"


def _points(judged: Json) -> str:
    """Of those that could be earned, with the same decimals on both sides."""
    if judged["points"] is None:
        return MISSING
    decimals = (
        0 if judged["available"] == round(judged["available"]) and judged["points"] == round(judged["points"]) else 1
    )
    return f"{judged['points']:.{decimals}f} of {judged['available']:.{decimals}f}"


def _in_short(detail: Json) -> Text:
    """The other ratings; those that are missing with their reason, each reason once."""
    there: list[str] = []
    gone: dict[str, list[str]] = {}
    for name, rating in RATINGS.items():
        if name in TOLD:
            continue
        if detail[name] is not None:
            there.append(f"{rating.title} {with_grade(name, detail)}")
        elif reason := detail["reasons"].get(name):
            gone.setdefault(rating.missing.get(reason, reason), []).append(rating.title)
    lines = [", ".join(there), *(f"{_and_others(titles)}: {reason}" for reason, titles in gone.items())]
    return Text("\n".join(line for line in lines if line))


def _and_others(titles: list[str]) -> str:
    return ", ".join(titles) if len(titles) <= SOME else f"{', '.join(titles[:SOME])} and {len(titles) - SOME} more"
