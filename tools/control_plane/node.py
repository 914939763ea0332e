"""A node that runs containers: containerd, kubelet, kube-proxy and CoreDNS, in namespaces of their own.

It has its own network, mounts and process ids, so that nothing of it is left on the machine, and a link to the machine
over which the API server and the node reach each other; no way leads from there to anywhere else. Wants root and
Debian's packages containerd, containernetworking-plugins, conntrack and catatonit. Nobody enforces NetworkPolicies.
"""

import json
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import yaml

from tools.control_plane.cluster import SERVICES, ControlPlane
from tools.control_plane.pause import IMAGE, write_pause_image
from tools.control_plane.programs import ControlPlaneError, Programs, command, program

HOW = "run tools/control_plane/build.sh node"
DEBIAN = "run apt-get install containerd containernetworking-plugins conntrack catatonit iproute2 iptables"
NAME = "home"
LINK, FAR_END = "canslim-node", "canslim-far"
#: The two ends of the link, and what is behind the second one.
MACHINE, NODE = "10.98.0.1", "10.98.0.2"
PODS = "10.244.0.0/24"
DOMAIN = "cluster.local"
#: Where containerd and its helpers keep what must not outlive the node.
FORGOTTEN = ("/run", "/var/lib/cni", "/var/lib/kubelet")
#: What kubelet would set. It is everybody's kernel, so kubelet is told that it is so.
KERNEL = {"kernel/panic": "10", "kernel/panic_on_oops": "1", "vm/overcommit_memory": "1", "vm/panic_on_oom": "0"}
CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Inside:
    """The namespaces, by the process that holds them."""

    holder: int

    def words(self, words: Sequence[str]) -> list[str]:
        return ["nsenter", f"--target={self.holder}", "--net", "--mount", "--pid", *words]

    def run(self, *words: str) -> str:
        return run(self.words(words))


@contextmanager
def link() -> Iterator[None]:
    """Gives this machine the address MACHINE. Raises ControlPlaneError where it has it: there is one node at a time."""
    run(["ip", "link", "add", LINK, "type", "veth", "peer", "name", FAR_END])
    try:
        run(["ip", "address", "add", f"{MACHINE}/30", "dev", LINK])
        run(["ip", "link", "set", LINK, "up"])
        # What the API server asks pods and services, such as those that it leaves a part of its work to.
        for behind in (PODS, SERVICES):
            run(["ip", "route", "add", behind, "via", NODE])
        yield
    finally:
        with suppress(ControlPlaneError):  # It may have gone with the other end.
            run(["ip", "link", "delete", LINK])


@contextmanager
def namespaces(folder: Path) -> Iterator[Inside]:
    """With the other end of the link."""
    programs = Programs(folder)
    start = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    holder = programs.start("holder", [*start, str(program("catatonit", DEBIAN)), "--", "sleep", "infinity"])
    try:
        programs.wait("the node's namespaces", lambda: _init_of(holder) is not None)
        inside = Inside(_init_of(holder) or 0)
        _connect(inside)
        _set_apart(inside, folder / "kernel")
        yield inside
    finally:
        programs.stop(signal.SIGKILL)  # It takes along whatever runs in the namespaces.
        _remove_groups()


def _init_of(holder: int) -> int | None:
    """The first process inside. Until unshare has become it, it is named otherwise."""
    inside = [child.pid for child in psutil.Process(holder).children() if child.name() == "catatonit"]
    return inside[0] if inside else None


def _connect(inside: Inside) -> None:
    run(["ip", "link", "set", FAR_END, "netns", str(inside.holder), "name", "eth0"])
    inside.run("ip", "link", "set", "lo", "up")
    inside.run("ip", "address", "add", f"{NODE}/30", "dev", "eth0")
    inside.run("ip", "link", "set", "eth0", "up")
    # kube-proxy turns these addresses into others, but only of packets that have somewhere to go.
    inside.run("ip", "route", "add", SERVICES, "dev", "eth0")
    inside.run("sysctl", "--quiet", "--write", "net.ipv4.ip_forward=1")


def _remove_groups() -> None:
    """What kubelet made for pods; processes that were killed may take a moment to leave."""
    for group in sorted(CGROUPS.glob("*/kubepods/**/"), reverse=True):
        for _ in range(50):
            with suppress(OSError):
                group.rmdir()
                break
            time.sleep(0.1)


def _set_apart(inside: Inside, kernel: Path) -> None:
    inside.run("mount", "--make-rshared", "/")
    for path in FORGOTTEN:
        Path(path).mkdir(parents=True, exist_ok=True)
        inside.run("mount", "--types", "tmpfs", "tmpfs", path)
    for name, value in KERNEL.items():
        told = kernel / name
        told.parent.mkdir(parents=True, exist_ok=True)
        told.write_text(value)
        inside.run("mount", "--bind", str(told), f"/proc/sys/{name}")


