"""What each fault looks like to a client, and which requests meet it."""

import json
import time
from collections.abc import Callable
from http.client import HTTPConnection

import pytest
import yfinance
from curl_cffi.requests import Response, Session
from curl_cffi.requests.exceptions import ConnectionError as ConnectionFailed
from curl_cffi.requests.exceptions import IncompleteRead, Timeout
from yfinance.exceptions import YFPricesMissingError, YFRateLimitError

from tests.yahoo.faults import Fault, FaultPlan, Faults, Limit, SymbolFault
from tests.yahoo.request import Kind, Request, request_of
from tests.yahoo.server_process import YahooServer

Client = Session[Response]
Tickers = Callable[[str], yfinance.Ticker]
pytestmark = [pytest.mark.processes, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
TARGET = "/v8/finance/chart/SPY?range=1mo&interval=1d"


def chart(client: Client, server: YahooServer, symbol: str = "SPY") -> Response:
    return client.get(f"{server.url}/v8/finance/chart/{symbol}?range=1mo&interval=1d")


def request(target: str = TARGET) -> Request:
    return request_of("GET", target, {}, b"", 1)


@pytest.fixture
def meets(server: YahooServer, request: pytest.FixtureRequest) -> Fault:
    """Every request for SPY meets the parameter."""
    fault: Fault = request.param
    server.set_faults(FaultPlan(symbols={"SPY": SymbolFault(fault)}))
    return fault


@pytest.mark.parametrize(
    ("meets", "status", "content_type"),
    [
        (Fault.SERVER_ERROR, 500, "application/json"),
        (Fault.BAD_GATEWAY, 502, "text/html"),
        (Fault.RATE_LIMITED, 429, "text/plain"),
        (Fault.HTML_PAGE, 200, "text/html"),
        (Fault.BROKEN_JSON, 200, "application/json"),
        (Fault.WRONG_SHAPE, 200, "application/json"),
    ],
    indirect=["meets"],
)
def test_a_spoilt_answer_has_a_status_and_a_type(
    server: YahooServer, client: Client, meets: Fault, status: int, content_type: str
) -> None:
    response = chart(client, server)
    assert response.status_code == status
    assert content_type in str(response.headers["content-type"])
    assert chart(client, server, "QQQ").status_code == 200
    assert server.counts().by_fault == {meets.value: 1}


@pytest.mark.parametrize("meets", [Fault.BROKEN_JSON, Fault.HTML_PAGE, Fault.BAD_GATEWAY], indirect=True)
def test_some_bodies_are_no_json(server: YahooServer, client: Client, meets: Fault) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(chart(client, server).content)


@pytest.mark.parametrize(
    ("meets", "raised", "timeout"),
    [(Fault.CUT_OFF, IncompleteRead, 10), (Fault.RESET, ConnectionFailed, 10), (Fault.HANG, Timeout, 0.3)],
    indirect=["meets"],
)
def test_some_connections_fail(
    server: YahooServer, client: Client, meets: Fault, raised: type[Exception], timeout: float
) -> None:
    with pytest.raises(raised):
        client.get(f"{server.url}{TARGET}", timeout=timeout)
    assert chart(client, server, "QQQ").status_code == 200


@pytest.mark.parametrize("meets", [Fault.NULLS], indirect=True)
def test_nulls_are_inside_the_series(server: YahooServer, client: Client, meets: Fault) -> None:
    (result,) = chart(client, server).json()["chart"]["result"]
    (quote,) = result["indicators"]["quote"]
    holes = {name: values.count(None) for name, values in quote.items()}
    assert holes == {"open": 2, "high": 2, "low": 2, "close": 1, "volume": 2}


@pytest.mark.parametrize(
    ("meets", "raised", "timeout"),
    [
        (Fault.RATE_LIMITED, YFRateLimitError, 10),
        # It takes the JSON of an error for a symbol without prices.
        (Fault.SERVER_ERROR, YFPricesMissingError, 10),
        (Fault.BAD_GATEWAY, json.JSONDecodeError, 10),
        (Fault.HTML_PAGE, json.JSONDecodeError, 10),
        (Fault.BROKEN_JSON, json.JSONDecodeError, 10),
        (Fault.CUT_OFF, IncompleteRead, 10),
        (Fault.RESET, ConnectionFailed, 10),
        (Fault.HANG, Timeout, 0.3),
    ],
    indirect=["meets"],
)
def test_yfinance_raises_what_it_raises_at_yahoos(
    server: YahooServer, ticker: Tickers, meets: Fault, raised: type[Exception], timeout: float
) -> None:
    with pytest.raises(raised):
        ticker("SPY").history(period="1mo", timeout=timeout)


def test_a_fault_for_some_times_ends_after_them(server: YahooServer, client: Client) -> None:
    server.set_faults(FaultPlan(symbols={"SPY": SymbolFault(Fault.SERVER_ERROR, times=2)}))
    assert [chart(client, server).status_code for _ in range(4)] == [500, 500, 200, 200]


def test_a_storm_refuses_everything_until_it_ends(server: YahooServer, client: Client) -> None:
    server.set_faults(FaultPlan(storm_seconds=600, retry_after=7))
    refused = chart(client, server)
    assert (refused.status_code, refused.text) == (429, "Too Many Requests\r\n")
    assert refused.headers["retry-after"] == "7"
    assert client.get(f"{server.url}/v1/test/getcrumb").status_code == 429
    server.set_faults(FaultPlan(storm_seconds=600, refusals_touch_session=False))
    assert client.get(f"{server.url}/v1/test/getcrumb").status_code == 200
    server.set_faults()
    assert chart(client, server).status_code == 200


def test_a_limit_refuses_what_is_more(server: YahooServer, client: Client) -> None:
    server.set_faults(FaultPlan(limit=Limit(requests=3, seconds=600)))
    assert [chart(client, server).status_code for _ in range(5)] == [200, 200, 200, 429, 429]


def test_latency_is_added_to_every_answer(server: YahooServer, client: Client) -> None:
    server.set_faults(FaultPlan(latency_ms=80))
    started = time.monotonic()
    assert chart(client, server).status_code == 200
    # A timer may be a millisecond early.
    assert time.monotonic() - started >= 0.07


def test_requests_that_wait_are_in_flight_together(server: YahooServer) -> None:
    server.set_faults(FaultPlan(symbols={"SPY": SymbolFault(Fault.HANG)}))
    connections = [HTTPConnection("127.0.0.1", server.port) for _ in range(3)]
    for connection in connections:
        connection.request("GET", TARGET)
    assert_soon(lambda: server.counts().in_flight == 3)
    for connection in connections:
        connection.close()
    assert_soon(lambda: server.counts().in_flight == 0)
    assert server.counts().most_in_flight == 3
    assert [(record.status, record.fault) for record in server.log()] == [(0, "hang")] * 3


def assert_soon(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_same_requests_in_any_order_meet_the_same_faults() -> None:
    plan = FaultPlan(seed=3, rates={Fault.RESET: 0.1, Fault.SERVER_ERROR: 0.2})
    targets = [TARGET.replace("SPY", f"A{number}") for number in range(500)]
    fates = []
    for order in (targets, targets[::-1]):
        faults = Faults(time.monotonic)
        faults.set(plan)
        fates.append({target: faults.fate_of(request(target)) for target in order})
    assert fates[0] == fates[1]
    met = list(fates[0].values())
    assert 30 < met.count(Fault.RESET) < 70
    assert 70 < met.count(Fault.SERVER_ERROR) < 130


def test_a_repeated_request_draws_anew() -> None:
    faults = Faults(time.monotonic)
    faults.set(FaultPlan(rates={Fault.RESET: 0.5}))
    fates = {faults.fate_of(request()) for _ in range(30)}
    assert fates == {None, Fault.RESET}


def test_rates_spare_cookie_and_crumb_unless_told_otherwise() -> None:
    faults = Faults(time.monotonic)
    faults.set(FaultPlan(rates={Fault.RESET: 1}))
    assert [faults.fate_of(request(target)) for target in ("/", "/v1/test/getcrumb")] == [None, None]
    faults.set(FaultPlan(rates={Fault.RESET: 1}, faults_touch_session=True))
    assert faults.fate_of(request("/")) is Fault.RESET


def test_rates_can_be_of_some_kinds_alone() -> None:
    faults = Faults(time.monotonic)
    faults.set(FaultPlan(rates={Fault.RESET: 1}, kinds=(Kind.QUOTE,)))
    assert faults.fate_of(request()) is None
    assert faults.fate_of(request("/v7/finance/quote?symbols=A,B")) is Fault.RESET


def test_a_limit_slides_and_pauses() -> None:
    now = 100.0
    faults = Faults(lambda: now)
    faults.set(FaultPlan(limit=Limit(requests=2, seconds=10, pause=30)))
    assert [faults.fate_of(request()) for _ in range(3)] == [None, None, Fault.RATE_LIMITED]
    now = 129.0
    assert faults.fate_of(request()) is Fault.RATE_LIMITED
    now = 130.0
    assert faults.fate_of(request()) is None


def test_a_storm_ends_by_itself() -> None:
    now = 100.0
    faults = Faults(lambda: now)
    faults.set(FaultPlan(storm_seconds=5))
    assert faults.fate_of(request()) is Fault.RATE_LIMITED
    now = 105.0
    assert faults.fate_of(request()) is None
