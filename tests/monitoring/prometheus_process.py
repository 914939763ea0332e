"""A real Prometheus with the chart's rules, scraping every second."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import yaml

from tests.faults.cluster import free_port
from tests.monitoring.conftest import CHART
from tests.programs import program
from tools.monitoring.queries import JOB


@contextmanager
def prometheus(folder: Path, targets: Path, others: Mapping[str, str]) -> Iterator[str]:
    """Its URL. others: where to scrape kube-state-metrics, cadvisor and keda, by name."""
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(CHART / "rules/*.yaml")],
        "scrape_configs": [
            {"job_name": JOB, "file_sd_configs": [{"files": [str(targets)], "refresh_interval": "1s"}]},
            *(_other(name, address) for name, address in others.items()),
        ],
    }
    file = folder / "prometheus.yaml"
    file.write_text(yaml.safe_dump(config))
    port = free_port()
    command = [
        str(program("prometheus")),
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _until_ready(port, process, folder / "prometheus.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _other(name: str, address: str) -> dict[str, object]:
    """KEDA's operator lives in a namespace of its own, so Prometheus renames the label that KEDA sets."""
    own = {"namespace": "keda"} if name == "keda" else {}
    return {
        "job_name": name,
        "honor_labels": name != "keda",
        "metrics_path": f"/{name}",
        "static_configs": [{"targets": [address], "labels": own}],
    }


def _until_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(f"http://127.0.0.1:{port}/-/ready").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(log.read_text())
