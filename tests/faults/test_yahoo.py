"""The whole system on a server of Yahoo's formats: what it asks, what it stores, what it does when refused."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from canslim_collector.providers.yahoo.budget import Pace
from tests.faults.checker import check
from tests.faults.cluster import Cluster
from tests.faults.conftest import RunCluster
from tests.faults.test_kills import busy
from tests.yahoo.changes import Delisting, Dividend, Quarter, Split, Stale
from tests.yahoo.faults import Fault, FaultPlan
from tests.yahoo.server_process import YahooServer
from tests.yahoo.spec import MarketSpec
from tests.yahoo.stored import differences

pytestmark = pytest.mark.slow

#: Four collectors share the budget.
COLLECTORS = 4
POOLS = (("api", 1), ("collector", COLLECTORS), ("scoring", 1))
STOCKS = 60
#: Nothing happens on its own: each test says what does.
SPEC = MarketSpec(symbols=STOCKS, splits=0, dividends=0, recent_listings=0, without_reports=0, null_points=0)

RunYahoo = Callable[..., AbstractContextManager[Cluster]]


@pytest.fixture(scope="module")
def shared_server() -> Iterator[YahooServer]:
    with YahooServer(SPEC) as server:
        yield server


@pytest.fixture
def server(shared_server: YahooServer) -> YahooServer:
    shared_server.restore()
    return shared_server


@pytest.fixture
def run_yahoo(run_cluster: RunCluster) -> RunYahoo:
    def run(server: YahooServer, **settings: str) -> AbstractContextManager[Cluster]:
        defaults = {
            "CANSLIM_PROVIDER": "yahoo",
            "CANSLIM_YAHOO_BASE_URL": server.url,
            "CANSLIM_YAHOO_REQUESTS_PER_SECOND": "1000",
            "CANSLIM_YAHOO_TIMEOUT_SECONDS": "2",
            "CANSLIM_COLLECTOR_THREADS": "1",
        }
        return run_cluster(pools=POOLS, **defaults | settings)

    return run


def refreshed(cluster: Cluster, server: YahooServer, failed: int = 0, *, holdings: bool = True) -> dict[str, Any]:
    """A refresh that ends well and leaves the server's truth."""
    job = cluster.finished(cluster.refresh(), seconds=150)
    assert (job["state"], job["failed"]) == ("completed", failed), f"{job}\n{cluster.report()}"
    assert list(differences(cluster.ask, server.market, holdings=holdings)) == []
    check(cluster)
    return job


def asked(server: YahooServer) -> dict[str, int]:
    """Requests by kind since the last look; the cookie and the crumb of each process are not counted."""
    kinds = server.counts().by_kind
    server.reset()
    return {kind: count for kind, count in kinds.items() if kind not in ("cookie", "crumb")}


def test_a_market_is_read_once_and_then_followed(run_yahoo: RunYahoo, server: YahooServer) -> None:
    with run_yahoo(server) as cluster:
        first = refreshed(cluster, server)
        # Beside the three of each stock: the session, the list, the benchmarks.
        assert asked(server) == {"chart": STOCKS + 3, "summary": STOCKS, "timeseries": STOCKS, "screener": 1}
        assert first["requests"] >= 3 * STOCKS + 4
        again = refreshed(cluster, server)
        assert asked(server) == {"chart": 1}
        assert (again["unchanged"], again["bars"]) == (STOCKS + 2, 0)
        server.next_session()
        following = refreshed(cluster, server, holdings=False)
        # The session, and one quote for up to 99 symbols.
        assert asked(server) == {"chart": 1, "quote": 1}
        assert following["bars"] == STOCKS + 2
        # The session as it runs is nobody's last bar.
        running = datetime.fromtimestamp(int(server.market.hours.opens[server.market.newest + 1]) + 3600, UTC)
        before = cluster.ask("SELECT max(session) FROM daily_bar")
        server.set_now(running)
        job = cluster.finished(cluster.refresh())
        assert (job["state"], job["bars"], cluster.ask("SELECT max(session) FROM daily_bar")) == (
            "completed",
            0,
            before,
        )


