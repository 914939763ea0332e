"""The stages `rs` and `score` on the real sample, as a refresh and as recalculations."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from canslim_collector.providers.sample import Sample
from canslim_core.jobs import Job
from canslim_core.ratings import RATINGS
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.rating_columns import OWN_COLUMN, SHARED
from canslim_ratings.can_slim import FORMULA
from canslim_ratings.relative_strength import rate_strength
from canslim_ratings.rs_variants import CALENDAR_63
from canslim_scoring.members import read_members
from canslim_scoring.panel_store import read_panels
from canslim_scoring.rating_store import universe_hash
from canslim_scoring.universe_strength import STRENGTH_SESSIONS
from tests.scoring.pipeline import recalculate, refresh, run_job

SESSION = date(2017, 3, 31)
PUBLISHED = "(SELECT id FROM rating_set WHERE universe = 'sample' AND published_at IS NOT NULL)"


async def rows(database: Database, query: str, *arguments: Any) -> list[dict[str, Any]]:
    async with database.reading() as connection:
        return [dict(row) for row in await connection.fetch(query, *arguments)]


async def published_set(database: Database) -> dict[str, Any]:
    (chosen,) = await rows(database, "SELECT * FROM rating_set WHERE published_at IS NOT NULL")
    return chosen


async def ratings(database: Database) -> dict[str, dict[str, Any]]:
    """The published rows by symbol, without what names the set."""
    found = await rows(database, f"SELECT * FROM rating WHERE set_id = {PUBLISHED} ORDER BY symbol")
    return {row["symbol"]: {name: value for name, value in row.items() if name != "set_id"} for row in found}


async def again(database: Database, sample: Sample, *stages: str) -> Job:
    return await run_job(database, sample, recalculate("sample", *stages))


async def execute(database: Database, statement: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(statement)


# What a refresh publishes.


async def test_the_newest_session_is_published_with_its_versions(rated: Database) -> None:
    chosen = await published_set(rated)
    assert (chosen["session"], chosen["universe"]) == (SESSION, "sample")
    assert (chosen["rs_version"], chosen["score_version"]) == (CALENDAR_63.version, FORMULA)
    assert chosen["rated"] <= chosen["priced"] <= chosen["active"]
    stocks = await ratings(rated)
    assert len(stocks) == 410
    assert chosen["universe_hash"] == universe_hash(symbol for symbol, row in stocks.items() if row["rs_rating"])


@pytest.mark.parametrize(("other", "same"), [(("B", "A"), True), (("A",), False), (("A", "B", "C"), False)])
def test_a_universe_hash_names_a_set_of_symbols(other: tuple[str, ...], same: bool) -> None:
    assert (universe_hash(["A", "B"]) == universe_hash(other)) == same


async def test_the_ratings_are_those_of_the_formula_on_the_same_panel(rated: Database) -> None:
    async with rated.transaction() as connection:
        members = await read_members(connection, "sample")
        panels = await read_panels(connection, members.symbols, SESSION, STRENGTH_SESSIONS, ("close", "adj_factor"))
    factors = panels["adj_factor"].ffill()
    steps = (factors / factors.shift(1) - 1).abs().stack()
    actions = steps[steps > 1e-9].index.to_frame(index=False, name=["session", "symbol"])
    expected = rate_strength(panels["close"], known_actions=actions, eligible=members.active_at(SESSION))
    stored = pd.DataFrame.from_dict(await ratings(rated), orient="index").reindex(expected.index)
    for name in ("rs_raw", "rs_rating", "rs_provisional"):
        np.testing.assert_array_equal(stored[name].astype("float64"), expected[name])
    assert [none(value) for value in stored["rs_reason"]] == [none(value) for value in expected["reason"]]


def none(value: Any) -> Any:
    return None if pd.isna(value) else value


async def test_ratings_spread_from_1_to_99_and_leaders_are_the_leaders_of_that_year(rated: Database) -> None:
    stocks = await ratings(rated)
    rated_stocks = {symbol: row["rs_rating"] for symbol, row in stocks.items() if row["rs_rating"] is not None}
    assert (min(rated_stocks.values()), max(rated_stocks.values())) == (1, 99)
    raw = {symbol: stocks[symbol]["rs_raw"] for symbol in rated_stocks}
    assert max(raw, key=raw.__getitem__) == max(rated_stocks, key=lambda one: (rated_stocks[one], raw[one]))


async def test_a_bad_print_is_unrated_and_says_so(rated: Database) -> None:
    """NEE's closes jump fourfold and back in the source."""
    nee = (await ratings(rated))["NEE"]
    assert (nee["rs_rating"], nee["rs_provisional"], nee["rs_reason"]) == (None, None, "suspect")
    assert nee["rs_raw"] is not None


