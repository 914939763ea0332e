"""Draws the README's pictures from a running canslim, so that they show what it really prints."""

import argparse
import re
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console, RenderableType

from canslim_cli import stock_page, tables
from canslim_cli.api_client import ApiClient

TARGET = Path(__file__).resolve().parent.parent / "docs/pictures"
#: The pictures fetch no font from elsewhere.
FORMAT = re.sub(r"@font-face {{.*?}}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def draw(name: str, title: str, width: int, renderable: RenderableType) -> None:
    with Path("/dev/null").open("w") as nowhere:
        console = Console(record=True, width=width, file=nowhere, force_terminal=True)
        console.print(renderable)
    console.save_svg(str(TARGET / f"{name}.svg"), title=title, code_format=FORMAT)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--api", default="http://127.0.0.1:8000")
    with ApiClient(parser.parse_args().api) as client:
        draw("leaders", "canslim screen", 76, tables.leaders(client.get("/screener/stocks", {"limit": 20})))
        draw("stock", "canslim show AMZN", 130, stock_page.letters(client.get("/screener/stocks/AMZN")))


if __name__ == "__main__":
    main()