def test_events_restate_the_history_of_whom_they_concern(run_yahoo: RunYahoo, server: YahooServer) -> None:
    with run_yahoo(server) as cluster:
        refreshed(cluster, server)
        # Whose quarter is over and not reported yet.
        late = min(server.market.symbols(), key=lambda symbol: server.truth(symbol).quarters[-1].period_end)
        split, payer, gone = [symbol for symbol in server.market.symbols() if symbol != late][:3]
        day = server.market.hours.day(server.market.newest + 1)
        asked(server)
        server.apply(Split(split, day, 3), Dividend(payer, day, 0.5), _quarter(server, late), Delisting(gone, day))
        server.next_session()
        job = refreshed(cluster, server, failed=1, holdings=False)
        # One chart for the session, one each for the split, the dividend and the delisted; statements for the split,
        # which restates them, and for the report; a summary for the number of shares after the split.
        assert asked(server) == {"chart": 4, "quote": 1, "summary": 1, "timeseries": 2}
        failures = cluster.http.get(f"/screener/jobs/{job['job_id']}/failures").json()["items"]
        assert [(failure["symbol"], failure["code"]) for failure in failures] == [(gone, "unknown_symbol")]
        generations = "SELECT symbol FROM series WHERE generation > 1 ORDER BY symbol"
        assert cluster.ask(generations).split() == sorted([split, payer])
        # Not the first denial, but the third one buries it; its history stays.
        for misses in (2, 3):
            server.next_session()
            refreshed(cluster, server, failed=1, holdings=False)
            assert cluster.ask(f"SELECT misses FROM symbol_status WHERE symbol = '{gone}'") == str(misses)
        assert cluster.ask(f"SELECT delisted_on < '{day}' FROM listing WHERE symbol = '{gone}'") == "t"
        assert int(cluster.ask(f"SELECT count(*) FROM daily_bar WHERE symbol = '{gone}'")) > 400
        asked(server)
        server.next_session()
        refreshed(cluster, server, holdings=False)
        assert asked(server)["chart"] == 1


def _quarter(server: YahooServer, symbol: str) -> Quarter:
    """The report that is next after what Yahoo shows, announced before the next session."""
    last = server.truth(symbol).quarters[-1]
    month = last.period_end + timedelta(days=92)
    return replace(
        last,
        period_end=month.replace(day=1) - timedelta(days=1) if month.day < 15 else month,
        announced=server.market.now + timedelta(hours=2),
        fiscal_quarter=last.fiscal_quarter % 4 + 1,
        fiscal_year=last.fiscal_year + last.fiscal_quarter // 4,
        revenue=last.revenue * 2,
        diluted_eps=round(abs(last.diluted_eps) * 2 + 0.1, 2),
        basic_eps=round(abs(last.basic_eps) * 2 + 0.1, 2),
    )


def test_the_fleet_keeps_to_its_budget(run_yahoo: RunYahoo, server: YahooServer) -> None:
    rate, burst, flying, window = 6.0, 5, 2, 10
    settings = {"REQUESTS_PER_SECOND": str(rate), "BURST": str(burst), "IN_FLIGHT": str(flying)}
    server.set_faults(FaultPlan(latency_ms=200))
    with run_yahoo(server, **{f"CANSLIM_YAHOO_{name}": value for name, value in settings.items()}) as cluster:
        refreshed(cluster, server)
        counts = server.counts(window_seconds=window)
    pace = Pace(rate, burst, flying)
    assert counts.most_in_window <= burst + window * pace.tokens_a_second + 1
    assert counts.most_in_flight <= flying
    # And it is not much slower than it may be.
    log = server.log()
    assert len(log) / (log[-1].monotonic - log[0].monotonic) > 0.6 * rate


def test_a_refused_fleet_pauses_and_loses_nothing(run_yahoo: RunYahoo, server: YahooServer) -> None:
    # More tasks than processes, so that all of them are at work.
    with YahooServer(replace(SPEC, symbols=600)) as server, run_yahoo(server) as cluster:
        server.set_faults(FaultPlan(latency_ms=20))
        job_id = cluster.refresh()
        cluster.until_collected(job_id, 100)
        server.reset()
        server.set_faults(FaultPlan(latency_ms=20, storm_seconds=12, retry_after=5))
        cluster.until(lambda: cluster.job(job_id)["waits_until"] is not None, "the job waits")
        assert cluster.job(job_id)["wait_reason"] == "Yahoo refuses requests for now"
        refused = [record.monotonic for record in server.log() if record.status == 429]
        # Those that were on their way, and then silence.
        assert len(refused) <= COLLECTORS
        job = cluster.finished(job_id, seconds=150)
        assert (job["state"], job["failed"]) == ("completed", 0)
        assert list(differences(cluster.ask, server.market)) == []
        check(cluster)
        assert cluster.ask("SELECT max(attempt) FROM job_task") == "1"
        storm = [record.monotonic for record in server.log() if record.status == 429]
        # After each pause one request probes.
        assert len(storm) <= COLLECTORS + math.ceil(12 / 5)


def test_a_minute_of_refusals_costs_a_request_a_process(run_yahoo: RunYahoo) -> None:
    """As Yahoo does it: no word of how long."""
    with YahooServer(replace(SPEC, symbols=600)) as server, run_yahoo(server) as cluster:
        server.set_faults(FaultPlan(latency_ms=20))
        job_id = cluster.refresh()
        cluster.until_collected(job_id, 100)
        server.reset()
        server.set_faults(FaultPlan(latency_ms=20, storm_seconds=60))
        job = cluster.finished(job_id, seconds=280)
        assert (job["state"], job["failed"]) == ("completed", 0)
        assert list(differences(cluster.ask, server.market)) == []
        check(cluster)
        assert cluster.ask("SELECT max(attempt) FROM job_task") == "1"
        refused = sum(record.status == 429 for record in server.log())
        # One each at the beginning, and at most one probe.
        assert 1 <= refused <= COLLECTORS + 1
        print(f"{refused} refusals; {cluster.ask(WAITED)} from the first request to the last")


