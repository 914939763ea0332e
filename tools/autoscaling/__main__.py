"""`make bench-autoscaling`: replays the traces against the rendered chart and prints the report."""

import argparse

from tools.autoscaling import document


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the tables and pictures into docs/ instead")
    if parser.parse_args().write:
        document.write()
        return
    for name, block in document.BLOCKS.items():
        print(f"{name}\n\n{block()}")


if __name__ == "__main__":
    main()
