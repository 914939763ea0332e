"""Writes dashboards, rules and the page of metrics; with --check, only says which of them differ."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.monitoring.files import differing, files
from tools.monitoring.rule_files import Links

ROOT = Path(__file__).resolve().parents[2]


def main(words: Sequence[str] | None = None) -> None:
    usual = Links()
    parser = argparse.ArgumentParser(prog="python -m tools.monitoring", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where files differ")
    parser.add_argument("--runbooks", default=usual.runbooks, help="where the alerts' page is, seen by who gets them")
    parser.add_argument("--grafana", default=usual.grafana, help="Grafana's address, for the alerts' links")
    parser.add_argument("--into", type=Path, default=ROOT, help="the folder to write to, else the repository")
    arguments = parser.parse_args(words)
    wanted = files(Links(arguments.runbooks, arguments.grafana))
    wrong = differing(arguments.into, wanted)
    if not arguments.check:
        _mend(arguments.into, wrong, wanted)
    elif wrong:
        sys.exit("".join(f"{path} is not as made\n" for path in wrong) + "run python -m tools.monitoring")


def _mend(root: Path, wrong: Sequence[Path], wanted: Mapping[Path, str]) -> None:
    for path in wrong:
        target = root / path
        if path in wanted:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(wanted[path])
        else:
            target.unlink()
        print(path)


if __name__ == "__main__":
    main()
