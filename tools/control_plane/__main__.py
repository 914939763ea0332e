"""python -m tools.control_plane: runs a cluster until it is interrupted."""

import signal
import sys
import tempfile
import time
from pathlib import Path

from tools.control_plane.cluster import control_plane
from tools.control_plane.programs import ControlPlaneError


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="canslim-control-plane-") as folder:
        try:
            with control_plane(Path(folder)) as plane:
                print(f"export KUBECONFIG={plane.kubeconfig}", flush=True)
                while True:
                    plane.programs.check()
                    time.sleep(1)
        except ControlPlaneError as error:
            print(f"control plane: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main())
