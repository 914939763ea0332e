"""What yfinance does not ask for, or hides: refusals, batches, cookies, connections, the log."""

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from curl_cffi.requests import Response, Session

from tests.yahoo.changes import Split
from tests.yahoo.server_process import ROOT, YahooServer
from tests.yahoo.standing import decimal

pytestmark = pytest.mark.processes
Client = Session[Response]
CHART = "/v8/finance/chart/SPY?range=2y&interval=1d&events=div%2Csplits"


def quotes(client: Client, server: YahooServer, symbols: list[str], crumb: str) -> Response:
    return client.get(f"{server.url}/v7/finance/quote", params={"symbols": ",".join(symbols), "crumb": crumb})


def error(response: Response) -> dict[str, Any]:
    (body,) = response.json().values()
    assert body["result"] is None
    found: dict[str, Any] = body["error"]
    return found


def test_quotes_agree_with_the_bars_of_charts(server: YahooServer, client: Client, crumb: str) -> None:
    symbols = server.market.symbols()[:50]
    result = quotes(client, server, [*symbols, "NOPE"], crumb).json()["quoteResponse"]["result"]
    assert [quote["symbol"] for quote in result] == symbols
    for quote in result:
        bars = server.truth(quote["symbol"]).bars
        for field, series in (("Price", "close"), ("Open", "open"), ("DayHigh", "high"), ("DayLow", "low")):
            assert quote[f"regularMarket{field}"] == decimal(getattr(bars, series)[-1])
        assert quote["regularMarketVolume"] == bars.volume[-1]
        assert quote["marketState"] == "POST"


def test_a_hundred_symbols_are_too_many_for_one_quote(server: YahooServer, client: Client, crumb: str) -> None:
    assert quotes(client, server, ["SPY"] * 99, crumb).status_code == 200
    assert quotes(client, server, ["SPY"] * 100, crumb).status_code == 400


def test_a_wrong_crumb_or_none_is_refused(server: YahooServer, client: Client, crumb: str) -> None:
    wrong = quotes(client, server, ["SPY"], "wrong")
    assert (wrong.status_code, error(wrong)["description"]) == (401, "Invalid Crumb")
    without = client.get(f"{server.url}/v10/finance/quoteSummary/SPY?modules=price")
    assert without.status_code == 401
    assert client.get(f"{server.url}{CHART}").status_code == 200


def test_a_crumb_belongs_to_its_cookie_and_expires_on_demand(server: YahooServer, client: Client, crumb: str) -> None:
    with Session(impersonate="chrome") as other:
        other.get(f"{server.url}/")
        assert quotes(other, server, ["SPY"], crumb).status_code == 401
    assert quotes(client, server, ["SPY"], crumb).status_code == 200
    server.expire_crumbs()
    assert quotes(client, server, ["SPY"], crumb).status_code == 401
    anew = client.get(f"{server.url}/v1/test/getcrumb").text
    assert quotes(client, server, ["SPY"], anew).status_code == 200


def test_no_cookie_means_no_crumb(server: YahooServer) -> None:
    response = httpx.get(f"{server.url}/v1/test/getcrumb")
    assert (response.status_code, response.text) == (401, "")


def test_the_cookie_page_is_not_found_and_sets_a_cookie_of_this_origin(server: YahooServer) -> None:
    response = httpx.get(f"{server.url}/")
    assert response.status_code == 404
    assert response.headers["set-cookie"].startswith("A3=")
    assert "domain" not in response.headers["set-cookie"].lower()


def test_the_consent_page_has_no_form(server: YahooServer) -> None:
    response = httpx.get(f"{server.url}/consent")
    assert response.status_code == 200
    assert "<form" not in response.text


def test_unknown_symbols_are_named_in_each_endpoints_way(server: YahooServer, client: Client, crumb: str) -> None:
    chart = client.get(f"{server.url}/v8/finance/chart/NOPE")
    assert (chart.status_code, error(chart)["code"]) == (404, "Not Found")
    summary = client.get(f"{server.url}/v10/finance/quoteSummary/NOPE", params={"modules": "price", "crumb": crumb})
    assert error(summary)["description"] == "Quote not found for symbol: NOPE"
    lines = client.get(f"{server.url}/ws/fundamentals-timeseries/v1/finance/timeseries/NOPE?type=annualNetIncome,x")
    assert sorted(list(series) for series in lines.json()["timeseries"]["result"]) == [["meta"], ["meta"]]


def test_a_range_without_sessions_has_no_rows(server: YahooServer, client: Client) -> None:
    sunday = int(datetime(2026, 3, 15, tzinfo=UTC).timestamp())
    url = f"{server.url}/v8/finance/chart/SPY?period1={sunday}&period2={sunday + 3600}"
    (result,) = client.get(url).json()["chart"]["result"]
    assert "timestamp" not in result
    assert result["indicators"]["quote"] == [{}]


