"""Each endpoint's contract, and what becomes of each answer."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np
import orjson
import pytest
from redis import Redis

from canslim_cli.embedded import EmbeddedValkey
from canslim_cli.embedded.valkey import SETTINGS
from canslim_collector.providers.yahoo.budget import FIRST_PAUSE, Budget
from canslim_collector.providers.yahoo.client import MODULES, MOST_QUOTES, PAGE, TRIES, YahooClient, private_cache
from canslim_collector.providers.yahoo.session import YahooSession
from canslim_collector.providers.yahoo.statements import ITEMS
from canslim_collector.providers.yahoo.universes import QUERY
from canslim_core.errors import Malformed, ProviderError, Throttled, Unavailable, UnknownSymbol
from tests.collector.providers.yahoo.conftest import FAST, Connect, forget_yfinance, yfinance_as_new
from tests.collector.providers.yahoo.local_site import LocalSite, Reply, Request, always, asked, passed_on_to
from tests.yahoo.changes import Quarter
from tests.yahoo.faults import Fault, FaultPlan, SymbolFault
from tests.yahoo.figures import figures_of
from tests.yahoo.quote import quote_fields
from tests.yahoo.reports import Year
from tests.yahoo.request import Kind
from tests.yahoo.server_process import YahooServer
from tests.yahoo.stored import listed

pytestmark = pytest.mark.processes

CRUMB = "/v1/test/getcrumb"
SESSION_PATHS = ("/", CRUMB)
PRICES = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Recorded:
    """A client, and what it sends to the server of Yahoo's formats."""

    client: YahooClient
    site: LocalSite

    def request(self) -> Request:
        """The only one for data."""
        (request,) = (request for request in self.site.requests if request.path not in SESSION_PATHS)
        return request


@pytest.fixture
def recorded(connect: Connect, server: YahooServer) -> Iterator[Recorded]:
    with LocalSite(passed_on_to(server)) as site:
        yield Recorded(connect(site.url), site)


def stock(server: YahooServer, *needs: str) -> str:
    """The first whose truth has all that, without nulls in its statements."""
    truths = (server.truth(symbol) for symbol in listed(server.market))
    return next(
        truth.symbol
        for truth in truths
        if all(getattr(truth, need) for need in needs) and not truth.company.null_points and len(truth.years) > 3
    )


# Contracts


def test_a_chart_is_one_request_and_the_truth(recorded: Recorded, server: YahooServer) -> None:
    symbol = stock(server, "splits", "dividends")
    chart, truth = recorded.client.chart(symbol, "10y"), server.truth(symbol)
    request = recorded.request()
    assert (request.method, request.path) == ("GET", f"/v8/finance/chart/{symbol}")
    asked = {"range": "10y", "interval": "1d", "includePrePost": "false", "events": "div,splits,capitalGains"}
    assert {**request.query, "crumb": ""} == {**asked, "crumb": ""}
    assert request.headers["x-yahoo-host"] == "query2.finance.yahoo.com"
    for name in PRICES:
        np.testing.assert_array_equal(getattr(chart.rows, name), getattr(truth.bars, name))
    np.testing.assert_array_equal(chart.rows.adj_close, truth.bars.adjclose)
    np.testing.assert_array_equal(chart.rows.days, truth.bars.sessions)
    assert chart.rows.splits == tuple((split.ex_date, split.numerator / split.denominator) for split in truth.splits)
    assert chart.rows.dividends == tuple((paid.ex_date, paid.amount) for paid in truth.dividends)
    assert (chart.name, chart.exchange) == (truth.company.name, truth.company.exchange_name)


def test_a_chart_since_a_day_begins_with_it(recorded: Recorded, server: YahooServer) -> None:
    first = date(2025, 11, 3)
    chart = recorded.client.chart("SPY", "2y", first)
    query = recorded.request().query
    assert "range" not in query
    assert int(query["period1"]) == datetime(2025, 11, 3, tzinfo=UTC).timestamp()
    assert int(query["period2"]) > datetime.now(UTC).timestamp() + 80_000
    np.testing.assert_array_equal(chart.rows.days, server.truth("SPY").bars.sessions[-len(chart.rows.days) :])
    assert chart.rows.days[0].item() == first


