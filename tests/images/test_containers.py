"""Each image as a container of its own, with real servers beside it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.images.building import image
from tests.images.containers import GRACE, settings, start, started
from tests.images.engine import Engine, until
from tests.images.promises import expect_a_leaver_to_lose_nothing, expect_a_sample_refresh_to_complete

pytestmark = [pytest.mark.debian, pytest.mark.xdist_group("containers"), pytest.mark.timeout(900)]

SYMBOLS = 400
#: A task takes some seconds, so that the one told to stop is in the middle of it.
SLOW = {
    "CANSLIM_PROVIDER": "synthetic",
    "CANSLIM_SYNTHETIC_SYMBOLS": str(SYMBOLS),
    "CANSLIM_SYNTHETIC_LATENCY_MS": "1500",
    "CANSLIM_COLLECTOR_THREADS": "2",
}


def test_a_refresh_of_the_sample_completes_and_everything_ends_with_0(installable: Engine) -> None:
    with started(installable) as installation:
        expect_a_sample_refresh_to_complete(installation)
        for process in (process for pool in installation.processes.values() for process in pool):
            process.stopping(GRACE).wait()
            assert process.state["ExitCode"] == 0, process.logs()


def test_a_collector_told_to_stop_in_the_middle_loses_nothing(installable: Engine) -> None:
    with started(installable, collectors=2, **SLOW) as installation:
        expect_a_leaver_to_lose_nothing(installation, SYMBOLS + 2, GRACE)


def test_a_refresh_of_parquet_files_completes(installable: Engine, tmp_path: Path) -> None:
    """pyarrow is in the image for them and for the sample, and has lost all that reads elsewhere."""
    write_prices(tmp_path, stocks=20)
    with started(installable, files=tmp_path, CANSLIM_PROVIDER="files", CANSLIM_FILES_DIR="/files") as installation:
        job = installation.finished(installation.refresh())
        assert (job["state"], job["done"], job["failed"]) == ("completed", 20, 0), installation.report()
        assert installation.http.get("/screener/stocks", params={"min_rs": 1}).json()["items"]


def write_prices(folder: Path, stocks: int) -> None:
    """Two years of them, each stock at a pace of its own."""
    days = pd.bdate_range(end=pd.Timestamp.now().normalize() - pd.Timedelta(days=3), periods=500)
    frames = []
    for number in range(stocks):
        close = 20 * np.exp(np.arange(len(days)) * (number + 1) / 10_000)
        columns = {"open": close, "high": close * 1.01, "low": close * 0.99, "close": close, "volume": 1_000_000}
        frames.append(pd.DataFrame({"symbol": f"S{number:02}", "date": days.strftime("%Y-%m-%d"), **columns}))
    folder.chmod(0o755)
    pd.concat(frames).to_parquet(folder / "prices.parquet")


def test_the_collector_takes_up_provider_yahoo_with_tmp_alone_to_write_to(installable: Engine) -> None:
    with started(installable):
        environment = settings(CANSLIM_PROVIDER="yahoo", CANSLIM_YAHOO_CACHE_DIR="/tmp/yahoo")
        yahoo = start(installable, "yahoo", image("collector"), **environment)
        until(yahoo.ready, "it could claim a task", report=yahoo.logs)
        libraries = "import curl_cffi, exchange_calendars, pyarrow.parquet, yfinance"
        installable.podman("exec", "yahoo", "python", "-c", libraries)
