"""Who may reach whom, by the rules of NetworkPolicy: a connection must be let out at one end and in at the other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

Policy = dict[str, Any]
OPERATORS = {
    "In": lambda labels, key, values: labels.get(key) in values,
    "NotIn": lambda labels, key, values: labels.get(key) not in values,
    "Exists": lambda labels, key, _: key in labels,
    "DoesNotExist": lambda labels, key, _: key not in labels,
}


@dataclass(frozen=True)
class Pod:
    labels: Mapping[str, str]
    namespace: str
    #: Its ports by name.
    ports: Mapping[str, int] = field(default_factory=dict)

    @property
    def namespace_labels(self) -> dict[str, str]:
        return {"kubernetes.io/metadata.name": self.namespace}


@dataclass(frozen=True)
class Address:
    """Something that is no pod of the cluster."""

    ip: str


End = Pod | Address


@dataclass(frozen=True)
class Network:
    #: The `spec` of each.
    policies: tuple[Policy, ...]
    #: Where the policies are.
    namespace: str

    def lets(self, source: End, target: End, port: int, protocol: str = "TCP") -> bool:
        return self._side("Egress", source, target, target, port, protocol) and self._side(
            "Ingress", target, source, target, port, protocol
        )

    def _side(self, direction: str, guarded: End, peer: End, target: End, port: int, protocol: str) -> bool:
        applying = [policy for policy in self._of(guarded) if direction in policy["policyTypes"]]
        if not applying:
            return True
        rules = (rule for policy in applying for rule in policy.get(direction.lower()) or ())
        other = "to" if direction == "Egress" else "from"
        return any(
            _has_port(rule.get("ports"), target, port, protocol) and self._has_peer(rule.get(other), peer)
            for rule in rules
        )

    def _of(self, end: End) -> Iterable[Policy]:
        if isinstance(end, Address) or end.namespace != self.namespace:
            return ()
        return (policy for policy in self.policies if _selects(policy["podSelector"], end.labels))

    def _has_peer(self, peers: list[dict[str, Any]] | None, end: End) -> bool:
        # No list and an empty one both mean everybody.
        return not peers or any(self._is_peer(peer, end) for peer in peers)

    def _is_peer(self, peer: dict[str, Any], end: End) -> bool:
        if "ipBlock" in peer:
            block = peer["ipBlock"]
            excepted = any(_inside(network, end) for network in block.get("except", ()))
            return _inside(block["cidr"], end) and not excepted
        if isinstance(end, Address):
            return False
        if "namespaceSelector" in peer:
            there = _selects(peer["namespaceSelector"], end.namespace_labels)
        else:
            there = end.namespace == self.namespace
        return there and _selects(peer.get("podSelector", {}), end.labels)


def _inside(network: str, end: End) -> bool:
    # Pods are matched by their labels alone, as with network plugins that know them by identity.
    return isinstance(end, Address) and ip_address(end.ip) in ip_network(network)


def _selects(selector: dict[str, Any], labels: Mapping[str, str]) -> bool:
    wanted = selector.get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        OPERATORS[rule["operator"]](labels, rule["key"], rule.get("values"))
        for rule in selector.get("matchExpressions") or ()
    )


def _has_port(ports: list[dict[str, Any]] | None, target: End, port: int, protocol: str) -> bool:
    if not ports:
        return True
    return any(
        allowed.get("protocol", "TCP") == protocol and _is_port(allowed.get("port"), target, port) for allowed in ports
    )


def _is_port(allowed: int | str | None, target: End, port: int) -> bool:
    if isinstance(allowed, str):
        return isinstance(target, Pod) and target.ports.get(allowed) == port
    return allowed is None or allowed == port