def test_a_symbol_is_quoted_in_a_path(recorded: Recorded) -> None:
    assert len(recorded.client.chart("^GSPC", "5d").rows.days) == 5
    assert recorded.request().path == "/v8/finance/chart/%5EGSPC"


def test_quotes_are_one_request_and_the_truth(recorded: Recorded, server: YahooServer) -> None:
    symbols = [*listed(server.market)[: MOST_QUOTES - 2], "SPY", "NOWHERE"]
    quotes = recorded.client.quotes(symbols)
    request = recorded.request()
    assert (request.method, request.path) == ("GET", "/v7/finance/quote")
    crumb = request.query["crumb"]
    options = {"symbols": ",".join(symbols), "formatted": "false", "corsDomain": "finance.yahoo.com", "crumb": crumb}
    assert request.query == options
    assert request.headers["x-yahoo-host"] == "query1.finance.yahoo.com"
    figures = [figures_of(server.market, symbol) for symbol in symbols[:-1]]
    assert quotes == [quote_fields(found) for found in figures if found is not None]


def test_a_summary_is_one_request_and_the_truth(recorded: Recorded, server: YahooServer) -> None:
    symbol = stock(server, "dividends", "quarters")
    summary, truth = recorded.client.summary(symbol), server.truth(symbol)
    request = recorded.request()
    assert (request.method, request.path) == ("GET", f"/v10/finance/quoteSummary/{symbol}")
    assert set(request.query) == {"modules", "formatted", "corsDomain", "crumb"}
    assert (request.query["modules"], request.query["formatted"]) == (",".join(MODULES), "false")
    assert request.headers["x-yahoo-host"] == "query2.finance.yahoo.com"
    assert truth.ownership is not None
    assert summary.profile["sector"] == truth.company.sector
    assert summary.holdings["institutional_pct"] == pytest.approx(truth.ownership.institutions * 100)
    assert summary.holdings["shares_outstanding"] == truth.shares
    assert summary.marks["eps"] is not None


def test_statements_are_one_request_and_the_truth(recorded: Recorded, server: YahooServer) -> None:
    symbol = stock(server, "quarters")
    reports, truth = recorded.client.reports(symbol), server.truth(symbol)
    request = recorded.request()
    assert (request.method, request.path) == ("GET", f"/ws/fundamentals-timeseries/v1/finance/timeseries/{symbol}")
    assert {**request.query, "crumb": ""}.keys() == {"symbol", "type", "period1", "period2", "crumb"}
    kinds = {f"{period}{item}" for period in ("quarterly", "annual") for item in ITEMS}
    assert (request.query["symbol"], set(request.query["type"].split(","))) == (symbol, kinds)
    assert int(request.query["period1"]) < datetime(1990, 1, 1, tzinfo=UTC).timestamp()
    assert reports is not None
    shown: list[Quarter | Year] = [*truth.quarters[-5:], *truth.years[-4:]]
    shown.sort(key=lambda report: (report.period_end, isinstance(report, Year)))
    assert reports["period_end"].tolist() == [report.period_end for report in shown]
    assert reports["fiscal_year"].tolist() == [report.fiscal_year for report in shown]
    periods = [f"Q{report.fiscal_quarter}" if isinstance(report, Quarter) else "FY" for report in shown]
    assert reports["fiscal_period"].tolist() == periods
    columns = {"eps_basic": "basic_eps", "eps_diluted": "diluted_eps"}
    for name in ITEMS.values():
        np.testing.assert_allclose(reports[name], [getattr(report, columns.get(name, name)) for report in shown])


def test_a_page_of_the_screener_is_one_request_and_the_truth(recorded: Recorded, server: YahooServer) -> None:
    (quotes, total), symbols = recorded.client.screen(QUERY, PAGE), sorted(listed(server.market))
    request = recorded.request()
    assert (request.method, request.path) == ("POST", "/v1/finance/screener")
    assert set(request.query) == {"formatted", "lang", "region", "corsDomain", "crumb"}
    assert request.headers["content-type"] == "application/json"
    body = orjson.loads(request.body)
    assert (body["query"], body["offset"], body["size"]) == (QUERY, PAGE, 250)
    assert (body["sortField"], body["sortType"], body["quoteType"]) == ("ticker", "ASC", "EQUITY")
    assert total == len(symbols) > PAGE
    assert [quote["symbol"] for quote in quotes] == symbols[PAGE:]


