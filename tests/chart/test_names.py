"""Names and labels."""

import pytest

from tests.chart.rendering import METADATA, SERVERS, SETS, Chart, Manifests

#: The longest that Helm takes.
LONGEST = 53
#: What Kubernetes appends to the names of pods, Jobs and the revisions of StatefulSets.
APPENDED = {"StatefulSet": 11, "CronJob": 11}


@pytest.mark.parametrize("name", ["keda", "pools"])
@pytest.mark.parametrize(
    "release", ["x", "a" * LONGEST, "stocks-in-a-namespace-of-its-own-named-at-length", "on", "null"]
)
def test_names_fit_whatever_the_release_is_called(chart: Chart, name: str, release: str) -> None:
    manifests = chart(SETS[name], release=release)
    for found in manifests.objects:
        appended = APPENDED.get(found["kind"], 0)
        assert len(found["metadata"]["name"]) + appended <= 63, found["metadata"]["name"]
    values = [value for found in manifests.objects for value in found["metadata"]["labels"].values()]
    assert all(isinstance(value, str) and len(value) <= 63 for value in values)


def test_two_long_names_stay_two(chart: Chart) -> None:
    one, two = (chart(SERVERS, release="a" * 50 + end) for end in ("-b", "-c"))
    assert one.names("Deployment").isdisjoint(two.names("Deployment"))


@pytest.mark.parametrize(
    ("release", "values", "expected"),
    [
        ("canslim", {}, "canslim-api"),
        ("my-canslim", {}, "my-canslim-api"),
        ("stocks", {}, "stocks-canslim-api"),
        ("stocks", {"nameOverride": "screener"}, "stocks-screener-api"),
        ("stocks", {"fullnameOverride": "screener"}, "screener-api"),
        ("true", {}, "true-canslim-api"),
    ],
)
def test_the_name_is_what_helms_users_expect(chart: Chart, release: str, values: dict, expected: str) -> None:
    assert expected in chart(SERVERS | values, release=release).names("Service")


def test_every_object_carries_the_recommended_labels(rendered: Manifests, set_name: str) -> None:
    for found in rendered.objects:
        if found["metadata"]["name"] == "notes":  # One of extraObjects.
            continue
        labels = found["metadata"]["labels"]
        assert labels["app.kubernetes.io/name"] == "canslim"
        assert labels["app.kubernetes.io/instance"] == "canslim"
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert labels["app.kubernetes.io/part-of"] == "canslim"
        assert labels["app.kubernetes.io/version"] == METADATA["appVersion"]
        assert labels["helm.sh/chart"] == f"canslim-{METADATA['version']}"
        assert labels["app.kubernetes.io/component"]
        assert SETS[set_name].get("commonLabels", {}).items() <= labels.items()


def test_pods_carry_common_labels_and_no_version(rendered: Manifests, set_name: str) -> None:
    for pod in (pod for pod in rendered.pods if pod.component != "test"):
        assert SETS[set_name].get("commonLabels", {}).items() <= pod.labels.items()
        assert {"helm.sh/chart", "app.kubernetes.io/version"}.isdisjoint(pod.labels)


def test_selectors_select_their_own_pods_and_no_others(rendered: Manifests) -> None:
    for found in [*rendered.all("Deployment"), *rendered.all("StatefulSet"), *rendered.all("Service")]:
        selector = found["spec"]["selector"]
        wanted = selector.get("matchLabels", selector)
        selected = {pod.owner for pod in rendered.pods if wanted.items() <= pod.labels.items()}
        assert len(selected) == 1, found["metadata"]["name"]
        if found["kind"] != "Service":
            assert selected == {f"{found['kind']}/{found['metadata']['name']}"}
        assert "team" not in wanted


def test_services_lead_to_ports_that_are_open(rendered: Manifests) -> None:
    for service in rendered.all("Service"):
        (pod,) = (pod for pod in rendered.pods if service["spec"]["selector"].items() <= pod.labels.items())
        (port,) = service["spec"]["ports"]
        assert port["name"] == port["targetPort"] != "metrics"
        assert port["targetPort"] in {port["name"] for port in pod.main["ports"]}


def test_the_ingress_leads_to_the_api(chart: Chart) -> None:
    manifests = chart(SETS["external"])
    (ingress,) = manifests.all("Ingress")
    (rule,) = ingress["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    service = manifests.one("Service", path["backend"]["service"]["name"])
    assert rule["host"] == "canslim.example"
    assert ingress["spec"]["tls"] == [{"secretName": "canslim-tls", "hosts": ["canslim.example"]}]
    assert ingress["spec"]["ingressClassName"] == "nginx"
    assert ingress["metadata"]["annotations"] == {"example.org/timeout": "3600"}
    assert path["backend"]["service"]["port"]["name"] in {port["name"] for port in service["spec"]["ports"]}
    assert service["spec"]["type"] == "NodePort"


def test_without_an_ingress_there_is_none(chart: Chart) -> None:
    assert chart(SETS["trial"]).all("Ingress") == []


def test_further_objects_come_as_they_are(chart: Chart) -> None:
    assert SETS["everything"]["extraObjects"][0] in chart(SETS["everything"]).objects
