"""Real processes of the services, named and scraped as if each were a pod."""

import json
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.faults.cluster import free_port

NAMESPACE = "canslim"
RELEASE = "canslim"


@dataclass
class Pod:
    pool: str
    name: str
    port: int
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)
    restarts: int = 0
    #: As of a moment ago.
    ready: bool = False

    def run(self) -> None:
        command = [sys.executable, "-m", f"canslim_{self.pool}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=dict(self.environment), stdout=log, stderr=log)

    def probe(self) -> None:
        try:
            self.ready = httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=0.5).is_success
        except httpx.HTTPError:
            self.ready = False


class Pods:
    """targets: the file in which Prometheus finds them."""

    def __init__(self, folder: Path, environment: Mapping[str, str], targets: Path) -> None:
        self._folder = folder
        self._environment = environment
        self._targets = targets
        self.all: list[Pod] = []
        self._announce()
        self._closing = threading.Event()
        self._prober = threading.Thread(target=self._probe, daemon=True)
        self._prober.start()

    def start(self, pool: str, **settings: str) -> Pod:
        """settings: by name, without the prefix."""
        port = free_port()
        own = {f"CANSLIM_{name}": value for name, value in (settings | {"METRICS_PORT": str(port)}).items()}
        name = f"{RELEASE}-{pool}-{secrets.token_hex(4)}-{secrets.token_hex(3)[:5]}"
        pod = Pod(pool, name, port, {**self._environment, **own}, self._folder / f"{name}.log")
        pod.run()
        self.all.append(pod)
        self._announce()
        return pod

    def until_ready(self) -> None:
        deadline = time.monotonic() + 90
        while not all(pod.ready for pod in self.all):
            assert time.monotonic() < deadline, f"not ready in time\n{self.report()}"
            assert all(pod.process.poll() is None for pod in self.all), f"ended at start\n{self.report()}"
            time.sleep(0.2)

    def terminate(self, pod: Pod) -> None:
        """Ends it as Kubernetes does; it is scraped while it drains."""
        pod.process.terminate()
        try:
            assert pod.process.wait(90) == 0, self.report()
        except subprocess.TimeoutExpired:
            # Python writes what every thread does to the log.
            pod.process.send_signal(signal.SIGABRT)
            pod.process.wait()
            raise AssertionError(f"{pod.name} does not end\n{self.report()}") from None
        self._forget(pod)

    def crash(self, pod: Pod) -> None:
        """Its container is killed and started again."""
        pod.process.kill()
        pod.process.wait()
        pod.restarts += 1
        pod.ready = False
        pod.run()

    def freeze(self, pod: Pod) -> None:
        pod.process.send_signal(signal.SIGSTOP)

    def thaw(self, pod: Pod) -> None:
        pod.process.send_signal(signal.SIGCONT)

    def of(self, pool: str) -> list[Pod]:
        return [pod for pod in self.all if pod.pool == pool]

    def close(self) -> None:
        self._closing.set()
        self._prober.join()
        for pod in self.all:
            pod.process.kill()
            pod.process.wait()

    def report(self) -> str:
        logs = (f"--- {path.name}\n" + path.read_text()[-2000:] for path in sorted(self._folder.glob("*.log")))
        return "\n".join(logs)

    def _probe(self) -> None:
        """Readiness, as the kubelet asks for it."""
        while not self._closing.wait(0.5):
            for pod in list(self.all):
                pod.probe()

    def _forget(self, pod: Pod) -> None:
        self.all.remove(pod)
        self._announce()

    def _announce(self) -> None:
        """As the PodMonitor labels them."""
        groups = [
            {
                "targets": [f"127.0.0.1:{pod.port}"],
                "labels": {
                    "namespace": NAMESPACE,
                    "pod": pod.name,
                    "pool": pod.pool,
                    "container": pod.pool,
                    "endpoint": "metrics",
                },
            }
            for pod in self.all
        ]
        new = self._targets.with_suffix(".new")
        new.write_text(json.dumps(groups))
        new.replace(self._targets)
