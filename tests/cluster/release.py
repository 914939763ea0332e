"""The chart as an operator installs it, with real Helm."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chart.rendering import CHART
from tests.cluster.kube import Namespace, Object
from tests.programs import program

Values = Mapping[str, Any]


@dataclass
class Release:
    """A release of the chart; every command but the last few takes the values anew, as from a file."""

    namespace: Namespace
    helm_name: str
    home: Path
    name: str = "canslim"
    chart: Path = field(default=CHART)

    def install(self, values: Values, *flags: str) -> str:
        return self._with_values("install", values, flags)

    def upgrade(self, values: Values, *flags: str) -> str:
        return self._with_values("upgrade", values, flags)

    def rollback(self, *words: str) -> str:
        return self.helm("rollback", self.name, *words)

    def test(self) -> str:
        return self.helm("test", self.name, "--timeout=120s")

    def uninstall(self) -> str:
        return self.helm("uninstall", self.name, "--wait", "--timeout=240s")

    def rendered(self) -> str:
        return self.helm("get", "manifest", self.name)

    def helm(self, *words: str, patience: float = 660) -> str:
        homes = {f"HELM_{kind}_HOME": str(self.home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
        command = [str(program(self.helm_name)), *words, f"--namespace={self.namespace.name}"]
        return self.namespace.cluster.run(command, patience=patience, **homes)

    def _with_values(self, verb: str, values: Values, flags: tuple[str, ...]) -> str:
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            json.dump(values, file)
            file.flush()
            return self.helm(verb, self.name, str(self.chart), f"--values={file.name}", *flags)

    # What is there.

    @property
    def selector(self) -> str:
        return f"app.kubernetes.io/instance={self.name}"

    def deployment(self, component: str) -> str:
        (found,) = self.namespace.all("deployments", f"{self.selector},app.kubernetes.io/component={component}")
        return found["metadata"]["name"]

    def replicas(self, component: str) -> int:
        return self.namespace.replicas(self.deployment(component))

    def workloads(self) -> list[Object]:
        return self.namespace.all("deployments,statefulsets,jobs", self.selector)