async def test_what_no_longer_trades_has_no_price_and_keeps_its_last_bar(rated: Database) -> None:
    har = (await ratings(rated))["HAR"]
    assert (har["rs_rating"], har["rs_reason"], har["last_session"]) == (None, "no_price", date(2017, 3, 10))


async def test_every_missing_rating_has_a_reason_and_no_other_has(rated: Database) -> None:
    for row in (await ratings(rated)).values():
        assert (row["rs_rating"] is None) == (row["rs_reason"] is not None)
        assert row["graded"] == (row["score_reason"] is None)


async def test_scores_are_percentages_of_what_was_available(rated: Database) -> None:
    scored = [row for row in (await ratings(rated)).values() if row["score"] is not None]
    assert len(scored) > 380
    for row in scored:
        earned = sum(letter["points"] or 0 for letter in row["letters"].values())
        available = sum(letter["available"] for letter in row["letters"].values())
        assert row["score"] == pytest.approx(100 * earned / available, abs=1e-4)
        assert row["coverage"] == pytest.approx(available / 100, abs=1e-4)


async def test_what_has_no_input_is_not_available_with_its_reason(rated: Database) -> None:
    nke = (await ratings(rated))["NKE"]
    criteria = [one for letter in "CANSLIM" for one in nke["details"][letter]["criteria"]]
    missing = [one for one in criteria if one["points"] is None]
    assert {one["id"] for one in missing} >= {"I1", "I2", "L2"}
    assert all(one["reason"] for one in missing)


async def test_every_other_rating_of_the_catalogue_is_stored_with_its_version(rated: Database) -> None:
    chosen = await published_set(rated)
    versions = dict(zip(chosen["ratings"], chosen["versions"], strict=True))
    assert versions == {name: RATINGS[name].version for name in SHARED}
    for row in (await ratings(rated)).values():
        for name, figure, reason in zip(SHARED, row["figures"], row["reasons"], strict=True):
            assert (figure is None) == (reason is not None)
            assert reason is None or reason in RATINGS[name].missing
            assert figure is None or RATINGS[name].low <= figure <= RATINGS[name].high


async def test_every_rating_explains_itself_by_the_figures_that_are_stored(rated: Database) -> None:
    amzn = (await ratings(rated))["AMZN"]
    assert list(amzn["details"]["ratings"]) == list(RATINGS)
    stored = dict(zip(SHARED, amzn["figures"], strict=True))
    stored |= {name: amzn[name] for name in OWN_COLUMN}
    for name, detail in amzn["details"]["ratings"].items():
        assert detail["value"] == (None if stored[name] is None else pytest.approx(stored[name], abs=1e-6))
        assert RATINGS[name].work_out(detail)
        assert detail["grade"] == RATINGS[name].grade(detail["value"])


async def test_the_market_is_read_off_both_indexes(rated: Database) -> None:
    market = (await published_set(rated))["market"]
    assert market["session"] == "2017-03-31"
    assert market["indexes"].keys() == {"SPY", "QQQ"}
    assert market["state"] == market["indexes"][market["leader"]]["state"]
    assert all(len(index["log"]) == 60 for index in market["indexes"].values())


# A second time.


async def test_a_second_refresh_fetches_nothing_and_publishes_the_same(own_rated: Database, sample: Sample) -> None:
    before, old = await ratings(own_rated), await published_set(own_rated)
    job = await run_job(own_rated, sample, refresh("sample"))
    assert (job.state, job.done, job.unchanged, job.failed, job.bars) == ("completed", 412, 412, 0, 0)
    assert await ratings(own_rated) == before
    new = await published_set(own_rated)
    assert (new["job_id"], new["market"]) == (job.id, old["market"])


@pytest.mark.parametrize("stages", [("rs", "score"), ("score",), ("rs",)], ids="+".join)
async def test_a_recalculation_publishes_the_same_bytes(
    own_rated: Database, sample: Sample, stages: tuple[str, ...]
) -> None:
    before, old = await ratings(own_rated), await published_set(own_rated)
    job = await again(own_rated, sample, *stages)
    assert (job.state, job.session) == ("completed", SESSION)
    assert await ratings(own_rated) == before
    new = await published_set(own_rated)
    same = ("session", "rs_version", "score_version", "ratings", "versions", "active", "priced", "rated", "market")
    assert {name: new[name] for name in same} == {name: old[name] for name in same}
    assert new["job_id"] == job.id
    assert len(await rows(own_rated, "SELECT id FROM rating_set")) == 1


