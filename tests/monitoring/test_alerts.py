"""Every alert says what is wrong and where to look, has a runbook, and is proved to fire and not to."""

import re
from itertools import groupby
from typing import Any

import pytest
import yaml

from tests.monitoring.alert_cases import CASES
from tests.monitoring.conftest import CHART, ROOT
from tests.monitoring.label_flow import Labels, labels_of
from tools.monitoring.alerts import ALERTS, KUBERNETES
from tools.monitoring.alerts.alert import Alert
from tools.monitoring.metrics import THIRD_PARTY
from tools.monitoring.objectives import WAIT_OBJECTIVE
from tools.monitoring.promql import metrics_of

PARTS = ("**What it means.**", "**Look at.**", "**Do.**")
each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: f"{alert.name}-{alert.severity}")


def runbooks() -> dict[str, str]:
    """The sections of docs/alerts.md by heading."""
    sections = re.split(r"^## ", (ROOT / "docs/alerts.md").read_text(), flags=re.MULTILINE)[1:]
    return {heading: text for heading, _, text in (section.partition("\n") for section in sections)}


def test_the_runbooks_are_those_of_the_alerts_in_their_order() -> None:
    assert list(runbooks()) == list(dict.fromkeys(alert.name for alert in ALERTS))


def test_the_links_between_runbooks_lead_somewhere() -> None:
    page = (ROOT / "docs/alerts.md").read_text()
    assert set(re.findall(r"\(#(\w+)\)", page)) <= {heading.lower() for heading in runbooks()}
    assert all((ROOT / "docs" / name).is_file() for name in re.findall(r"\((\w+\.md)\)", page))


@each_alert
def test_a_runbook_says_what_it_means_what_to_look_at_and_what_to_do(alert: Alert) -> None:
    text = runbooks()[alert.name]
    assert [text.count(part) for part in PARTS] == [1, 1, 1]
    assert sorted(PARTS, key=text.index) == list(PARTS)


@each_alert
def test_an_alert_names_only_labels_that_it_has(alert: Alert, known: dict[str, Labels]) -> None:
    labels = labels_of(alert.expr, known)
    named = set(re.findall(r"\$labels\.(\w+)", alert.summary + alert.description))
    assert named <= labels
    # And all by which two of its kind could differ.
    assert labels - named - {"job", "endpoint", "container"} == set()


@each_alert
def test_an_alert_does_not_start_anew_with_its_exporter(alert: Alert, known: dict[str, Labels]) -> None:
    assert alert.name == "CanslimTargetDown" or "instance" not in labels_of(alert.expr, known)


@each_alert
def test_an_alert_leads_to_a_dashboard(alert: Alert, dashboards: list[dict[str, Any]]) -> None:
    assert alert.dashboard in {dashboard["uid"] for dashboard in dashboards}


def test_every_alert_is_proved_to_fire_and_not_to() -> None:
    def by_alert(case: Any) -> tuple[str, str]:
        return case.alert, case.severity

    proved = {
        pair: {case.fires is not None for case in cases}
        for pair, cases in groupby(sorted(CASES, key=by_alert), by_alert)
    }
    assert proved == {(alert.name, str(alert.severity)): {True, False} for alert in ALERTS}


def test_alerts_of_the_application_need_no_metric_of_kubernetes() -> None:
    others = {name for source, names in THIRD_PARTY.items() if source != "Prometheus" for name in names}
    for alert in ALERTS:
        if alert not in KUBERNETES:
            assert metrics_of(alert.expr).isdisjoint(others), alert.name


def test_waits_are_promised_for_which_the_pools_scale() -> None:
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())["poolDefaults"]
    assert {service: pool["autoscaling"]["objectiveSeconds"] for service, pool in defaults.items()} == WAIT_OBJECTIVE


def test_the_histogram_of_waits_has_the_objectives_as_bounds() -> None:
    from canslim_infra.telemetry import TASK_WAIT

    TASK_WAIT.labels("collect")
    bounds = {
        sample.labels["le"] for metric in TASK_WAIT.collect() for sample in metric.samples if "le" in sample.labels
    }
    assert {f"{seconds:.1f}" for seconds in WAIT_OBJECTIVE.values()} <= bounds


@each_alert
def test_an_alert_says_where_to_scale(alert: Alert) -> None:
    """`make scale` would take the namespace that is usual here."""
    assert "make scale" not in alert.description
    assert "scale.sh" not in alert.description or "NAMESPACE={{ $labels.namespace }} " in alert.description


def test_a_pool_at_its_maximum_may_have_been_pinned_there() -> None:
    assert "(#canslimscalingpinned)" in runbooks()["CanslimPoolAtMaximum"]


def test_the_page_does_not_promise_that_no_absence_is_silent() -> None:
    introduction = (ROOT / "docs/alerts.md").read_text().partition("\n## ")[0]
    assert "no alert is silent" not in re.sub(r"\s+", " ", introduction)
    assert "(#canslimpodsunavailable)" in introduction
