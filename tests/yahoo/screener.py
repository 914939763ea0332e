"""/v1/finance/screener: the listed stocks a query lets through, page by page."""

from collections.abc import Callable, Sequence
from operator import ge, gt, le, lt
from typing import Any

from tests.yahoo.companies import Company
from tests.yahoo.figures import figures_of
from tests.yahoo.market import Market

LARGEST_PAGE, USUAL_PAGE = 250, 25
COMPARE: dict[str, Callable[[Any, Any], bool]] = {"gt": gt, "lt": lt, "gte": ge, "lte": le}
#: Fields of a query that a company alone answers.
STATIC: dict[str, Callable[[Company], str]] = {
    "region": lambda company: "us",
    "exchange": lambda company: company.exchange,
    "sector": lambda company: company.sector,
    "industry": lambda company: company.industry,
    "quotetype": lambda company: company.quote_type,
}
#: Fields that need the figures of the day.
FIGURES: dict[str, Callable[[Any], float | None]] = {
    "intradayprice": lambda figures: figures.standing.price,
    "eodprice": lambda figures: figures.standing.price,
    "intradaymarketcap": lambda figures: figures.market_cap,
    "lastclosemarketcap.lasttwelvemonths": lambda figures: figures.market_cap,
    "percentchange": lambda figures: figures.standing.change_percent,
    "dayvolume": lambda figures: figures.standing.volume,
    "eodvolume": lambda figures: figures.standing.volume,
    "avgdailyvol3m": lambda figures: figures.standing.volume_3m,
    "peratio.lasttwelvemonths": lambda figures: figures.standing.price / figures.eps if figures.eps else None,
    "returnonequity.lasttwelvemonths": lambda figures: figures.return_on_equity,
    "pctheldinst": lambda figures: figures.ownership and 100 * figures.ownership.institutions,
}


class BadQuery(ValueError):
    """A query that Yahoo would refuse."""


def found_by(market: Market, body: dict[str, Any]) -> list[str]:
    """The symbols that the whole query lets through, in its order."""
    quote_type = str(body.get("quoteType", "EQUITY"))
    field, query = str(body.get("sortField") or "ticker"), body.get("query")
    found = [symbol for symbol in market.symbols(quote_type) if query is None or _matches(market, symbol, query)]
    if field != "ticker":
        # Python's sort keeps the order of equals, so pages never overlap.
        found.sort(key=lambda symbol: _sortable(_value(market, symbol, field)))
    if str(body.get("sortType", "DESC")).upper() != "ASC":
        found.reverse()
    return found


def page_of(body: dict[str, Any], total: int) -> slice:
    size = body.get("size") or body.get("count") or USUAL_PAGE
    start = body.get("offset") or 0
    if not isinstance(size, int) or not isinstance(start, int) or not 0 < size <= LARGEST_PAGE or start < 0:
        raise BadQuery(f"size must be between 1 and {LARGEST_PAGE}")
    return slice(min(start, total), min(start + size, total))


def _matches(market: Market, symbol: str, query: dict[str, Any]) -> bool:
    try:
        operator, operands = str(query["operator"]).lower(), query["operands"]
    except (KeyError, TypeError) as error:
        raise BadQuery(f"no operator with operands: {query!r}") from error
    if operator in ("and", "or"):
        parts = (_matches(market, symbol, part) for part in operands)
        return all(parts) if operator == "and" else any(parts)
    return _holds(operator, _value(market, symbol, str(operands[0]).lower()), operands[1:])


def _holds(operator: str, value: Any, against: Sequence[Any]) -> bool:
    if operator in ("eq", "is-in"):
        return any(str(value).lower() == str(one).lower() for one in against)
    if value is None:
        return False
    if operator == "btwn":
        return bool(against[0] <= value <= against[1])
    if operator in COMPARE:
        return COMPARE[operator](value, against[0])
    raise BadQuery(f"no operator {operator!r}")


def _value(market: Market, symbol: str, field: str) -> Any:
    company = market.company(symbol)
    if company is not None and field in STATIC:
        return STATIC[field](company)
    if field not in FIGURES:
        raise BadQuery(f"no field {field!r}")
    figures = figures_of(market, symbol)
    return None if figures is None else FIGURES[field](figures)


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)
