"""A node without containers: it tells the API server that every pod came up, or ended, as a kubelet would.

For a cluster that has a control plane alone. What is real then is everything that the control plane does about pods:
admission, rollouts, budgets, jobs, autoscalers. What a pod's process would have done is not.
"""

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx

from tests.cluster.kube import NO_RUNTIME, Cluster, Object
from tests.programs import program

NAME = "node-without-containers"
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{NAME}"
#: An image's tag with which no pod ever comes up, as one that no registry has.
MISSING = "missing"
#: A node is believed to live for 40 s without one.
SIGN_OF_LIFE = 10.0
PAUSE = 0.2


class FakeNode:
    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._stopping = threading.Event()
        #: Components whose pods fail, if they are to end at all.
        self.failing: set[str] = set()
        #: Components whose new pods don't become ready.
        self.held: set[str] = set()
        self._numbers = count(2)

    def register(self) -> None:
        capacity = {"cpu": "64", "memory": "256Gi", "pods": "500", "ephemeral-storage": "1000Gi"}
        labels = {"kubernetes.io/hostname": NAME, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
        self._http.post("/api/v1/nodes", json={"metadata": {"name": NAME, "labels": labels}}).raise_for_status()
        info = dict.fromkeys(
            ("machineID", "systemUUID", "bootID", "kernelVersion", "osImage", "kubeletVersion", "kubeProxyVersion"), ""
        )
        info |= {"containerRuntimeVersion": NO_RUNTIME, "operatingSystem": "linux", "architecture": "amd64"}
        status = {"capacity": capacity, "allocatable": capacity, "nodeInfo": info, "conditions": [condition("Ready")]}
        self._patch(f"/api/v1/nodes/{NAME}/status", {"status": status})

    def run(self) -> None:
        for turn in count():
            if self._stopping.wait(PAUSE):
                return
            if turn % int(SIGN_OF_LIFE / PAUSE) == 0:
                self._give_sign_of_life()
            query = {"fieldSelector": f"spec.nodeName={NAME}", "resourceVersion": "0"}
            for pod in self._http.get("/api/v1/pods", params=query).raise_for_status().json()["items"]:
                with suppress(httpx.HTTPStatusError):  # Somebody else changed it; it is looked at again.
                    self._attend(pod)

    def stop(self) -> None:
        self._stopping.set()

    def unregister(self) -> None:
        self._http.delete(LEASE)
        self._http.delete(f"/api/v1/nodes/{NAME}")

    def _give_sign_of_life(self) -> None:
        spec = {"holderIdentity": NAME, "leaseDurationSeconds": 40, "renewTime": now(micro=True)}
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": NAME}, "spec": spec}
        kind = {"Content-Type": "application/apply-patch+yaml"}
        query = {"fieldManager": NAME, "force": "true"}
        self._http.patch(LEASE, content=json.dumps(lease), headers=kind, params=query).raise_for_status()

    def _attend(self, pod: Object) -> None:
        path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
        if "deletionTimestamp" in pod["metadata"]:
            ended = {"gracePeriodSeconds": 0, "preconditions": {"uid": pod["metadata"]["uid"]}}
            self._http.request("DELETE", path, json=ended).raise_for_status()
        elif pod["status"]["phase"] == "Pending" and not self._waits(pod):
            status = self._ended(pod) if pod["spec"]["restartPolicy"] == "Never" else self._running(pod)
            self._patch(f"{path}/status", {"status": status, "metadata": {"uid": pod["metadata"]["uid"]}})

    def _waits(self, pod: Object) -> bool:
        images = (container["image"] for container in pod["spec"]["containers"])
        return component(pod) in self.held or any(image.endswith(f":{MISSING}") for image in images)

    def _running(self, pod: Object) -> Object:
        number = next(self._numbers)
        started = {"running": {"startedAt": now()}}
        return {
            "phase": "Running",
            "podIP": f"10.244.{number // 256}.{number % 256}",
            "podIPs": [{"ip": f"10.244.{number // 256}.{number % 256}"}],
            "startTime": now(),
            "conditions": [condition(kind) for kind in ("Initialized", "ContainersReady", "Ready")],
            "containerStatuses": [_container(one, started, ready=True) for one in pod["spec"]["containers"]],
        }

    def _ended(self, pod: Object) -> Object:
        fails = component(pod) in self.failing
        at = {"startedAt": now(), "finishedAt": now()}
        ended = {"terminated": {"exitCode": int(fails), "reason": "Error" if fails else "Completed", **at}}
        return {
            "phase": "Failed" if fails else "Succeeded",
            "startTime": now(),
            "containerStatuses": [_container(one, ended, ready=False) for one in pod["spec"]["containers"]],
        }

    def _patch(self, path: str, change: Object) -> None:
        kind = {"Content-Type": "application/strategic-merge-patch+json"}
        self._http.patch(path, content=json.dumps(change), headers=kind).raise_for_status()


def component(pod: Object) -> str:
    return pod["metadata"].get("labels", {}).get("app.kubernetes.io/component", "")


def condition(kind: str) -> dict[str, Any]:
    return {"type": kind, "status": "True", "reason": "Fake", "lastTransitionTime": now(), "lastHeartbeatTime": now()}


def now(*, micro: bool = False) -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ" if micro else "%Y-%m-%dT%H:%M:%SZ")


def _container(container: Object, state: Object, *, ready: bool) -> Object:
    image = container["image"]
    return {
        "name": container["name"],
        "image": image,
        "imageID": image,
        "state": state,
        "ready": ready,
        "started": ready,
        "restartCount": 0,
    }


@contextmanager
def fake_node(cluster: Cluster) -> Iterator[FakeNode]:
    with _proxy(cluster) as address, httpx.Client(base_url=address, timeout=30) as http:
        node = FakeNode(http)
        node.unregister()  # One that a killed session left.
        node.register()
        thread = threading.Thread(target=node.run, name="fake-node")
        thread.start()
        try:
            yield node
        finally:
            node.stop()
            thread.join()
            node.unregister()


@contextmanager
def _proxy(cluster: Cluster) -> Iterator[str]:
    """kubectl knows how to log in, whatever the cluster wants."""
    command = [str(program("kubectl")), f"--kubeconfig={cluster.kubeconfig}", "proxy", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as proxy:
        try:
            assert proxy.stdout is not None
            found = re.search(r"127\.0\.0\.1:\d+", proxy.stdout.readline())
            assert found, "kubectl proxy did not start"
            yield f"http://{found[0]}"
        finally:
            proxy.terminate()
