"""The evaluator itself, on the rules of Kubernetes' documentation."""

from typing import Any

import pytest

from tests.chart.network import Address, Network, Pod

A, B = Pod({"app": "a"}, "here"), Pod({"app": "b"}, "here", {"web": 80})
OUTSIDE = Pod({"app": "a"}, "there")


def policy(**spec: Any) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": {"app": "b"}}, "policyTypes": ["Ingress"]} | spec


def network(*specs: dict[str, Any]) -> Network:
    return Network(specs, "here")


def test_without_a_rule_everything_is_allowed() -> None:
    assert network().lets(A, B, 80)


def test_a_rule_without_content_denies() -> None:
    assert not network(policy()).lets(A, B, 80)
    assert network(policy()).lets(B, A, 80)


@pytest.mark.parametrize(
    ("peer", "source", "allowed"),
    [
        ({"podSelector": {}}, A, True),
        ({"podSelector": {}}, OUTSIDE, False),
        ({"podSelector": {}}, Address("10.0.0.1"), False),
        ({"namespaceSelector": {}}, OUTSIDE, True),
        ({"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "x"}}}, OUTSIDE, False),
        ({"ipBlock": {"cidr": "10.0.0.0/8"}}, Address("10.0.0.1"), True),
        ({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/16"]}}, Address("10.0.0.1"), False),
        ({"podSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a"]}]}}, A, False),
        ({"podSelector": {"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]}}, A, True),
    ],
)
def test_a_peer_is_who_it_selects(peer: dict[str, Any], source: Pod | Address, allowed: bool) -> None:
    assert network(policy(ingress=[{"from": [peer]}])).lets(source, B, 80) is allowed


@pytest.mark.parametrize(
    ("ports", "allowed"),
    [
        ([], True),
        ([{"port": 80}], True),
        ([{"port": "web"}], True),
        ([{"port": 81}], False),
        ([{"port": 80, "protocol": "UDP"}], False),
    ],
)
def test_a_port_is_a_number_or_a_name_with_a_protocol(ports: list[dict[str, Any]], allowed: bool) -> None:
    assert network(policy(ingress=[{"ports": ports}])).lets(A, B, 80) is allowed


def test_both_ends_must_allow_it() -> None:
    out = {"podSelector": {"matchLabels": {"app": "a"}}, "policyTypes": ["Egress"], "egress": []}
    assert not network(policy(ingress=[{}]), out).lets(A, B, 80)