def test_a_company_without_reports_has_none(client: YahooClient, server: YahooServer) -> None:
    silent = next(symbol for symbol in listed(server.market) if not server.truth(symbol).quarters)
    assert client.reports(silent) is None


ENDPOINTS: dict[str, Callable[[YahooClient, str], object]] = {
    "chart": lambda client, symbol: client.chart(symbol, "5d"),
    "quote": lambda client, symbol: client.quotes([symbol]),
    "summary": lambda client, symbol: client.summary(symbol),
    "timeseries": lambda client, symbol: client.reports(symbol),
    "screener": lambda client, _: client.screen(QUERY, 0),
}
#: What is not answered without.
GUARDED = ("quote", "summary", "screener")


@pytest.mark.parametrize("name", ENDPOINTS)
def test_after_cookie_and_crumb_an_answer_costs_one_request(
    client: YahooClient, server: YahooServer, name: str
) -> None:
    ENDPOINTS[name](client, "SPY" if name != "timeseries" else stock(server, "quarters"))
    assert server.counts().by_kind == {"cookie": 1, "crumb": 1, name: 1}
    server.reset()
    ENDPOINTS[name](client, "SPY" if name != "timeseries" else stock(server, "quarters"))
    assert server.counts().by_kind == {name: 1}


def test_only_some_endpoints_need_a_crumb(connect: Connect, server: YahooServer) -> None:
    with LocalSite(passed_on_to(server, {CRUMB: always(Reply(200, b"<html>"))})) as site, ThreadPoolExecutor() as pool:
        client = connect(site.url)
        errors = list(pool.map(lambda ask: raised(client, ask, "SPY"), ENDPOINTS.values()))
    refused = [name for name, error in zip(ENDPOINTS, errors, strict=True) if isinstance(error, Unavailable)]
    assert (tuple(refused), errors.count(None)) == (GUARDED, len(ENDPOINTS) - len(GUARDED))
    # Refused once, and once more after a look for another crumb, at each try.
    assert server.counts().by_kind["quote"] == 2 * TRIES


def raised(client: YahooClient, ask: Callable[[YahooClient, str], object], symbol: str) -> ProviderError | None:
    try:
        ask(client, symbol)
    except ProviderError as error:
        return error
    return None


# What becomes of each answer


FAULTS = {
    Fault.SERVER_ERROR: Unavailable,
    Fault.BAD_GATEWAY: Unavailable,
    Fault.CUT_OFF: Unavailable,
    Fault.RESET: Unavailable,
    Fault.HANG: Unavailable,
    Fault.BROKEN_JSON: Malformed,
    Fault.HTML_PAGE: Malformed,
    Fault.WRONG_SHAPE: Malformed,
}
CASES = [(name, fault) for name in ENDPOINTS if name != "screener" for fault in FAULTS]
#: Its first answers are spoilt.
LATE = "SPY"


@dataclass(frozen=True)
class Outcome:
    error: ProviderError | None
    requests: int


