"""Builds the sample that the collector ships, from the market data the project was given.

Selects the stocks that were in the S&P 500 some time from 2015-03-20 to 2017-03-31 and writes their prices,
corporate actions, filings and names, and the bars of SPY and QQQ, as small Parquet files. The same input gives
the same bytes.
"""

import argparse
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

FIRST, LAST = pd.Timestamp("2015-03-20"), pd.Timestamp("2017-03-31")
#: Market direction needs a run-up.
BENCHMARKS_FROM = pd.Timestamp("2014-01-02")
BENCHMARKS = ("QQQ", "SPY")
HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "services/collector/src/canslim_collector/sample_data"

FILING_NAMES = {
    "end_date": "period_end",
    "period_focus": "fiscal_period",
    "first_seen": "known_on",
    "revenues": "revenue",
}
FILING_COLUMNS = [
    "symbol",
    "period_end",
    "fiscal_period",
    "fiscal_year",
    "known_on",
    "revenue",
    "net_income",
    "eps_basic",
    "eps_diluted",
    "equity",
]


def read_parquet(path: Path) -> pd.DataFrame:
    frame = pd.read_parquet(path)
    return frame.astype({"symbol": "str"}).assign(symbol=lambda rows: rows["symbol"].astype(object))


def select_members(source: Path) -> set[str]:
    members = pd.read_csv(source / "universes/sp500_membership_1996_2025.csv", keep_default_na=False, dtype=str)
    entered = pd.to_datetime(members["start_date"])
    left = pd.to_datetime(members["end_date"].replace("", "2099-12-31"))
    inside = (entered <= LAST) & (left >= FIRST)
    return set(members.loc[inside, "ticker"].str.replace(".", "-", regex=False))


def build_prices(source: Path, members: set[str]) -> pd.DataFrame:
    """Stocks as traded with their factors; benchmarks without, for their dividends aren't in the data."""
    stocks = read_parquet(source / "prices/us_2015_2017.parquet")
    stocks = stocks[stocks["symbol"].isin(members - set(BENCHMARKS))].assign(benchmark=False)
    indexes = read_parquet(source / "prices/benchmarks_1998_2025.parquet")
    indexes = indexes[indexes["symbol"].isin(BENCHMARKS) & (indexes["source"] == "lean")]
    indexes = indexes.drop(columns="source").assign(adj_factor=1.0, benchmark=True)
    prices = pd.concat([stocks, indexes], ignore_index=True)
    prices["date"] = pd.to_datetime(prices["date"])
    since = prices["benchmark"].map({True: BENCHMARKS_FROM, False: FIRST})
    prices = prices[(prices["date"] >= since) & (prices["date"] <= LAST)]
    for name in ("open", "high", "low", "close"):
        prices[name] = prices[name].astype("float64").round(4).astype("float32")
    prices = prices.drop(columns="benchmark")
    return prices.sort_values(["symbol", "date"], ignore_index=True)


def build_events(source: Path, symbols: set[str]) -> pd.DataFrame:
    events = read_parquet(source / "prices/us_2015_2017_events.parquet")
    events = events[events["symbol"].isin(symbols)][["symbol", "ex_date", "factor", "kind"]]
    events["ex_date"] = pd.to_datetime(events["ex_date"])
    return events.astype({"kind": "str"}).sort_values(["symbol", "ex_date"], ignore_index=True)


def build_filings(source: Path, symbols: set[str]) -> pd.DataFrame:
    filings = read_parquet(source / "fundamentals/filings_2015_2017.parquet").rename(columns=FILING_NAMES)
    filings = filings[filings["symbol"].isin(symbols)].sort_values("amend", kind="stable")[FILING_COLUMNS]
    for name in ("period_end", "known_on"):
        filings[name] = pd.to_datetime(filings[name])
    filings = filings.astype({"fiscal_period": "str"})
    # Known before its period ended is a slip in the filing's dates; of two filings of one day the amendment counts.
    filings = filings[filings["known_on"] >= filings["period_end"]]
    filings = filings.drop_duplicates(["symbol", "period_end", "fiscal_period", "known_on"], keep="last")
    return filings.sort_values(FILING_COLUMNS[:5], ignore_index=True)


def build_listings(source: Path, prices: pd.DataFrame) -> pd.DataFrame:
    """Names as listed; a stock that stopped trading before the end and left the list is delisted."""
    lists = [
        pd.read_csv(source / f"universes/us_listed_{day}.csv.gz", keep_default_na=False, dtype=str).assign(
            symbol=lambda rows: rows["symbol"].str.replace(".", "-", regex=False)
        )
        for day in ("2015_03_23", "2017_03_31")
    ]
    names = pd.concat(lists).drop_duplicates("symbol", keep="last").set_index("symbol")["name"]
    last = prices.groupby("symbol")["date"].max()
    listings = pd.DataFrame({"symbol": last.index, "name": names.reindex(last.index).to_numpy()})
    gone = ~listings["symbol"].isin(lists[1]["symbol"]).to_numpy() & (last < LAST).to_numpy()
    listings["benchmark"] = listings["symbol"].isin(BENCHMARKS)
    listings["delisted_on"] = last.where(gone).to_numpy()
    full = {"SPY": "SPDR S&P 500 ETF", "QQQ": "PowerShares QQQ"}
    listings["name"] = listings["symbol"].map(full).fillna(listings["name"])
    return listings


def write(frame: pd.DataFrame, name: str) -> None:
    for column in frame.columns:
        if pd.api.types.is_datetime64_any_dtype(frame[column]):
            frame[column] = frame[column].dt.date
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    path = TARGET / f"{name}.parquet"
    pq.write_table(table, path, compression="zstd", compression_level=19)
    print(f"{path.name}: {len(frame):,} rows, {path.stat().st_size:,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="the folder with the given market data")
    source = parser.parse_args().source
    prices = build_prices(source, select_members(source))
    symbols = set(prices["symbol"])
    write(build_listings(source, prices), "listings")
    write(build_events(source, symbols), "events")
    write(build_filings(source, symbols), "filings")
    write(prices, "prices")


if __name__ == "__main__":
    main()
