"""`make bench-yahoo`: reading from a server of Yahoo's formats, beside yfinance's own calls; then whole refreshes.

CPU is that of the reading process alone, on one thread; the server runs in another one and answers at once.
"""

import argparse
import logging
import os
import platform
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

# What yfinance does is deprecated by pandas 3.1, and said so for every symbol.
warnings.simplefilter("ignore")

import yfinance
from curl_cffi.requests import Response, Session
from yfinance.data import SingletonMeta, YfData

from bench.installation import installation, refresh
from canslim_cli.embedded import EmbeddedPostgres, EmbeddedValkey
from canslim_collector.provider import Ask
from canslim_collector.providers.yahoo.budget import Budget, Pace
from canslim_collector.providers.yahoo.client import YahooClient
from canslim_collector.providers.yahoo.memo import Memo
from canslim_collector.providers.yahoo.reader import Plan, read_symbol
from canslim_collector.providers.yahoo.session import YahooSession
from canslim_infra import migrations
from tests.yahoo.server_process import CHARTS, QUOTES, YahooServer
from tests.yahoo.spec import MarketSpec

#: No limit: what is measured is the reading.
UNLIMITED = Pace(rate=10_000, burst=10_000, in_flight=64)
ROUNDS = 3
#: What CAN SLIM needs beside prices.
FRAMES = ("quarterly_income_stmt", "income_stmt", "balance_sheet", "info", "major_holders")
SUMMARY = (
    "/v10/finance/quoteSummary/{symbol}?modules=assetProfile,calendarEvents,defaultKeyStatistics,"
    "majorHoldersBreakdown,quoteType,summaryDetail&formatted=false&corsDomain=finance.yahoo.com"
)
console = Console(width=None if sys.stdout.isatty() else 160)


class Redirected(Session[Response]):
    """yfinance as it comes, but for where it asks."""

    def __init__(self, url: str) -> None:
        super().__init__(impersonate="chrome", http_version="v1")
        self._url = url

    def request(self, method: Any, url: str, **options: Any) -> Response:  # type: ignore[override]
        rest = url.partition("://")[2].partition("/")[2]
        return super().request(method, f"{self._url}/{rest}", **options)


def measure(server: YahooServer, work: Callable[[], None]) -> tuple[float, int]:
    """CPU seconds of the best of some rounds, and the requests of one."""
    work()
    server.reset()
    work()
    requests = server.counts().total
    seconds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return min(seconds), requests