async def test_scores_alone_leave_the_strengths_as_they_are(own_rated: Database, sample: Sample) -> None:
    await execute(own_rated, f"UPDATE rating SET rs_raw = 7, score = 7 WHERE symbol = 'NKE' AND set_id = {PUBLISHED}")
    await again(own_rated, sample, "score")
    nke = (await ratings(own_rated))["NKE"]
    assert nke["rs_raw"] == 7
    assert nke["score"] != 7


async def test_strengths_alone_leave_the_scores_as_they_are(own_rated: Database, sample: Sample) -> None:
    await execute(own_rated, f"UPDATE rating SET rs_raw = 7, score = 7 WHERE symbol = 'NKE' AND set_id = {PUBLISHED}")
    await again(own_rated, sample, "rs")
    nke = (await ratings(own_rated))["NKE"]
    assert nke["rs_raw"] != 7
    assert nke["score"] == 7


# The gate.


async def test_too_little_coverage_publishes_nothing_and_keeps_the_last_good_ratings(
    own_rated: Database, sample: Sample
) -> None:
    before, old = await ratings(own_rated), await published_set(own_rated)
    await execute(
        own_rated,
        f"DELETE FROM daily_bar WHERE session = '{SESSION}' AND symbol < 'D' AND symbol NOT IN ('SPY', 'QQQ')",
    )
    job = await again(own_rated, sample, "rs", "score")
    assert job.state == "failed"
    assert job.error is not None
    assert "active symbols of 'sample' have a price at 2017-03-31" in job.error
    assert "at least 90% needed); nothing is published, the last good ratings stay" in job.error
    assert await ratings(own_rated) == before
    assert (await published_set(own_rated))["id"] == old["id"]


async def test_a_bad_print_moves_nobody_else(own_rated: Database, sample: Sample) -> None:
    """A stock that becomes suspect leaves the ranking; the order of the others stays."""
    before = await ratings(own_rated)
    await execute(own_rated, "UPDATE daily_bar SET close = close * 3 WHERE symbol = 'NKE' AND session = '2017-01-10'")
    await again(own_rated, sample, "rs")
    after = await ratings(own_rated)
    assert (after["NKE"]["rs_rating"], after["NKE"]["rs_reason"]) == (None, "suspect")
    others = [symbol for symbol in before if symbol != "NKE" and before[symbol]["rs_rating"] is not None]
    assert all(abs(after[symbol]["rs_rating"] - before[symbol]["rs_rating"]) <= 1 for symbol in others)


async def test_a_known_split_is_not_suspect(own_rated: Database, sample: Sample) -> None:
    """The price halves with its factor: the adjusted close does not move."""
    await execute(
        own_rated,
        """
        UPDATE daily_bar SET close = close * 2, adj_factor = adj_factor / 2
        WHERE symbol = 'NKE' AND session < '2017-01-10'
        """,
    )
    before = await ratings(own_rated)
    await again(own_rated, sample, "rs")
    assert (await ratings(own_rated))["NKE"]["rs_rating"] == before["NKE"]["rs_rating"]


@pytest.mark.parametrize(("factor", "reason"), [(0.99, None), (1, "suspect")])
async def test_a_large_move_is_suspect_unless_the_factor_knows_of_an_action_that_day(
    own_rated: Database, sample: Sample, factor: float, reason: str | None
) -> None:
    await execute(
        own_rated,
        f"""
        UPDATE daily_bar SET close = close * 2, adj_factor = adj_factor * {factor}
        WHERE symbol = 'NKE' AND session < '2017-01-10'
        """,
    )
    await again(own_rated, sample, "rs")
    assert (await ratings(own_rated))["NKE"]["rs_reason"] == reason


# Nothing to work on.


@pytest.mark.parametrize("stage", ["rs", "score"])
async def test_nothing_stored_is_refused_with_what_to_do(database: Database, sample: Sample, stage: str) -> None:
    job = await again(database, sample, stage)
    assert (job.state, job.error) == ("failed", "nothing is stored of universe 'sample' yet; refresh it first")


async def test_scores_without_strengths_are_refused_with_what_to_do(own_rated: Database, sample: Sample) -> None:
    await execute(own_rated, "DELETE FROM rating_set")
    job = await again(own_rated, sample, "score")
    assert (job.state, job.error) == (
        "failed",
        "universe 'sample' has no ratings of 2017-03-31 to score; run stage rs too",
    )


async def test_one_symbol_that_fails_changes_nothing_of_the_others(own_rated: Database, sample: Sample) -> None:
    before = await ratings(own_rated)
    job = await run_job(own_rated, sample, refresh("sample", "NKE", "NOBODY"))
    assert (job.state, job.done, job.failed) == ("completed", 1, 1)
    assert await ratings(own_rated) == before