@pytest.fixture(scope="module")
def outcomes(
    shared_server: YahooServer,
    redis_server: EmbeddedValkey,
    numbers: "count[int]",
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[tuple[str, Fault | None], Outcome]:
    """Every endpoint with every fault at once, for most of it is waiting: a symbol each. And LATE, without a fault."""
    shared_server.restore()
    url, cache = redis_server.url_of(next(numbers) % int(SETTINGS["databases"])), tmp_path_factory.mktemp("outcomes")
    with Redis.from_url(url) as redis:
        redis.flushdb()
    symbols = dict(zip([*CASES, ("chart", None)], [*listed(shared_server.market)[: len(CASES)], LATE], strict=True))
    faults = {symbol: SymbolFault(fault) for (_, fault), symbol in symbols.items() if fault is not None}
    shared_server.set_faults(FaultPlan(symbols=faults | {LATE: SymbolFault(Fault.BROKEN_JSON, times=TRIES - 1)}))
    with (
        yfinance_as_new(cache),
        YahooSession(Budget(url, FAST, timeout=20), shared_server.url) as session,
        ThreadPoolExecutor(len(symbols)) as pool,
    ):
        patient, hasty = YahooClient(session, cache, timeout=20), YahooClient(session, cache, timeout=0.5)
        patient.chart("QQQ", "5d")

        def error(case: tuple[str, Fault | None]) -> ProviderError | None:
            name, fault = case
            return raised(hasty if fault is Fault.HANG else patient, ENDPOINTS[name], symbols[case])

        errors = list(pool.map(error, symbols))
    sent = Counter((record.kind, record.symbols) for record in shared_server.log())
    return {
        case: Outcome(found, sent[case[0], (symbol,)])
        for (case, symbol), found in zip(symbols.items(), errors, strict=True)
    }


Outcomes = dict[tuple[str, Fault | None], Outcome]


@pytest.mark.parametrize(
    ("name", "fault"),
    [pytest.param(*case) for case in CASES],
)
def test_a_spoilt_answer_has_its_kind_of_error_after_some_tries(outcomes: Outcomes, name: str, fault: Fault) -> None:
    assert type(outcomes[name, fault].error) is FAULTS[fault]
    assert outcomes[name, fault].requests == TRIES


def test_an_answer_that_comes_at_the_last_try_is_good(outcomes: Outcomes) -> None:
    assert outcomes["chart", None] == Outcome(None, TRIES)


def test_an_error_says_what_was_asked_for_and_what_came(outcomes: Outcomes, server: YahooServer) -> None:
    at = CASES.index(("chart", Fault.WRONG_SHAPE))
    said = str(outcomes["chart", Fault.WRONG_SHAPE].error)
    assert said.startswith(f"{listed(server.market)[at]}: Yahoo's answer has another shape")
    assert "'data': 'moved'" in said


def test_a_spoilt_page_of_the_screener_is_malformed(client: YahooClient, server: YahooServer) -> None:
    server.set_faults(FaultPlan(rates={Fault.WRONG_SHAPE: 1.0}, kinds=(Kind.SCREENER,)))
    with pytest.raises(Malformed):
        client.screen(QUERY, 0)
    assert server.counts().by_kind["screener"] == TRIES


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_429_is_throttled_at_the_first_try(client: YahooClient, server: YahooServer, name: str) -> None:
    fault = FaultPlan(symbols={"SPY": SymbolFault(Fault.RATE_LIMITED)})
    server.set_faults(fault if name != "screener" else FaultPlan(rates={Fault.RATE_LIMITED: 1}, kinds=(Kind.SCREENER,)))
    with pytest.raises(Throttled) as found:
        ENDPOINTS[name](client, "SPY")
    assert found.value.retry_after == FIRST_PAUSE
    assert server.counts().by_kind[name] == 1


def test_retry_after_is_handed_on(client: YahooClient, server: YahooServer) -> None:
    server.set_faults(FaultPlan(symbols={"SPY": SymbolFault(Fault.RATE_LIMITED)}, retry_after=77))
    with pytest.raises(Throttled) as found:
        client.chart("SPY", "5d")
    assert found.value.retry_after == timedelta(seconds=77)


@pytest.mark.parametrize("name", ["chart", "summary"])
def test_an_unknown_symbol_costs_one_request(client: YahooClient, server: YahooServer, name: str) -> None:
    with pytest.raises(UnknownSymbol, match="NOWHERE: "):
        ENDPOINTS[name](client, "NOWHERE")
    assert server.counts().by_kind[name] == 1


def test_a_chart_since_a_day_before_the_first_one_of_all_is_whole(client: YahooClient, server: YahooServer) -> None:
    chart = client.chart("SPY", "2y", date(1999, 1, 4))
    assert len(chart.rows.days) == len(server.truth("SPY").bars)


def refusal(code: str, description: str, root: str = "chart") -> bytes:
    return orjson.dumps({root: {"result": None, "error": {"code": code, "description": description}}})


#: What an answer says of a symbol, by the symbol.
REFUSALS: dict[str, tuple[Reply, type[Exception]]] = {
    "DELISTED": (Reply(404, refusal("Not Found", "No data found, symbol may be delisted")), UnknownSymbol),
    "YOUNG": (Reply(400, refusal("Bad Request", "Data doesn't exist for startDate = 1")), UnknownSymbol),
    "UNPROCESSED": (Reply(422, refusal("Not Found", "Nothing")), UnknownSymbol),
    "PAGE": (Reply(404, b"<html>Not Found</html>"), Unavailable),
    "EMPTY": (Reply(404, b""), Unavailable),
    "TWO": (Reply(404, b'{"chart": {}, "finance": {}}'), Unavailable),
    "NO-ERROR": (Reply(404, b'{"chart": {"result": null, "error": null}}'), Unavailable),
    "OTHER": (Reply(404, refusal("Gone", "Nothing")), Unavailable),
    "RANGE": (Reply(422, refusal("Unprocessable Entity", "Invalid input - range=9z")), Unavailable),
    "ELSEWHERE": (Reply(500, refusal("Not Found", "No data found")), Unavailable),
    "FORBIDDEN": (Reply(403, refusal("Forbidden", "No")), Unavailable),
    "NULL": (Reply(200, b"null"), Malformed),
    "NOTHING": (Reply(200, b""), Malformed),
    "NUMBERS": (Reply(200, b"[1, 2]"), Malformed),
    "NO-RESULT": (Reply(200, refusal("Not Found", "No data found")), Malformed),
}


def test_only_yahoos_own_words_deny_a_symbol(connect: Connect, server: YahooServer) -> None:
    paths = {f"/v8/finance/chart/{symbol}": always(reply) for symbol, (reply, _) in REFUSALS.items()}
    with LocalSite(passed_on_to(server, paths)) as site, ThreadPoolExecutor(len(REFUSALS)) as pool:
        client = connect(site.url)
        errors = pool.map(lambda symbol: raised(client, ENDPOINTS["chart"], symbol), REFUSALS)
        found = {symbol: type(error) for symbol, error in zip(REFUSALS, errors, strict=True)}
    assert found == {symbol: error for symbol, (_, error) in REFUSALS.items()}
    sent = Counter(site.paths)
    once = {symbol for symbol in REFUSALS if sent[f"/v8/finance/chart/{symbol}"] == 1}
    assert once == {symbol for symbol, (_, error) in REFUSALS.items() if error is UnknownSymbol}


# Cookies in a file


@pytest.fixture
def named_site(server: YahooServer) -> Iterator[LocalSite]:
    """At a name that yfinance takes for Yahoo's, so that it keeps the cookie."""
    with LocalSite(passed_on_to(server)) as site:
        site.url = f"http://yahoo.localhost:{site.port}"
        yield site


def test_a_cookie_is_kept_for_the_next_process(connect: Connect, named_site: LocalSite) -> None:
    connect(named_site.url).quotes(["SPY"])
    forget_yfinance()
    connect(named_site.url).quotes(["SPY"])
    assert Counter(named_site.paths) == {"/": 1, CRUMB: 2, "/v7/finance/quote": 2}


def test_a_kept_cookie_that_yahoo_refuses_is_replaced(
    connect: Connect, named_site: LocalSite, server: YahooServer
) -> None:
    connect(named_site.url).quotes(["SPY"])
    forget_yfinance()
    old = named_site.requests[-1].headers["cookie"]

    def refuse_old(request: Request) -> Reply:
        return Reply(401) if request.headers.get("cookie") == old else asked(server, request)

    with LocalSite(passed_on_to(server, {CRUMB: refuse_old})) as site:
        client = connect(f"http://yahoo.localhost:{site.port}")
        assert len(client.quotes(["SPY"])) == 1
        site.requests.clear()
        assert len(client.quotes(["SPY"])) == 1
        assert site.paths == ["/v7/finance/quote"]


# The directory of its cookie


def test_the_wanted_directory_is_made_for_nobody_else(tmp_path: Path) -> None:
    wanted = tmp_path / "some" / "where"
    assert private_cache(wanted) == wanted
    assert wanted.stat().st_mode & 0o777 == 0o700


def test_a_directory_that_is_there_is_taken(tmp_path: Path) -> None:
    assert private_cache(tmp_path) == tmp_path


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary directories are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_none_wanted_is_a_temporary_one_of_our_own(temporary: Path) -> None:
    one, other = private_cache(None), private_cache(None)
    assert one.parent == other.parent == temporary
    assert one != other
    assert one.stat().st_mode & 0o777 == 0o700


def test_one_that_can_not_be_made_is_replaced_by_a_temporary_one(temporary: Path) -> None:
    (temporary / "file").touch()
    assert private_cache(temporary / "file" / "cache").parent == temporary


def test_no_directory_at_all_is_an_error_that_names_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    with pytest.raises(ValueError, match="CANSLIM_YAHOO_CACHE_DIR"):
        private_cache(tmp_path / "file" / "cache")
