"""Who may reach whom, judged by the rules' meaning and not by their text."""

import pytest

from tests.chart.network import Address, Network, Pod
from tests.chart.rendering import NAMESPACE, SETS, Chart, Manifests, with_servers

INTERNET = Address("203.0.113.7")
INTERNET_6 = Address("2600::7")
PRIVATE = Address("10.1.2.3")
#: Where clouds hand out credentials.
METADATA_SERVICE = Address("169.254.169.254")
DNS = Pod({"k8s-app": "kube-dns"}, "kube-system")
PROMETHEUS = Pod({"app.kubernetes.io/name": "prometheus"}, "monitoring")
KEDA = Pod({"app": "keda-operator"}, "keda")
INGRESS = Pod({"app.kubernetes.io/name": "ingress-nginx"}, "ingress-nginx")
NEIGHBOUR = Pod({"app": "other"}, NAMESPACE)
STRANGER = Pod({"app": "other"}, "elsewhere")
POSTGRESQL, REDIS, HTTP, METRICS = 5432, 6379, 8000, 9090


def network(manifests: Manifests) -> Network:
    return Network(tuple(found["spec"] for found in manifests.all("NetworkPolicy")), NAMESPACE)


def pods(manifests: Manifests) -> dict[str, Pod]:
    return {
        pod.component: Pod(
            pod.labels, NAMESPACE, {port["name"]: port["containerPort"] for port in pod.main.get("ports", ())}
        )
        for pod in manifests.pods
    }


#: The sets that have rules.
GUARDED = [name for name, values in SETS.items() if values.get("networkPolicy", {}).get("enabled", True)]
#: Where the values of a set say that Prometheus is.
MONITORING = {"everything": "observability"}


@pytest.fixture(params=GUARDED)
def set_name(request: pytest.FixtureRequest) -> str:
    return request.param


def reaching(manifests: Manifests, target: Pod | Address, port: int, protocol: str = "TCP") -> set[str]:
    """The components that may open a connection."""
    lets = network(manifests).lets
    return {name for name, pod in pods(manifests).items() if lets(pod, target, port, protocol)}


def collectors(manifests: Manifests) -> set[str]:
    return {name for name, pod in pods(manifests).items() if pod.labels.get("canslim.io/queue") == "collector"}


def workers(manifests: Manifests) -> set[str]:
    return {name for name, pod in pods(manifests).items() if "canslim.io/queue" in pod.labels}