def test_moments_before_the_listing_are_refused(server: YahooServer, client: Client) -> None:
    response = client.get(f"{server.url}/v8/finance/chart/SPY?period1=0&period2=86400")
    assert (response.status_code, error(response)["code"]) == (400, "Bad Request")


def test_sparks_have_the_closes_of_up_to_twenty_symbols(server: YahooServer, client: Client) -> None:
    symbols = server.market.symbols()[:20]
    url = f"{server.url}/v8/finance/spark?range=5d&symbols="
    sparks = client.get(url + ",".join(symbols)).json()
    expected = {symbol: [decimal(close) for close in server.truth(symbol).bars.close[-5:]] for symbol in symbols}
    assert {symbol: spark["close"] for symbol, spark in sparks.items()} == expected
    assert client.get(url + ",".join([*symbols, "SPY"])).status_code == 400
    old = client.get(f"{server.url}/v7/finance/spark?range=5d&symbols=SPY").json()["spark"]["result"]
    assert old[0]["response"][0]["meta"]["symbol"] == "SPY"


def test_summaries_nest_numbers_unless_told_otherwise(server: YahooServer, client: Client, crumb: str) -> None:
    url = f"{server.url}/v10/finance/quoteSummary/SPY?modules=price&crumb={crumb}"
    price = decimal(server.truth("SPY").bars.close[-1])
    flat, nested = (client.get(url + more).json()["quoteSummary"]["result"][0] for more in ("&formatted=false", ""))
    assert flat["price"]["regularMarketPrice"] == price
    assert nested["price"]["regularMarketPrice"]["raw"] == price


def test_zipped_and_plain_bodies_are_the_same(server: YahooServer) -> None:
    plain, zipped = (httpx.get(server.url + CHART, headers={"Accept-Encoding": way}) for way in ("identity", "gzip"))
    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert plain.content == zipped.content


def test_a_change_shows_in_the_next_answer(server: YahooServer, client: Client) -> None:
    symbol = server.market.symbols()[0]
    url = f"{server.url}/v8/finance/chart/{symbol}?range=1mo&events=split"
    before = client.get(url).json()
    server.apply(Split(symbol, server.market.hours.day(server.market.newest), 5))
    after = client.get(url).json()
    assert before != after
    assert "splits" in after["chart"]["result"][0]["events"]


def test_an_answer_written_ahead_is_the_same(server: YahooServer, client: Client) -> None:
    target = "/v8/finance/chart/{symbol}?range=5d"
    before = client.get(server.url + target.format(symbol="SPY")).content
    server.set_now(server.market.now)
    assert server.warm([target]) == len(server.market.symbols()) + 4
    assert client.get(server.url + target.format(symbol="SPY")).content == before
    assert server.counts().total == 3


def test_the_log_tells_who_asked_for_what(server: YahooServer, client: Client) -> None:
    client.get(server.url + CHART, headers={"X-Yahoo-Host": "query2.finance.yahoo.com", "User-Agent": "one"})
    with Session() as other:
        other.get(f"{server.url}/v8/finance/chart/%5EGSPC", headers={"User-Agent": "another"})
        other.get(f"{server.url}/elsewhere")
    cookie, chart, index, elsewhere = server.log()
    assert [record.kind for record in (cookie, chart, index, elsewhere)] == ["cookie", "chart", "chart", "other"]
    assert (chart.yahoo_host, chart.agent, chart.symbols, chart.status) == (
        "query2.finance.yahoo.com", "one", ("SPY",), 200,
    )  # fmt: skip
    assert chart.host == f"127.0.0.1:{server.port}"
    assert (index.symbols, index.agent, elsewhere.status) == (("^GSPC",), "another", 404)
    assert cookie.port == chart.port != index.port == elsewhere.port


def test_counts_are_of_kinds_windows_and_connections(server: YahooServer, client: Client) -> None:
    for _ in range(5):
        client.get(server.url + CHART)
    counts = server.counts(window_seconds=3600)
    assert counts.by_kind == {"cookie": 1, "chart": 5}
    assert counts.by_status == {404: 1, 200: 5}
    assert (counts.total, counts.most_in_window, counts.connections, counts.in_flight) == (6, 6, 1, 0)
    server.reset()
    assert server.counts().total == 0


def test_a_change_that_makes_no_sense_is_refused(server: YahooServer) -> None:
    assert httpx.post(f"{server.url}/_control/changes", content=b'[{"kind": "earthquake"}]').status_code == 400
    assert httpx.get(f"{server.url}/_control/nothing").status_code == 404
    assert httpx.get(f"{server.url}/_control/market").json()["spec"]["symbols"] == 60


def test_the_server_ends_with_the_process_that_started_it() -> None:
    command = [sys.executable, "-m", "tests.yahoo.server", "--until-stdin-closes"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0
        process.stdin.close()
        assert process.wait(10) == 0
