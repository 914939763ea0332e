"""Folders of files: what they may look like, and what is said when they are wrong."""

import gzip
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from canslim_calendar import sessions_to
from canslim_collector.provider import Ask, Failure, Listing, Provider, Stored
from canslim_collector.providers import create_provider
from canslim_collector.providers.files import Files
from canslim_core.errors import Malformed
from canslim_infra.settings import Settings
from tests.collector.providers.folders import HEADING, ROW, answered, fetched, refused, write
from tests.collector.providers.test_contract import as_bytes

GOOD = "GOOD,2017-03-31,10,11,9,10,100"


async def whole_is_refused(provider: Provider) -> str:
    with pytest.raises(Malformed) as refusal:
        await provider.listings("files")
    return str(refusal.value)


# One cell is wrong: its symbol fails, the others go on.

CELLS = {
    "no date": ("A,31.03.2017,10,11,9,10,100", "date: expected a date as 2017-03-31, found '31.03.2017'"),
    "no such day": ("A,2017-02-30,10,11,9,10,100", "date: expected a date as 2017-03-31, found '2017-02-30'"),
    "no number": ("A,2017-03-31,ten,11,9,10,100", "open: expected a number, found 'ten'"),
    "empty": ("A,2017-03-31,10,11,9,,100", "close: expected a number, found ''"),
    "NaN": ("A,2017-03-31,10,11,nan,10,100", "low: expected a number, found 'nan'"),
    "infinite": ("A,2017-03-31,10,inf,9,10,100", "high: expected a number, found 'inf'"),
    "zero": ("A,2017-03-31,10,11,0,10,100", "low: expected a positive number, found '0'"),
    "negative price": ("A,2017-03-31,-10,11,9,10,100", "open: expected a positive number, found '-10'"),
    "negative volume": ("A,2017-03-31,10,11,9,10,-1", "volume: expected 0 or more, found '-1'"),
    "volume missing": ("A,2017-03-31,10,11,9,10,", "volume: expected a number, found ''"),
    "high too low": ("A,2017-03-31,10,9.5,9,10,100", "high: expected the day's highest price, found '9.5'"),
    "before the exchange": (
        "A,0217-03-31,10,11,9,10,100",
        "date: expected a day from 1900-01-01 to today, 2017-04-30, found '0217-03-31'",
    ),
    "in the future": (
        "A,2071-03-31,10,11,9,10,100",
        "date: expected a day from 1900-01-01 to today, 2017-04-30, found '2071-03-31'",
    ),
    "volume beyond all": ("A,2017-03-31,10,11,9,10,1e30", "volume: expected a number of shares, found '1e30'"),
    "low too high": ("A,2017-03-31,10,11,10.5,10.2,100", "low: expected the day's lowest price, found '10.5'"),
}


@pytest.mark.parametrize(("line", "fault"), CELLS.values(), ids=CELLS)
async def test_a_bad_cell_is_named_and_only_its_symbol_fails(tmp_path: Path, line: str, fault: str) -> None:
    provider = Files(write(tmp_path, GOOD, line), today=lambda: date(2017, 4, 30))
    assert await refused(provider, "A") == f"Malformed: prices.csv: row 3, column {fault} (A)"
    assert (await answered(provider, "GOOD")).bars.close.tolist() == [10]


async def test_the_first_bad_cell_of_a_symbol_is_the_one_named(tmp_path: Path) -> None:
    provider = Files(write(tmp_path, GOOD, ROW, "A,2017-03-30,0,11,9,10,100", "A,2017-03-29,0,11,9,10,100"))
    assert "row 4, column open" in await refused(provider, "A")


async def test_a_second_row_of_a_session_with_another_close_is_a_fault(tmp_path: Path) -> None:
    provider = Files(write(tmp_path, GOOD, ROW, "A,2017-03-31,30,33,29,31,100"))
    fault = "row 4, column close: expected about the close of the session's earlier row, found '31' (A)"
    assert await refused(provider, "A") == f"Malformed: prices.csv: {fault}"


