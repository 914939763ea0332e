"""`make bench-refresh`: a refresh of synthetic symbols to published ratings, beside the seed's loop, in one run."""

import argparse
import asyncio
import json
import os
import platform
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import seed_loop
from bench.installation import Memory, installation, refresh
from canslim_cli.embedded import EmbeddedPostgres, EmbeddedValkey
from canslim_infra import migrations

console = Console()


def measure_system(servers: tuple[EmbeddedPostgres, EmbeddedValkey], symbols: int, folder: Path) -> dict[str, Any]:
    with (
        installation(servers, folder, PROVIDER="synthetic", SYNTHETIC_SYMBOLS=str(symbols)) as system,
        Memory(system.pids) as memory,
    ):
        first = refresh(system.http)
        again = refresh(system.http)
    return {"first": first, "again": again, "memory": memory.peaks}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=10_000)
    parser.add_argument("--loop-symbols", type=int, default=1_000, help="for the seed's loop, which is slow")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="canslim-bench-") as scratch:
        folder = Path(scratch)
        with EmbeddedPostgres(folder / "postgres") as postgres, EmbeddedValkey(folder / "valkey") as valkey:
            migrations.upgrade(postgres.url)
            load = os.getloadavg()[0]
            loop = asyncio.run(seed_loop.run(postgres.url, arguments.loop_symbols))
            system = measure_system((postgres, valkey), arguments.symbols, folder)
    report(system, loop, arguments, load)


def report(system: dict[str, Any], loop: dict[str, float], arguments: argparse.Namespace, load: float) -> None:
    first, again = system["first"], system["again"]
    rate = arguments.symbols / first["seconds"]
    loop_rate = arguments.loop_symbols / sum(loop.values())
    table = Table(title=f"{platform.machine()}, {os.cpu_count()} cores, load before the run {load:.2f}")
    for name in ("", "symbols", "collect s", "rs s", "score s", "in all s", "symbols/s"):
        table.add_column(name, justify="right" if name else "left")
    table.add_row("canslim, first refresh", *_row(arguments.symbols, first["stages"], first["seconds"]))
    table.add_row("canslim, the same day again", *_row(arguments.symbols, again["stages"], again["seconds"]))
    table.add_row("the seed's loop", *_row(arguments.loop_symbols, loop, sum(loop.values())))
    console.print(table)
    console.print(f"ratio of symbols/s, first refresh to the seed's loop: [bold]{rate / loop_rate:.1f}[/bold]")
    peaks = ", ".join(f"{name} {used / 2**20:,.0f} MiB" for name, used in system["memory"].items())
    console.print(f"peak resident memory: {peaks}", soft_wrap=True)
    if arguments.json:
        figures = {"system": system, "loop": loop, "ratio": rate / loop_rate, "load": load}
        arguments.json.write_text(json.dumps(figures, indent=2))


def _row(symbols: int, stages: dict[str, float], seconds: float) -> list[str]:
    cells = [f"{stages.get(name, 0):.1f}" for name in ("collect", "rs", "score")]
    return [f"{symbols:,}", *cells, f"{seconds:.1f}", f"{symbols / seconds:,.0f}"]


if __name__ == "__main__":
    main()
