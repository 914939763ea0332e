"""`python -m tools.evaluate_market`: prints the tables, writes docs/evaluation.md, its figures and its picture."""

import argparse
import sys
from pathlib import Path
from typing import Final

import pandas as pd

from canslim_ratings.evaluation import EvaluationReport, as_page, as_text, evaluate
from canslim_ratings.evaluation.drawing.plots import draw_ratings
from tools.evaluate_market.figures import FILE, as_csv, make_figures, read_figures
from tools.evaluate_market.market import Market, rate_market
from tools.evaluate_market.page import DRAWN, PAGE, page
from tools.validation.shared_data import DATA

PICTURE: Final = FILE.with_suffix(".svg")


def evaluate_market(data: Path) -> tuple[EvaluationReport, pd.DataFrame]:
    """The evaluation with all prices, and the figures of the page."""
    market = Market.of_2015_to_2017(data)
    ratings = rate_market(market)
    believed = evaluate(ratings, market.close)
    doubted = evaluate(ratings, market.close, suspect_moves=market.suspect_moves())
    return believed, make_figures(believed, doubted, market.close)


def picture(report: EvaluationReport) -> str:
    return draw_ratings([report[name] for name in DRAWN], 21, "Returns by decile, rank correlation and growth")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with the market data")
    parser.add_argument("--html", type=Path, help="where to write the page of plots, if anywhere")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        sys.exit(f"the market data to evaluate on is not in {arguments.data}")
    report, figures = evaluate_market(arguments.data)
    print(as_text(report), end="")
    csv = as_csv(figures)
    FILE.write_text(csv)
    PICTURE.write_text(picture(report))
    PAGE.write_text(page(read_figures(csv)))
    if arguments.html:
        arguments.html.write_text(as_page(report))
    print(f"wrote {PAGE}, {FILE} and {PICTURE}")


if __name__ == "__main__":
    main()
