"""Yahoo Finance's wire formats on a port of one's own: `python -m tests.yahoo.server --port 0 --market spec.json`.

Prints its port as the first line, and ends on SIGTERM, SIGINT, or with --until-stdin-closes when its parent does.
"""

import argparse
import asyncio
import gc
import signal
import sys
import time
from pathlib import Path

import uvloop

from tests.yahoo.faults import Faults
from tests.yahoo.market import Market
from tests.yahoo.request_log import RequestLog
from tests.yahoo.site import YahooSite
from tests.yahoo.spec import MarketSpec
from tests.yahoo.wire import Connection


async def serve(site: YahooSite, host: str, port: int, *, until_stdin_closes: bool) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    if until_stdin_closes:
        loop.add_reader(sys.stdin.fileno(), stop.set)
    server = await loop.create_server(lambda: Connection(site), host, port, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    # The market stays as it is; the collector need not look at it again and again.
    gc.freeze()
    await stop.wait()
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--market", type=Path, help="a MarketSpec as JSON")
    parser.add_argument("--log-limit", type=int, default=1_000_000)
    parser.add_argument("--until-stdin-closes", action="store_true")
    options = parser.parse_args()
    spec = MarketSpec.read(options.market) if options.market else MarketSpec()
    site = YahooSite(Market(spec), Faults(time.monotonic), RequestLog(options.log_limit))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(site, options.host, options.port, until_stdin_closes=options.until_stdin_closes))


if __name__ == "__main__":
    main()