#: How long the job's tasks took in all.
WAITED = "SELECT max(finished_at) - min(started_at) FROM job_task WHERE stage = 'collect'"


def test_what_fails_now_and_then_ends_with_the_truth(run_yahoo: RunYahoo, server: YahooServer) -> None:
    rates = {
        Fault.SERVER_ERROR: 0.03,
        Fault.BAD_GATEWAY: 0.02,
        Fault.CUT_OFF: 0.02,
        Fault.BROKEN_JSON: 0.01,
        Fault.WRONG_SHAPE: 0.005,
        Fault.HTML_PAGE: 0.005,
        Fault.HANG: 0.01,
        Fault.RESET: 0.01,
    }
    server.set_faults(FaultPlan(rates=rates))
    with run_yahoo(server, CANSLIM_YAHOO_TIMEOUT_SECONDS="0.5") as cluster:
        refreshed(cluster, server)
        server.next_session()
        refreshed(cluster, server, holdings=False)
        assert cluster.ask("SELECT count(*) FROM symbol_status WHERE misses > 0") == "0"
        assert server.counts().by_fault


def test_a_killed_collector_costs_its_one_task(run_yahoo: RunYahoo) -> None:
    with YahooServer(replace(SPEC, symbols=400)) as server, run_yahoo(server) as cluster:
        server.set_faults(FaultPlan(latency_ms=10))
        job_id = cluster.refresh()
        cluster.until_collected(job_id, 1)
        victim = busy(cluster, "collector")
        [task] = cluster.running_tasks(victim)
        victim.kill()
        assert cluster.finished(job_id)["state"] == "completed"
        assert list(differences(cluster.ask, server.market)) == []
        charts = Counter(record.symbols[0] for record in server.log() if record.kind == "chart")
        again = {symbol for symbol, count in charts.items() if count > 1} - {"SPY"}
        its = cluster.ask(f"SELECT jsonb_array_elements_text(payload -> 'symbols') FROM job_task WHERE id = {task}")
        assert again <= set(its.split())
        check(cluster)


def test_without_redis_each_process_keeps_to_its_share(run_yahoo: RunYahoo, server: YahooServer) -> None:
    with run_yahoo(server, CANSLIM_YAHOO_REQUESTS_PER_SECOND="20") as cluster:
        job_id = cluster.refresh()
        cluster.until(lambda: server.counts().total > 10, "the collector asks")
        cluster.redis.pause()
        server.reset()
        # What runs goes on; the next task is only heard of when Redis is back.
        cluster.until_collected(job_id, STOCKS + 2)
        cluster.redis.resume()
        assert cluster.finished(job_id, seconds=60)["state"] == "completed"
        assert list(differences(cluster.ask, server.market)) == []
        assert server.counts(window_seconds=5).most_in_window <= 5 + 5 * 20
        check(cluster)


def test_answers_of_some_days_ago_replace_nothing(run_yahoo: RunYahoo, server: YahooServer) -> None:
    with run_yahoo(server) as cluster:
        refreshed(cluster, server)
        payer = server.market.symbols()[0]
        server.next_session()
        refreshed(cluster, server, holdings=False)
        server.apply(Stale("*", 3), Dividend(payer, server.market.hours.day(server.market.newest), 0.5))
        asked(server)
        stored = cluster.ask("SELECT symbol, max(session), count(*) FROM daily_bar GROUP BY 1 ORDER BY 1")
        job = cluster.finished(cluster.refresh())
        assert (job["state"], job["bars"]) == ("completed", 0)
        assert "the newest complete session of 'yahoo' is" in job["warning"]
        assert cluster.ask("SELECT symbol, max(session), count(*) FROM daily_bar GROUP BY 1 ORDER BY 1") == stored
        # The session, and for the one with a dividend a chart that is not believed, read twice.
        assert asked(server)["chart"] <= 3


def test_a_list_that_shrinks_is_not_believed(run_yahoo: RunYahoo, server: YahooServer) -> None:
    with run_yahoo(server) as cluster:
        refreshed(cluster, server)
        day = server.market.hours.day(server.market.newest + 1)
        server.apply(*(Delisting(symbol, day) for symbol in server.market.symbols()[: STOCKS // 5]))
        server.next_session()
        cluster.ask("UPDATE universe SET listed_at = listed_at - interval '10 days'")
        job = cluster.finished(cluster.refresh())
        assert (job["state"], job["total"]) == ("failed", STOCKS + 2)
        assert "at least 90% of them are expected, so the last one stays" in job["warning"]
        assert "nothing is published, the last good ratings stay" in job["error"]
        assert cluster.ask("SELECT count(*) FROM universe_member") == str(STOCKS + 2)
