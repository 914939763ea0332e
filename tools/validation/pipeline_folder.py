"""A folder for the provider `files`: the whole market of 2015 to 2017 as a user would lay it out."""

from pathlib import Path
from typing import Final

import pandas as pd

from canslim_collector.providers.file_tables import LARGEST_YEAR
from tools.validation.shared_data import BENCHMARKS, SESSION, read_industries, read_table

#: Market direction needs a run-up.
BENCHMARKS_FROM: Final = pd.Timestamp("2014-01-02")


def write_folder(data: Path, folder: Path) -> list[str]:
    """Writes prices, filings and listings; nothing is repaired.

    Left out, and returned by symbol, are filings that were known before their period ended or that are of no year:
    for one of these the provider refuses the company.
    """
    stocks = read_table(data, "prices/us_2015_2017")
    stocks = stocks[~stocks["symbol"].isin(BENCHMARKS)]
    prices = pd.concat([stocks, _benchmarks(data)], ignore_index=True)
    prices.to_parquet(folder / "prices.parquet")
    filings = read_table(data, "fundamentals/filings_2015_2017")
    wrong = (filings["first_seen"] < filings["end_date"]) | (filings["fiscal_year"].abs() >= LARGEST_YEAR)
    filings[~wrong].to_parquet(folder / "filings.parquet")
    symbols = sorted(stocks["symbol"].unique())
    _listings(data, symbols).to_parquet(folder / "listings.parquet")
    return sorted(set(filings.loc[wrong, "symbol"]) & set(symbols))


def _benchmarks(data: Path) -> pd.DataFrame:
    """SPY and QQQ as traded; their dividends are not in the data."""
    indexes = read_table(data, "prices/benchmarks_1998_2025")
    day = pd.to_datetime(indexes["date"])
    wanted = indexes["symbol"].isin(BENCHMARKS) & (day >= BENCHMARKS_FROM) & (day <= SESSION)
    return indexes[wanted].drop(columns="source").assign(adj_factor=1.0)


def _listings(data: Path, symbols: list[str]) -> pd.DataFrame:
    """Every stock that has a price, with its name of 2017 and its sector and industry of 2023 where known."""
    names = pd.read_csv(data / "universes/us_listed_2017_03_31.csv.gz", keep_default_na=False)
    listed = pd.DataFrame({"symbol": symbols}).merge(names.drop_duplicates("symbol"), "left", "symbol")
    return listed.merge(read_industries(data).reset_index(), "left", "symbol")
