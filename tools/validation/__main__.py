"""`make validate`: prints the table, writes the page, and exits 1 if a figure is worse than the page promises."""

import argparse
import sys
from pathlib import Path

from canslim_ratings import Facts, Ratings, rate_all
from tools.validation.by_hand import by_hand
from tools.validation.follow_through import follow_through
from tools.validation.market_2017 import market_facts
from tools.validation.page import PAGE, Chapter, checks_of, page
from tools.validation.pipeline import pipeline
from tools.validation.readings import readings
from tools.validation.rs_mapping import rs_mapping
from tools.validation.rs_raw import rs_raw
from tools.validation.scored import run_pipeline
from tools.validation.shared_data import DATA, ROOT
from tools.validation.whole_market import whole_market


def by_library(data: Path, facts: Facts, ratings: Ratings) -> list[Chapter]:
    """Every chapter but that on the pipeline. facts, ratings: of the whole market."""
    return [
        rs_raw(data),
        rs_mapping(data),
        readings(facts),
        follow_through(data),
        by_hand(data),
        whole_market(facts, ratings),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with the market data")
    data = parser.parse_args().data
    if not data.is_dir():
        sys.exit(f"the market data to validate against is not in {data}")
    facts = market_facts(data)
    ratings = rate_all(facts)
    chapters = [*by_library(data, facts, ratings), pipeline(run_pipeline(data), ratings.card)]
    PAGE.write_text(page(chapters))
    for check in checks_of(chapters):
        mark = "ok  " if check.holds else "FAIL"
        print(f"{mark} {check.what:34} {check.found:>8} (promised {check.promised}; {check.against})")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    sys.exit(0 if all(check.holds for check in checks_of(chapters)) else 1)


if __name__ == "__main__":
    main()
