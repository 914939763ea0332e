"""A server of Yahoo's formats for all tests, a Valkey each, and yfinance as it comes, as new for each."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from yfinance.cache import _CookieCacheManager, set_cache_location
from yfinance.data import SingletonMeta, YfData

from canslim_collector.providers.yahoo.budget import Budget, Pace
from canslim_collector.providers.yahoo.client import YahooClient
from canslim_collector.providers.yahoo.session import YahooSession
from tests.yahoo.server_process import YahooServer
from tests.yahoo.spec import MarketSpec

#: Nobody waits for it.
FAST = Pace(rate=10_000, burst=100, in_flight=64)
#: What would lead requests elsewhere, or change whom they believe.
VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

Connect = Callable[..., YahooClient]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *BUNDLES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="session")
def shared_server() -> Iterator[YahooServer]:
    """With more symbols than a page of the screener."""
    with YahooServer(MarketSpec(symbols=300)) as server:
        yield server


@pytest.fixture
def server(shared_server: YahooServer) -> YahooServer:
    shared_server.restore()
    return shared_server


@pytest.fixture
def budget(redis_url: str) -> Budget:
    return Budget(redis_url, FAST, timeout=20)


@pytest.fixture
def new_yfinance(tmp_path: Path) -> Iterator[None]:
    with yfinance_as_new(tmp_path / "yfinance"):
        yield


@contextmanager
def yfinance_as_new(cache: Path) -> Iterator[None]:
    """Without memory of other tests, and without a trace of this one."""
    before = SingletonMeta._instances.pop(YfData, None)
    _CookieCacheManager._Cookie_cache = None
    yield
    forget_yfinance()
    set_cache_location(str(cache))
    if before is not None:
        SingletonMeta._instances[YfData] = before


def forget_yfinance() -> None:
    """As a new process begins."""
    if (last := SingletonMeta._instances.pop(YfData, None)) is not None:
        last.cache_get.cache_clear()
    _CookieCacheManager._Cookie_cache = None


@pytest.fixture
def connect(budget: Budget, new_yfinance: None, tmp_path: Path) -> Iterator[Connect]:
    """Makes a client of what is at an address; of Yahoo itself where there is none."""
    with ExitStack() as opened:

        def connect(base_url: str | None, *, timeout: float = 20, cache: Path | None = None) -> YahooClient:
            session = opened.enter_context(YahooSession(budget, base_url))
            return YahooClient(session, cache or tmp_path / "yfinance", timeout)

        yield connect


@pytest.fixture
def client(connect: Connect, server: YahooServer) -> YahooClient:
    return connect(server.url)
