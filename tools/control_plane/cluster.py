"""The control plane: etcd, the API server, the controllers, the scheduler, and what they tell each other by."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from tools.control_plane.certificates import Authority, Certificate
from tools.control_plane.programs import CACHE, Command, ControlPlaneError, Programs, command, program

HOW = "run tools/control_plane/build.sh"
KUBECTL = "run make tools"
#: Services' addresses. Only a node gives them a meaning.
SERVICES = "10.96.0.0/16"
#: etcd wants an address for its peers, and has none.
NOBODY = "http://127.0.0.1:1"
#: Volumes that claims find, since nothing provides any here.
VOLUMES = 40


@dataclass(frozen=True)
class ControlPlane:
    folder: Path
    authority: Authority
    programs: Programs
    address: str
    port: int

    @property
    def url(self) -> str:
        return f"https://{self.address}:{self.port}"

    @property
    def kubeconfig(self) -> Path:
        """Of an administrator."""
        return self.folder / "admin.kubeconfig"

    def kubeconfig_of(self, user: str, group: str = "") -> Path:
        issued = self.authority.issue(user, group=group)
        path = self.folder / f"{user.replace(':', '-')}.kubeconfig"
        path.write_text(yaml.safe_dump(_kubeconfig(self.url, self.authority.own, user, issued)))
        return path

    def kubectl(self, *words: str | Path, given: str | None = None) -> str:
        asked = [program("kubectl", KUBECTL), "--kubeconfig", self.kubeconfig, *words]
        ran = subprocess.run(asked, input=given, capture_output=True, text=True, check=False)  # noqa: S603
        if ran.returncode != 0:
            raise ControlPlaneError(f"kubectl {' '.join(map(str, words))}: {ran.stderr}")
        return ran.stdout


@contextmanager
def control_plane(folder: Path, *, address: str = "127.0.0.1") -> Iterator[ControlPlane]:
    """Runs one whose API server listens at `address`; everything that it keeps is in `folder`."""
    folder.chmod(0o700)
    (folder / "keys").mkdir()
    (folder / "logs").mkdir()
    programs = Programs(folder / "logs")
    plane = ControlPlane(folder, Authority(folder / "keys"), programs, address, _free_port(address))
    plane.kubeconfig_of("admin", group="system:masters")
    try:
        _start(plane)
        yield plane
    finally:
        programs.stop()


def _start(plane: ControlPlane) -> None:
    programs = plane.programs
    accounts = plane.authority.issue("service-accounts")
    store = _free_port("127.0.0.1")
    programs.start("etcd", _etcd(plane, store))
    programs.start("kube-apiserver", _api_server(plane, accounts, store))
    programs.wait("the API server", lambda: _answers(plane))
    programs.start("kube-controller-manager", _controllers(plane, accounts))
    programs.start("kube-scheduler", _scheduler(plane))
    plane.kubectl("apply", "--server-side", "--filename", CACHE / "objects")
    plane.kubectl("apply", "--filename", "-", given=yaml.safe_dump_all(_volumes(plane.folder / "volumes")))
    # Pods are refused until their namespace has its account.
    programs.wait("the controllers", lambda: _has_account(plane))


def _etcd(plane: ControlPlane, port: int) -> Command:
    """Only who has a certificate may read the store."""
    serving = plane.authority.issue("etcd", hosts=("IP:127.0.0.1",))
    return command(
        program("etcd", HOW),
        {
            "data-dir": plane.folder / "etcd",
            "unsafe-no-fsync": "true",
            "log-level": "warn",
            "listen-client-urls": f"https://127.0.0.1:{port}",
            "advertise-client-urls": f"https://127.0.0.1:{port}",
            "cert-file": serving.certificate,
            "key-file": serving.key,
            "client-cert-auth": "true",
            "trusted-ca-file": plane.authority.own.certificate,
            "listen-peer-urls": "http://127.0.0.1:0",
            "initial-advertise-peer-urls": NOBODY,
            "initial-cluster": f"default={NOBODY}",
        },
    )


def _api_server(plane: ControlPlane, accounts: Certificate, store: int) -> Command:
    keys = plane.authority
    to_store = keys.issue("kube-apiserver-etcd-client")
    serving = keys.issue("kube-apiserver", hosts=(f"IP:{plane.address}", "DNS:localhost"))
    # What the server shows to kubelets, and to servers that it passes requests on to.
    to_kubelets = keys.issue("kube-apiserver-kubelet-client", group="system:masters")
    to_others = keys.issue("front-proxy")
    return command(
        program("kube-apiserver", HOW),
        {
            "etcd-servers": f"https://127.0.0.1:{store}",
            "etcd-cafile": keys.own.certificate,
            "etcd-certfile": to_store.certificate,
            "etcd-keyfile": to_store.key,
            "bind-address": plane.address,
            "secure-port": plane.port,
            "tls-cert-file": serving.certificate,
            "tls-private-key-file": serving.key,
            "client-ca-file": keys.own.certificate,
            "authorization-mode": "Node,RBAC",
            "enable-admission-plugins": "NodeRestriction",
            "service-cluster-ip-range": SERVICES,
            "endpoint-reconciler-type": "none",
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": accounts.certificate,
            "service-account-signing-key-file": accounts.key,
            "kubelet-preferred-address-types": "InternalIP",
            "kubelet-certificate-authority": keys.own.certificate,
            "kubelet-client-certificate": to_kubelets.certificate,
            "kubelet-client-key": to_kubelets.key,
            "requestheader-client-ca-file": keys.own.certificate,
            "requestheader-allowed-names": "front-proxy",
            "requestheader-username-headers": "X-Remote-User",
            "requestheader-group-headers": "X-Remote-Group",
            "requestheader-extra-headers-prefix": "X-Remote-Extra-",
            "proxy-client-cert-file": to_others.certificate,
            "proxy-client-key-file": to_others.key,
        },
    )


def _controllers(plane: ControlPlane, accounts: Certificate) -> Command:
    return command(
        program("kube-controller-manager", HOW),
        {
            "kubeconfig": plane.kubeconfig_of("system:kube-controller-manager"),
            "leader-elect": "false",
            "secure-port": 0,
            "use-service-account-credentials": "true",
            "service-account-private-key-file": accounts.key,
            "root-ca-file": plane.authority.own.certificate,
            # Three times as often as usual, for nobody likes to wait.
            "horizontal-pod-autoscaler-sync-period": "5s",
        },
    )


def _scheduler(plane: ControlPlane) -> Command:
    kubeconfig = plane.kubeconfig_of("system:kube-scheduler")
    return command(
        program("kube-scheduler", HOW), {"kubeconfig": kubeconfig, "leader-elect": "false", "secure-port": 0}
    )


def _answers(plane: ControlPlane) -> bool:
    try:
        return plane.kubectl("get", "--raw", "/readyz") == "ok"
    except ControlPlaneError:
        return False


def _has_account(plane: ControlPlane) -> bool:
    found = plane.kubectl("get", "serviceaccounts", "--namespace", "default", "--output", "name")
    return "serviceaccount/default" in found


def _free_port(address: str) -> int:
    with socket.create_server((address, 0)) as probe:
        return int(probe.getsockname()[1])


def _kubeconfig(url: str, authority: Certificate, user: str, issued: Certificate) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "home",
        "contexts": [{"name": "home", "context": {"cluster": "home", "user": user}}],
        "clusters": [{"name": "home", "cluster": {"server": url, "certificate-authority": str(authority.certificate)}}],
        "users": [
            {"name": user, "user": {"client-certificate": str(issued.certificate), "client-key": str(issued.key)}}
        ],
    }


def _volumes(folder: Path) -> Iterator[dict[str, object]]:
    """Folders of the only node, of whatever name."""
    somewhere = {"key": "kubernetes.io/hostname", "operator": "Exists"}
    for number in range(VOLUMES):
        path = folder / str(number)
        path.mkdir(parents=True)
        yield {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": f"folder-{number}"},
            "spec": {
                "capacity": {"storage": "100Gi"},
                "accessModes": ["ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Retain",
                "local": {"path": str(path)},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [somewhere]}]}},
            },
        }