@pytest.mark.parametrize("target", [INTERNET, INTERNET_6], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("port", [443, 80, 22, 53, POSTGRESQL])
def test_only_collectors_of_yahoo_reach_the_internet_and_only_by_https(
    rendered: Manifests, set_name: str, target: Address, port: int
) -> None:
    yahoo = SETS[set_name].get("settings", {}).get("provider") == "yahoo"
    assert reaching(rendered, target, port) == (collectors(rendered) if yahoo and port == 443 else set())


@pytest.mark.parametrize("port", [80, 443])
def test_nobody_reaches_the_clouds_credentials(chart: Chart, port: int) -> None:
    assert {name: found for name in GUARDED if (found := reaching(chart(SETS[name]), METADATA_SERVICE, port))} == {}


@pytest.mark.parametrize("target", ["10.0.0.1", "172.20.0.1", "192.168.1.1", "100.64.3.4", "127.0.0.1", "fd00::1"])
def test_the_collectors_internet_has_no_private_address(chart: Chart, target: str) -> None:
    assert reaching(chart(SETS["yahoo"]), Address(target), 443) == set()


@pytest.mark.parametrize("protocol", ["UDP", "TCP"])
def test_everybody_asks_for_names(rendered: Manifests, protocol: str) -> None:
    assert reaching(rendered, DNS, 53, protocol) == set(pods(rendered))


def test_nobody_but_the_name_servers_is_asked_for_names(rendered: Manifests) -> None:
    assert reaching(rendered, STRANGER, 53, "UDP") == set()
    assert reaching(rendered, PRIVATE, 53, "UDP") == set()


@pytest.mark.parametrize("name", ["trial", "keda", "everything"])
def test_the_bundled_servers_are_reached_by_those_who_use_them(chart: Chart, name: str) -> None:
    manifests = chart(SETS[name])
    there = pods(manifests)
    assert reaching(manifests, there["postgresql"], POSTGRESQL) == {"api", "migration", *workers(manifests)}
    assert reaching(manifests, there["valkey"], REDIS) == {"api", *workers(manifests)}
    for port in (22, 443, HTTP):
        assert reaching(manifests, there["postgresql"], port) == set()
        assert reaching(manifests, there["valkey"], port) == set()


@pytest.mark.parametrize("target", [PRIVATE, STRANGER], ids=["address", "pod"])
def test_servers_from_elsewhere_are_reached_on_their_ports_alone(chart: Chart, target: Pod | Address) -> None:
    manifests = chart(SETS["pools"])
    assert reaching(manifests, target, POSTGRESQL) == {"api", "migration", *workers(manifests)}
    assert reaching(manifests, target, REDIS) == {"api", *workers(manifests)}
    for port in (22, 80, 443, 3306):
        assert reaching(manifests, target, port) == set()


def test_a_database_elsewhere_has_the_port_and_the_peers_of_the_values(chart: Chart) -> None:
    database = {"port": 6432, "to": [{"ipBlock": {"cidr": "203.0.113.7/32"}}]}
    manifests = chart(with_servers(networkPolicy={"database": database}))
    assert reaching(manifests, INTERNET, 6432) == {"api", "migration", "collector", "scoring"}
    assert reaching(manifests, INTERNET, POSTGRESQL) == set()
    assert reaching(manifests, Address("203.0.113.8"), 6432) == set()
    assert reaching(manifests, PRIVATE, POSTGRESQL) == set()


def test_traces_go_out_where_there_are_any(chart: Chart) -> None:
    assert reaching(chart(SETS["external"]), STRANGER, 4318) == {"api", "collector", "scoring"}
    assert reaching(chart(SETS["pools"]), STRANGER, 4318) == set()


def test_the_charts_jobs_ask_the_api_and_nothing_else(rendered: Manifests) -> None:
    there = pods(rendered)
    clients = {"refresh", "test"} & set(there)
    assert reaching(rendered, there["api"], HTTP) == clients
    for target, port in ((PRIVATE, POSTGRESQL), (PRIVATE, REDIS), (there["scoring"], METRICS)):
        assert reaching(rendered, target, port) & clients == set()


def test_the_migration_reaches_the_database_and_nothing_else(chart: Chart) -> None:
    manifests = chart(SETS["trial"])
    there = pods(manifests)
    lets = network(manifests).lets
    reached = {
        (name, port)
        for name, pod in there.items()
        for port in (HTTP, METRICS, POSTGRESQL, REDIS)
        if lets(there["migration"], pod, port)
    }
    assert reached == {("postgresql", POSTGRESQL)}


@pytest.mark.parametrize("port", [HTTP, METRICS])
def test_prometheus_reads_the_metrics_and_nothing_else(rendered: Manifests, set_name: str, port: int) -> None:
    prometheus = Pod(PROMETHEUS.labels, MONITORING.get(set_name, PROMETHEUS.namespace))
    lets = network(rendered).lets
    read = {name for name, pod in pods(rendered).items() if lets(prometheus, pod, port)}
    assert read == ({"api", *workers(rendered)} if port == METRICS else set())


@pytest.mark.parametrize("source", [STRANGER, PRIVATE, INTERNET, KEDA], ids=["pod", "address", "internet", "keda"])
def test_strangers_reach_nobody(chart: Chart, source: Pod | Address) -> None:
    manifests = chart(SETS["trial"])
    lets = network(manifests).lets
    ports = (HTTP, METRICS, POSTGRESQL, REDIS, 443)
    assert {(name, port) for name, pod in pods(manifests).items() for port in ports if lets(source, pod, port)} == set()


def test_neighbours_ask_the_api_unless_the_values_forbid_it(chart: Chart) -> None:
    for name, asked in (("trial", True), ("everything", False)):
        manifests = chart(SETS[name])
        assert network(manifests).lets(NEIGHBOUR, pods(manifests)["api"], HTTP) is asked
        assert not network(manifests).lets(NEIGHBOUR, pods(manifests)["api"], METRICS)


def test_the_ingress_controller_asks_the_api_where_there_is_an_ingress(chart: Chart) -> None:
    for name, asked in (("external", True), ("everything", True), ("trial", False)):
        manifests = chart(SETS[name])
        assert network(manifests).lets(INGRESS, pods(manifests)["api"], HTTP) is asked
        assert not network(manifests).lets(INGRESS, pods(manifests)["scoring"], HTTP)


def test_keda_asks_the_bundled_database_where_a_pool_scales_by_it(chart: Chart) -> None:
    for name, asked in (("keda", True), ("everything", True), ("trial", False)):
        manifests = chart(SETS[name])
        assert network(manifests).lets(KEDA, pods(manifests)["postgresql"], POSTGRESQL) is asked
        assert not network(manifests).lets(KEDA, pods(manifests)["valkey"], REDIS)


def test_workers_talk_to_no_other_pod(chart: Chart) -> None:
    manifests = chart(SETS["trial"])
    there = pods(manifests)
    lets = network(manifests).lets
    ours = ("api", "collector", "scoring")
    talks = {(a, b, port) for a in ours for b in ours for port in (HTTP, METRICS) if a != b}
    # The API's rule for its namespace lets workers in, but nothing lets them out.
    assert {talk for talk in talks if lets(there[talk[0]], there[talk[1]], talk[2])} == set()


def test_every_pod_is_under_a_rule_for_both_directions(rendered: Manifests) -> None:
    (deny,) = (found for found in rendered.all("NetworkPolicy") if found["metadata"]["name"].endswith("-default-deny"))
    selector = deny["spec"]["podSelector"]
    assert set(selector) == {"matchLabels"}
    assert all(selector["matchLabels"].items() <= pod.labels.items() for pod in rendered.pods)
    assert deny["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in deny["spec"]


def test_the_rules_can_be_left_to_others(chart: Chart) -> None:
    assert chart(SETS["hook"]).all("NetworkPolicy") == []


def test_a_rule_of_another_release_does_not_hold_here(chart: Chart) -> None:
    one, two = chart(SETS["trial"]), chart(SETS["trial"], release="second-canslim")
    both = Network((*network(one).policies, *network(two).policies), NAMESPACE)
    assert not both.lets(pods(one)["scoring"], pods(two)["postgresql"], POSTGRESQL)
    assert both.lets(pods(two)["scoring"], pods(two)["postgresql"], POSTGRESQL)
