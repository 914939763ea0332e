"""Kubernetes' Pod Security Standard "restricted", as its documentation has it, and what we ask for beyond."""

from collections.abc import Iterator
from typing import Any

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
SAFE_SYSCTLS = {"net.ipv4.ip_unprivileged_port_start", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range"}
LEAST_UID = 10000


def violations(spec: dict[str, Any]) -> list[str]:
    """What the standard forbids in this pod."""
    containers = [*spec.get("initContainers", ()), *spec["containers"], *spec.get("ephemeralContainers", ())]
    pod = spec.get("securityContext", {})
    return [*_of_pod(spec, pod), *(wrong for container in containers for wrong in _of_container(container, pod))]


def _of_pod(spec: dict[str, Any], context: dict[str, Any]) -> Iterator[str]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield field
    for volume in spec.get("volumes", ()):
        if not set(volume) - {"name"} <= VOLUMES:
            yield f"volume {volume['name']}"
    if context.get("seLinuxOptions") or context.get("windowsOptions", {}).get("hostProcess"):
        yield "seLinuxOptions or hostProcess"
    if not {sysctl["name"] for sysctl in context.get("sysctls", ())} <= SAFE_SYSCTLS:
        yield "sysctls"


def _of_container(container: dict[str, Any], pod: dict[str, Any]) -> Iterator[str]:
    name, own = container["name"], container.get("securityContext", {})
    context = pod | own
    capabilities = own.get("capabilities", {})
    checks = {
        "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is False,
        "privileged": not own.get("privileged"),
        "capabilities.drop": "ALL" in capabilities.get("drop", ()),
        "capabilities.add": set(capabilities.get("add", ())) <= {"NET_BIND_SERVICE"},
        "runAsNonRoot": context.get("runAsNonRoot") is True,
        "runAsUser": context.get("runAsUser") != 0,
        "seccompProfile": context.get("seccompProfile", {}).get("type") in ("RuntimeDefault", "Localhost"),
        "procMount": own.get("procMount", "Default") == "Default",
        "seLinuxOptions": not own.get("seLinuxOptions"),
        "hostPort": not any(port.get("hostPort") for port in container.get("ports", ())),
    }
    yield from (f"{name}: {check}" for check, kept in checks.items() if not kept)


def hardening(spec: dict[str, Any]) -> list[str]:
    """What we ask for beyond the standard."""
    return list(_hardening(spec))


def _hardening(spec: dict[str, Any]) -> Iterator[str]:
    if spec.get("automountServiceAccountToken") is not False:
        yield "automountServiceAccountToken"
    if spec.get("enableServiceLinks") is not False:
        yield "enableServiceLinks"
    for container in [*spec.get("initContainers", ()), *spec["containers"]]:
        context = spec.get("securityContext", {}) | container.get("securityContext", {})
        if context.get("readOnlyRootFilesystem") is not True:
            yield f"{container['name']}: readOnlyRootFilesystem"
        if min(context.get("runAsUser", 0), context.get("runAsGroup", 0)) < LEAST_UID:
            yield f"{container['name']}: runAsUser or runAsGroup"
