"""The data that ships with the project."""

from datetime import date
from importlib.resources import files

import numpy as np
import pytest

from canslim_collector.provider import Answer
from canslim_collector.providers.sample import Sample
from tests.collector.providers.folders import answered, fetched

#: Loaded once.
SAMPLE = Sample()
FOLDER = files("canslim_collector") / "sample_data"


async def test_it_holds_412_symbols_to_the_end_of_march_2017() -> None:
    assert len(await SAMPLE.listings("sample")) == 412
    assert await SAMPLE.session() == date(2017, 3, 31)


async def test_it_is_smaller_than_8_mib_and_says_where_it_comes_from() -> None:
    contents = {item.name: item.read_bytes() for item in FOLDER.iterdir() if item.is_file()}
    assert sum(map(len, contents.values())) < 8 * 2**20
    assert any(b"icence" in text or b"icense" in text for name, text in contents.items() if ".parquet" not in name)


async def test_a_7_to_1_split_is_a_factor_of_a_seventh_until_the_day_before() -> None:
    bars = (await answered(SAMPLE, "NFLX")).bars
    before = bars.sessions < np.datetime64("2015-07-15")
    np.testing.assert_allclose(bars.split_factor[before], 1 / 7, rtol=1e-5)
    np.testing.assert_array_equal(bars.split_factor[~before], 1)


async def test_closes_are_as_traded_and_the_factor_joins_them_across_the_split() -> None:
    bars = (await answered(SAMPLE, "NFLX")).bars
    at = int(np.searchsorted(bars.sessions, np.datetime64("2015-07-15")))
    assert bars.close[at] / bars.close[at - 1] == pytest.approx(1 / 7, rel=0.1)
    adjusted = bars.close * bars.adj_factor
    assert adjusted[at] / adjusted[at - 1] == pytest.approx(1, abs=0.1)


async def test_it_remembers_stocks_that_no_longer_trade() -> None:
    delisted = [one for one in await SAMPLE.listings("sample") if one.delisted_on is not None]
    assert len(delisted) > 10
    for listing in delisted[:5]:
        assert (await answered(SAMPLE, listing.symbol)).bars.sessions[-1].item() == listing.delisted_on


async def test_every_filing_is_known_after_its_period_and_each_once() -> None:
    symbols = [one.symbol for one in await SAMPLE.listings("sample")]
    for answer in (await fetched(SAMPLE, *symbols)).values():
        assert isinstance(answer, Answer)
        if (filings := answer.filings) is not None:
            assert (filings["known_on"] >= filings["period_end"]).all()
            names = ("period_end", "fiscal_period", "known_on")
            keys = list(zip(*(filings[name].tolist() for name in names), strict=True))
            assert len(keys) == len(set(keys))
