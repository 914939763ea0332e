"""Which symbols a universe holds."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pytest

from canslim_collector.provider import Listing
from canslim_collector.providers.yahoo.client import YahooClient
from canslim_collector.providers.yahoo.reader import BENCHMARKS
from canslim_collector.providers.yahoo.universes import EXCHANGES, INDEXES, MARKET, MOST_PAGES, list_universe
from canslim_core.errors import Implausible, Malformed, UnknownSymbol
from tests.collector.providers.yahoo.conftest import Connect
from tests.collector.providers.yahoo.local_site import Answer, LocalSite, Reply, always, in_turn, passed_on_to
from tests.yahoo.changes import Delisting
from tests.yahoo.server_process import YahooServer
from tests.yahoo.stored import listed

pytestmark = pytest.mark.processes

SCREENER = "/v1/finance/screener"
DOW = "dow30"

Lists = Callable[..., list[Listing]]


@pytest.fixture
def market_of(connect: Connect, server: YahooServer) -> Lists:
    """Universe `us` where the screener answers so."""

    def market_of(*pages: Answer, before: Sequence[str] = ()) -> list[Listing]:
        with LocalSite(passed_on_to(server, {SCREENER: in_turn(*pages)})) as site:
            return list_universe(connect(site.url), MARKET, before)

    return market_of


def page(*quotes: Any, total: Any = None) -> Answer:
    result = {"quotes": quotes, "total": len(quotes) if total is None else total}
    return always(Reply(200, orjson.dumps({"finance": {"result": [result], "error": None}})))


def stock(symbol: str, name: str | None = "Acme Corporation", **others: Any) -> dict[str, Any]:
    return {"symbol": symbol, "longName": name, "quoteType": "EQUITY", "exchange": "NYQ"} | others


def stocks(listings: Sequence[Listing]) -> list[str]:
    return [listing.symbol for listing in listings if not listing.benchmark]


# The market


def test_the_market_is_every_stock_of_its_exchanges_and_the_benchmarks(
    client: YahooClient, server: YahooServer
) -> None:
    listings = list_universe(client, MARKET, ())
    assert sorted(stocks(listings)) == sorted(listed(server.market))
    assert [listing.symbol for listing in listings if listing.benchmark] == [*BENCHMARKS]
    assert server.counts().by_kind["screener"] == 2


def test_a_listing_has_its_name_and_exchange(client: YahooClient, server: YahooServer) -> None:
    for listing in list_universe(client, MARKET, ())[:-2]:
        company = server.truth(listing.symbol).company
        assert (listing.name, listing.exchange) == (company.name, EXCHANGES[company.exchange])


def test_the_short_name_is_better_than_none(market_of: Lists) -> None:
    assert market_of(page(stock("A", None, shortName="Acme")))[0].name == "Acme"


KEPT = {
    "BRK-B": "Berkshire Hathaway Inc.",
    "BF-B": "Brown-Forman Corporation",
    "MOG-A": "Moog Inc.",
    "HEI-A": "HEICO Corporation",
    "AKO-A": "Embotelladora Andina S.A.",
    "TSM": "Taiwan Semiconductor Manufacturing Company Limited",
    "BABA": "Alibaba Group Holding Limited",
    "PDD": "PDD Holdings Inc. American Depositary Shares",
    "NVO": "Novo Nordisk A/S",
    "GOOGL": "Alphabet Inc.",
    "CMCSA": "Comcast Corporation",
    "UBER": "Uber Technologies, Inc.",
    "SNOW": "Snowflake Inc.",
    "BIDU": "Baidu, Inc.",
    "R": "Ryder System, Inc.",
    "U": "Unity Software Inc.",
    "W": "Wayfair Inc.",
    "UNP": "Union Pacific Corporation",
    "UNIT": "Uniti Group Inc.",
    "UAL": "United Airlines Holdings, Inc.",
    "BFAM": "Bright Horizons Family Solutions Inc.",
    "NOTE": "FiscalNote Holdings, Inc.",
    "PINS": "Pinterest, Inc.",
    "EPD": "Enterprise Products Partners L.P.",
    "A": "",
}
DROPPED = {
    "BAC-PL": "Bank of America Corporation",
    "MET-P": "MetLife, Inc.",
    "ACHR-WT": "Archer Aviation Inc.",
    "QBTS-WS": "D-Wave Quantum Inc.",
    "SPCE-W": "Virgin Galactic Holdings, Inc.",
    "AAC-UN": "Ares Acquisition Corporation",
    "AAC-U": "Ares Acquisition Corporation",
    "XYZ-R": "Xyz Corp.",
    "XYZ-RI": "Xyz Corp.",
    "NKLAW": "Nikola Corporation",
    "SPAQU": "Spartan Acquisition Corp.",
    "ABCDR": "Abcd Acquisition Corp.",
    "GAB": "The Gabelli Equity Trust Inc. 5.00% Series H Cumulative Preferred Stock",
    "SREA": "Sempra 5.750% Junior Subordinated Notes due 2079",
    "PFH": "Prudential Financial, Inc. 4.125% Junior Subordinated Note Due 2060",
    "CTBB": "Qwest Corporation 6.5% Debentures",
    "FRCC": "First Bank Depositary Shares Each Representing a 1/40th Interest in a Share",
    "SPA": "Spac Corp. Units, each of one share and one half of a warrant",
    "SPB": "Spac Corp. Warrant to purchase one share",
    "SPD": "Spac Corp. Rights",
    "PPX": "Scottish Power Preference Shares",
}


def test_common_stocks_are_kept_whatever_their_names(market_of: Lists) -> None:
    quotes = [stock(symbol, name) for symbol, name in KEPT.items()]
    assert stocks(market_of(page(*quotes))) == [*KEPT]


def test_what_else_has_a_ticker_is_dropped(market_of: Lists) -> None:
    quotes = [stock(symbol, name) for symbol, name in DROPPED.items()]
    assert stocks(market_of(page(stock("A"), *quotes))) == ["A"]


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("BNTX", "BioNTech SE American Depositary Shares each representing one Ordinary Share"),
        ("PFBC", "Preferred Bank"),
    ],
)
def test_common_stocks_with_a_telling_name_are_kept(market_of: Lists, symbol: str, name: str) -> None:
    assert stocks(market_of(page(stock("A"), stock(symbol, name)))) == ["A", symbol]


@pytest.mark.parametrize(
    "others", [{"exchange": "PNK"}, {"exchange": "PCX"}, {"exchange": None}, {"quoteType": "ETF"}, {"symbol": ""}]
)
def test_other_exchanges_and_kinds_are_dropped(market_of: Lists, others: dict[str, Any]) -> None:
    assert stocks(market_of(page(stock("A"), stock("B") | others))) == ["A"]


def test_a_symbol_on_two_pages_is_listed_once(market_of: Lists) -> None:
    pages = page(stock("A"), stock("B"), total=300), page(stock("B"), stock("C"), total=300)
    assert stocks(market_of(*pages)) == ["A", "B", "C"]


def test_a_screener_without_end_is_broken(market_of: Lists) -> None:
    with pytest.raises(Malformed, match=str(MOST_PAGES)):
        market_of(page(stock("A"), total=10_000_000))


def test_an_empty_list_is_not_believed(market_of: Lists) -> None:
    with pytest.raises(Malformed, match="empty"):
        market_of(page())


def test_a_first_list_that_is_cut_off_is_not_believed(market_of: Lists) -> None:
    with pytest.raises((Malformed, Implausible)):
        market_of(page(stock("A"), total=6000), page(total=6000))


def test_pages_of_another_shape_are_asked_for_again(market_of: Lists) -> None:
    assert stocks(market_of(page("A", "B"), page(stock("A"), total="many"), page(stock("C")))) == ["C"]


# Indexes


@pytest.mark.parametrize(
    ("universe", "least", "most"),
    [("sp500", 490, 510), ("sp100", 98, 104), ("sp600", 580, 620), ("nasdaq100", 98, 104), (DOW, 30, 30)],
)
def test_an_index_has_about_as_many_members_as_its_name_says(
    client: YahooClient, server: YahooServer, universe: str, least: int, most: int
) -> None:
    symbols = stocks(list_universe(client, universe, ()))
    assert least <= len(symbols) <= most
    assert len(set(symbols)) == len(symbols)
    assert not [symbol for symbol in symbols if "." in symbol or symbol != symbol.upper()]
    assert server.counts().total == 0


def test_every_index_has_a_test_of_its_size() -> None:
    assert set(INDEXES) == {"sp500", "sp100", "sp600", "nasdaq100", DOW}


def test_class_shares_are_written_with_a_dash(client: YahooClient) -> None:
    assert {"BRK-B", "BF-B"} < set(stocks(list_universe(client, "sp500", ())))


@pytest.mark.parametrize("universe", INDEXES)
def test_benchmarks_are_always_there(client: YahooClient, universe: str) -> None:
    listings = list_universe(client, universe, ())
    assert [listing.symbol for listing in listings if listing.benchmark] == [*BENCHMARKS]


def test_an_unknown_universe_is_refused_with_those_there_are(client: YahooClient) -> None:
    with pytest.raises(UnknownSymbol, match=r"us, sp500, .*dow30, not 'russell'"):
        list_universe(client, "russell", ())


# Beside the last list


@pytest.fixture
def dow(client: YahooClient) -> list[str]:
    return stocks(list_universe(client, DOW, ()))


def test_the_same_list_again_is_believed(client: YahooClient, dow: list[str]) -> None:
    assert stocks(list_universe(client, DOW, [*dow, *BENCHMARKS])) == dow


def gone(count: int) -> list[str]:
    return [f"GONE{number}" for number in range(count)]


def test_a_list_that_lost_a_tenth_is_believed(client: YahooClient, dow: list[str]) -> None:
    assert stocks(list_universe(client, DOW, [*dow, *gone(3)])) == dow


def test_a_list_that_lost_more_than_a_tenth_is_not_believed(client: YahooClient, dow: list[str]) -> None:
    with pytest.raises(Implausible, match="has 30 symbols, the last one 34; at least 90%"):
        list_universe(client, DOW, [*dow, *gone(4)])


def test_a_list_with_a_tenth_of_others_is_believed(client: YahooClient, dow: list[str]) -> None:
    assert stocks(list_universe(client, DOW, [*dow[3:], *gone(3)])) == dow


def test_a_list_with_more_than_a_tenth_of_others_is_not_believed(client: YahooClient, dow: list[str]) -> None:
    with pytest.raises(Implausible, match="only 26 of the last list's 30 symbols"):
        list_universe(client, DOW, [*dow[4:], *gone(4)])


def test_a_list_may_grow(client: YahooClient, dow: list[str]) -> None:
    assert stocks(list_universe(client, DOW, dow[:10])) == dow


def test_benchmarks_of_the_last_list_do_not_count(client: YahooClient, dow: list[str]) -> None:
    assert stocks(list_universe(client, DOW, [*dow, *gone(3), *BENCHMARKS])) == dow


def test_a_market_that_lost_more_than_a_tenth_is_not_believed(client: YahooClient, server: YahooServer) -> None:
    before = stocks(list_universe(client, MARKET, ()))
    day = server.market.hours.day(server.market.newest + 1)
    server.apply(*(Delisting(symbol, day) for symbol in before[: len(before) // 9]))
    server.next_session()
    with pytest.raises(Implausible):
        list_universe(client, MARKET, before)
