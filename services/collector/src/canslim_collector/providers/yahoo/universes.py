"""Which symbols a universe holds: the market from Yahoo's screener, the members of indexes from pytickersymbols."""

import re
from collections.abc import Sequence
from typing import Any

from pytickersymbols import PyTickerSymbols

from canslim_collector.provider import Listing
from canslim_collector.providers.yahoo.client import PAGE, YahooClient
from canslim_collector.providers.yahoo.reader import BENCHMARKS
from canslim_core.errors import Implausible, Malformed, UnknownSymbol

MARKET = "us"
#: Universes that are indexes, by the name pytickersymbols has for them.
INDEXES = {
    "sp500": "S&P 500",
    "sp100": "S&P 100",
    "sp600": "S&P 600",
    "nasdaq100": "NASDAQ 100",
    "dow30": "DOW JONES",
}

#: NYSE, Nasdaq's three tiers, NYSE American, by Yahoo's codes.
EXCHANGES = {"NYQ": "NYSE", "NMS": "Nasdaq", "NGM": "Nasdaq", "NCM": "Nasdaq", "ASE": "NYSE American"}
QUERY = {
    "operator": "AND",
    "operands": [
        {"operator": "EQ", "operands": ["region", "us"]},
        {"operator": "OR", "operands": [{"operator": "EQ", "operands": ["exchange", code]} for code in EXCHANGES]},
    ],
}
#: A list that is shorter than this share of the last one, or has less of it, is not believed.
LEAST = 0.9
#: Preferred shares, warrants, units and rights, as Yahoo writes their symbols.
OTHER_SYMBOL = re.compile(r"-(P[A-Z]?|W[A-Z]?|WT[A-Z]?|U|UN|R|RI)$|^[A-Z]{4}[WUR]$")
OTHER_NAME = re.compile(
    r"\b(warrants?|units?|rights?|preference shares?|preferred (stock|shares?|securities|series)|notes? due|"
    r"debentures?)\b|\bpreferred$|\bdepositary shares? each representing an? 1/",
    re.IGNORECASE,
)
#: Pages after which the screener is taken to be broken.
MOST_PAGES = 100


def list_universe(client: YahooClient, universe: str, before: Sequence[str]) -> list[Listing]:
    """The universe's symbols and the benchmarks.

    Raises UnknownSymbol for a universe there is not, Implausible for a list that can't be true.
    """
    if universe == MARKET:
        listings = _market(client)
    elif universe in INDEXES:
        listings = _index(INDEXES[universe])
    else:
        known = ", ".join((MARKET, *INDEXES))
        raise UnknownSymbol(f"provider 'yahoo' has the universes {known}, not {universe!r}")
    symbols = {listing.symbol for listing in listings}
    _compare(universe, symbols, set(before) - set(BENCHMARKS))
    return [*listings, *(Listing(name, benchmark=True) for name in BENCHMARKS if name not in symbols)]


def _market(client: YahooClient) -> list[Listing]:
    found: dict[str, Listing] = {}
    for page in range(MOST_PAGES):
        quotes, total = client.screen(QUERY, page * PAGE)
        found |= {quote["symbol"]: _listing(quote) for quote in quotes if _is_common_stock(quote)}
        if (page + 1) * PAGE >= total:
            return list(found.values())
        if not quotes:
            raise Malformed(f"the screener's list ends after {page * PAGE} of {total} symbols")
    raise Malformed(f"the screener has more than {MOST_PAGES} pages")


def _is_common_stock(quote: dict[str, Any]) -> bool:
    symbol, name = str(quote.get("symbol", "")), str(quote.get("longName") or quote.get("shortName") or "")
    return (
        quote.get("quoteType") == "EQUITY"
        and quote.get("exchange") in EXCHANGES
        and bool(symbol)
        and not OTHER_SYMBOL.search(symbol)
        and not OTHER_NAME.search(name)
    )


def _listing(quote: dict[str, Any]) -> Listing:
    name = quote.get("longName") or quote.get("shortName")
    return Listing(quote["symbol"], name, EXCHANGES[quote["exchange"]])


def _index(name: str) -> list[Listing]:
    found = {}
    for stock in PyTickerSymbols().get_stocks_by_index(name):
        symbol = _yahoo_symbol(stock)
        if symbol is not None:
            found[symbol] = Listing(symbol, stock.get("name"))
    return list(found.values())


def _yahoo_symbol(stock: dict[str, Any]) -> str | None:
    """The American listing's; class shares are written with a dash."""
    symbol = stock.get("symbol")
    return str(symbol).upper().replace(".", "-") if symbol else None


def _compare(universe: str, now: set[str], before: set[str]) -> None:
    """Raises Implausible: a list is cut off more often than a tenth of the market disappears in a week."""
    if not now:
        raise Malformed(f"universe {universe!r}: the new list is empty")
    if before and len(now) < LEAST * len(before):
        raise Implausible(
            f"universe {universe!r}: the new list has {len(now)} symbols, the last one {len(before)}; "
            f"at least {LEAST:.0%} of them are expected, so the last one stays"
        )
    if before and len(now & before) < LEAST * len(before):
        raise Implausible(
            f"universe {universe!r}: only {len(now & before)} of the last list's {len(before)} symbols are in the "
            f"new one; at least {LEAST:.0%} are expected, so the last one stays"
        )
