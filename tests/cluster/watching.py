"""What pods end with: only those who watch see it, for a pod that has ended is gone."""

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.kube import Namespace
from tests.programs import program

LINE = 'jsonpath={.metadata.name} {.status.containerStatuses[0].state.terminated.exitCode}{"\\n"}'


@contextmanager
def exit_codes(namespace: Namespace, selector: str) -> Iterator[dict[str, int]]:
    """By pod, filled while it lasts."""
    seen: dict[str, int] = {}
    command = [str(program("kubectl")), f"--namespace={namespace.name}", "get", "pods"]
    command += [f"--selector={selector}", "--watch", "--output", LINE]
    environ = {**os.environ, "KUBECONFIG": namespace.cluster.kubeconfig}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as watcher:

        def read() -> None:
            assert watcher.stdout is not None
            for line in watcher.stdout:
                name, _, code = line.strip().partition(" ")
                if code:
                    seen[name] = int(code)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            yield seen
        finally:
            watcher.terminate()
            reader.join()
