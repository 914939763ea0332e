import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from canslim_ratings.evaluation import EvaluationReport, as_csv, as_frame, as_page, as_text, by_session
from canslim_ratings.evaluation.drawing.plots import draw_rating, draw_ratings
from tests.ratings.evaluation.builders import Case, random_walks


@pytest.fixture(scope="module")
def report() -> EvaluationReport:
    """Deciles, flags, grades, and a rating that nobody has; a horizon with intervals, one without, one without end."""
    case = random_walks()
    tables = {
        session: table.assign(smr_grade=table["luck"] + 1, acc_dis=table["luck"] - 30, nothing=np.nan)
        for session, table in case.ratings.items()
    }
    return Case(tables, case.close).evaluate(21, 126, 400)


def test_the_text_fits_a_terminal(report: EvaluationReport) -> None:
    lines = as_text(report).splitlines()
    assert max(map(len, lines)) <= 100
    assert {"21 SESSIONS", "126 SESSIONS", "400 SESSIONS"} <= set(lines)


def test_the_text_has_each_figure_and_says_why_one_is_missing(report: EvaluationReport) -> None:
    lines = as_text(report).splitlines()
    luck = next(line for line in lines if line.startswith("luck"))
    outcome = report["luck"].outcomes[21]
    assert f"{outcome.information_coefficient.value:+.3f} [" in luck
    assert f"{outcome.hit_rate.value:.2f}" in luck
    assert "nothing                fewer than 20 stocks have the rating" in lines
    assert "luck                   no window ends inside the prices" in lines
    assert any("too few windows" in line for line in lines)


def test_the_table_has_each_figure_once(report: EvaluationReport) -> None:
    frame = as_frame(report)
    assert not frame.duplicated(["rating", "horizon", "measure", "bucket"]).any()
    found = frame.set_index(["rating", "horizon", "measure", "bucket"]).sort_index()
    graded, outcome = report["smr_grade"].outcomes[21], report["luck"].outcomes[21]
    assert found.loc[("smr_grade", 21, "mean", "D"), "value"] == graded.buckets.loc["D", "mean"]
    spread = found.loc[("luck", 21, "spread", "")]
    expected = outcome.spread
    assert [spread["low"], spread["high"], spread["windows"]] == [expected.low, expected.high, expected.windows]
    assert found.loc[("luck", 126, "spread", ""), "reason"] == "too_few_windows"
    assert found.loc[("luck", 21, "observed", ""), "value"] == outcome.counts.observed


def test_the_csv_is_the_table(report: EvaluationReport) -> None:
    text = as_csv(report)
    read = pd.read_csv(StringIO(text), keep_default_na=False, na_values={"value": [""]}, dtype={"bucket": str})
    np.testing.assert_allclose(read["value"], as_frame(report)["value"], rtol=1e-5)
    assert read["bucket"].tolist() == as_frame(report)["bucket"].tolist()
    assert "nan" not in text.lower()


def test_what_was_averaged_can_be_had_by_session(report: EvaluationReport) -> None:
    rows = by_session(report)
    own = rows[(rows["rating"] == "luck") & (rows["horizon"] == 21) & (rows["measure"] == "information_coefficient")]
    assert own["session"].tolist() == report["luck"].outcomes[21].sessions.tolist()
    assert own["value"].mean() == pytest.approx(report["luck"].outcomes[21].information_coefficient.value)


class Tags(HTMLParser):
    """Counts tags, notes addresses, and complains about a tag that is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_fetches_nothing(report: EvaluationReport) -> None:
    tags = Tags()
    tags.feed(as_page(report))
    assert tags.open == []
    assert tags.seen.count("svg") == 4
    assert all(address.startswith("#") for address in tags.addresses)


def test_the_page_and_the_pictures_are_the_same_bytes_each_time(report: EvaluationReport) -> None:
    again = Case(
        {session: table.copy() for session, table in random_walks().ratings.items()}, random_walks().close
    ).evaluate(21)
    assert as_page(again) == as_page(random_walks().evaluate(21))
    assert draw_ratings([report["luck"]], 21, "x") == draw_ratings([report["luck"]], 21, "x")


def test_text_and_page_say_how_many_windows_were_left_out_as_suspect() -> None:
    case = random_walks()
    suspect = pd.DataFrame(False, case.close.index, case.close.columns)
    suspect.iloc[150, 0] = True
    found = case.evaluate(21, suspect_moves=suspect)
    count = found["luck"].outcomes[21].counts.suspect
    assert count == 4
    assert f"{count} more were left out" in as_text(found)
    assert f"explains: {count} over 21." in as_page(found)
    assert "left out" not in as_text(case.evaluate(21))


def test_a_name_is_text_and_no_markup() -> None:
    case = random_walks()
    tables = {session: table.rename(columns={"luck": "<b>&"}) for session, table in case.ratings.items()}
    page = as_page(Case(tables, case.close).evaluate(21))
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;" in page


@pytest.mark.parametrize("name", ["luck", "coin", "smr_grade", "acc_dis"])
@pytest.mark.parametrize("horizon", [21, 126])
def test_a_picture_has_a_bar_and_a_whisker_for_each_bucket(report: EvaluationReport, name: str, horizon: int) -> None:
    picture = ET.fromstring(draw_rating(report[name], horizon))
    buckets = report[name].outcomes[horizon].buckets
    bars = [part for part in picture if part.tag.endswith("rect")]
    assert len(bars) == buckets["excess"].notna().sum()
    assert "nan" not in ET.tostring(picture, encoding="unicode")


def test_a_picture_that_stands_alone_is_readable_in_light_and_dark(report: EvaluationReport) -> None:
    text = draw_ratings([report["luck"], report["nothing"]], 21, "Two ratings")
    assert "prefers-color-scheme:dark" in text
    used = {part.get("class") for part in ET.fromstring(text) if part.get("class")}
    light, dark = text.split("@media")
    assert all(f".{name}{{" in light and f".{name}{{" in dark for name in used)