async def test_a_symbol_without_a_row_on_a_session_is_a_fault(tmp_path: Path) -> None:
    provider = Files(write(tmp_path, GOOD, ROW.replace("2017-03-31", "2017-04-01")))
    fault = "Malformed: prices.csv: expected a row on a session, found only other days (A)"
    assert await refused(provider, "A") == fault
    assert [one.symbol for one in await provider.listings("files")] == ["A", "GOOD"]


async def test_blank_lines_count_as_rows_and_are_none(tmp_path: Path) -> None:
    provider = Files(write(tmp_path, "", GOOD, "", ROW.replace("100", "-1"), ""))
    assert "row 5, column volume" in await refused(provider, "A")
    assert (await answered(provider, "GOOD")).bars.close.tolist() == [10]


async def test_a_bad_adjustment_factor_is_named(tmp_path: Path) -> None:
    provider = Files(write(tmp_path, f"{GOOD},1", f"{ROW},0", heading=f"{HEADING},adj_factor"))
    expected = "Malformed: prices.csv: row 3, column adj_factor: expected a positive number, found '0' (A)"
    assert await refused(provider, "A") == expected


async def test_rows_of_parquet_count_from_one(tmp_path: Path) -> None:
    frame = pd.DataFrame([[*ROW.split(",")[:2], 10.0, 11.0, 9.0, 0.0, 100]], columns=HEADING.split(","))
    good = frame.assign(symbol="GOOD", close=10.0)
    pd.concat([good, frame], ignore_index=True).to_parquet(tmp_path / "prices.parquet")
    expected = "Malformed: prices.parquet: row 2, column close: expected a positive number, found '0.0' (A)"
    assert await refused(Files(tmp_path), "A") == expected


async def test_a_bad_symbol_stays_listed_so_that_its_failure_is_seen(tmp_path: Path) -> None:
    provider = Files(write(tmp_path, GOOD, ROW.replace("100", "-1")))
    assert [one.symbol for one in await provider.listings("files")] == ["A", "GOOD"]


# The file as a whole is wrong.


async def test_a_file_without_a_usable_symbol_says_why(tmp_path: Path) -> None:
    expected = "prices.csv: no symbol can be used; prices.csv: row 2, column volume: expected 0 or more, found '-1' (A)"
    assert await whole_is_refused(Files(write(tmp_path, ROW.replace("100", "-1")))) == expected


async def test_a_file_without_rows_says_so(tmp_path: Path) -> None:
    assert await whole_is_refused(Files(write(tmp_path))) == ("prices.csv: no symbol can be used; the file has no row")


async def test_an_empty_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").touch()
    expected = "prices.csv: can't be read as csv: No columns to parse from file"
    assert await whole_is_refused(Files(tmp_path)) == expected


async def test_missing_columns_are_named_with_those_that_came(tmp_path: Path) -> None:
    provider = Files(write(tmp_path, "A,2017-03-31,10", heading="symbol,date,price"))
    assert await whole_is_refused(provider) == (
        "prices.csv: expected the columns symbol, date, open, high, low, close, volume; "
        "open, high, low, close, volume missing in: symbol, date, price"
    )


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    expected = f"{folder}: expected a folder (CANSLIM_FILES_DIR), there is none"
    assert await whole_is_refused(Files(folder)) == expected


async def test_a_folder_without_prices_is_named(tmp_path: Path) -> None:
    expected = f"{tmp_path}: expected prices.parquet, prices.csv or prices.csv.gz, found none of them"
    assert await whole_is_refused(Files(tmp_path)) == expected


async def test_two_files_of_one_table_are_refused(tmp_path: Path) -> None:
    write(write(tmp_path, ROW), ROW, name="prices.csv.gz")
    expected = f"{tmp_path}: expected one file of prices, found prices.csv and prices.csv.gz; remove all but one"
    assert await whole_is_refused(Files(tmp_path)) == expected