def start_node(plane: ControlPlane, inside: Inside, images: Sequence[Path]) -> None:
    """Raises ControlPlaneError where it does not become ready. images: archives that docker and podman save."""
    folder = plane.folder / "node"
    folder.mkdir()
    start = plane.programs.start
    socket = folder / "containerd.socket"

    (folder / "network").mkdir()
    (folder / "network" / "10-pods.conflist").write_text(json.dumps(_network()))
    (folder / "containerd.toml").write_text(_containerd(folder, socket))
    start("containerd", inside.words([str(program("containerd", DEBIAN)), f"--config={folder}/containerd.toml"]))
    importer = [str(program("ctr", DEBIAN)), f"--address={socket}", "--namespace=k8s.io"]
    plane.programs.wait("containerd", lambda: socket.exists() and _succeeds(inside, [*importer, "version"]))
    pause = folder / "pause.tar"
    write_pause_image(pause, program("catatonit", DEBIAN))
    for image in (pause, *images):
        inside.run(*importer, "images", "import", str(image.absolute()))

    (folder / "kubelet.yaml").write_text(yaml.safe_dump(_kubelet(plane, folder, socket)))
    kubelet = {
        "config": folder / "kubelet.yaml",
        "kubeconfig": plane.kubeconfig_of(f"system:node:{NAME}", group="system:nodes"),
        "hostname-override": NAME,
        "node-ip": NODE,
        "root-dir": "/var/lib/kubelet",
    }
    start("kubelet", inside.words(command(program("kubelet", HOW), kubelet)))
    proxy = {
        "kubeconfig": plane.kubeconfig_of("system:kube-proxy"),
        "hostname-override": NAME,
        "cluster-cidr": PODS,
        # These settings of the kernel are not the node's own.
        "conntrack-max-per-core": 0,
        "conntrack-tcp-timeout-established": "0s",
        "conntrack-tcp-timeout-close-wait": "0s",
    }
    start("kube-proxy", inside.words(command(program("kube-proxy", HOW), proxy)))
    (folder / "Corefile").write_text(_corefile(plane))
    start("coredns", inside.words([str(program("coredns", HOW)), "-conf", str(folder / "Corefile")]))
    plane.programs.wait("the node", lambda: _node_is_ready(plane))


def _node_is_ready(plane: ControlPlane) -> bool:
    ready = 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'
    return plane.kubectl("get", "nodes", "--output", ready) == "True"


def _network() -> dict[str, object]:
    """A link for every pod, and routes between them."""
    addresses = {"type": "host-local", "ranges": [[{"subnet": PODS}]], "routes": [{"dst": "0.0.0.0/0"}]}
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "ptp", "ipam": addresses, "mtu": 1500}]}


def _containerd(folder: Path, socket: Path) -> str:
    return f"""\
version = 2
root = "{folder}/containerd"
state = "/run/containerd-{NAME}"
[grpc]
  address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{IMAGE}"
  # Sandboxes let nobody protect a process from the end of memory.
  restrict_oom_score_adj = true
  disable_apparmor = true
  netns_mounts_under_state_dir = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "{folder}/network"
"""


def _kubelet(plane: ControlPlane, folder: Path, socket: Path) -> dict[str, object]:
    serving = plane.authority.issue("kubelet", hosts=(f"IP:{NODE}", f"DNS:{NAME}"))
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "containerRuntimeEndpoint": f"unix://{socket}",
        "cgroupDriver": "cgroupfs",
        "authentication": {
            "anonymous": {"enabled": False},
            "x509": {"clientCAFile": str(plane.authority.own.certificate)},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(serving.certificate),
        "tlsPrivateKeyFile": str(serving.key),
        "clusterDNS": [NODE],
        "clusterDomain": DOMAIN,
        "podLogsDir": str(folder / "pods"),
        "volumePluginDir": str(folder / "volume-plugins"),
        "failSwapOn": False,
        "protectKernelDefaults": True,
        # The disk is this machine's, and others use it too.
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
    }


def _corefile(plane: ControlPlane) -> str:
    return f"""\
. {{
    errors
    kubernetes {DOMAIN} {{
        kubeconfig {plane.kubeconfig}
    }}
    cache 1
}}
"""


def _succeeds(inside: Inside, words: Sequence[str]) -> bool:
    return subprocess.run(inside.words(words), capture_output=True, check=False).returncode == 0  # noqa: S603


def run(words: Sequence[str]) -> str:
    ran = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
    if ran.returncode != 0:
        raise ControlPlaneError(f"{' '.join(words)}: {ran.stderr}")
    return ran.stdout
