"""One server for all tests, as new for each; and yfinance as it comes, sent there."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import yfinance
from curl_cffi.requests import Response, Session
from yfinance.data import SingletonMeta, YfData

from tests.yahoo.server_process import YahooServer
from tests.yahoo.spec import MarketSpec


class Redirected(Session[Response]):
    """Asks the server at `url` for what was meant for Yahoo."""

    def __init__(self, url: str) -> None:
        super().__init__(impersonate="chrome")
        self._url = url

    def request(self, method: Any, url: str, *args: Any, **options: Any) -> Response:
        meant = urlsplit(url)
        options["headers"] = {**(options.get("headers") or {}), "X-Yahoo-Host": meant.netloc}
        target = f"{self._url}{meant.path or '/'}{'?' if meant.query else ''}{meant.query}"
        return super().request(method, target, *args, **options)


@pytest.fixture(scope="session")
def shared_server() -> Iterator[YahooServer]:
    with YahooServer(MarketSpec(symbols=60)) as server:
        yield server


@pytest.fixture
def server(shared_server: YahooServer) -> YahooServer:
    shared_server.restore()
    return shared_server


@pytest.fixture
def client(server: YahooServer) -> Iterator[Session[Response]]:
    """With a cookie; what fails stays failed."""
    with Session(impersonate="chrome", timeout=10) as client:
        client.get(f"{server.url}/")
        yield client


@pytest.fixture
def crumb(server: YahooServer, client: Session[Response]) -> str:
    return client.get(f"{server.url}/v1/test/getcrumb").text


@pytest.fixture(scope="session")
def time_zones(tmp_path_factory: pytest.TempPathFactory) -> None:
    yfinance.set_tz_cache_location(str(tmp_path_factory.mktemp("yfinance")))


@pytest.fixture
def session(server: YahooServer, time_zones: None) -> Iterator[Session[Response]]:
    """What yfinance uses from now on, without memory of other tests; it raises what it would hide."""
    before = SingletonMeta._instances.pop(YfData, None)
    with Redirected(server.url) as session:
        YfData(session=session)
        yfinance.config.debug.hide_exceptions = False
        yield session
    yfinance.config.debug.hide_exceptions = True
    YfData().cache_get.cache_clear()
    SingletonMeta._instances.pop(YfData)
    if before is not None:
        SingletonMeta._instances[YfData] = before


@pytest.fixture
def ticker(session: Session[Response]) -> Callable[[str], yfinance.Ticker]:
    """With its time zone: else the tests before decide whether it asks for that first."""

    def make(symbol: str) -> yfinance.Ticker:
        ticker = yfinance.Ticker(symbol, session=session)
        ticker._tz = "America/New_York"
        return ticker

    return make
