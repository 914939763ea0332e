"""What an alert links to: as shipped the links are relative, and the values say where they lead."""

from typing import Any

import pytest

from tests.chart.rendering import HELMS, Chart, HelmError, with_servers

RUNBOOKS = "https://git.example/canslim/blob/main"
GRAFANA = "https://grafana.example/sub"


def annotations(chart: Chart, helm_name: str = "helm4", **urls: str) -> list[dict[str, str]]:
    rules = {"enabled": True, **urls}
    (found,) = chart(with_servers(monitoring={"rules": rules}), helm_name=helm_name).all("PrometheusRule")
    return [rule["annotations"] for group in found["spec"]["groups"] for rule in group["rules"] if "alert" in rule]


def others(annotation: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in annotation.items() if not key.endswith("_url")}


def test_as_shipped_they_are_relative(chart: Chart) -> None:
    for annotation in annotations(chart):
        assert annotation["runbook_url"].startswith("docs/alerts.md#canslim")
        assert annotation["dashboard_url"].startswith("/d/canslim-")


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("helm_name", HELMS)
def test_they_lead_where_the_values_say(chart: Chart, helm_name: str, slash: str) -> None:
    shipped = annotations(chart, helm_name)
    linked = annotations(chart, helm_name, runbookUrl=RUNBOOKS + slash, grafanaUrl=GRAFANA + slash)
    assert len(linked) > 20
    assert [one["runbook_url"] for one in linked] == [f"{RUNBOOKS}/{one['runbook_url']}" for one in shipped]
    assert [one["dashboard_url"] for one in linked] == [f"{GRAFANA}{one['dashboard_url']}" for one in shipped]
    assert list(map(others, linked)) == list(map(others, shipped))


def test_each_is_set_by_itself(chart: Chart) -> None:
    for annotation in annotations(chart, runbookUrl=RUNBOOKS):
        assert annotation["runbook_url"].startswith(RUNBOOKS)
        assert annotation["dashboard_url"].startswith("/d/")


@pytest.mark.parametrize("name", ["runbookUrl", "grafanaUrl"])
@pytest.mark.parametrize("url", ["grafana.example", "https://x/{{ $labels }}", "https://x/ y", "https://x/'"])
def test_what_is_no_address_is_refused(chart: Chart, name: str, url: str) -> None:
    with pytest.raises(HelmError, match="values don't meet"):
        annotations(chart, **{name: url})