@pytest.mark.parametrize("name", ["prices.parquet", "prices.csv.gz"])
async def test_a_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"garbage" * 10)
    assert (await whole_is_refused(Files(tmp_path))).startswith(f"{name}: can't be read as ")


async def test_a_compressed_file_that_is_cut_off_is_named(tmp_path: Path) -> None:
    whole = gzip.compress("\n".join([HEADING, ROW]).encode())
    (tmp_path / "prices.csv.gz").write_bytes(whole[: len(whole) // 2])
    assert (await whole_is_refused(Files(tmp_path))).startswith("prices.csv.gz: can't be read as gz: ")


async def test_rows_longer_than_the_heading_are_refused_not_shifted(tmp_path: Path) -> None:
    expected = "prices.csv: can't be read as csv: rows have more than the 7 fields of the heading"
    assert await whole_is_refused(Files(write(tmp_path, f"{GOOD},7", f"{ROW},7"))) == expected


async def test_text_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_bytes(f"{HEADING}\n\xff{ROW}\n".encode("latin-1"))
    assert (await whole_is_refused(Files(tmp_path))).startswith("prices.csv: can't be read as csv: ")


def test_no_folder_in_the_settings_is_one_clear_line() -> None:
    settings = Settings(database_url="postgresql://x", redis_url="redis://x", provider="files")
    with pytest.raises(ValueError, match="CANSLIM_PROVIDER=files needs CANSLIM_FILES_DIR"):
        create_provider(settings)


# What is good.


@pytest.mark.parametrize("name", ["prices.csv", "prices.csv.gz", "prices.parquet"])
@pytest.mark.parametrize("ticker", ["NA", "NAN", "TRUE", "FALSE", "NULL", "None", "INF", "1E5", "BRK-B"])
async def test_words_that_look_like_values_are_tickers(tmp_path: Path, ticker: str, name: str) -> None:
    line = ROW.replace("A,", f"{ticker},")
    if name.endswith("parquet"):
        pd.DataFrame([line.split(",")], columns=HEADING.split(",")).to_parquet(tmp_path / name)
    else:
        text = f"{HEADING}\n{line}\n".encode()
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    provider = Files(tmp_path)
    assert [one.symbol for one in await provider.listings("files")] == [ticker.upper()]
    assert (await answered(provider, ticker.upper())).bars.close.tolist() == [10]


async def test_csv_compressed_csv_and_parquet_are_read_alike(tmp_path: Path) -> None:
    lines = (ROW, "A,2017-03-30,0.1,0.3,0.1,0.2,0", "B,2017-03-31,1,1,1,1,9000000000")
    plain = write(tmp_path / "plain", *lines)
    packed, columns = tmp_path / "packed", tmp_path / "columns"
    packed.mkdir()
    (packed / "prices.csv.gz").write_bytes(gzip.compress((plain / "prices.csv").read_bytes()))
    columns.mkdir()
    pd.read_csv(plain / "prices.csv").to_parquet(columns / "prices.parquet")
    for symbol in ("A", "B"):
        read = [as_bytes(await answered(Files(folder), symbol)) for folder in (plain, packed, columns)]
        assert read[0] == read[1] == read[2]


async def test_parquet_dates_may_be_dates(tmp_path: Path) -> None:
    frame = pd.DataFrame([ROW.split(",")], columns=HEADING.split(","))
    frame.assign(date=pd.to_datetime(frame["date"])).to_parquet(tmp_path / "prices.parquet")
    assert (await answered(Files(tmp_path), "A")).bars.sessions.astype(str).tolist() == ["2017-03-31"]


async def test_a_repeated_heading_is_no_row(tmp_path: Path) -> None:
    provider = Files(write(tmp_path, "A,2017-03-30,10,11,9,10,100", HEADING, ROW))
    assert [one.symbol for one in await provider.listings("files")] == ["A"]
    assert len((await answered(provider, "A")).bars.sessions) == 2


async def test_rows_on_days_that_are_no_sessions_are_left_out(tmp_path: Path) -> None:
    holidays = [ROW.replace("2017-03-31", day) for day in ("2017-04-01", "2017-01-02", "2016-12-26")]
    assert len((await answered(Files(write(tmp_path, ROW, *holidays)), "A")).bars.sessions) == 1


async def test_of_two_rows_for_one_session_the_later_one_counts(tmp_path: Path) -> None:
    provider = Files(write(tmp_path, ROW, ROW.replace(",100", ",250")))
    assert (await answered(provider, "A")).bars.volume.tolist() == [250]


async def test_a_range_that_just_misses_the_close_is_widened(tmp_path: Path) -> None:
    bars = (await answered(Files(write(tmp_path, "A,2017-03-31,10,10.05,9.95,10.1,100")), "A")).bars
    assert (bars.high.tolist(), bars.low.tolist()) == ([10.1], [9.95])


async def test_single_precision_is_read_as_the_decimals_it_was_made_from(tmp_path: Path) -> None:
    frame = pd.DataFrame([[*ROW.split(",")[:2], 12.97, 13.01, 12.9, 12.97, 100]], columns=HEADING.split(","))
    prices = ["open", "high", "low", "close"]
    frame.astype(dict.fromkeys(prices, "float32")).to_parquet(tmp_path / "prices.parquet")
    assert (await answered(Files(tmp_path), "A")).bars.close.tolist() == [12.97]


async def test_without_a_factor_prices_are_taken_as_adjusted(tmp_path: Path) -> None:
    bars = (await answered(Files(write(tmp_path, ROW)), "A")).bars
    assert (bars.adj_factor.tolist(), bars.split_factor.tolist()) == ([1], [1])


async def test_a_factor_that_halves_is_a_split(tmp_path: Path) -> None:
    lines = ("A,2017-03-30,20,22,18,20,100,0.5", f"{ROW},1")
    bars = (await answered(Files(write(tmp_path, *lines, heading=f"{HEADING},adj_factor")), "A")).bars
    assert (bars.adj_factor.tolist(), bars.split_factor.tolist()) == ([0.5, 1], [0.5, 1])


async def test_columns_may_come_in_any_order_and_others_are_ignored(tmp_path: Path) -> None:
    provider = Files(
        write(tmp_path, "x,100,10,9,11,10,2017-03-31,A", heading="note,volume,close,low,high,open,date,symbol")
    )
    assert (await answered(provider, "A")).bars.high.tolist() == [11]


async def test_spaces_around_a_ticker_are_no_part_of_it(tmp_path: Path) -> None:
    assert (await answered(Files(write(tmp_path, f" {ROW.replace('A,', 'A ,')}")), "A")).symbol == "A"


async def test_one_symbol_that_is_a_day_ahead_makes_nobody_stale(tmp_path: Path) -> None:
    lines = [f"{name},2017-03-30,10,11,9,10,1" for name in "ABC"]
    provider = Files(write(tmp_path, *lines, ROW))
    assert await provider.session() == date(2017, 3, 30)


async def test_symbols_that_stopped_trading_decide_no_session_and_are_marked(tmp_path: Path) -> None:
    gone = [f"{name},2015-06-15,10,11,9,10,1" for name in ("D1", "D2", "D3")]
    provider = Files(write(tmp_path, *gone, ROW))
    assert await provider.session() == date(2017, 3, 31)
    assert {one.symbol: one.delisted_on for one in await provider.listings("files")} == {
        "A": None,
        **dict.fromkeys(("D1", "D2", "D3"), date(2015, 6, 15)),
    }


@pytest.mark.parametrize("sessions_behind", [19, 20, 21])
async def test_a_symbol_more_than_20_sessions_behind_no_longer_trades(tmp_path: Path, sessions_behind: int) -> None:
    day = sessions_to(date(2017, 3, 31), sessions_behind + 1)[0].item()
    provider = Files(write(tmp_path, GOOD, ROW, ROW.replace("A,2017-03-31", f"LATE,{day}")))
    late = {one.symbol: one for one in await provider.listings("files")}["LATE"]
    assert late.delisted_on == (day if sessions_behind > 20 else None)


@pytest.mark.parametrize("name", ["prices.csv", "prices.parquet"])
async def test_a_row_without_a_ticker_is_named_and_the_others_go_on(tmp_path: Path, name: str) -> None:
    lines = [GOOD.split(","), ROW.replace("A", "", 1).split(",")]
    frame = pd.DataFrame(lines, columns=HEADING.split(","))
    frame.to_csv(tmp_path / name, index=False) if name.endswith("csv") else frame.replace("", None).to_parquet(
        tmp_path / name
    )
    row = 3 if name.endswith("csv") else 2
    provider = Files(tmp_path)
    assert await refused(provider, "") == f"Malformed: {name}: row {row}, column symbol: expected a ticker, found '' ()"
    assert (await answered(provider, "GOOD")).bars.close.tolist() == [10]


# Files that change.


async def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    provider = Files(write(tmp_path, ROW))
    before = await provider.revision(date(2017, 3, 31))
    stored = Stored(date(2017, 3, 31), date(2017, 3, 31), 10.0, 1.0)
    write(tmp_path, ROW, ROW.replace("2017-03-31", "2017-04-03"))
    newer = await answered(provider, Ask("A", stored))
    assert await provider.revision(date(2017, 3, 31)) != before
    assert (newer.restated, newer.bars.sessions.astype(str).tolist()) == (False, ["2017-04-03"])


async def test_a_table_that_is_added_is_read(tmp_path: Path) -> None:
    provider = Files(write(tmp_path, ROW))
    assert (await answered(provider, "A")).filings is None
    write(tmp_path, "A,2016-12-31,FY,2016,2017-02-01", name="filings.csv", heading=FILINGS)
    assert (await answered(provider, "A")).filings is not None


# The other tables.

FILINGS = "symbol,end_date,period_focus,fiscal_year,first_seen"
FIGURES = f"{FILINGS},revenues,net_income,eps_diluted"


async def test_filings_are_read_and_empty_cells_are_missing(tmp_path: Path) -> None:
    write(tmp_path, ROW)
    write(tmp_path, "A,2016-12-31,FY,2016,2017-02-01,1e9,,2.5", name="filings.csv", heading=FIGURES)
    filings = (await answered(Files(tmp_path), "A")).filings
    assert filings is not None
    assert {name: str(column[0]) for name, column in filings.items()} == {
        "period_end": "2016-12-31",
        "fiscal_period": "FY",
        "fiscal_year": "2016",
        "known_on": "2017-02-01",
        "revenue": "1000000000.0",
        "net_income": "nan",
        "eps_basic": "nan",
        "eps_diluted": "2.5",
        "equity": "nan",
    }


BAD_CELLS = {
    "period": (
        "filings",
        FIGURES,
        "A,2016-12-31,H1,2016,2017-02-01,1,1,1",
        "filings.csv: row 2, column period_focus: expected one of Q1, Q2, Q3, Q4, FY, found 'H1'",
    ),
    "first seen": (
        "filings",
        FIGURES,
        "A,2016-12-31,FY,2016,soon,1,1,1",
        "filings.csv: row 2, column first_seen: expected a date as 2017-03-31, found 'soon'",
    ),
    "known too early": (
        "filings",
        FIGURES,
        "A,2016-12-31,FY,2016,2016-02-01,1,1,1",
        "filings.csv: row 2, column first_seen: expected no day before the period's end, found '2016-02-01'",
    ),
    "year": (
        "filings",
        FIGURES,
        "A,2016-12-31,FY,,2017-02-01,1,1,1",
        "filings.csv: row 2, column fiscal_year: expected a year, found ''",
    ),
    "figure": (
        "filings",
        FIGURES,
        "A,2016-12-31,FY,2016,2017-02-01,1bn,1,1",
        "filings.csv: row 2, column revenues: expected a number, found '1bn'",
    ),
    "ownership": (
        "ownership",
        "symbol,as_of,inst_own_pct",
        "A,2017-01-03,most",
        "ownership.csv: row 2, column inst_own_pct: expected a number, found 'most'",
    ),
}


@pytest.mark.parametrize(("table", "heading", "line", "fault"), BAD_CELLS.values(), ids=BAD_CELLS)
async def test_a_bad_cell_of_another_table_fails_only_its_symbol(
    tmp_path: Path, table: str, heading: str, line: str, fault: str
) -> None:
    write(write(tmp_path, ROW, GOOD), line, name=f"{table}.csv", heading=heading)
    provider = Files(tmp_path)
    assert await refused(provider, "A") == f"Malformed: {fault} (A)"
    assert (await answered(provider, "GOOD")).bars.close.tolist() == [10]


async def test_a_parquet_table_may_lack_figures(tmp_path: Path) -> None:
    write(tmp_path, ROW)
    line = ["A", "2016-12-31", "FY", 2016, "2017-02-01", None, 1.5, float("nan")]
    pd.DataFrame([line], columns=FIGURES.split(",")).to_parquet(tmp_path / "filings.parquet")
    filings = (await answered(Files(tmp_path), "A")).filings
    assert filings is not None
    assert [str(filings[name][0]) for name in ("revenue", "net_income", "eps_diluted")] == ["nan", "1.5", "nan"]


BAD_TABLES = {
    "missing column": (
        "filings",
        "symbol,end_date",
        "A,2016-12-31",
        "filings.csv: expected the columns symbol, end_date, period_focus, fiscal_year, first_seen; "
        "period_focus, fiscal_year, first_seen missing in: symbol, end_date",
    ),
    "listings": (
        "listings",
        "ticker,name",
        "A,Agilent",
        "listings.csv: expected the columns symbol; symbol missing in: ticker, name",
    ),
}


@pytest.mark.parametrize(("table", "heading", "line", "message"), BAD_TABLES.values(), ids=BAD_TABLES)
async def test_a_column_missing_in_another_table_is_named(
    tmp_path: Path, table: str, heading: str, line: str, message: str
) -> None:
    write(write(tmp_path, ROW), line, name=f"{table}.csv", heading=heading)
    assert await whole_is_refused(Files(tmp_path)) == message


async def test_ownership_is_read(tmp_path: Path) -> None:
    write(
        write(tmp_path, ROW), "A,2017-01-03,61.5,812", name="ownership.csv", heading="symbol,as_of,inst_own_pct,holders"
    )
    ownership = (await answered(Files(tmp_path), "A")).ownership
    assert ownership is not None
    assert str(ownership["as_of"][0]) == "2017-01-03"
    assert (ownership["institutional_pct"][0], ownership["holders"][0]) == (61.5, 812)


async def test_listings_name_the_universe(tmp_path: Path) -> None:
    lines = ("A,Agilent,NYSE,Health,", "SPY,,,,", "X,Ex,,,")
    write(
        write(tmp_path, ROW, ROW.replace("A,", "SPY,")),
        *lines,
        name="listings.csv",
        heading="symbol,name,exchange,sector,industry",
    )
    provider = Files(tmp_path)
    assert await provider.listings("files") == (
        Listing("A", "Agilent", "NYSE", "Health"),
        Listing("SPY", benchmark=True),
        Listing("X", "Ex"),
    )
    assert isinstance((await fetched(provider, "X"))["X"], Failure)
