"""The market data that was placed beside the repository, under the names that the library has for its columns."""

from pathlib import Path
from typing import Final

import pandas as pd

ROOT: Final = Path(__file__).resolve().parents[2]
DATA: Final = ROOT.parent / "shared" / "data"
#: The last session of `us_2015_2017`.
SESSION: Final = pd.Timestamp("2017-03-31")
BENCHMARKS: Final = ("SPY", "QQQ")
FILING_NAMES: Final = {
    "end_date": "period_end",
    "period_focus": "fiscal_period",
    "revenues": "revenue",
    "first_seen": "known_on",
}


def read_table(data: Path, name: str) -> pd.DataFrame:
    frame = pd.read_parquet(data / f"{name}.parquet")
    return frame.assign(symbol=frame["symbol"].astype(str))


def read_filings(data: Path) -> pd.DataFrame:
    return read_table(data, "fundamentals/filings_2015_2017").rename(columns=FILING_NAMES)


def read_events(data: Path) -> pd.DataFrame:
    """Ex-dates with the factor on earlier closes."""
    events = read_table(data, "prices/us_2015_2017_events")
    return events.assign(ex_date=pd.to_datetime(events["ex_date"]))


def read_industries(data: Path) -> pd.DataFrame:
    """Sector and industry of 2023 by symbol; None where Yahoo has none."""
    frame = pd.read_csv(data / "universes/sector_industry_2023_01.csv.gz", keep_default_na=False)
    return frame.set_index("symbol").replace({"n/a": None, "": None})