def read_with_yfinance(server: YahooServer, symbols: Sequence[str], folder: Path) -> dict[str, tuple[float, int]]:
    # A host with "yahoo" in its name: else yfinance would ask for the cookie before every request.
    session = Redirected(f"http://yahoo.localhost:{server.port}")
    yfinance.set_tz_cache_location(str(folder))
    logging.getLogger("yfinance").setLevel(logging.CRITICAL)
    YfData(session=session)

    def full() -> None:
        for symbol in symbols[: len(symbols) // 4]:
            YfData().cache_get.cache_clear()
            ticker = yfinance.Ticker(symbol, session=session)
            ticker.history(period="2y", auto_adjust=False)
            _ = (
                ticker.quarterly_income_stmt,
                ticker.income_stmt,
                ticker.balance_sheet,
                ticker.info,
                ticker.major_holders,
            )

    def history() -> None:
        for symbol in symbols:
            yfinance.Ticker(symbol, session=session).history(period="2y", auto_adjust=False)

    def download() -> None:
        yfinance.download(
            list(symbols), period="2y", auto_adjust=False, actions=True, progress=False, threads=False, session=session
        )

    found = {"Ticker.history": measure(server, history), "download": measure(server, download)}
    seconds, requests = measure(server, full)
    share = len(symbols) / (len(symbols) // 4)
    SingletonMeta._instances.clear()
    return found | {"frames": (seconds * share, round(requests * share))}


def read_with_ours(
    server: YahooServer, valkey: EmbeddedValkey, symbols: Sequence[str], folder: Path
) -> dict[str, tuple[float, int]]:
    client = YahooClient(YahooSession(Budget(valkey.url, UNLIMITED, 20), server.url), folder, 20)
    session = date.fromisoformat(str(server.market.hours.day(server.market.newest)))

    def symbols_with(*, reports: bool) -> None:
        for symbol in symbols:
            read_symbol(client, Plan(Ask(symbol), Memo(), statements=reports, summary=reports), session)

    def charts() -> None:
        for symbol in symbols:
            client.chart(symbol, "2y")

    found = {
        "charts": measure(server, charts),
        "checked": measure(server, lambda: symbols_with(reports=False)),
        "full": measure(server, lambda: symbols_with(reports=True)),
    }
    SingletonMeta._instances.clear()
    return found


def report_reading(symbols: int, yahoo: dict[str, tuple[float, int]], ours: dict[str, tuple[float, int]]) -> None:
    table = Table(title=f"{symbols} symbols, two years, {platform.machine()}, load {os.getloadavg()[0]:.2f}")
    for name in ("", "CPU ms a symbol", "symbols/s a core", "requests a symbol", "times yfinance's"):
        table.add_column(name, justify="right" if name else "left")
    rows = [
        ("prices: yfinance Ticker.history", yahoo["Ticker.history"], "Ticker.history"),
        ("prices: yfinance download", yahoo["download"], "Ticker.history"),
        ("prices: canslim, fetched and parsed", ours["charts"], "Ticker.history"),
        ("prices: canslim, and checked for faults", ours["checked"], "Ticker.history"),
        ("full: yfinance by frames", yahoo["frames"], "frames"),
        ("full: canslim", ours["full"], "frames"),
    ]
    for label, (seconds, requests), base in rows:
        ratio = yahoo[base][0] / seconds
        cells = [
            f"{seconds / symbols * 1000:.2f}",
            f"{symbols / seconds:,.0f}",
            f"{requests / symbols:.1f}",
            f"{ratio:.1f}",
        ]
        table.add_row(label, *cells)
    console.print(table)


def measure_refreshes(
    servers: tuple[EmbeddedPostgres, EmbeddedValkey], server: YahooServer, folder: Path
) -> list[tuple[str, dict[str, Any], dict[str, int], int]]:
    """First, the next day, the same day again: the job and the requests by kind."""
    settings = {"PROVIDER": "yahoo", "YAHOO_BASE_URL": server.url, "YAHOO_REQUESTS_PER_SECOND": "10000"}
    measured = []
    with installation(servers, folder, collectors=2, **settings) as system:
        for label in ("first refresh", "next day", "the same day again"):
            if label == "next day":
                server.next_session()
                server.warm((QUOTES,))
            server.reset()
            found = refresh(system.http)
            counts = server.counts()
            measured.append((label, found, counts.by_kind, counts.total))
    return measured


def report_refreshes(measured: list[tuple[str, dict[str, Any], dict[str, int], int]]) -> None:
    table = Table(
        title="whole refreshes: API, two collectors, scoring, PostgreSQL, Valkey and the server on this machine"
    )
    for name in ("", "symbols", "failed", "seconds", "requests", "by kind"):
        table.add_column(name, justify="left" if name in ("", "by kind") else "right")
    for label, found, kinds, total in measured:
        job = found["job"]
        by_kind = ", ".join(f"{kind} {count:,}" for kind, count in sorted(kinds.items()))
        table.add_row(label, f"{job['total']:,}", str(job["failed"]), f"{found['seconds']:.1f}", f"{total:,}", by_kind)
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=400, help="for the comparison with yfinance")
    parser.add_argument("--market", type=int, default=6_000, help="symbols of the whole refreshes; 0: none")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="canslim-bench-") as scratch:
        folder = Path(scratch).resolve()
        with EmbeddedPostgres(folder / "postgres") as postgres, EmbeddedValkey(folder / "valkey") as valkey:
            migrations.upgrade(postgres.url)
            with YahooServer(MarketSpec(symbols=arguments.symbols)) as server:
                server.warm((CHARTS, SUMMARY))
                symbols = server.market.symbols()
                ours = read_with_ours(server, valkey, symbols, folder / "ours")
                report_reading(len(symbols), read_with_yfinance(server, symbols, folder / "yfinance"), ours)
            if arguments.market:
                quiet = MarketSpec(symbols=arguments.market, splits=0, dividends=0, recent_listings=0)
                with YahooServer(quiet) as server:
                    report_refreshes(measure_refreshes((postgres, valkey), server, folder))


if __name__ == "__main__":
    main()
