"""python -m tools.control_plane: runs a cluster until it is interrupted."""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.control_plane.cluster import ControlPlane, control_plane
from tools.control_plane.node import MACHINE, link, namespaces, start_node
from tools.control_plane.programs import ControlPlaneError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.control_plane", description=__doc__)
    parser.add_argument("--node", action="store_true", help="with a node that runs containers; wants root")
    parser.add_argument("--image", action="append", default=[], type=Path, help="an archive of images for the node")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="canslim-control-plane-") as folder:
        try:
            with cluster(Path(folder), node=arguments.node, images=arguments.image) as plane:
                print(f"export KUBECONFIG={plane.kubeconfig}", flush=True)
                while True:
                    plane.programs.check()
                    time.sleep(1)
        except ControlPlaneError as error:
            print(f"control plane: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 0


@contextmanager
def cluster(folder: Path, *, node: bool, images: Sequence[Path]) -> Iterator[ControlPlane]:
    if not node:
        with control_plane(folder) as plane:
            yield plane
    else:
        # The node ends before the server that it watches.
        with link(), control_plane(folder, address=MACHINE) as plane, namespaces(folder) as inside:
            start_node(plane, inside, images)
            yield plane


if __name__ == "__main__":
    sys.exit(main())
