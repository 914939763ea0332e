"""Draws the dashboards into docs/pictures/dashboards, from what a running Prometheus answers for a time.

Those in the repository are of a played day: `python -m tests.monitoring.scene`.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Final

from tools.monitoring.dashboard import FOLDER
from tools.monitoring.drawing.board import POINTS, Asking, draw_board
from tools.monitoring.drawing.charts import Span
from tools.monitoring.objectives import QUEUES
from tools.monitoring.prometheus import Prometheus

ROOT: Final = Path(__file__).resolve().parents[1]
TARGET: Final = ROOT / "docs/pictures/dashboards"


def draw(prometheus: Prometheus, start: float, end: float, namespace: str, into: Path = TARGET) -> None:
    step = max(1, round((end - start) / POINTS))
    span = Span(start, end, step)
    stages = [stage for stages in QUEUES.values() for stage in stages]
    variables = {
        "namespace": namespace,
        "__rate_interval": f"{max(4 * step, 15)}s",
        "__range": f"{end - start:.0f}s",
        "pool": f"({'|'.join(QUEUES)})",
        "stage": f"({'|'.join(stages)})",
    }
    into.mkdir(parents=True, exist_ok=True)
    for path in sorted((ROOT / FOLDER).glob("*.json")):
        board = json.loads(path.read_text())
        picture = draw_board(board, Asking(prometheus, span, variables), {"stage": stages})
        (into / f"{path.stem}.svg").write_text(picture)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prometheus", default="http://127.0.0.1:9090")
    parser.add_argument("--minutes", type=float, default=60, help="how long back from now")
    parser.add_argument("--namespace", default="canslim")
    arguments = parser.parse_args()
    now = time.time()
    draw(Prometheus(arguments.prometheus), now - arguments.minutes * 60, now, arguments.namespace)


if __name__ == "__main__":
    main()
