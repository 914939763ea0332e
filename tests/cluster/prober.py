"""A pod that asks the API all the time, through its service, as a client in the cluster does."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.chart.rendering import METADATA
from tests.cluster.kube import Namespace, Object, is_ready
from tests.cluster.values import images

NAME = "prober"
SCRIPT = """\
import json, time, urllib.request
while True:
    try:
        with urllib.request.urlopen("http://canslim-api:8000/screener/jobs?limit=1", timeout=10) as answer:
            answer.read()
            print(json.dumps({"failure": None}), flush=True)
    except Exception as error:
        print(json.dumps({"failure": repr(error)}), flush=True)
    time.sleep(0.1)
"""


@dataclass
class Requests:
    answered: int = 0
    failures: list[str] = field(default_factory=list)


@contextmanager
def prober(namespace: Namespace) -> Iterator[Requests]:
    """What became of its requests is known at the end."""
    requests = Requests()
    namespace.create(_pod())
    try:
        namespace.eventually(lambda: is_ready(namespace.get("pod", NAME)), "somebody asks", 120)
        namespace.eventually(lambda: '"failure": null' in namespace.kubectl("logs", NAME), "the API answers", 120)
        yield requests
        lines = [json.loads(line) for line in namespace.kubectl("logs", NAME).splitlines()]
        requests.failures += [line["failure"] for line in lines if line["failure"]]
        requests.answered = len(lines) - len(requests.failures)
    finally:
        namespace.kubectl("delete", "pod", NAME, "--grace-period=0", "--force")


def _pod() -> Object:
    where = images()
    registry = f"{where['registry']}/" if where["registry"] else ""
    container = {
        "name": NAME,
        "image": f"{registry}canslim-api:{where['tag'] or METADATA['appVersion']}",
        "command": ["python", "-c", SCRIPT],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {"containers": [container], "securityContext": security, "automountServiceAccountToken": False}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": NAME}, "spec": spec}
